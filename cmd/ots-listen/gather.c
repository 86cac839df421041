#include "gather.h"

static uint64_t
interval(const struct gather *g)
{
	uint64_t wait = g->cost * GATHER_SHARE;

	return wait < g->max_us ? wait : g->max_us;
}

uint64_t
gather_due(const struct gather *g)
{
	return g->began + interval(g);
}

uint64_t
gather_read_at(const struct gather *g, uint64_t now, bool much)
{
	uint64_t between = interval(g), at;

	if (between < GATHER_READ_LEAST_US)
		return now;
	if (much)
		return now + between / GATHER_READ_SPREAD;
	at = g->began + between - between / GATHER_READ_EARLY;
	if (at <= now)
		at += between;
	return at > now ? at : now;
}

uint64_t
gather_spread(const struct gather *g, uint32_t n)
{
	/* A quarter of the time is left for being late. */
	return n > 1 ? (interval(g) - interval(g) / 4) / n : 0;
}

void
gather_begin(struct gather *g, uint64_t now)
{
	g->began = now;
	g->cost = 0;
}

void
gather_spent(struct gather *g, uint64_t us)
{
	g->cost += us;
}
