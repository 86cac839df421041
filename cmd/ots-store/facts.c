#include "facts.h"

#include <errno.h>
#include <stdlib.h>

#include "num.h"
#include "timetext.h"

/* A clock may be a little ahead of ours. */
#define AHEAD_US ((int64_t)60 * 1000000)

static int
by_bytes(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;
	size_t n = x->n < y->n ? x->n : y->n;
	int d = n ? memcmp(x->p, y->p, n) : 0;

	return d ? d : (x->n > y->n) - (x->n < y->n);
}

size_t
facts_sort(struct slice *v, size_t n)
{
	size_t i, k = 0;

	if (n > 1)
		qsort(v, n, sizeof *v, by_bytes);
	for (i = 0; i < n; i++)
		if (k == 0 || !slice_eq(v[k - 1], v[i]))
			v[k++] = v[i];
	return k;
}

/* ---- labels ---- */

static int
undo(struct slice raw, struct slice *out, struct arena *a)
{
	char *p;

	*out = raw;
	if (!raw.n || !memchr(raw.p, '\\', raw.n))
		return 0;
	p = arena_take(a, raw.n);
	if (!p)
		return -1;
	*out = (struct slice){p, rec_unescape_into(p, raw)};
	return 0;
}

struct slice
facts_value(const struct rec *r, const char *label, struct arena *a)
{
	struct slice raw, out;

	if (!rec_raw(r, label, &raw) || undo(raw, &out, a) < 0)
		return (struct slice){NULL, 0};
	return out;
}

/* Labels come in the order of the table, nearly always: so the search goes on
 * where the last one was found. */
static int
label_of(struct slice name, unsigned *at)
{
#define X(id, text) {text, sizeof text - 1},
	static const struct slice all[] = {FACTS_LABELS(X)};
#undef X
	unsigned i, k = *at;

	for (i = 0; i < FACTS_LABEL_COUNT; i++) {
		if (slice_eq(all[k], name)) {
			*at = (k + 1) % FACTS_LABEL_COUNT;
			return (int)k;
		}
		k = (k + 1) % FACTS_LABEL_COUNT;
	}
	return -1;
}

static int
read_labels(struct facts *f, const struct rec *r, struct arena *a)
{
	unsigned at = 0;
	size_t i;
	int k;

	for (i = 1; i < r->n; i++) {
		k = label_of(r->f[i].label, &at);
		if (k < 0 || f->label[k].p)
			continue;
		if (!r->escaped)
			f->label[k] = r->f[i].raw;
		else if (undo(r->f[i].raw, &f->label[k], a) < 0)
			return -1;
	}
	return 0;
}

/* ---- the event ---- */

static int64_t
arrival(struct slice text, int64_t now)
{
	uint64_t t;

	if (!text.p || num_u64(text, INT64_MAX, &t) < 0 || t == 0 ||
	    (int64_t)t - AHEAD_US > now)
		return now;
	return (int64_t)t;
}

static int64_t
time_of(const struct facts *f, enum facts_label label)
{
	int64_t ms;

	if (!f->label[label].p || timetext_parse(f->label[label], &ms) < 0)
		return f->event.t;
	return ms * 1000;
}

static double
number(const struct facts *f, enum facts_label label, double otherwise)
{
	double v = otherwise;

	if (f->label[label].p)
		(void)num_double(f->label[label], &v);
	return v;
}

/* 999 is what cannot be a latitude, so it means that there is none. */
static void
read_point(struct facts *f)
{
	struct store_event *e = &f->event;
	double lat = number(f, FACTS_LAT, 999), lon = number(f, FACTS_LON, 999);

	e->located = lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180 &&
	    (lat < 0 || lat > 0 || lon < 0 || lon > 0);
	e->lat = lat >= -90 && lat <= 90 ? lat : 0;
	e->lon = lon >= -180 && lon <= 180 ? lon : 0;
	e->hae = number(f, FACTS_HAE, 9999999);
	e->ce = number(f, FACTS_CE, 9999999);
	e->le = number(f, FACTS_LE, 9999999);
}

static void
read_texts(struct facts *f)
{
	struct store_event *e = &f->event;
	const struct slice *l = f->label;
	int i;

	e->uid = l[FACTS_UID];
	e->type = l[FACTS_TYPE];
	e->how = l[FACTS_HOW];
	e->conn = l[FACTS_CONN];
	e->user = l[FACTS_USER];
	e->callsign = l[FACTS_CALLSIGN];
	e->team = l[FACTS_TEAM];
	e->role = l[FACTS_ROLE];
	e->endpoint = l[FACTS_ENDPOINT];
	e->phone = l[FACTS_PHONE];
	for (i = 0; i < 4; i++)
		e->takv[i] = l[FACTS_DEVICE + i];
	e->xml = l[FACTS_XML];
}

/* Whom is it for (cot-streaming 7.3), as ots-route sees it? */
enum dest { TO_ALL, TO_GROUPS, TO_SOME };

static enum dest
dest_of(const struct rec *r)
{
	bool all = false, groups = false, some = false;
	size_t i;

	for (i = 1; i < r->n; i++) {
		const struct rec_field *d = &r->f[i];

		if (!slice_starts(d->label, "dest-") || d->raw.n == 0)
			continue;
		if (slice_is(d->label, "dest-group"))
			groups = true;
		else if (slice_is(d->label, "dest-callsign") &&
		    slice_is(d->raw, "All Streaming"))
			all = true;
		else
			some = true;
	}
	if (some && !all)
		return TO_SOME;
	return groups ? TO_GROUPS : TO_ALL;
}

/* Of its sender (cot-streaming 1.6). */
static bool
is_identity(const struct facts *f)
{
	const struct slice *l = f->label;

	return slice_starts(f->base, "a-") && l[FACTS_CALLSIGN].n &&
	    l[FACTS_ENDPOINT].p && !l[FACTS_ACK].p &&
	    !slice_ends(l[FACTS_UID], "-ping");
}

/* Those that a record names, sorted: 1; 0: it names none; -1. */
static int
named_groups(const struct rec *r, const struct slice **groups, size_t *n_groups,
    struct arena *a)
{
	struct slice raw, *v;
	size_t n = 0, pos = 1;

	while (rec_next(r, "group", &pos, &raw))
		n += raw.n && raw.n <= FACTS_NAME_MAX;
	if (n == 0)
		return 0;
	v = arena_take(a, n * sizeof *v);
	if (!v)
		return -1;
	for (n = 0, pos = 1; rec_next(r, "group", &pos, &raw);)
		if (raw.n && raw.n <= FACTS_NAME_MAX && undo(raw, &v[n++], a))
			return -1;
	*n_groups = facts_sort(v, n);
	*groups = v;
	return 1;
}

/* The groups that a local program names, for want of any __ANON__. Those of a
 * client's event are for the caller. */
static int
read_groups(struct facts *f, const struct rec *r, struct arena *a)
{
	static const struct slice anon = {"__ANON__", 8};
	struct store_event *e = &f->event;

	if (e->conn.p)
		return 0;
	e->groups = &anon;
	e->n_groups = 1;
	return named_groups(r, &e->groups, &e->n_groups, a) < 0 ? -1 : 0;
}

int
facts_event(struct facts *f, const struct rec *r, int64_t now, struct arena *a)
{
	struct store_event *e = &f->event;
	const char *semicolon;

	memset(f, 0, sizeof *f);
	if (read_labels(f, r, a) < 0)
		return -1;
	read_texts(f);
	if (!e->uid.n || !e->type.n || !e->xml.n) {
		errno = EBADMSG;
		return -1;
	}
	e->t = arrival(f->label[FACTS_T], now);
	e->time = time_of(f, FACTS_TIME);
	e->start = slice_eq(f->label[FACTS_START], f->label[FACTS_TIME])
	    ? e->time
	    : time_of(f, FACTS_START);
	e->stale = time_of(f, FACTS_STALE);
	f->base = e->type;
	semicolon = memchr(e->type.p, ';', e->type.n);
	if (semicolon)
		f->base.n = (size_t)(semicolon - e->type.p);
	read_point(f);
	if (is_identity(f)) {
		enum dest to = dest_of(r);

		e->identity = to != TO_SOME;
		e->shown = to == TO_ALL;
	}
	f->again = e->conn.p && slice_is(f->label[FACTS_AGAIN], "1");
	return read_groups(f, r, a);
}

int64_t
facts_arrival(const struct rec *r, int64_t now, struct arena *a)
{
	return arrival(facts_value(r, "t", a), now);
}

/* As one text. */
static int
conn_groups(struct slice *out, const struct rec *r, struct arena *a)
{
	const struct slice *groups;
	struct buf b;
	size_t n;
	char *p;
	int got = named_groups(r, &groups, &n, a);

	if (got <= 0)
		return got;
	buf_init(&b, REC_LINE_MAX);
	p = store_groups_put(&b, groups, n) < 0 ? NULL
						: arena_take(a, buf_size(&b));
	if (p) {
		memcpy(p, buf_data(&b), buf_size(&b));
		*out = (struct slice){p, buf_size(&b)};
	} else {
		errno = ENOMEM;
	}
	buf_fini(&b);
	return p ? 0 : -1;
}

int
facts_conn(
    struct store_conn *c, const struct rec *r, int64_t now, struct arena *a)
{
	*c = (struct store_conn){.conn = facts_value(r, "conn", a),
	    .user = facts_value(r, "user", a),
	    .serial = facts_value(r, "serial", a),
	    .via = facts_value(r, "via", a),
	    .peer = facts_value(r, "peer", a),
	    .why = facts_value(r, "why", a)};
	c->t = facts_arrival(r, now, a);
	if (!c->conn.n) {
		errno = EBADMSG;
		return -1;
	}
	return c->user.n ? 0 : conn_groups(&c->groups, r, a);
}
