#include "grants.h"

#include <errno.h>
#include <stdlib.h>

#include "facts.h"

/* One allocation: the slices, then the texts. */
struct grant {
	size_t n;
	struct slice name[];
};

void
grants_init(struct grants *g, const uint64_t seed[2])
{
	*g = (struct grants){.seed = {seed[0], seed[1]}};
	map_init(&g->all, seed);
}

static void
drop(struct map *m)
{
	size_t pos = 0;
	struct slice key;
	void *v;

	while (map_next(m, &pos, &key, &v))
		free(v);
	map_fini(m);
}

void
grants_fini(struct grants *g)
{
	drop(&g->all);
}

static struct grant *
grant_new(const struct account_view *v)
{
	size_t n = v->disabled ? 0 : v->n_in, size = 0, i, len;
	struct grant *one;
	char *to;

	for (i = 0; i < n; i++)
		size += strlen(v->in[i]);
	one = malloc(sizeof *one + n * sizeof one->name[0] + size);
	if (!one)
		return NULL;
	to = (char *)(one->name + n);
	for (i = 0; i < n; i++) {
		len = strlen(v->in[i]);
		memcpy(to, v->in[i], len);
		one->name[i] = (struct slice){to, len};
		to += len;
	}
	one->n = facts_sort(one->name, n);
	return one;
}

#define KEY_MAX 2048

/* The key in out; n 0: it would be too long, and such a device has none. */
static struct slice
key_of(char out[KEY_MAX], struct slice user, struct slice device)
{
	size_t n = user.n;

	if (user.n + 1 + device.n > KEY_MAX)
		return (struct slice){"", 0};
	memcpy(out, user.p, user.n);
	if (device.p) {
		out[n++] = '\0';
		memcpy(out + n, device.p, device.n);
		n += device.n;
	}
	return (struct slice){out, n};
}

struct taking {
	struct map map;
	bool failed;
};

static int
take(void *arg, const struct account_view *v)
{
	struct taking *t = arg;
	struct slice device = {NULL, 0}, key;
	struct grant *one;
	char text[KEY_MAX];

	if (v->device)
		device = slice_of(v->device);
	key = key_of(text, slice_of(v->user), device);
	if (!key.n)
		return 0;
	one = grant_new(v);
	if (one && map_put(&t->map, key, one) == 0)
		return 0;
	free(one);
	t->failed = true;
	return 1;
}

int
grants_refresh(struct grants *g, struct accounts *a)
{
	uint64_t rev;
	struct taking t = {.failed = false};

	if (accounts_revision(a, &rev) < 0)
		return -1;
	if (g->ready && rev == g->revision)
		return 0;
	map_init(&t.map, g->seed);
	if (accounts_snapshot(a, take, &t, &rev) < 0 || t.failed) {
		if (t.failed)
			errno = ENOMEM;
		drop(&t.map);
		return -1;
	}
	drop(&g->all);
	g->all = t.map;
	g->revision = rev;
	g->ready = true;
	return 0;
}

const struct slice *
grants_of(
    const struct grants *g, struct slice user, struct slice device, size_t *n)
{
	static const struct slice anon = {"__ANON__", 8};
	const struct grant *one = NULL;
	char text[KEY_MAX];
	struct slice none = {NULL, 0};

	*n = 1;
	if (!user.n || !g->all.n)
		return &anon;
	if (device.n)
		one = map_get(&g->all, key_of(text, user, device));
	if (!one)
		one = map_get(&g->all, key_of(text, user, none));
	*n = one ? one->n : 0;
	return one ? one->name : NULL;
}
