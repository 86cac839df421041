/* Visits: the events with which a uid came to a cell, or was there for the
 * first time of a day. Those that were written lately are known by a table that
 * forgets: a row too many costs little. */
#include <errno.h>
#include <stdlib.h>

#include "store_db.h"

/* Two places for the hashes of each set: the upper bits of one, and its day. */
#define SETS     (1U << 17)
#define DAY_BITS UINT64_C(0xffff)

struct store_visits {
	uint64_t place[SETS][2];
};

/* Is it known? From now on it is. */
static bool
known(struct store_visits *v, uint64_t hash, int64_t day)
{
	uint64_t *p = v->place[hash % SETS], first = p[0];
	uint64_t x = (hash & ~DAY_BITS) | ((uint64_t)day & DAY_BITS);
	bool found = first == x || p[1] == x;

	if (first != x) {
		p[0] = x;
		p[1] = first;
	}
	return found;
}

int
store_add_visit(struct store *s, const struct store_row *r)
{
	const uint64_t seed[2] = {
	    s->seed[0], s->seed[1] ^ (uint64_t)r->cell << 20};
	/* As the event's id will be, by and large. */
	int64_t t = r->e.t > s->last_id ? r->e.t : s->last_id;

	if (!s->visits)
		s->visits = calloc(1, sizeof *s->visits);
	if (!s->visits)
		return store_fail(ENOMEM);
	if (known(s->visits, map_hash(seed, r->e.uid), t / STORE_DAY_US))
		return 0;
	return store_put(
	    s, T_VISITS, DB_VALUES(dbv_slice(r->e.uid), dbv_i64(r->cell)));
}

void
store_visits_forget(struct store *s)
{
	free(s->visits);
	s->visits = NULL;
}
