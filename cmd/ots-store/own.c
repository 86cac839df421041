#include "own.h"

#include <stdlib.h>
#include <string.h>

#include "store.h"

struct own_one {
	TAILQ_ENTRY(own_one) link;
	size_t conn_n;
	char text[]; /* conn, NUL, groups, NUL */
};

void
own_init(struct own *o, const uint64_t seed[2])
{
	*o = (struct own){.n = 0};
	map_init(&o->all, seed);
	TAILQ_INIT(&o->queue);
}

static void
forget(struct own *o, struct own_one *one)
{
	(void)map_del(&o->all, (struct slice){one->text, one->conn_n});
	TAILQ_REMOVE(&o->queue, one, link);
	free(one);
	o->n--;
}

void
own_fini(struct own *o)
{
	struct own_one *one;

	while ((one = TAILQ_FIRST(&o->queue)))
		forget(o, one);
	map_fini(&o->all);
}

void
own_put(struct own *o, struct slice conn, struct slice groups)
{
	struct own_one *one = map_get(&o->all, conn);

	if (one)
		forget(o, one);
	one = malloc(sizeof *one + conn.n + groups.n + 2);
	if (!one)
		return;
	one->conn_n = conn.n;
	memcpy(one->text, conn.p, conn.n);
	one->text[conn.n] = '\0';
	memcpy(one->text + conn.n + 1, groups.p, groups.n);
	one->text[conn.n + 1 + groups.n] = '\0';
	if (map_put(&o->all, (struct slice){one->text, conn.n}, one) < 0) {
		free(one);
		return;
	}
	TAILQ_INSERT_TAIL(&o->queue, one, link);
	if (++o->n > OWN_MAX)
		forget(o, TAILQ_FIRST(&o->queue));
}

const char *
own_get(const struct own *o, struct slice conn)
{
	const struct own_one *one = map_get(&o->all, conn);

	return one ? one->text + one->conn_n + 1 : NULL;
}

int
own_groups(
    const char *text, const struct slice **groups, size_t *n, struct arena *a)
{
	char name[STORE_KEY_MAX + 1], *p;
	struct slice *v;
	size_t most = 1;
	const char *at;
	int len;

	for (at = text; *at; at++)
		most += *at == '\t';
	*n = 0;
	*groups = v = arena_take(a, most * sizeof *v);
	if (!v)
		return -1;
	for (at = text;
	     (len = store_groups_next(&at, name, sizeof name)) >= 0;) {
		p = arena_take(a, (size_t)len + 1);
		if (!p)
			return -1;
		memcpy(p, name, (size_t)len);
		v[(*n)++] = (struct slice){p, (size_t)len};
	}
	return 0;
}
