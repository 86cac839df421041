#include "state.h"

#include "cotwalk.h"

/* What ots-store puts into the stream: chat that was kept for who was away.
 * (Where the devices were, before the server was started: stored.c.) */

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

struct slice
store_plain(struct route *r, struct slice xml)
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
	s.xml = store_plain(r, s.xml);
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
