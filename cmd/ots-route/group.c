#include "group.h"

#include <stdlib.h>

#define PREFIX     "group:"
#define PREFIX_LEN (sizeof(PREFIX) - 1)

struct slice
group_key(const struct group *g)
{
	return (struct slice){g->key, g->n};
}

struct slice
group_name(const struct group *g)
{
	return (struct slice){g->key + PREFIX_LEN, g->n - PREFIX_LEN};
}

static struct group *
group_get(struct map *all, struct slice name)
{
	void **at = map_at(all, name, true);
	struct group *g;

	if (at == NULL)
		return NULL;
	if (*at != NULL) {
		g = *at;
		g->refs++;
		return g;
	}
	g = malloc(sizeof(*g) + PREFIX_LEN + name.n);
	if (g == NULL) {
		(void)map_del(all, name);
		return NULL;
	}
	g->refs = 1;
	g->n = PREFIX_LEN + name.n;
	memcpy(g->key, PREFIX, PREFIX_LEN);
	memcpy(g->key + PREFIX_LEN, name.p, name.n);
	*at = g;
	return g;
}

struct gset *
gset_make(struct map *all, const struct slice *names, size_t n)
{
	struct gset *s;

	if (n > GROUPS_MAX)
		n = GROUPS_MAX;
	s = calloc(1, sizeof(*s) + n * sizeof(s->v[0]));
	if (s == NULL)
		return NULL;
	s->refs = 1;
	for (size_t i = 0; i < n; i++) {
		if (names[i].n == 0 || gset_has(s, names[i]))
			continue;
		s->v[s->n] = group_get(all, names[i]);
		if (s->v[s->n] == NULL) {
			gset_unref(all, s);
			return NULL;
		}
		s->n++;
	}
	return s;
}

struct gset *
gset_ref(struct gset *s)
{
	s->refs++;
	return s;
}

void
gset_unref(struct map *all, struct gset *s)
{
	if (s == NULL || --s->refs > 0)
		return;
	for (size_t i = 0; i < s->n; i++) {
		struct group *g = s->v[i];

		if (--g->refs > 0)
			continue;
		(void)map_del(all, group_name(g));
		free(g);
	}
	free(s);
}

bool
gset_has(const struct gset *s, struct slice name)
{
	for (size_t i = 0; i < s->n; i++) {
		if (slice_eq(group_name(s->v[i]), name))
			return true;
	}
	return false;
}

bool
gset_meet(const struct gset *a, const struct gset *b)
{
	for (size_t i = 0; i < a->n; i++) {
		for (size_t k = 0; k < b->n; k++) {
			if (a->v[i] == b->v[k])
				return true;
		}
	}
	return false;
}

bool
gset_is(const struct gset *s, const struct slice *names, size_t n)
{
	if (s->n != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!slice_eq(group_name(s->v[i]), names[i]))
			return false;
	}
	return true;
}
