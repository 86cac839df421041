/* codec.h - events from one encoding to the other: XML, and the TakMessages of
 * TAK protocol version 1. Pure. What it needs memory for is made when the first
 * event has to be changed. */
#ifndef CAT_CODEC_H
#define CAT_CODEC_H

#include "buf.h"
#include "cot.h"
#include "cotpb.h"
#include "cotxml.h"
#include "str.h"

struct codec {
	size_t max; /* bytes of a document or a message */
	struct cotxml *xml;
	struct cotpb *pb;
	struct cot cot;
	struct cotparts parts;
	struct buf out;
};

void codec_init(struct codec *k, size_t max);
void codec_fini(struct codec *k);

/* XML of a stranger as a TakMessage, marti included: a loan until the next
 * call. */
enum cot_why codec_to_pb(struct codec *k, struct slice xml, struct slice *msg);

/* What a TakMessage says. COT_EMPTY: it has no event, which is legal. On COT_OK
 * *type is that of its event: a loan like msg. */
enum cot_why codec_read(struct codec *k, struct slice msg, struct slice *type);
/* After that COT_OK, and while msg is there: the event in canonical XML, a loan
 * until the next call. */
enum cot_why codec_to_xml(struct codec *k, struct slice *xml);

#endif
