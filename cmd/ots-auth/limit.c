#include "limit.h"

#include <stdlib.h>
#include <sys/queue.h>

struct entry {
	TAILQ_ENTRY(entry) link; /* in the order of use, oldest first */
	uint64_t last;           /* failure */
	uint64_t until;          /* it waits */
	unsigned n;
	size_t key_n;
	char key[];
};

struct limit {
	struct map map;
	TAILQ_HEAD(, entry) used;
	unsigned free_n, max;
};

struct limit *
limit_new(const uint64_t seed[2], unsigned free_n, unsigned max)
{
	struct limit *l = calloc(1, sizeof *l);

	if (l == NULL)
		return NULL;
	map_init(&l->map, seed);
	TAILQ_INIT(&l->used);
	l->free_n = free_n;
	l->max = max;
	return l;
}

static void
drop(struct limit *l, struct entry *e)
{
	(void)map_del(&l->map, (struct slice){e->key, e->key_n});
	TAILQ_REMOVE(&l->used, e, link);
	free(e);
}

void
limit_free(struct limit **lp)
{
	struct limit *l = *lp;
	struct entry *e, *next;

	*lp = NULL;
	if (l == NULL)
		return;
	for (e = TAILQ_FIRST(&l->used); e != NULL; e = next) {
		next = TAILQ_NEXT(e, link);
		free(e);
	}
	map_fini(&l->map);
	free(l);
}

/* The failures of key that still count, or NULL. */
static struct entry *
find(struct limit *l, struct slice key, uint64_t now)
{
	struct entry *e = map_get(&l->map, key);
	uint64_t from;

	if (e == NULL)
		return NULL;
	from = e->until > e->last ? e->until : e->last;
	if (now < from || now - from < LIMIT_FORGET)
		return e;
	drop(l, e);
	return NULL;
}

static struct entry *
make(struct limit *l, struct slice key)
{
	struct entry *e;

	while (l->map.n >= l->max)
		drop(l, TAILQ_FIRST(&l->used));
	e = calloc(1, sizeof *e + key.n);
	if (e == NULL)
		return NULL;
	e->key_n = key.n;
	memcpy(e->key, key.p, key.n);
	if (map_put(&l->map, key, e) < 0) {
		free(e);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&l->used, e, link);
	return e;
}

uint64_t
limit_wait(struct limit *l, struct slice key, uint64_t now)
{
	const struct entry *e = find(l, key, now);

	return e != NULL && e->until > now ? e->until - now : 0;
}

void
limit_fail(struct limit *l, struct slice key, uint64_t now)
{
	struct entry *e = find(l, key, now);
	uint64_t wait = LIMIT_WAIT_MIN;

	if (e == NULL)
		e = make(l, key);
	if (e == NULL)
		return;
	TAILQ_REMOVE(&l->used, e, link);
	TAILQ_INSERT_TAIL(&l->used, e, link);
	e->last = now;
	e->n++;
	if (e->n < l->free_n)
		return;
	for (unsigned i = l->free_n; i < e->n && wait < LIMIT_WAIT_MAX; i++)
		wait *= 2;
	e->until = now + (wait < LIMIT_WAIT_MAX ? wait : LIMIT_WAIT_MAX);
}

void
limit_forget(struct limit *l, struct slice key)
{
	struct entry *e = map_get(&l->map, key);

	if (e != NULL)
		drop(l, e);
}

unsigned
limit_count(const struct limit *l)
{
	return (unsigned)l->map.n;
}
