#include "state.h"

#include <errno.h>

#include "cotscan.h"

/* Who gets an event: cot-streaming 7.2, 7.3 and 7.4. The groups are those that
 * the sender may send into; a receiver answers to the keys of those that it
 * may receive from, so a send to group keys obeys 7.1 by itself, and one to
 * named destinations does by its `only`. */

#define T_DIGITS     20
#define RECEIPT_SIZE (SLOT_TEXT_MAX + 1 + T_DIGITS)

#define SERVER_ONLY "ffffffff-ffff-ffff-ffff-ffffffffffff"

void
route_end(struct route *r, struct rec_writer *w)
{
	if (rec_end(w) < 0)
		r->count[ROUTE_DROPPED]++;
}

static void
send_rest(struct route *r, struct rec_writer *w, const struct send *s)
{
	if (s->except.n > 0)
		rec_put_raw(w, "not", s->except);
	if (s->plain)
		rec_put(w, "uid", s->uid);
	else
		rec_put_raw(w, "uid", s->uid);
	rec_puts(w, "class", s->class);
	if (s->keep)
		rec_puts(w, "keep", "1");
	if (s->receipt.n > 0)
		rec_put_raw(w, "receipt", s->receipt);
	if (s->plain)
		rec_put(w, "xml", s->xml);
	else
		rec_put_raw(w, "xml", s->xml);
	if (s->pb.n > 0)
		rec_put_raw(w, "pb", s->pb);
	route_end(r, w);
}

static void
put_groups(struct rec_writer *w, const char *label, const struct gset *g)
{
	for (size_t i = 0; i < g->n; i++)
		rec_put_raw(w, label, group_key(g->v[i]));
}

void
send_groups(struct route *r, const struct gset *to, const struct send *s)
{
	struct rec_writer w;

	if (to->n == 0)
		return;
	rec_begin(&w, r->out, "send");
	put_groups(&w, "to", to);
	send_rest(r, &w, s);
}

static void
put_key(struct route *r, struct rec_writer *w, const char *prefix,
    struct slice name)
{
	buf_clear(&r->key);
	(void)buf_puts(&r->key, prefix);
	if (buf_put(&r->key, name) < 0)
		w->err = ENOMEM;
	else
		rec_put_raw(w, "to", buf_slice(&r->key));
}

void
send_conns(
    struct route *r, struct conn *const *to, size_t n, const struct send *s)
{
	struct rec_writer w;

	rec_begin(&w, r->out, "send");
	for (size_t i = 0; i < n; i++)
		put_key(r, &w, "conn:", conn_id(to[i]));
	send_rest(r, &w, s);
}

void
send_forget(struct route *r, const struct conn *c, struct slice uid)
{
	struct rec_writer w;

	if (c->feed)
		return;
	rec_begin(&w, r->out, "forget");
	rec_put_raw(&w, "conn", conn_id(c));
	rec_put_raw(&w, "uid", uid);
	route_end(r, &w);
}

/* --- destinations --- */

struct dests {
	unsigned named; /* uids and callsigns that may be somebody's */
	unsigned group, mission, other;
	bool all;
};

/* The prefix of the key for a dest that names a client, or NULL. */
static const char *
named_prefix(const struct rec_field *f)
{
	const char *prefix;

	if (slice_is(f->label, "dest-uid"))
		prefix = "uid:";
	else if (slice_is(f->label, "dest-callsign"))
		prefix = "callsign:";
	else
		return NULL;
	if (f->raw.n == 0 || f->raw.n > EVENT_NAME_MAX ||
	    slice_is(f->raw, SERVER_ONLY) || slice_is(f->raw, "All Streaming"))
		return NULL;
	return prefix;
}

static void
dests_read(struct dests *d, const struct event *e)
{
	memset(d, 0, sizeof(*d));
	if (e->n_dest == 0)
		return;
	for (size_t i = 1; i < e->rec->n; i++) {
		const struct rec_field *f = &e->rec->f[i];

		if (!slice_starts(f->label, "dest-") || f->raw.n == 0)
			continue;
		if (named_prefix(f) != NULL)
			d->named++;
		else if (slice_is(f->label, "dest-group"))
			d->group++;
		else if (slice_starts(f->label, "dest-mission"))
			d->mission++;
		else if (slice_is(f->label, "dest-callsign") &&
		    slice_is(f->raw, "All Streaming"))
			d->all = true;
		else
			d->other++;
	}
}

/* The groups named by dest-group, as far as the sender is in them. NULL: none
 * (or no memory). */
static struct gset *
dests_groups(struct route *r, const struct event *e)
{
	struct slice names[GROUPS_MAX], name;
	size_t n = 0, pos = 0;

	while (n < GROUPS_MAX && rec_next(e->rec, "dest-group", &pos, &name)) {
		if (name.n > 0 && gset_has(e->in, name))
			names[n++] = name;
	}
	return n > 0 ? gset_make(&r->groups, names, n) : NULL;
}

/* Is it the sender's own, or of a client that the sender can reach? */
static bool
reaches(const struct route *r, const struct conn *from, const struct conn *to,
    const struct gset *in)
{
	if (to == r->stored)
		return false;
	return to == from || to->feed || gset_meet(in, to->out);
}

static bool
name_known(const struct route *r, const struct conn *c, const char *prefix,
    struct slice text, const struct gset *in)
{
	bool by_uid = prefix[0] == 'u';
	const struct name *n = map_get(by_uid ? &r->uids : &r->callsigns, text);
	const struct ident *i;

	if (n == NULL)
		return false;
	if (by_uid) {
		LIST_FOREACH(i, &n->idents, by_uid)
		{
			if (reaches(r, c, i->conn, in))
				return true;
		}
	} else {
		LIST_FOREACH(i, &n->idents, by_callsign)
		{
			if (reaches(r, c, i->conn, in))
				return true;
		}
	}
	return false;
}

static bool
anybody(const struct route *r, const struct conn *c, const struct event *e,
    const struct gset *in)
{
	for (size_t i = 1; i < e->rec->n; i++) {
		const struct rec_field *f = &e->rec->f[i];
		const char *prefix = named_prefix(f);

		if (prefix != NULL && name_known(r, c, prefix, f->raw, in))
			return true;
	}
	return false;
}

/* The chat comes back as "delivery failed" (7.3), once it is sure that nobody
 * is there. */
static void
chat_failed(struct route *r, struct conn *c, const struct event *e)
{
	struct send s = {.uid = e->uid, .class = "chat"};

	buf_clear(&r->b);
	if (cotscan_retype(&r->b, e->xml, "b-t-f-s") < 0) {
		r->count[ROUTE_DROPPED]++;
		return;
	}
	s.xml = buf_slice(&r->b);
	r->count[ROUTE_CHAT_FAILED]++;
	send_conns(r, &c, 1, &s);
}

static struct send
send_of(const struct conn *c, const struct event *e)
{
	struct send s = {
	    .uid = e->uid,
	    .class = event_class(e),
	    .xml = e->xml,
	    .pb = e->pb,
	};

	if (!c->feed)
		s.except = conn_id(c);
	return s;
}

/* The name under which ots-store keeps a chat: connection and time. It is told
 * of each client that has it. Empty: it keeps none of this event. */
static struct slice
receipt_of(const struct conn *c, const struct event *e, char out[RECEIPT_SIZE])
{
	struct slice t;
	int n;

	if (c->feed || !slice_is(e->base, "b-t-f") ||
	    !rec_raw(e->rec, "t", &t) || t.n == 0 || t.n > T_DIGITS)
		return (struct slice){"", 0};
	n = str_fmt(
	    out, RECEIPT_SIZE, "%.*s/%.*s", (int)c->id_n, c->id, (int)t.n, t.p);
	return (struct slice){out, n < 0 ? 0 : (size_t)n};
}

/* All destinations stand in one record, so that a client that answers to two
 * of them gets it once. (More than TO_MAX need another record.) */
static void
deliver_named(struct route *r, const struct conn *c, const struct event *e,
    const struct gset *in)
{
	struct send s = send_of(c, e);
	char receipt[RECEIPT_SIZE];
	struct rec_writer w;
	size_t n = 0;

	if (in->n == 0)
		return;
	s.receipt = receipt_of(c, e, receipt);
	for (size_t i = 1; i < e->rec->n; i++) {
		const struct rec_field *f = &e->rec->f[i];
		const char *prefix = named_prefix(f);

		if (prefix == NULL)
			continue;
		if (n == 0)
			rec_begin(&w, r->out, "send");
		put_key(r, &w, prefix, f->raw);
		if (++n < TO_MAX)
			continue;
		put_groups(&w, "only", in);
		send_rest(r, &w, &s);
		n = 0;
	}
	if (n == 0)
		return;
	put_groups(&w, "only", in);
	send_rest(r, &w, &s);
}

/* Where the event of a local program is remembered: any symbol, since a feed
 * of aircraft has no endpoints. */
static struct ident *
feed_ident(struct route *r, struct conn *c, const struct event *e)
{
	if (!c->feed || e->ack || !slice_starts(e->base, "a-"))
		return NULL;
	return ident_make(r, c, e->uid);
}

/* To everybody in the groups. What went to all groups of the sender is
 * remembered; what names its groups is not, lest others see it later. */
static void
deliver_all(struct route *r, struct conn *c, const struct event *e,
    struct gset *in, struct ident *i)
{
	struct send s = send_of(c, e);
	char receipt[RECEIPT_SIZE];

	if (r->cfg.mailbox == MAILBOX_ALL)
		s.receipt = receipt_of(c, e, receipt);
	s.keep = (i != NULL || alert_fits(r, e)) && !e->part && !c->feed;
	r->count[ROUTE_BROADCAST]++;
	send_groups(r, in, &s);
	if (i == NULL)
		i = feed_ident(r, c, e);
	if (i != NULL && !e->part)
		latest_store(r, i, e, in, true);
}

static bool
for_all(const struct dests *d)
{
	return d->all || d->named + d->mission + d->other == 0;
}

static void
deliver_to(struct route *r, struct conn *c, const struct event *e,
    const struct dests *d, struct gset *in, struct route_now now)
{
	struct ident *i = NULL;

	if (for_all(d)) {
		/* Only what is said to all says who its sender is: a marker
		 * that goes to one client is about somebody else. */
		if (e->identity && c->incognito)
			stored_hide(r, e->uid, now);
		if (e->identity)
			i = ident_learn(r, c, e);
		if (c->incognito && !event_alert(e) && !event_cancel(e)) {
			r->count[ROUTE_HIDDEN]++;
			return;
		}
		deliver_all(r, c, e, in, c->incognito ? NULL : i);
		if (event_alert(e))
			alert_raise(r, c, e, in, now);
		return;
	}
	if (d->named == 0) {
		r->count[d->mission > 0 ? ROUTE_MISSION : ROUTE_NOBODY]++;
		return;
	}
	r->count[ROUTE_EXPLICIT]++;
	deliver_named(r, c, e, in);
	if (r->cfg.mailbox == MAILBOX_OFF && r->synced && !c->feed &&
	    slice_is(e->base, "b-t-f") && !anybody(r, c, e, in))
		chat_failed(r, c, e);
}

void
deliver_event(
    struct route *r, struct conn *c, struct event *e, struct route_now now)
{
	struct gset *in;
	struct dests d;

	dests_read(&d, e);
	if (event_cancel(e) && alert_cancel(r, c, e, now))
		memset(&d, 0, sizeof(d)); /* all who saw it must see its end */
	if (e->identity && c->user != NULL && for_all(&d)) {
		access_device(r, c, e->uid, now);
		e->in = c->in;
	}
	e->part = d.group > 0;
	if (!e->part) {
		deliver_to(r, c, e, &d, e->in, now);
		return;
	}
	in = dests_groups(r, e);
	if (in == NULL) {
		r->count[ROUTE_NO_GROUP]++;
		return;
	}
	deliver_to(r, c, e, &d, in, now);
	gset_unref(&r->groups, in);
}
