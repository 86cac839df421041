/* tap.h - the queue of one local program that watches the stream.
 * Pure. Bounded: a reader that is too slow misses whole records, never parts,
 * and is told how many at that place. */
#ifndef OTS_ROUTE_TAP_H
#define OTS_ROUTE_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "record.h"

struct tap {
	struct buf *q; /* a loan */
	size_t max;    /* one record may pass it, in an empty queue */
	uint64_t lost; /* since the last record that got in */
	uint64_t lost_all;
};

/* Is it a record that taps see? */
bool tap_wants(const struct rec *rec);

/* Append a line (without LF), or count it as lost. True: this is the first
 * one lost. */
bool tap_put(struct tap *t, struct slice line);

/* If records were lost and the queue is down to half, say so: true. */
bool tap_room(struct tap *t);

#endif
