/* put.h - what ots-parse writes: events and other records, in the format that
 * is wanted. Pure. Output goes to p->out. */
#ifndef OTS_PARSE_PUT_H
#define OTS_PARSE_PUT_H

#include <stdbool.h>

#include "parse.h"

/* The event p->cot, with the labels of the frame that it came in (NULL: of
 * none). decoded: it came as protobuf. On anything but COT_OK nothing was
 * written. */
enum cot_why put_cot(struct parse *p, const struct rec *frame, bool decoded);

/* A record that is no frame: as it is, or what the format can say of it, which
 * may be nothing. NULL, or why it was dropped (ots-parse(1), bad-record). */
const char *put_other(struct parse *p, const struct rec *r);

/* Forget what is in a buffer, and give back its memory where one event has
 * made it large. */
void put_empty(struct buf *b);

#endif
