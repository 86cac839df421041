/* gather.h - when to write to the clients, and when to read them.
 * Pure. Times are microseconds of the monotonic clock.
 *
 * What a broadcast costs is system calls, one for each client and flush. So a
 * flush may begin no sooner than GATHER_SHARE times its predecessor's cost
 * after its predecessor began, and no later than max_us: few clients are
 * written to at once, many are written to a bounded number of times a second,
 * and nobody has to say how many are many.
 *
 * Reading is gathered too: what is read together crosses the wires together.
 * What comes long before the next flush would only wait for it, so clients are
 * read once in the time between two flushes, early enough that what they say
 * comes back in time. Where there is much to read, reading is spread, so that
 * all programs have something to do at any time. */
#ifndef OTS_LISTEN_GATHER_H
#define OTS_LISTEN_GATHER_H

#include <stdbool.h>
#include <stdint.h>

#define GATHER_SHARE 20

#define GATHER_READ_LEAST_US 4000 /* between flushes; else read at once */
#define GATHER_READ_EARLY    4    /* part of it: that long before the flush */
#define GATHER_READ_SPREAD   8    /* part of it between reads of much */

struct gather {
	uint64_t max_us;
	uint64_t began, cost; /* of the last flush */
};

/* When the next flush may begin. */
uint64_t gather_due(const struct gather *g);
/* Clients were just read, and it was much or little: until when they may be
 * left unread. */
uint64_t gather_read_at(const struct gather *g, uint64_t now, bool much);
/* How far apart the n slices of a flush may lie: a flush of many who can wait
 * is spread over the time until the next, and is in nobody's way. */
uint64_t gather_spread(const struct gather *g, uint32_t n);
/* A flush begins, or one cut in slices goes on (cost of a slice). */
void gather_begin(struct gather *g, uint64_t now);
void gather_spent(struct gather *g, uint64_t us);

#endif
