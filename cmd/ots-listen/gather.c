#include "gather.h"

uint64_t
gather_due(const struct gather *g)
{
	uint64_t wait = g->cost * GATHER_SHARE;

	return g->began + (wait < g->max_us ? wait : g->max_us);
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
