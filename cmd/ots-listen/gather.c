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
gather_read_gap(const struct gather *g)
{
	uint64_t gap = interval(g) / GATHER_READ_PART;

	return gap < GATHER_READ_MAX_US ? gap : GATHER_READ_MAX_US;
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
