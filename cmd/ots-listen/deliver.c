#include "deliver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lay.h"
#include "log.h"
#include "map.h"

#define ONLY_MAX    64                  /* `only` labels looked at */
#define SMALL_QUEUE ((size_t)1024)      /* below that no queue is full */
#define KEPT_MAX    64                  /* positions kept of one client */
#define KEPT_CLIENT ((size_t)256 << 10) /* bytes kept of one client */
#define KEPT_ALL    ((size_t)64 << 20)  /* of all clients */

struct delivery {
	struct lay event;
	const struct client *except;
	const struct key *only[ONLY_MAX];
	uint32_t n_only;
	bool restricted;
	uint64_t queued[FAN_KINDS];
};

static enum fan_class
class_of(const struct rec *r)
{
	struct slice class;

	if (!rec_raw(r, "class", &class) || slice_is(class, "control"))
		return FAN_CONTROL;
	if (slice_is(class, "position"))
		return FAN_POSITION;
	if (slice_is(class, "item"))
		return FAN_ITEM;
	return FAN_CHAT;
}

static struct client *
client_of(const struct listen *l, struct slice conn)
{
	struct slot_id id;

	if (slots_parse(&l->slots, conn, &id) < 0)
		return NULL;
	return slots_get(&l->slots, id);
}

static void
give(struct listen *l, struct delivery *d, struct client *c)
{
	enum fan_kind kind;
	uint32_t i;

	if (c == d->except || c->doomed)
		return;
	if (d->restricted) {
		for (i = 0; i < d->n_only; i++)
			if (keys_holds(&c->holder, d->only[i]))
				break;
		if (i == d->n_only)
			return;
	}
	kind = c->kind;
	if (!d->event.ref[kind].c && !lay_down(l, &d->event, kind))
		return;
	switch (fan_push(&c->q, d->event.ref[kind])) {
	case 0:
		return;
	case 1:
		d->queued[kind]++;
		if (d->event.receipt)
			receipt_wait(&c->q, d->event.receipt);
		break;
	default:
		/* To lose a delivery silently is worse than to lose the
		 * connection: the client comes back and is told the state. */
		l->n.no_memory++;
		listen_doom(l, c, "no-memory");
		return;
	}
	if (!c->blocked)
		listen_mark(l, c, d->event.class);
	if (c->q.bytes > SMALL_QUEUE && !c->over &&
	    c->q.bytes > listen_queue_max(l, c)) {
		c->over = true;
		c->next_over = l->over;
		l->over = c;
	}
}

static void
give_to(struct listen *l, struct delivery *d, struct slice to)
{
	const struct key *key;
	struct client *c;
	uint32_t i;

	if (slice_starts(to, "conn:")) {
		to.p += 5;
		to.n -= 5;
		c = client_of(l, to);
		if (c)
			give(l, d, c);
		else
			l->n.gone++;
		return;
	}
	key = keys_find(&l->keys, to);
	for (i = 0; key && i < key->n; i++)
		give(l, d, (struct client *)(void *)key->member[i]);
}

/* ---- positions kept ---- */

static struct kept *
kept_of(struct client *c, uint64_t uid)
{
	struct kept *k;
	uint32_t i;

	for (i = 0; i < c->n_kept; i++)
		if (c->kept[i].uid == uid)
			return &c->kept[i];
	if (c->n_kept == KEPT_MAX)
		return NULL;
	k = reallocarray(c->kept, c->n_kept + 1, sizeof *k);
	if (!k)
		return NULL;
	c->kept = k;
	k += c->n_kept++;
	*k = (struct kept){.uid = uid};
	return k;
}

/* Remember the position, to tell it again to the next ots-route. Where there
 * is no room it is not remembered: only a restart will show it. */
static void
keep(struct listen *l, struct client *c, uint64_t uid, struct slice raw)
{
	struct kept *k = kept_of(c, uid);
	char *p;

	if (!k)
		return;
	if (!k->raw || raw.n > k->cap) {
		if (c->kept_bytes - k->cap + raw.n > KEPT_CLIENT ||
		    l->kept_bytes - k->cap + raw.n > KEPT_ALL ||
		    !(p = realloc(k->raw, raw.n)))
			return;
		l->kept_bytes += raw.n - k->cap;
		c->kept_bytes += raw.n - k->cap;
		k->raw = p;
		k->cap = (uint32_t)raw.n;
	}
	memcpy(k->raw, raw.p, raw.n);
	k->n = (uint32_t)raw.n;
}

static void
forget(struct listen *l, const struct rec *r)
{
	struct slice conn, raw;
	struct client *c;
	uint64_t uid;
	uint32_t i;

	if (!rec_raw(r, "conn", &conn) || !rec_raw(r, "uid", &raw) ||
	    !(c = client_of(l, conn))) {
		l->n.gone++;
		return;
	}
	uid = map_hash(l->seed, raw);
	for (i = 0; i < c->n_kept && c->kept[i].uid != uid; i++)
		;
	if (i == c->n_kept)
		return;
	l->kept_bytes -= c->kept[i].cap;
	c->kept_bytes -= c->kept[i].cap;
	free(c->kept[i].raw);
	c->kept[i] = c->kept[--c->n_kept];
}

/* ---- records ---- */

static bool
find_only(struct listen *l, const struct rec *r, struct delivery *d)
{
	const struct key *key;
	struct slice raw;
	size_t pos = 1;

	while (rec_next(r, "only", &pos, &raw)) {
		d->restricted = true;
		key = keys_find(&l->keys, raw);
		if (key && d->n_only < ONLY_MAX)
			d->only[d->n_only++] = key;
	}
	return !d->restricted || d->n_only;
}

static void
count(struct listen *l, const struct delivery *d)
{
	uint64_t all = 0;
	bool failed = false;

	for (int i = 0; i < FAN_KINDS; i++) {
		all += d->queued[i];
		failed |= d->event.failed[i];
	}

	l->n.deliveries += all;
	l->n.as_protobuf += d->queued[FAN_PB];
	if (all == 0 && !failed)
		l->n.nobody++;
}

/* Who sent it wants to know whom it has reached. */
static struct receipt *
receipt_of(struct listen *l, const struct rec *r)
{
	struct receipt *receipt;
	struct slice raw;

	if (!rec_raw(r, "receipt", &raw) || raw.n == 0)
		return NULL;
	receipt = receipt_new(raw);
	if (!receipt && errno == EINVAL)
		l->n.bad++;
	else if (!receipt)
		l->n.no_memory++;
	return receipt;
}

void
deliver_send(struct listen *l, const struct rec *r)
{
	struct delivery d = {.event.escaped = true};
	struct client *from = NULL;
	struct slice raw, to;
	size_t pos = 1;

	l->n.sends++;
	if (!rec_raw(r, "xml", &d.event.xml) || d.event.xml.n == 0) {
		l->n.bad++;
		return;
	}
	(void)rec_raw(r, "pb", &d.event.pb);
	if (rec_raw(r, "not", &raw))
		d.except = from = client_of(l, raw);
	if (rec_raw(r, "uid", &raw))
		d.event.uid = map_hash(l->seed, raw);
	if (from && rec_raw(r, "keep", &raw))
		keep(l, from, d.event.uid, d.event.xml);
	if (!find_only(l, r, &d)) {
		l->n.nobody++;
		return;
	}
	d.event.class = class_of(r);
	d.event.receipt = receipt_of(l, r);
	while (rec_next(r, "to", &pos, &to))
		give_to(l, &d, to);
	receipt_unref(d.event.receipt);
	count(l, &d);
}

static void
bind(struct listen *l, const struct rec *r, bool on)
{
	struct slice raw;
	struct client *c;
	size_t pos = 1;

	if (!rec_raw(r, "conn", &raw) || !(c = client_of(l, raw))) {
		l->n.gone++;
		return;
	}
	while (rec_next(r, "key", &pos, &raw)) {
		if (!on) {
			(void)keys_unbind(&l->keys, &c->holder, raw);
			continue;
		}
		if (keys_bind(&l->keys, &c->holder, raw) < 0) {
			l->n.bad++;
			log_kv(LOG_BAD_RECORD, "conn", c->conn, "why",
			    errno == ENOMEM
				? "no memory for a key"
				: "a key is too long, or one too many",
			    NULL);
		}
	}
}

static void
hang_up(struct listen *l, const struct rec *r)
{
	struct slice raw;
	struct client *c;

	if (rec_raw(r, "conn", &raw) && (c = client_of(l, raw)))
		listen_doom(l, c, "hangup");
	else
		l->n.gone++;
}

static void
hello(struct listen *l, const struct rec *r)
{
	struct slice program;
	uint64_t round = 0;

	if (!rec_raw(r, "program", &program) || !slice_is(program, "ots-route"))
		return;
	if (rec_u64(r, "round", UINT64_MAX, &round) < 0)
		round = 0;
	listen_tell_begin(l, round);
}

void
listen_record(struct listen *l, const struct rec *r)
{
	if (rec_is(r, "send"))
		deliver_send(l, r);
	else if (rec_is(r, "bind"))
		bind(l, r, true);
	else if (rec_is(r, "unbind"))
		bind(l, r, false);
	else if (rec_is(r, "forget"))
		forget(l, r);
	else if (rec_is(r, "hangup"))
		hang_up(l, r);
	else if (rec_is(r, "hello"))
		hello(l, r);
	/* Kinds that we do not know are none of our business. */
}
