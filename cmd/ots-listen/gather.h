/* gather.h - when to write to the clients.
 * Pure. Times are microseconds of the monotonic clock.
 *
 * What a broadcast costs is system calls, one for each client and flush. So a
 * flush may begin no sooner than GATHER_SHARE times its predecessor's cost
 * after its predecessor began, and no later than max_us: few clients are
 * written to at once, many are written to a bounded number of times a second,
 * and nobody has to say how many are many. */
#ifndef OTS_LISTEN_GATHER_H
#define OTS_LISTEN_GATHER_H

#include <stdint.h>

#define GATHER_SHARE 20

struct gather {
	uint64_t max_us;
	uint64_t began, cost; /* of the last flush */
};

/* Reading clients is gathered too, for a small part of that time: what is read
 * together crosses the wires together, and waits for the flush anyway. */
#define GATHER_READ_PART   8
#define GATHER_READ_MAX_US 2500

/* When the next flush may begin. */
uint64_t gather_due(const struct gather *g);
/* How long clients may be left unread after they were read. */
uint64_t gather_read_gap(const struct gather *g);
/* A flush begins, or one cut in slices goes on (cost of a slice). */
void gather_begin(struct gather *g, uint64_t now);
void gather_spent(struct gather *g, uint64_t us);

#endif
