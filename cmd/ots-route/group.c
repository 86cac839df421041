#include "group.h"

#include <stdlib.h>

#define PREFIX     "group:"
#define PREFIX_LEN (sizeof(PREFIX) - 1)

void
groups_init(struct groups *all, const uint64_t seed[2])
{
	map_init(&all->names, seed);
	map_init(&all->sets, seed);
	all->made = 0;
}

void
groups_fini(struct groups *all)
{
	map_fini(&all->names);
	map_fini(&all->sets);
}

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
group_get(struct groups *all, struct slice name)
{
	void **at = map_at(&all->names, name, true);
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
		(void)map_del(&all->names, name);
		return NULL;
	}
	g->refs = 1;
	g->id = all->made++;
	g->bit = UINT64_C(1) << (g->id % 64);
	g->n = PREFIX_LEN + name.n;
	memcpy(g->key, PREFIX, PREFIX_LEN);
	memcpy(g->key + PREFIX_LEN, name.p, name.n);
	*at = g;
	return g;
}

static void
group_release(struct groups *all, struct group *g)
{
	if (--g->refs > 0)
		return;
	(void)map_del(&all->names, group_name(g));
	free(g);
}

static int
by_id(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The table's key of a set: its groups' ids, sorted. */
static struct slice
set_key(struct group *const *v, size_t n, uint64_t ids[GROUPS_MAX])
{
	for (size_t i = 0; i < n; i++)
		ids[i] = v[i]->id;
	qsort(ids, n, sizeof(ids[0]), by_id);
	return (struct slice){(const char *)ids, n * sizeof(ids[0])};
}

static struct gset *
set_new(struct group *const *v, size_t n)
{
	struct gset *s = calloc(1, sizeof(*s) + n * sizeof(s->v[0]));

	if (s == NULL)
		return NULL;
	LIST_INIT(&s->readers);
	s->n = n;
	for (size_t i = 0; i < n; i++) {
		s->v[i] = v[i];
		s->mask |= v[i]->bit;
	}
	return s;
}

static void
release_all(struct groups *all, struct group *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		group_release(all, v[i]);
}

/* The one set of these groups, a reference to each of which becomes its own.
 */
static struct gset *
set_of(struct groups *all, struct group *const *v, size_t n)
{
	uint64_t ids[GROUPS_MAX];
	struct slice key = set_key(v, n, ids);
	void **at = map_at(&all->sets, key, true);

	if (at != NULL && *at != NULL) {
		release_all(all, v, n); /* the set has its own */
		return gset_ref(*at);
	}
	if (at != NULL)
		*at = set_new(v, n);
	if (at != NULL && *at != NULL)
		return gset_ref(*at);
	if (at != NULL)
		(void)map_del(&all->sets, key);
	release_all(all, v, n);
	return NULL;
}

static bool
has_group(struct group *const *v, size_t n, const struct group *g)
{
	for (size_t i = 0; i < n; i++) {
		if (v[i] == g)
			return true;
	}
	return false;
}

struct gset *
gset_make(struct groups *all, const struct slice *names, size_t n)
{
	struct group *v[GROUPS_MAX], *g;
	size_t k = 0;

	for (size_t i = 0; i < n && k < GROUPS_MAX; i++) {
		if (names[i].n == 0)
			continue;
		g = group_get(all, names[i]);
		if (g == NULL) {
			release_all(all, v, k);
			return NULL;
		}
		if (has_group(v, k, g))
			group_release(all, g);
		else
			v[k++] = g;
	}
	return set_of(all, v, k);
}

static struct gset *
set_pick(
    struct groups *all, const struct gset *a, const struct gset *b, bool in)
{
	struct group *v[GROUPS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++) {
		if (has_group(b->v, b->n, a->v[i]) != in)
			continue;
		a->v[i]->refs++;
		v[n++] = a->v[i];
	}
	return set_of(all, v, n);
}

struct gset *
gset_minus(struct groups *all, const struct gset *a, const struct gset *b)
{
	return set_pick(all, a, b, false);
}

struct gset *
gset_both(struct groups *all, const struct gset *a, const struct gset *b)
{
	return set_pick(all, a, b, true);
}

struct gset *
gset_ref(struct gset *s)
{
	s->refs++;
	return s;
}

void
gset_unref(struct groups *all, struct gset *s)
{
	uint64_t ids[GROUPS_MAX];

	if (s == NULL || --s->refs > 0)
		return;
	(void)map_del(&all->sets, set_key(s->v, s->n, ids));
	release_all(all, s->v, s->n);
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
	if ((a->mask & b->mask) == 0)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if ((a->v[i]->bit & b->mask) != 0 &&
		    has_group(b->v, b->n, a->v[i]))
			return true;
	}
	return false;
}

bool
gset_within(const struct gset *a, const struct gset *b)
{
	if ((a->mask & ~b->mask) != 0)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (!has_group(b->v, b->n, a->v[i]))
			return false;
	}
	return true;
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

/* --- names in records --- */

bool
group_name_ok(struct slice raw)
{
	size_t n = 0;

	for (size_t i = 0; i < raw.n; i++, n++) {
		unsigned char c = (unsigned char)raw.p[i];

		if (c < 0x20 || c == 0x7f)
			return false;
		/* Only an escaped backslash is no control character. */
		if (c == '\\' && (++i == raw.n || raw.p[i] != '\\'))
			return false;
	}
	return n >= 1 && n <= GROUP_NAME_MAX && raw.p[0] != ' ' &&
	    utf8_valid(raw.p, raw.n);
}

static int
by_name(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;
	int d = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	return d != 0 ? d : x->n < y->n ? -1 : x->n > y->n;
}

size_t
group_names(const struct rec *rec, const char *label,
    struct slice out[REC_FIELDS_MAX], uint64_t *bad)
{
	size_t n = 0, pos = 1;
	struct slice name;

	while (rec_next(rec, label, &pos, &name)) {
		if (group_name_ok(name))
			out[n++] = name;
		else
			(*bad)++;
	}
	/* Over the limit it does not depend on their order which stay. */
	if (n > GROUPS_MAX)
		qsort(out, n, sizeof(out[0]), by_name);
	return n;
}
