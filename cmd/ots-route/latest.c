#include "state.h"

#include <stdlib.h>

#include "timetext.h"

/* --- the store --- */

/* What a position costs beside its text, near enough. */
#define POS_COST sizeof(struct ident)

/* The text goes; type and groups stay, for the notice that the uid goes. */
static void
pos_evict(struct route *r, struct pos *p)
{
	if (p->xml == NULL)
		return;
	TAILQ_REMOVE(&r->latest, p, link);
	r->latest_bytes -= p->cap + POS_COST;
	free(p->xml);
	p->xml = NULL;
	p->n = p->cap = 0;
	p->live = p->known = 0;
}

void
latest_drop(struct route *r, struct ident *i)
{
	struct pos *p = &i->pos;

	pos_evict(r, p);
	gset_unref(&r->groups, p->in);
	p->in = NULL;
	p->type_n = 0;
}

static void
make_room(struct route *r)
{
	struct pos *p = TAILQ_FIRST(&r->latest);

	while (p != NULL && r->latest_bytes > r->cfg.latest_max) {
		struct pos *next = TAILQ_NEXT(p, link);

		if (p->owner != NULL) {
			r->count[ROUTE_EVICTED]++;
			pos_evict(r, p);
		}
		p = next;
	}
}

/* Room for n bytes in the position, in place as long as it fits: devices send
 * about the same size each time. */
static bool
pos_reserve(struct route *r, struct pos *p, size_t n)
{
	size_t cap = (n + 127) & ~(size_t)127;
	char *grown;

	if (p->xml != NULL && n <= p->cap)
		return true;
	grown = realloc(p->xml, cap);
	if (grown == NULL)
		return false;
	r->latest_bytes += cap - p->cap;
	if (p->xml == NULL) {
		r->latest_bytes += POS_COST;
		p->known = ++r->seq;
		TAILQ_INSERT_TAIL(&r->latest, p, link);
	}
	p->xml = grown;
	p->cap = cap;
	return true;
}

void
latest_store(struct route *r, struct ident *i, const struct event *e,
    struct gset *in, bool live)
{
	struct pos *p = &i->pos;
	int64_t stale;

	if (e->type.n > EVENT_TYPE_MAX) {
		latest_drop(r, i);
		return;
	}
	memcpy(p->type, e->type.p, e->type.n);
	p->type_n = e->type.n;
	if (p->in != in) {
		gset_unref(&r->groups, p->in);
		p->in = gset_ref(in);
	}
	if (timetext_parse(e->stale, &stale) < 0) {
		pos_evict(r, p);
		return;
	}
	if (!pos_reserve(r, p, e->xml.n)) {
		pos_evict(r, p); /* better none than an old one */
		r->count[ROUTE_DROPPED]++;
		return;
	}
	memcpy(p->xml, e->xml.p, e->xml.n);
	p->n = e->xml.n;
	p->stale_ms = stale;
	if (live)
		p->live = ++r->seq;
	if (TAILQ_NEXT(p, link) != NULL) {
		TAILQ_REMOVE(&r->latest, p, link);
		TAILQ_INSERT_TAIL(&r->latest, p, link);
	}
	make_room(r);
}

void
latest_regroup(
    struct route *r, struct ident *i, struct gset *in, struct route_now now)
{
	struct pos *p = &i->pos;
	struct send s = {
	    .uid = name_text(i->uid),
	    .class = "position",
	    .xml = {p->xml, p->n},
	};

	if (p->in == NULL)
		return;
	if (!i->conn->feed) {
		s.except = conn_id(i->conn);
		s.keep = true;
	}
	gset_unref(&r->groups, p->in);
	p->in = gset_ref(in);
	if (p->xml == NULL || p->stale_ms <= now_ms(now))
		return;
	send_groups(r, p->in, &s);
	p->live = ++r->seq;
	TAILQ_REMOVE(&r->latest, p, link);
	TAILQ_INSERT_TAIL(&r->latest, p, link);
}

/* --- newcomers ---
 * Up to TO_MAX of them are served together, one send for each position. A mark
 * walks through the list of positions; when the output is full it stays where
 * it is until there is room. Meanwhile a position sent anew moves to the end
 * of the list, where the mark passes it by: the newcomer had it live. */

void
latest_newcomer(struct route *r, struct conn *c, enum conn_wait wait)
{
	if (c->wait == WAIT_SERVE)
		TAILQ_REMOVE(&r->newcomers, c, queued);
	else if (c->wait == WAIT_SYNC)
		TAILQ_REMOVE(&r->waiting, c, queued);
	else if (c->wait == WAIT_NOW)
		r->serving[c->serving_at] = NULL;
	if (wait == WAIT_SERVE)
		TAILQ_INSERT_TAIL(&r->newcomers, c, queued);
	else if (wait == WAIT_SYNC)
		TAILQ_INSERT_TAIL(&r->waiting, c, queued);
	c->wait = wait;
}

void
latest_synced(struct route *r)
{
	struct conn *c;

	while ((c = TAILQ_FIRST(&r->waiting)) != NULL)
		latest_newcomer(r, c, WAIT_SERVE);
}

static bool
wants(const struct conn *c, const struct pos *p)
{
	const struct ident *i = p->owner;

	if (c == i->conn || p->live > c->born || p->known <= c->served)
		return false;
	if (c->device != NULL && c->device->uid == i->uid && !c->mesh)
		return false; /* its own, from a connection not yet dead */
	if (c->had != NULL && gset_meet(p->in, c->had))
		return false;
	return gset_meet(p->in, c->out);
}

static void
serve_position(struct route *r, const struct pos *p)
{
	struct conn *to[TO_MAX];
	size_t n = 0;
	struct send s = {
	    .uid = name_text(p->owner->uid),
	    .class = "position",
	    .xml = {p->xml, p->n},
	};

	for (size_t i = 0; i < r->n_serving; i++) {
		if (r->serving[i] != NULL && wants(r->serving[i], p))
			to[n++] = r->serving[i];
	}
	if (n == 0)
		return;
	r->count[ROUTE_REPLAYED]++;
	send_conns(r, to, n, &s);
}

static void
serve_begin(struct route *r)
{
	struct conn *c;

	while (
	    r->n_serving < TO_MAX && (c = TAILQ_FIRST(&r->newcomers)) != NULL) {
		latest_newcomer(r, c, WAIT_NOW);
		c->serving_at = r->n_serving;
		r->serving[r->n_serving++] = c;
	}
	TAILQ_INSERT_HEAD(&r->latest, &r->mark, link);
}

static void
serve_end(struct route *r, struct route_now now)
{
	size_t n = r->n_serving;

	TAILQ_REMOVE(&r->latest, &r->mark, link);
	r->n_serving = 0;
	for (size_t i = 0; i < n; i++) {
		struct conn *c = r->serving[i];

		if (c == NULL)
			continue;
		if (c->served == 0)
			r->count[ROUTE_NEWCOMERS]++;
		c->served = r->seq;
		latest_newcomer(r, c, r->synced ? WAIT_NOT : WAIT_SYNC);
		regroup_served(r, c, now);
	}
}

static void
serve_step(struct route *r, struct pos *p, struct route_now now)
{
	TAILQ_REMOVE(&r->latest, &r->mark, link);
	TAILQ_INSERT_AFTER(&r->latest, p, &r->mark, link);
	if (p->stale_ms > now_ms(now))
		serve_position(r, p);
	else if (p->owner->conn->feed)
		ident_drop(r, p->owner); /* nobody will say that it left */
}

void
latest_serve(struct route *r, struct route_now now)
{
	while (buf_size(r->out) <= r->cfg.out_high) {
		struct pos *p;

		if (alert_serve(r, now))
			continue;
		if (r->n_serving == 0) {
			if (TAILQ_EMPTY(&r->newcomers))
				return;
			serve_begin(r);
		}
		p = TAILQ_NEXT(&r->mark, link);
		if (p == NULL)
			serve_end(r, now);
		else
			serve_step(r, p, now);
	}
}
