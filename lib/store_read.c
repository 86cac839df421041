/* What the writer itself asks. */
#include <errno.h>

#include "store_db.h"

/* NULL where there is none. */
static const char *
text(const struct db_rows *r, int col)
{
	return db_get_null(r, col) ? NULL : db_get_text(r, col);
}

/* One row for the caller: what its function returned. */
struct teller {
	int (*row)(const struct db_rows *r, const struct teller *t);
	int (*device)(void *arg, const struct store_device *d);
	int (*open)(void *arg, const struct store_open *o);
	int (*receiver)(void *arg, struct slice uid, struct slice user);
	int (*latest)(void *arg, const struct store_latest *l);
	int (*letter)(void *arg, const struct store_letter *l);
	void *arg;
	struct store *store;
	struct slice callsign; /* only devices that have it; p NULL: all */
	int64_t *letter_id;    /* of the last one */
	bool ended;
};

/* How many rows a query had; -1. It has ended: the caller wants no more. last:
 * the text in the first column of the last row, or NULL. */
static int
tell(struct db_rows *r, struct teller *t, char *last)
{
	int got = 0, n = 0;

	while (!t->ended && (got = db_next(r)) == 1) {
		n++;
		if (last &&
		    str_fmt(last, STORE_KEY_MAX + 1, "%s", db_get_text(r, 0)) <
			0)
			n = db_fail(r->db, EIO, "a key is too long");
		t->ended = n < 0 || t->row(r, t) != 0;
	}
	db_end(r);
	return !t->ended && got < 0 ? -1 : n;
}

static int
tell_all(struct store *s, struct teller *t, unsigned sql,
    const struct db_val *v, size_t n)
{
	struct db_rows r;

	if (db_query(s->db, &r, sql, v, n) < 0)
		return -1;
	return tell(&r, t, NULL);
}

/* A table in the order of its key from behind `after` on, some rows at a time:
 * a query with the key from which to go on and, unless it is STORE_EVER, a
 * time.
 */
#define STORE_EVER INT64_MIN

static int
tell_pages(struct store *s, struct teller *t, unsigned sql, const char *after,
    int64_t since)
{
	char last[STORE_KEY_MAX + 1];
	struct db_rows r;
	int n = 1;

	if (str_fmt(last, sizeof last, "%s", after) < 0)
		return db_fail(s->db, EINVAL, "a key is too long");
	while (n > 0 && !t->ended) {
		const struct db_val v[] = {dbv_text(last), dbv_i64(since)};

		if (db_query(s->db, &r, sql, v, since == STORE_EVER ? 1 : 2) <
		    0)
			return -1;
		n = tell(&r, t, last);
	}
	return n < 0 ? -1 : 0;
}

/* Devices -------------------------------------------------------------------*/

/* What the batch says of it counts. */
static int
device_row(const struct db_rows *r, const struct teller *t)
{
	struct store_device d = {
	    .uid = db_get_text(r, 0),
	    .callsign = text(r, 1),
	    .user = text(r, 2),
	    .conn = db_get_text(r, 3),
	    .last_seen = db_get_i64(r, 4),
	    .connected_at = db_get_i64(r, 5),
	};

	(void)store_batch_device(t->store, &d);
	if (t->callsign.p &&
	    !(d.callsign && slice_eq(slice_of(d.callsign), t->callsign)))
		return 0;
	return t->device(t->arg, &d);
}

/* One that is in the batch only is told, too. How many: 1, 0; -1. */
static int
tell_device(struct teller *t, struct slice uid)
{
	struct store_device d = {.conn = ""};
	struct store *s = t->store;
	char text[STORE_KEY_MAX + 1];
	int n = tell_all(s, t, STORE_SQL_DEVICE, DB_VALUES(dbv_slice(uid)));

	if (n != 0 || str_fmt(text, sizeof text, "%.*s", (int)uid.n, uid.p) < 0)
		return n;
	d.uid = text;
	if (!store_batch_device(s, &d))
		return 0;
	t->ended = t->device(t->arg, &d) != 0;
	return 1;
}

int
store_device(struct store *s, struct slice uid,
    int (*fn)(void *arg, const struct store_device *d), void *arg)
{
	struct teller t = {
	    .row = device_row, .device = fn, .arg = arg, .store = s};

	return tell_device(&t, uid);
}

/* Those that the walk over the database has not come by. */
static int
tell_others(struct teller *t)
{
	const struct store_fact *at = t->store->fact[T_DEVICES].first;
	const char *uid;

	while (
	    !t->ended && (uid = store_batch_next(t->store, t->callsign, &at)))
		if (tell_device(t, slice_of(uid)) < 0)
			return -1;
	return 0;
}

int
store_each_device_named(struct store *s, struct slice callsign,
    int (*fn)(void *arg, const struct store_device *d), void *arg)
{
	struct teller t = {.row = device_row,
	    .device = fn,
	    .arg = arg,
	    .store = s,
	    .callsign = callsign};

	s->walk++;
	if (tell_all(s, &t, STORE_SQL_DEVICES_NAMED,
		DB_VALUES(dbv_slice(callsign))) < 0)
		return -1;
	return tell_others(&t);
}

int
store_each_device(struct store *s, int64_t since,
    int (*fn)(void *arg, const struct store_device *d), void *arg)
{
	struct teller t = {
	    .row = device_row, .device = fn, .arg = arg, .store = s};

	s->walk++;
	if (tell_pages(s, &t, STORE_SQL_DEVICES, "", since) < 0)
		return -1;
	return tell_others(&t);
}

static int
open_row(const struct db_rows *r, const struct teller *t)
{
	struct store_open o = {
	    .conn = db_get_text(r, 0),
	    .user = text(r, 1),
	    .device = text(r, 2),
	    .incognito = db_get_i64(r, 3) > 0,
	    .groups = text(r, 4),
	};

	return t->open(t->arg, &o);
}

int
store_each_open(struct store *s,
    int (*fn)(void *arg, const struct store_open *o), void *arg)
{
	struct teller t = {.row = open_row, .open = fn, .arg = arg};

	return tell_pages(s, &t, STORE_SQL_CONNS_OPEN, "", STORE_EVER);
}

static int
latest_row(const struct db_rows *r, const struct teller *t)
{
	struct store_latest l = {
	    .uid = db_get_text(r, 0),
	    .id = db_get_i64(r, 1),
	    .stale = db_get_i64(r, 2),
	    .user = text(r, 3),
	    .groups = db_get_text(r, 4),
	    .xml = db_get_text(r, 5),
	};

	return t->latest(t->arg, &l);
}

int
store_each_latest(struct store *s, const char *after, int64_t now,
    int (*fn)(void *arg, const struct store_latest *l), void *arg)
{
	struct teller t = {.row = latest_row, .latest = fn, .arg = arg};

	return tell_pages(s, &t, STORE_SQL_DEVICES_LATEST, after, now);
}

/* Mail ----------------------------------------------------------------------*/

static int
letter_row(const struct db_rows *r, const struct teller *t)
{
	struct store_letter l = {
	    .id = db_get_i64(r, 0),
	    .expires = db_get_i64(r, 1),
	    .tries = db_get_i64(r, 2),
	    .receipt = db_get_text(r, 3),
	    .uid = db_get_text(r, 4),
	    .device = text(r, 5),
	    .user = text(r, 6),
	    .groups = db_get_text(r, 7),
	    .xml = db_get_text(r, 8),
	};

	*t->letter_id = l.id;
	return t->letter(t->arg, &l);
}

/* They may be long, and PostgreSQL's answer is in memory as a whole. */
#define LETTERS_PAGE 32

int
store_each_mail(struct store *s, const struct store_mail_query *q,
    int (*fn)(void *arg, const struct store_letter *l), void *arg)
{
	int64_t last = INT64_MIN;
	struct teller t = {
	    .row = letter_row, .letter = fn, .arg = arg, .letter_id = &last};
	size_t left = q->max, page;
	int n;

	for (; left && !t.ended; left -= page) {
		page = left < LETTERS_PAGE ? left : LETTERS_PAGE;
		n = tell_all(s, &t, STORE_SQL_MAIL,
		    DB_VALUES(dbv_slice(q->receiver), store_or_empty(q->user),
			dbv_i64(q->upto), dbv_i64(q->now),
			dbv_i64(q->sent_before), store_or_empty(q->conn),
			dbv_i64((int64_t)page), dbv_i64(last)));
		if (n < 0)
			return -1;
		if ((size_t)n < page)
			break;
	}
	return 0;
}

int
store_mail_count(struct store *s, struct slice receiver, struct slice user,
    int64_t now, int64_t *n)
{
	return db_one_i64(s->db, STORE_SQL_MAIL_COUNT,
		   DB_VALUES(
		       dbv_slice(receiver), store_or_empty(user), dbv_i64(now)),
		   n) < 0
	    ? -1
	    : 0;
}

static int
receiver_row(const struct db_rows *r, const struct teller *t)
{
	return t->receiver(
	    t->arg, slice_of(db_get_text(r, 0)), slice_of(db_get_text(r, 1)));
}

int
store_each_receiver(struct store *s, struct slice receipt,
    int (*fn)(void *arg, struct slice uid, struct slice user), void *arg)
{
	struct teller t = {.row = receiver_row, .receiver = fn, .arg = arg};

	if (tell_all(s, &t, STORE_SQL_MAIL_RECEIVERS,
		DB_VALUES(dbv_slice(receipt))) < 0)
		return -1;
	if (!t.ended)
		(void)store_batch_receivers(s, receipt, fn, arg);
	return 0;
}
