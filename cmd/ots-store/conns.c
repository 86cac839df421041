#include "conns.h"

#include <stdlib.h>

/* One device at a connection. The first has the others behind it; its key is
 * the connection, theirs has a NUL and the device, too. */
struct conns_one {
	TAILQ_ENTRY(conns_one) link; /* of the first */
	struct conns_one *next;
	bool closed;
	size_t others;
	size_t conn_n, device_n;
	char text[]; /* conn, NUL, device */
};

static struct slice
key_of(const struct conns_one *o, bool first)
{
	return (struct slice){
	    o->text, first ? o->conn_n : o->conn_n + 1 + o->device_n};
}

static struct slice
device_of(const struct conns_one *o)
{
	return (struct slice){o->text + o->conn_n + 1, o->device_n};
}

void
conns_init(struct conns *c, size_t max, const uint64_t seed[2])
{
	*c = (struct conns){.max = max};
	map_init(&c->all, seed);
	TAILQ_INIT(&c->live);
	TAILQ_INIT(&c->closed);
}

static void
forget(struct conns *c, struct conns_one *o)
{
	struct conns_one *other;

	while ((other = o->next)) {
		o->next = other->next;
		(void)map_del(&c->all, key_of(other, false));
		free(other);
		c->n--;
	}
	(void)map_del(&c->all, key_of(o, true));
	TAILQ_REMOVE(o->closed ? &c->closed : &c->live, o, link);
	free(o);
	c->n--;
}

void
conns_fini(struct conns *c)
{
	struct conns_one *o;

	conns_sweep(c);
	while ((o = TAILQ_FIRST(&c->live)))
		forget(c, o);
	map_fini(&c->all);
}

static struct conns_one *
make(struct slice conn, struct slice device)
{
	struct conns_one *o = malloc(sizeof *o + conn.n + 1 + device.n);

	if (!o)
		return NULL;
	o->next = NULL;
	o->closed = false;
	o->others = 0;
	o->conn_n = conn.n;
	o->device_n = device.n;
	memcpy(o->text, conn.p, conn.n);
	o->text[conn.n] = '\0';
	memcpy(o->text + conn.n + 1, device.p, device.n);
	return o;
}

/* Behind the first one of that connection, if there is one. */
static bool
put(struct conns *c, struct conns_one *first, struct conns_one *o)
{
	struct slice key = key_of(o, !first);

	if ((first && map_get(&c->all, key)) || map_put(&c->all, key, o) < 0)
		return false;
	c->n++;
	if (first) {
		o->next = first->next;
		first->next = o;
		first->others++;
	} else {
		TAILQ_INSERT_TAIL(&c->live, o, link);
	}
	return true;
}

bool
conns_learn(struct conns *c, struct slice conn, struct slice device)
{
	struct conns_one *o, *first;

	if (!conn.n || !device.n)
		return false;
	first = map_get(&c->all, conn);
	if (first &&
	    (slice_eq(device_of(first), device) ||
		first->others == CONNS_DEVICES_MAX))
		return false;
	o = make(conn, device);
	if (!o || !put(c, first, o)) {
		free(o);
		return false;
	}
	while (c->n > c->max)
		forget(c,
		    TAILQ_EMPTY(&c->closed) ? TAILQ_FIRST(&c->live)
					    : TAILQ_FIRST(&c->closed));
	return true;
}

struct slice
conns_device(const struct conns *c, struct slice conn)
{
	const struct conns_one *o = conn.n ? map_get(&c->all, conn) : NULL;

	if (!o)
		return (struct slice){NULL, 0};
	return device_of(o);
}

void
conns_close(struct conns *c, struct slice conn)
{
	struct conns_one *o = conn.n ? map_get(&c->all, conn) : NULL;

	if (!o || o->closed)
		return;
	o->closed = true;
	TAILQ_REMOVE(&c->live, o, link);
	TAILQ_INSERT_TAIL(&c->closed, o, link);
}

bool
conns_open(const struct conns *c, struct slice conn)
{
	const struct conns_one *o = conn.n ? map_get(&c->all, conn) : NULL;

	return o && !o->closed;
}

void
conns_sweep(struct conns *c)
{
	struct conns_one *o;

	while ((o = TAILQ_FIRST(&c->closed)))
		forget(c, o);
}
