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
	TAILQ_INIT(&c->ready);
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

void
crowd_leave(struct crowd *c, struct guest *g)
{
	struct site *s = g->site;

	if (!s)
		return;
	if (g->ready) {
		TAILQ_REMOVE(&c->ready, g, all);
		c->n_ready--;
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
	TAILQ_INSERT_TAIL(&c->ready, g, all);
	g->ready = true;
	c->n_ready++;
}

struct guest *
crowd_next(struct crowd *c)
{
	struct guest *g = TAILQ_FIRST(&c->ready);

	if (!g)
		return NULL;
	TAILQ_REMOVE(&c->ready, g, all);
	c->n_ready--;
	g->ready = false;
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
