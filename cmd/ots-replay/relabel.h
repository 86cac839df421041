/* relabel.h - a record whose event gets other times and uids, with labels that
 * follow (ots-record(5)). Pure. */
#ifndef REPLAY_RELABEL_H
#define REPLAY_RELABEL_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "record.h"
#include "rewrite.h"

#define RELABEL_MARTI 64 /* more ranges than that: the label is left out */

struct relabel {
	struct rewrite *rewrite;
	bool move_t; /* t becomes t_us */
	uint64_t t_us;
	struct buf fresh; /* scratch: the new event */
	struct buf value; /* scratch: one value */
};

/* Append r, changed. xml is its event, unescaped; empty if it has none. Its
 * protobuf form (pb), which would no longer say the same, is left out; where
 * there was no other, xml takes its place. 0, or -1 with errno, and nothing
 * appended. */
int relabel_put(
    struct relabel *l, const struct rec *r, struct slice xml, struct buf *out);

#endif
