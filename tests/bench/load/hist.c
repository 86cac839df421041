#include "load.h"

#include <math.h>

/* Values below HIST_STEPS have a bucket each; above, each power of two has
 * HIST_STEPS buckets. */
static size_t
bucket_of(uint64_t v)
{
	unsigned shift = 0;

	while (v >= 2 * (uint64_t)HIST_STEPS) {
		v >>= 1;
		shift++;
	}
	return v < HIST_STEPS ? (size_t)v : shift * HIST_STEPS + (size_t)v;
}

static uint64_t
bucket_top(size_t i)
{
	size_t shift;

	if (i < 2 * (size_t)HIST_STEPS)
		return i;
	shift = i / HIST_STEPS - 1;
	return ((uint64_t)(i % HIST_STEPS + HIST_STEPS + 1) << shift) - 1;
}

void
hist_add(struct hist *h, uint64_t v)
{
	size_t i = bucket_of(v);

	if (i >= HIST_BUCKETS)
		i = HIST_BUCKETS - 1;
	h->count[i]++;
	h->n++;
	if (v > h->max)
		h->max = v;
}

uint64_t
hist_quantile(const struct hist *h, double q)
{
	uint64_t want = (uint64_t)ceil((double)h->n * q), seen = 0;

	for (size_t i = 0; i < HIST_BUCKETS; i++) {
		seen += h->count[i];
		if (seen >= want && seen > 0)
			return bucket_top(i) < h->max ? bucket_top(i) : h->max;
	}
	return h->max;
}
