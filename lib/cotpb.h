/* cotpb.h - TAK protocol version 1: a TakMessage (protobuf) from a canonical
 * event, and back into its parts. The only module that knows protobuf-c.
 * Rules: cot-streaming 5.2 (to protobuf) and 5.3 (from it). One struct cotpb
 * serves any number of messages, one at a time; the memory it holds is bounded
 * by a small multiple of its maximum. */
#ifndef OTS_COTPB_H
#define OTS_COTPB_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "cot.h"
#include "cotparts.h"
#include "str.h"

struct cotpb;

/* max: bytes of a message in, at most 64 MiB; a canonical event may have twice
 * as many. NULL with errno. */
struct cotpb *cotpb_new(size_t max);
void cotpb_free(struct cotpb **x);

/* What of a canonical event goes into the message. */
struct cotpb_source {
	struct slice xml;   /* canonical, ots-record(5) */
	bool without_marti; /* as it is delivered: no marti element of detail */
	/* It is what the last cotpb_decode of this struct cotpb gave, made
	 * canonical: numbers that have not changed keep their whole precision,
	 * and fields that we do not know are passed on (cot-streaming 5.4). */
	bool decoded;
};

/* Append the TakMessage. 0, or -1 with errno: EBADMSG (it is not canonical),
 * ENOBUFS, ENOMEM; then nothing was appended. That it is canonical is looked at
 * as far as it decides what goes where; characters are not. What protobuf has
 * no place for is lost (cot-streaming 1.1): other attributes of event and
 * point, attributes of detail, what stands beside point and detail. */
int cotpb_encode(
    struct cotpb *x, const struct cotpb_source *from, struct buf *out);

/* One TakMessage of a stranger. Parts that are repeated are merged. On COT_OK
 * *parts is its event, whose slices are loans until the next cotpb_decode or
 * from the message; COT_EMPTY: it has none, which is legal (TakControl alone,
 * or no byte at all); COT_PROTOBUF: malformed; COT_TOO_BIG: over the maximum,
 * or so many fields that it would take many times its size of memory;
 * COT_MEMORY. What the texts say is not checked here: cotxml_parse_parts does.
 */
enum cot_why cotpb_decode(
    struct cotpb *x, struct slice msg, struct cotparts *parts);

#endif
