#include "state.h"

#include "cotwalk.h"
#include "timetext.h"

/* What ots-store puts into the stream: chat that was kept for who was away, and
 * where the devices were before the server was started. */

/* Append the event without its marti elements. Escaped as it stands in a record
 * it reads like plain: only a backslash looks different. 0, or -1: it is not
 * canonical, or of buf.h. */
static int
strip(struct slice xml, struct buf *out)
{
	const char *from = xml.p, *tag;
	enum cotwalk_token token;
	struct cotwalk w;

	cotwalk_init(&w, xml);
	while ((token = cotwalk_next(&w)) != COTWALK_DONE) {
		if (token == COTWALK_BAD)
			return -1;
		if (token != COTWALK_START || w.depth != 3 ||
		    !slice_is(w.name, "marti") ||
		    !slice_is(w.open[1], "detail"))
			continue;
		tag = w.name.p - 1;
		(void)buf_append(out, from, (size_t)(tag - from));
		if (!cotwalk_skip(&w))
			return -1;
		from = w.at;
	}
	return buf_append(out, from, (size_t)(xml.p + xml.n - from));
}

/* The xml as it is delivered; empty: it cannot be. */
static struct slice
without_marti(struct route *r, struct slice xml)
{
	if (slice_find(xml, SLICE("<marti")) == NULL)
		return xml;
	buf_clear(&r->xml);
	if (strip(xml, &r->xml) < 0)
		return (struct slice){"", 0};
	return buf_slice(&r->xml);
}

static void
bad(struct route *r, const struct rec *rec, const char *why)
{
	r->count[ROUTE_BAD]++;
	route_log_bad(rec, why);
}

/* --- mail --- */

/* May c receive from one of the groups that it was sent into? */
static bool
may_read(const struct conn *c, const struct rec *rec)
{
	struct slice name;
	size_t pos = 1;

	while (rec_next(rec, "group", &pos, &name)) {
		if (gset_has(c->out, name))
			return true;
	}
	return false;
}

void
store_mail(struct route *r, const struct rec *rec)
{
	struct send s = {.class = "chat"};
	struct slice id;
	struct conn *c;

	if (!rec_raw(rec, "conn", &id) || !rec_raw(rec, "uid", &s.uid) ||
	    !rec_raw(rec, "xml", &s.xml)) {
		bad(r, rec, "labels missing");
		return;
	}
	s.xml = without_marti(r, s.xml);
	if (s.xml.n == 0) {
		bad(r, rec, "not an event of ots-parse");
		return;
	}
	c = conn_find(r, id);
	if (c == NULL || c->access != ACCESS_OK || !may_read(c, rec)) {
		r->count[ROUTE_MAIL_LEFT]++;
		return;
	}
	(void)rec_raw(rec, "receipt", &s.receipt);
	(void)rec_raw(rec, "pb", &s.pb);
	r->count[ROUTE_MAIL]++;
	send_conns(r, &c, 1, &s);
}

/* --- latest --- */

/* Has it been heard of otherwise? */
static bool
heard(const struct route *r, struct slice uid)
{
	const struct name *n = map_get(&r->uids, uid);
	const struct ident *i;

	if (n == NULL)
		return false;
	LIST_FOREACH(i, &n->idents, by_uid)
	{
		if (i->conn != r->stored)
			return true;
	}
	return false;
}

/* What went to some only is not for all. */
static bool
for_some(struct slice xml)
{
	return slice_find(xml, SLICE("<marti")) != NULL &&
	    slice_find(xml, SLICE("<dest ")) != NULL;
}

static struct gset *
groups_of(struct route *r, const struct rec *rec)
{
	struct slice names[GROUPS_MAX], name;
	size_t n = 0, pos = 1;

	while (n < GROUPS_MAX && rec_next(rec, "group", &pos, &name)) {
		if (name.n > 0)
			names[n++] = name;
	}
	return gset_make(&r->groups, names, n);
}

/* To those who are there already, and kept for those who come. */
static void
show(struct route *r, const struct event *e, struct gset *in)
{
	struct send s = {.uid = e->uid, .class = "position", .xml = e->xml};
	struct ident *i = ident_make(r, r->stored, e->uid);

	if (i == NULL) {
		r->count[ROUTE_DROPPED]++;
		return;
	}
	r->count[ROUTE_LATEST]++;
	send_groups(r, in, &s);
	latest_store(r, i, e, in, true);
}

void
store_latest(struct route *r, const struct rec *rec, struct route_now now)
{
	struct event e;
	struct gset *in;
	int64_t stale;

	if (event_read(&e, rec) < 0 || e.conn.n > 0 ||
	    !slice_starts(e.base, "a-") || e.uid.n > EVENT_NAME_MAX ||
	    e.type.n > EVENT_TYPE_MAX || timetext_parse(e.stale, &stale) < 0) {
		bad(r, rec, "not a position");
		return;
	}
	if (stale <= now_ms(now) || heard(r, e.uid) || for_some(e.xml))
		return;
	e.xml = without_marti(r, e.xml);
	if (e.xml.n == 0) {
		bad(r, rec, "not an event of ots-parse");
		return;
	}
	in = groups_of(r, rec);
	if (in == NULL)
		r->count[ROUTE_DROPPED]++;
	else if (in->n > 0)
		show(r, &e, in);
	gset_unref(&r->groups, in);
}

void
store_forget(struct route *r, const struct ident *i)
{
	struct ident *k;

	if (i->conn == r->stored)
		return;
	LIST_FOREACH(k, &i->uid->idents, by_uid)
	{
		if (k->conn == r->stored) {
			ident_drop(r, k);
			return;
		}
	}
}
