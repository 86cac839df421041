/* decode.h - the XML form of an event that was recorded as protobuf. Pure. */
#ifndef REPLAY_DECODE_H
#define REPLAY_DECODE_H

#include <stddef.h>

#include "buf.h"
#include "cot.h"
#include "cotpb.h"
#include "cotxml.h"
#include "str.h"

/* All-zero but for max, the longest message, is valid: what it needs is made
 * when the first message comes. */
struct decode {
	size_t max;
	struct cotpb *pb;
	struct cotxml *xml;
	struct buf raw;
	struct cot cot;
};

void decode_fini(struct decode *d);

/* Of a TakMessage, or of its base64. On COT_OK *xml is canonical, a loan until
 * the next call; COT_EMPTY: there is no event in it. */
enum cot_why decode_message(
    struct decode *d, struct slice msg, struct slice *xml);
enum cot_why decode_base64(
    struct decode *d, struct slice text, struct slice *xml);

#endif
