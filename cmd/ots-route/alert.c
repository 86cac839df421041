#include "state.h"

#include <stdlib.h>

#include "cotmake.h"
#include "cotscan.h"
#include "log.h"

/* Emergencies (cot-streaming 7.7): clients send one once, with a stale of ten
 * seconds; it is repeated until somebody who may send to its groups cancels
 * it. It outlives its sender's connection, whose loss may be part of the
 * emergency. Two alerts of one uid that share no group are two alerts, so that
 * nobody outside a group can stop or replace one in it. */

#define ALERTS_MAX    1000
#define ALERTS_CONN   16    /* of one connection */
#define ALERT_XML_MAX 4096  /* those of ATAK have some 1000 */
#define ALERT_STALE   15000 /* milliseconds */

static void
alert_log(const struct alert *a, const char *what)
{
	struct log_line l;

	log_open(&l, LOG_ALERT);
	log_s(&l, "what", what);
	log_str(&l, "uid", a->uid);
	if (a->from != NULL)
		log_str(&l, "conn", conn_id(a->from));
	log_send(&l);
}

static void
alert_end(struct route *r, struct alert *a, const char *why)
{
	if (why != NULL)
		alert_log(a, why);
	if (a->from != NULL) {
		a->from->alerts--;
		if (why != NULL)
			send_forget(r, a->from, a->uid);
	}
	TAILQ_REMOVE(&r->alerts, a, link);
	r->n_alerts--;
	gset_unref(&r->groups, a->in);
	free(a);
}

static struct alert *
alert_find(struct route *r, struct slice uid, const struct gset *in)
{
	struct alert *a;

	TAILQ_FOREACH(a, &r->alerts, link)
	{
		if (slice_eq(a->uid, uid) && gset_meet(a->in, in))
			return a;
	}
	return NULL;
}

/* At a limit the oldest gives way: of this connection, or of all. */
static void
alert_make_room(struct route *r, const struct conn *from)
{
	bool own = !from->feed && from->alerts >= ALERTS_CONN;
	struct alert *a, *oldest = NULL;

	if (!own && r->n_alerts < ALERTS_MAX)
		return;
	TAILQ_FOREACH(a, &r->alerts, link)
	{
		if (own && a->from != from)
			continue;
		if (oldest == NULL || a->began < oldest->began)
			oldest = a;
	}
	if (oldest != NULL)
		alert_end(r, oldest, "evicted");
}

static struct alert *
alert_new(const struct event *e, struct slice owner)
{
	struct alert *a;
	char *p;

	a = calloc(1, sizeof(*a) + e->uid.n + owner.n + e->xml.n);
	if (a == NULL)
		return NULL;
	p = a->mem;
	memcpy(p, e->uid.p, e->uid.n);
	a->uid = (struct slice){p, e->uid.n};
	p += e->uid.n;
	if (owner.n > 0)
		memcpy(p, owner.p, owner.n);
	a->owner = (struct slice){p, owner.n};
	p += owner.n;
	memcpy(p, e->xml.p, e->xml.n);
	a->xml = (struct slice){p, e->xml.n};
	return a;
}

bool
alert_fits(const struct route *r, const struct event *e)
{
	return event_alert(e) && r->cfg.alert_every > 0 &&
	    e->uid.n <= EVENT_NAME_MAX && e->xml.n <= ALERT_XML_MAX &&
	    cotscan_canonical(e->xml);
}

/* What ots-listen kept of an alert that another replaces is overwritten only
 * if it is kept under the same connection, and only by one that is kept. */
static void
alert_replace(
    struct route *r, struct alert *old, const struct conn *c, bool kept)
{
	if (old->from != NULL && (old->from != c || !kept))
		send_forget(r, old->from, old->uid);
	alert_end(r, old, NULL);
}

void
alert_raise(struct route *r, struct conn *c, const struct event *e,
    struct gset *in, struct route_now now)
{
	struct slice owner = e->link_uid;
	struct alert *old, *a;

	if (!alert_fits(r, e))
		return;
	if (c->device != NULL)
		owner = name_text(c->device->uid);
	if (owner.n > EVENT_NAME_MAX)
		owner.n = 0;
	a = alert_new(e, owner);
	if (a == NULL) {
		r->count[ROUTE_DROPPED]++;
		return;
	}
	old = alert_find(r, e->uid, in);
	a->from = c;
	a->began = now.mono_us;
	if (old != NULL) {
		alert_replace(r, old, c, in == e->in);
	} else {
		r->count[ROUTE_ALERTS]++;
		alert_log(a, "begun");
	}
	alert_make_room(r, c);
	c->alerts++;
	a->in = gset_ref(in);
	a->seq = e->again ? 0 : ++r->seq;
	a->next = now.mono_us + r->cfg.alert_every;
	/* All wait equally long, so the list stays in order. */
	TAILQ_INSERT_TAIL(&r->alerts, a, link);
	r->n_alerts++;
}

void
alert_again(struct route *r, struct conn *c, const struct event *e,
    struct route_now now)
{
	const struct alert *a = alert_find(r, e->uid, e->in);

	if (a == NULL)
		alert_raise(r, c, e, e->in, now);
	else if (a->from != c)
		send_forget(r, c, e->uid); /* its end is told to one only */
}

/* Those who got the alert by groups that the canceller is not in get a cancel
 * of ours, with nothing of the canceller's in it. */
static void
cancel_others(struct route *r, const struct alert *a, const struct gset *in,
    struct route_now now)
{
	struct slice names[GROUPS_MAX];
	struct gset *rest;
	struct send s = {.class = "chat", .plain = true};
	size_t n = 0;

	for (size_t i = 0; i < a->in->n; i++) {
		if (!gset_has(in, group_name(a->in->v[i])))
			names[n++] = group_name(a->in->v[i]);
	}
	if (n == 0)
		return;
	rest = gset_make(&r->groups, names, n);
	buf_clear(&r->a);
	buf_clear(&r->b);
	if (rest == NULL || rec_unescape(&r->a, a->uid) < 0 ||
	    cotmake_cancel(&r->b, now_ms(now), buf_slice(&r->a),
		(struct slice){"", 0}) < 0) {
		r->count[ROUTE_DROPPED]++;
	} else {
		s.uid = buf_slice(&r->a);
		s.xml = buf_slice(&r->b);
		send_groups(r, rest, &s);
	}
	gset_unref(&r->groups, rest);
}

bool
alert_cancel(struct route *r, const struct event *e, struct route_now now)
{
	struct alert *a;
	bool any = false;

	while ((a = alert_find(r, e->uid, e->in)) != NULL) {
		any = true;
		cancel_others(r, a, e->in, now);
		alert_end(r, a, "cancelled");
	}
	return any;
}

/* The event with new times in r->xml. */
static bool
alert_retime(struct route *r, const struct alert *a, struct route_now now)
{
	int64_t ms = now_ms(now);

	buf_clear(&r->xml);
	if (cotscan_retime(&r->xml, a->xml, ms, ms, ms + ALERT_STALE) == 0)
		return true;
	r->count[ROUTE_DROPPED]++;
	return false;
}

/* The sender does not get its own alert; when it has come back under another
 * connection, its device's uid says which. */
static struct slice
alert_not(const struct route *r, const struct alert *a)
{
	const struct name *n;

	if (a->from != NULL)
		return a->from->feed ? (struct slice){"", 0} : conn_id(a->from);
	n = map_get(&r->uids, a->owner);
	if (n == NULL || LIST_FIRST(&n->idents)->conn->feed)
		return (struct slice){"", 0};
	return conn_id(LIST_FIRST(&n->idents)->conn);
}

static void
alert_repeat(struct route *r, const struct alert *a, struct route_now now)
{
	struct send s = {.uid = a->uid, .class = "chat"};

	if (!alert_retime(r, a, now))
		return;
	s.xml = buf_slice(&r->xml);
	s.except = alert_not(r, a);
	r->count[ROUTE_REPEATS]++;
	send_groups(r, a->in, &s);
}

void
alert_serve(struct route *r, struct route_now now)
{
	struct alert *a;

	TAILQ_FOREACH(a, &r->alerts, link)
	{
		struct send s = {.uid = a->uid, .class = "chat"};
		struct conn *to[TO_MAX];
		size_t n = 0;

		for (size_t i = 0; i < r->n_serving; i++) {
			struct conn *c = r->serving[i];

			if (c->served == 0 && c != a->from &&
			    a->seq <= c->born && gset_meet(a->in, c->out))
				to[n++] = c;
		}
		if (n == 0 || !alert_retime(r, a, now))
			continue;
		s.xml = buf_slice(&r->xml);
		send_conns(r, to, n, &s);
	}
}

uint64_t
route_deadline(const struct route *r)
{
	const struct alert *a = TAILQ_FIRST(&r->alerts);

	return a != NULL ? a->next : UINT64_MAX;
}

void
route_tick(struct route *r, struct route_now now)
{
	struct alert *a;

	while (
	    (a = TAILQ_FIRST(&r->alerts)) != NULL && a->next <= now.mono_us) {
		if (now.mono_us - a->began >= r->cfg.alert_life) {
			alert_end(r, a, "too old");
			continue;
		}
		/* With a full output the repeat is left out, not queued. */
		if (buf_size(r->out) <= r->cfg.out_high)
			alert_repeat(r, a, now);
		a->next = now.mono_us + r->cfg.alert_every;
		TAILQ_REMOVE(&r->alerts, a, link);
		TAILQ_INSERT_TAIL(&r->alerts, a, link);
	}
}

void
alert_conn_gone(struct route *r, const struct conn *c)
{
	struct alert *a;

	if (c->alerts == 0)
		return;
	TAILQ_FOREACH(a, &r->alerts, link)
	{
		if (a->from == c)
			a->from = NULL;
	}
}

void
alert_free_all(struct route *r)
{
	while (!TAILQ_EMPTY(&r->alerts))
		alert_end(r, TAILQ_FIRST(&r->alerts), NULL);
}
