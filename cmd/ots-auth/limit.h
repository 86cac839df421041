/* limit.h - how often one may be wrong: failures by key (a name, an address),
 * and how long to wait after too many.
 * Pure. The first LIMIT_FREE failures (the caller's number) cost nothing; then
 * the key waits a second, and twice as long after each further failure, a
 * minute at most. A minute without a failure beyond the wait forgets them all.
 * The table is bounded: what was not used for longest makes room. */
#ifndef OTS_AUTH_LIMIT_H
#define OTS_AUTH_LIMIT_H

#include <stdint.h>

#include "map.h"

#define LIMIT_WAIT_MIN ((uint64_t)1000000)
#define LIMIT_WAIT_MAX ((uint64_t)60000000)
#define LIMIT_FORGET   ((uint64_t)60000000)

struct limit;

/* free_n: failures without a wait, from 1 up; max: keys kept. NULL: no
 * memory. */
struct limit *limit_new(const uint64_t seed[2], unsigned free_n, unsigned max);
void limit_free(struct limit **l);

/* Microseconds that key still has to wait at `now`; 0: it may try. */
uint64_t limit_wait(struct limit *l, struct slice key, uint64_t now);
/* It was wrong. Without memory nothing is counted. */
void limit_fail(struct limit *l, struct slice key, uint64_t now);
/* It was right: its failures are forgotten. */
void limit_forget(struct limit *l, struct slice key);
/* Keys that are kept. */
unsigned limit_count(const struct limit *l);

#endif
