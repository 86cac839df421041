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

/* An alert is either live or left by its peer; before it is attached for the
 * first time and after alert_detach it is neither. */
static void
alert_attach(struct alert *a, struct conn *c)
{
	a->from = c;
	a->live = c != NULL && c->peer == a->peer;
	if (a->live)
		c->alerts++;
	else if (a->peer != NULL)
		a->peer->left++;
}

static void
alert_detach(struct alert *a)
{
	if (a->live && a->from != NULL) /* live: from is set */
		a->from->alerts--;
	else if (a->peer != NULL)
		a->peer->left--;
}

/* NULL: the sender has gone. Else it is back, or was there under another
 * connection all the time. */
static void
alert_reattach(struct alert *a, struct conn *c)
{
	alert_detach(a);
	alert_attach(a, c);
	a->kept = false;
}

void
alert_end(struct route *r, struct alert *a, const char *why)
{
	if (why != NULL)
		alert_log(a, why);
	if (why != NULL && a->kept)
		send_forget(r, a->from, a->uid);
	alert_detach(a);
	if (a->peer != NULL)
		a->peer->alerts--;
	peer_unref(r, a->peer);
	user_unref(&r->users, a->user);
	TAILQ_REMOVE(&r->alerts, a, link);
	r->n_alerts--;
	gset_unref(&r->groups, a->in);
	gset_unref(&r->groups, a->part);
	free(a);
}

/* One that c may replace or cancel: in one of its groups; or its own, while
 * that is in no group since all of its user's are switched off. */
static struct alert *
alert_find(struct route *r, const struct conn *c, struct slice uid,
    const struct gset *in)
{
	struct alert *a;

	TAILQ_FOREACH(a, &r->alerts, link)
	{
		if (slice_eq(a->uid, uid) &&
		    (gset_meet(a->in, in) ||
			(a->in->n == 0 && a->user != NULL &&
			    a->user == c->user)))
			return a;
	}
	return NULL;
}

/* May c be its sender, come back? */
static bool
alert_of(const struct alert *a, const struct conn *c)
{
	if (a->user != NULL)
		return a->user == c->user && c->access == ACCESS_OK;
	return gset_meet(a->in, c->in);
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
	if (old->kept && (old->from != c || !kept))
		send_forget(r, old->from, old->uid);
	alert_end(r, old, NULL);
}

/* The uid that its sender goes by. */
static struct slice
alert_owner(const struct conn *c, const struct event *e)
{
	struct slice owner = e->link_uid;

	if (c->device != NULL)
		owner = name_text(c->device->uid);
	if (owner.n > EVENT_NAME_MAX)
		owner.n = 0;
	return owner;
}

/* It is in the list from now on. */
static void
alert_begin(struct route *r, struct alert *a, struct conn *c, struct gset *in,
    bool part)
{
	a->in = gset_ref(in);
	a->part = part ? gset_ref(in) : NULL;
	a->user = user_ref(c->user);
	a->peer = peer_ref(c->peer);
	if (a->peer != NULL)
		a->peer->alerts++;
	alert_attach(a, c);
	/* All wait equally long, so the list stays in order. */
	TAILQ_INSERT_TAIL(&r->alerts, a, link);
	r->n_alerts++;
}

static void
alert_refuse(struct route *r, const struct conn *c, const struct event *e)
{
	struct log_line l;

	log_open(&l, LOG_ALERT);
	log_s(&l, "what", "refused");
	log_str(&l, "uid", e->uid);
	log_str(&l, "conn", conn_id(c));
	log_send(&l);
	send_forget(r, c, e->uid);
}

void
alert_raise(struct route *r, struct conn *c, const struct event *e,
    struct gset *in, struct route_now now)
{
	struct alert *old, *a;

	if (!alert_fits(r, e))
		return;
	old = alert_find(r, c, e->uid, in);
	if (!alert_make_room(r, c, old)) {
		alert_refuse(r, c, e);
		return;
	}
	a = alert_new(e, alert_owner(c, e));
	if (a == NULL) {
		r->count[ROUTE_DROPPED]++;
		return;
	}
	a->kept = !e->part && !c->feed;
	a->began = now.mono_us;
	a->next = now.mono_us + r->cfg.alert_every;
	a->seq = e->again ? 0 : ++r->seq;
	if (old != NULL)
		alert_replace(r, old, c, a->kept);
	alert_begin(r, a, c, in, e->part);
	if (old == NULL) {
		r->count[ROUTE_ALERTS]++;
		alert_log(a, "begun");
	}
}

void
alert_again(struct route *r, struct conn *c, const struct event *e,
    struct route_now now)
{
	struct alert *a = alert_find(r, c, e->uid, e->in);

	if (a == NULL)
		alert_raise(r, c, e, e->in, now);
	else if (a->from != c)
		send_forget(r, c, e->uid); /* its end is told to one only */
	else
		a->kept = true;
}

void
alert_tell_end(struct route *r, const struct alert *a, const struct gset *to,
    struct route_now now)
{
	struct send s = {.class = "chat", .plain = true};

	if (to == NULL || to->n == 0)
		return;
	buf_clear(&r->a);
	buf_clear(&r->b);
	if (rec_unescape(&r->a, a->uid) < 0 ||
	    cotmake_cancel(&r->b, now_ms(now), buf_slice(&r->a),
		(struct slice){"", 0}) < 0) {
		r->count[ROUTE_DROPPED]++;
		return;
	}
	s.uid = buf_slice(&r->a);
	s.xml = buf_slice(&r->b);
	send_groups(r, to, &s);
}

/* Those who got the alert by groups that the canceller is not in get a cancel
 * of ours, with nothing of the canceller's in it. */
static void
cancel_others(struct route *r, const struct alert *a, const struct gset *in,
    struct route_now now)
{
	struct gset *rest = gset_minus(&r->groups, a->in, in);

	if (rest == NULL)
		r->count[ROUTE_DROPPED]++;
	alert_tell_end(r, a, rest, now);
	gset_unref(&r->groups, rest);
}

bool
alert_cancel(struct route *r, const struct conn *c, const struct event *e,
    struct route_now now)
{
	struct alert *a;
	bool any = false;

	while ((a = alert_find(r, c, e->uid, e->in)) != NULL) {
		any = true;
		cancel_others(r, a, e->in, now);
		alert_end(r, a, "cancelled");
	}
	return any;
}

bool
alert_retime(struct route *r, const struct alert *a, struct route_now now)
{
	int64_t ms = now_ms(now);

	buf_clear(&r->xml);
	if (cotscan_retime(&r->xml, a->xml, ms, ms, ms + ALERT_STALE) == 0)
		return true;
	r->count[ROUTE_DROPPED]++;
	return false;
}

/* Of class item: in the queue of a slow client a newer repeat takes the place
 * of the older. The alert itself and its end are chat, which stays. */
static void
alert_repeat(struct route *r, const struct alert *a, struct route_now now)
{
	struct send s = {.uid = a->uid, .class = "item"};

	if (!alert_retime(r, a, now))
		return;
	s.xml = buf_slice(&r->xml);
	if (a->from != NULL && !a->from->feed)
		s.except = conn_id(a->from);
	r->count[ROUTE_REPEATS]++;
	send_groups(r, a->in, &s);
}

/* --- newcomers --- */

static void
alarm_wait(struct route *r, struct conn *c, bool on)
{
	if (c->alarming == on)
		return;
	c->alarming = on;
	if (on)
		TAILQ_INSERT_TAIL(&r->alarming, c, alarm);
	else
		TAILQ_REMOVE(&r->alarming, c, alarm);
}

void
alert_newcomer(struct route *r, struct conn *c)
{
	c->unalarmed = true;
	if (c->device != NULL)
		alert_known(r, c);
}

void
alert_known(struct route *r, struct conn *c)
{
	if (!c->unalarmed)
		return;
	c->unalarmed = false;
	alarm_wait(r, c, true);
}

/* Did it miss the alert? Its own it need not see, also when the connection
 * that it raised it on is not yet dead. */
static bool
alert_missed(const struct alert *a, const struct conn *c)
{
	if (c == a->from || a->seq > c->born)
		return false;
	if (c->had != NULL && c->had_alerts && gset_meet(a->in, c->had))
		return false;
	if (c->device != NULL && !c->mesh &&
	    slice_eq(name_text(c->device->uid), a->owner))
		return false;
	return gset_meet(a->in, c->out);
}

bool
alert_serve(struct route *r, struct route_now now)
{
	struct conn *known[TO_MAX], *to[TO_MAX], *c;
	size_t n_known = 0, n;
	struct alert *a;

	while (n_known < TO_MAX && (c = TAILQ_FIRST(&r->alarming)) != NULL) {
		alarm_wait(r, c, false);
		known[n_known++] = c;
	}
	if (n_known == 0)
		return false;
	TAILQ_FOREACH(a, &r->alerts, link)
	{
		struct send s = {.uid = a->uid, .class = "chat"};

		n = 0;
		for (size_t i = 0; i < n_known; i++) {
			if (alert_missed(a, known[i]))
				to[n++] = known[i];
		}
		if (n == 0 || !alert_retime(r, a, now))
			continue;
		s.xml = buf_slice(&r->xml);
		send_conns(r, to, n, &s);
	}
	return true;
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

/* --- whose they are --- */

void
alert_back(struct route *r, const struct ident *i)
{
	struct alert *a;

	if (i->conn->feed)
		return;
	TAILQ_FOREACH(a, &r->alerts, link)
	{
		if (a->from == NULL && slice_eq(a->owner, name_text(i->uid)) &&
		    alert_of(a, i->conn))
			alert_reattach(a, i->conn);
	}
}

/* The one that has had the uid of the alert's owner for longest. */
static struct conn *
alert_heir(const struct route *r, const struct alert *a, const struct conn *but)
{
	const struct name *n = map_get(&r->uids, a->owner);
	const struct ident *i;
	struct conn *heir = NULL;

	if (n == NULL)
		return NULL;
	LIST_FOREACH(i, &n->idents, by_uid)
	{
		if (i->conn != but && !i->conn->feed && alert_of(a, i->conn))
			heir = i->conn; /* new ones are put in front */
	}
	return heir;
}

void
alert_move(struct route *r, const struct conn *c, struct peer *to)
{
	struct alert *a;

	if (c->alerts == 0)
		return;
	TAILQ_FOREACH(a, &r->alerts, link)
	{
		if (!a->live || a->from != c)
			continue;
		a->peer->alerts--;
		peer_unref(r, a->peer);
		a->peer = peer_ref(to);
		to->alerts++;
	}
}

void
alert_conn_gone(struct route *r, struct conn *c)
{
	struct alert *a;

	alarm_wait(r, c, false);
	TAILQ_FOREACH(a, &r->alerts, link)
	{
		if (a->from != c)
			continue;
		alert_reattach(a, alert_heir(r, a, c));
	}
}

void
alert_free_all(struct route *r)
{
	while (!TAILQ_EMPTY(&r->alerts))
		alert_end(r, TAILQ_FIRST(&r->alerts), NULL);
}
