#include "conns.h"

#include <stdlib.h>

/* The longest key: connections and devices have STORE_KEY_MAX bytes at most. */
#define KEY_MAX 2112

/* One device at a connection (of who hides before it says who it is, none). The
 * first has the others behind it; its key is
 * the connection, theirs has a NUL and the device, too. */
struct conns_one {
	TAILQ_ENTRY(conns_one) link; /* of the first */
	struct conns_one *next;
	bool closed, hidden;
	size_t others;
	size_t conn_n, device_n, user_n;
	char text[]; /* conn, NUL, device, user */
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
make(struct slice conn, struct slice device, struct slice user)
{
	struct conns_one *o =
	    malloc(sizeof *o + conn.n + 1 + device.n + user.n);

	if (!o)
		return NULL;
	*o = (struct conns_one){
	    .conn_n = conn.n, .device_n = device.n, .user_n = user.n};
	memcpy(o->text, conn.p, conn.n);
	o->text[conn.n] = '\0';
	memcpy(o->text + conn.n + 1, device.p, device.n);
	if (user.n)
		memcpy(o->text + conn.n + 1 + device.n, user.p, user.n);
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

static void
trim(struct conns *c)
{
	while (c->n > c->max)
		forget(c,
		    TAILQ_EMPTY(&c->closed) ? TAILQ_FIRST(&c->live)
					    : TAILQ_FIRST(&c->closed));
}

bool
conns_learn(
    struct conns *c, struct slice conn, struct slice device, struct slice user)
{
	struct conns_one *o, *first;
	bool hidden = false;

	if (!conn.n || !device.n || conn.n + 1 + device.n > KEY_MAX)
		return false;
	first = map_get(&c->all, conn);
	if (first && first->device_n == 0) {
		hidden = first->hidden;
		forget(c, first);
		first = NULL;
	}
	if (first &&
	    (slice_eq(device_of(first), device) ||
		first->others == CONNS_DEVICES_MAX))
		return false;
	if (first)
		user.n = 0;
	o = make(conn, device, user);
	if (!o || !put(c, first, o)) {
		free(o);
		return false;
	}
	o->hidden = hidden;
	trim(c);
	return true;
}

static struct conns_one *
first_of(const struct conns *c, struct slice conn)
{
	return conn.n ? map_get(&c->all, conn) : NULL;
}

struct slice
conns_device(const struct conns *c, struct slice conn)
{
	const struct conns_one *o = first_of(c, conn);

	if (!o)
		return (struct slice){NULL, 0};
	return device_of(o);
}

struct slice
conns_user(const struct conns *c, struct slice conn)
{
	const struct conns_one *o = first_of(c, conn);

	if (!o)
		return (struct slice){NULL, 0};
	return (struct slice){o->text + o->conn_n + 1 + o->device_n, o->user_n};
}

size_t
conns_devices(const struct conns *c, struct slice conn)
{
	const struct conns_one *o = first_of(c, conn);

	return o ? 1 + o->others : 0;
}

bool
conns_has(const struct conns *c, struct slice conn, struct slice device)
{
	const struct conns_one *o = first_of(c, conn);
	char key[KEY_MAX];

	if (!o || conn.n + 1 + device.n > sizeof key)
		return false;
	if (slice_eq(device_of(o), device))
		return true;
	memcpy(key, conn.p, conn.n);
	key[conn.n] = '\0';
	if (device.n)
		memcpy(key + conn.n + 1, device.p, device.n);
	return map_get(&c->all, (struct slice){key, conn.n + 1 + device.n}) !=
	    NULL;
}

int
conns_each(const struct conns *c, struct slice conn,
    int (*fn)(void *arg, struct slice device), void *arg)
{
	const struct conns_one *o = first_of(c, conn);
	int r = 0;

	for (; o && r == 0; o = o->next)
		if (o->device_n)
			r = fn(arg, device_of(o));
	return r;
}

void
conns_hide(struct conns *c, struct slice conn, struct slice user, bool on)
{
	struct slice nobody = {"", 0};
	struct conns_one *o = first_of(c, conn);

	if (!o && on && conn.n && conn.n < KEY_MAX) {
		o = make(conn, nobody, user);
		if (o && !put(c, NULL, o)) {
			free(o);
			o = NULL;
		}
	}
	if (o)
		o->hidden = on;
	trim(c);
}

bool
conns_hidden(const struct conns *c, struct slice conn)
{
	const struct conns_one *o = first_of(c, conn);

	return o && o->hidden;
}

static void
close_one(struct conns *c, struct conns_one *o)
{
	o->closed = true;
	TAILQ_REMOVE(&c->live, o, link);
	TAILQ_INSERT_TAIL(&c->closed, o, link);
}

void
conns_close(struct conns *c, struct slice conn)
{
	struct conns_one *o = first_of(c, conn);

	if (o && !o->closed)
		close_one(c, o);
}

/* Ids are NODE.SLOT.GENERATION, and no node has a dot. */
void
conns_close_node(struct conns *c, struct slice node)
{
	struct conns_one *o, *next;

	for (o = TAILQ_FIRST(&c->live); o; o = next) {
		next = TAILQ_NEXT(o, link);
		if (o->conn_n > node.n && o->text[node.n] == '.' &&
		    memcmp(o->text, node.p, node.n) == 0)
			close_one(c, o);
	}
}

bool
conns_open(const struct conns *c, struct slice conn)
{
	const struct conns_one *o = first_of(c, conn);

	return o && !o->closed;
}

void
conns_sweep(struct conns *c)
{
	struct conns_one *o;

	while ((o = TAILQ_FIRST(&c->closed)))
		forget(c, o);
}
