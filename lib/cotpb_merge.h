/* cotpb_merge.h - a message in which parts come more than once.
 * Pure. Protobuf wants them merged (cot-streaming 8.4, P7), and protobuf-c
 * loses numbers and unknown fields of the earlier ones, so they are brought
 * together before: to merge messages is to append their bytes. */
#ifndef OTS_COTPB_MERGE_H
#define OTS_COTPB_MERGE_H

#include <stdbool.h>

#include "buf.h"
#include "str.h"

/* Has a TakMessage the event, its detail, or one of the typed elements of that
 * more than once? False of what is malformed. */
bool cotpb_repeats(struct slice msg);

/* Append the same message with each of them once. 0, or -1 with errno: EBADMSG
 * (malformed), or that of buf.h; then *out may have a part of it. */
int cotpb_merge(struct buf *out, struct slice msg);

#endif
