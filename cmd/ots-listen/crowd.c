#include "crowd.h"

#include <errno.h>
#include <stdlib.h>

void
crowd_init(
    struct crowd *c, const uint64_t seed[2], uint32_t max, uint32_t max_site)
{
	*c = (struct crowd){.max = max, .max_site = max_site};
	map_init(&c->sites, seed);
	TAILQ_INIT(&c->waiting);
	TAILQ_INIT(&c->turns);
}

/* All guests have left. */
void
crowd_fini(struct crowd *c)
{
	map_fini(&c->sites);
}

bool
crowd_room(const struct crowd *c, struct slice key, struct guest **out)
{
	const struct site *s = map_get(&c->sites, key);

	*out = NULL;
	if (s && s->n >= c->max_site)
		*out = TAILQ_FIRST(&s->waiting);
	else if (c->n >= c->max)
		*out = TAILQ_FIRST(&c->waiting);
	else
		return true;
	return *out != NULL;
}

static struct site *
site_of(struct crowd *c, struct slice key)
{
	void **at = map_at(&c->sites, key, true);
	struct site *s;

	if (!at || *at)
		return at ? *at : NULL;
	s = calloc(1, sizeof *s);
	if (!s) {
		map_del(&c->sites, key);
		return NULL;
	}
	TAILQ_INIT(&s->waiting);
	TAILQ_INIT(&s->ready);
	return *at = s;
}

int
crowd_join(struct crowd *c, struct guest *g, struct slice key)
{
	struct site *s = site_of(c, key);

	if (!s) {
		errno = ENOMEM;
		return -1;
	}
	*g = (struct guest){.site = s, .key = key};
	TAILQ_INSERT_TAIL(&c->waiting, g, all);
	TAILQ_INSERT_TAIL(&s->waiting, g, same);
	s->n++;
	c->n++;
	return 0;
}

/* It waits for us no more. */
static void
unready(struct crowd *c, struct guest *g)
{
	struct site *s = g->site;

	TAILQ_REMOVE(&s->ready, g, same);
	if (TAILQ_EMPTY(&s->ready))
		TAILQ_REMOVE(&c->turns, s, turn);
	g->ready = false;
	c->n_ready--;
}

void
crowd_leave(struct crowd *c, struct guest *g)
{
	struct site *s = g->site;

	if (!s)
		return;
	if (g->ready) {
		unready(c, g);
	} else {
		TAILQ_REMOVE(&c->waiting, g, all);
		TAILQ_REMOVE(&s->waiting, g, same);
	}
	c->n--;
	g->site = NULL;
	if (--s->n > 0)
		return;
	map_del(&c->sites, g->key);
	free(s);
}

void
crowd_ready(struct crowd *c, struct guest *g)
{
	if (g->ready)
		return;
	TAILQ_REMOVE(&c->waiting, g, all);
	TAILQ_REMOVE(&g->site->waiting, g, same);
	if (TAILQ_EMPTY(&g->site->ready))
		TAILQ_INSERT_TAIL(&c->turns, g->site, turn);
	TAILQ_INSERT_TAIL(&g->site->ready, g, same);
	g->ready = true;
	c->n_ready++;
}

struct guest *
crowd_next(struct crowd *c)
{
	struct site *s = TAILQ_FIRST(&c->turns);
	struct guest *g;

	if (!s)
		return NULL;
	g = TAILQ_FIRST(&s->ready);
	unready(c, g);
	if (!TAILQ_EMPTY(&s->ready)) {
		/* Behind the others. */
		TAILQ_REMOVE(&c->turns, s, turn);
		TAILQ_INSERT_TAIL(&c->turns, s, turn);
	}
	if (g->moves < CROWD_MOVES) {
		g->moves++;
		TAILQ_INSERT_TAIL(&c->waiting, g, all);
		TAILQ_INSERT_TAIL(&g->site->waiting, g, same);
	} else {
		/* The next to go, if somebody must. */
		TAILQ_INSERT_HEAD(&c->waiting, g, all);
		TAILQ_INSERT_HEAD(&g->site->waiting, g, same);
	}
	return g;
}

struct guest *
crowd_any(const struct crowd *c)
{
	const struct site *s = TAILQ_FIRST(&c->turns);

	return s ? TAILQ_FIRST(&s->ready) : TAILQ_FIRST(&c->waiting);
}
