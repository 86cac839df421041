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
	int (*latest)(void *arg, const struct store_latest *l);
	int (*letter)(void *arg, const struct store_letter *l);
	void *arg;
};

/* How many rows a query had; -1. *ended: the caller wants no more. last: the
 * text in the first column of the last row, or NULL. */
static int
tell(struct db_rows *r, const struct teller *t, char *last, bool *ended)
{
	int got, n = 0;

	*ended = false;
	while (!*ended && (got = db_next(r)) == 1) {
		n++;
		if (last &&
		    str_fmt(last, STORE_KEY_MAX + 1, "%s", db_get_text(r, 0)) <
			0)
			n = db_fail(r->db, EIO, "a key is too long");
		*ended = n < 0 || t->row(r, t) != 0;
	}
	db_end(r);
	return !*ended && got < 0 ? -1 : n;
}

static int
tell_all(struct store *s, const struct teller *t, unsigned sql,
    const struct db_val *v, size_t n)
{
	struct db_rows r;
	bool ended;

	if (db_query(s->db, &r, sql, v, n) < 0)
		return -1;
	return tell(&r, t, NULL, &ended);
}

/* A table in the order of its key, some rows at a time: a query with the key
 * from which to go on and a time. */
static int
tell_pages(struct store *s, const struct teller *t, unsigned sql, int64_t since)
{
	char last[STORE_KEY_MAX + 1] = "";
	struct db_rows r;
	bool ended = false;
	int n = 1;

	while (n > 0 && !ended) {
		if (db_query(s->db, &r, sql,
			DB_VALUES(dbv_text(last), dbv_i64(since))) < 0)
			return -1;
		n = tell(&r, t, last, &ended);
	}
	return n < 0 ? -1 : 0;
}

/* Devices -------------------------------------------------------------------*/

static int
device_row(const struct db_rows *r, const struct teller *t)
{
	struct store_device d = {
	    .uid = db_get_text(r, 0),
	    .callsign = text(r, 1),
	    .user = text(r, 2),
	    .conn = db_get_text(r, 3),
	    .groups = db_get_text(r, 4),
	    .last_seen = db_get_i64(r, 5),
	};

	return t->device(t->arg, &d);
}

int
store_device(struct store *s, struct slice uid,
    int (*fn)(void *arg, const struct store_device *d), void *arg)
{
	struct teller t = {.row = device_row, .device = fn, .arg = arg};

	return tell_all(s, &t, STORE_SQL_DEVICE, DB_VALUES(dbv_slice(uid)));
}

int
store_each_device_named(struct store *s, struct slice callsign,
    int (*fn)(void *arg, const struct store_device *d), void *arg)
{
	struct teller t = {.row = device_row, .device = fn, .arg = arg};

	return tell_all(s, &t, STORE_SQL_DEVICES_NAMED,
		   DB_VALUES(dbv_slice(callsign))) < 0
	    ? -1
	    : 0;
}

int
store_each_device(struct store *s, int64_t since,
    int (*fn)(void *arg, const struct store_device *d), void *arg)
{
	struct teller t = {.row = device_row, .device = fn, .arg = arg};

	return tell_pages(s, &t, STORE_SQL_DEVICES, since);
}

static int
latest_row(const struct db_rows *r, const struct teller *t)
{
	struct store_latest l = {
	    .uid = db_get_text(r, 0),
	    .id = db_get_i64(r, 1),
	    .stale = db_get_i64(r, 2),
	    .type = text(r, 3),
	    .callsign = text(r, 4),
	    .user = text(r, 5),
	    .groups = db_get_text(r, 6),
	    .lat = db_get_double(r, 7),
	    .lon = db_get_double(r, 8),
	    .xml = text(r, 9),
	};

	return l.xml ? t->latest(t->arg, &l) : 0;
}

int
store_each_latest(struct store *s, int64_t now,
    int (*fn)(void *arg, const struct store_latest *l), void *arg)
{
	struct teller t = {.row = latest_row, .latest = fn, .arg = arg};

	return tell_pages(s, &t, STORE_SQL_DEVICES_LATEST, now);
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

	return t->letter(t->arg, &l);
}

int
store_each_mail(struct store *s, const struct store_mail_query *q,
    int (*fn)(void *arg, const struct store_letter *l), void *arg)
{
	struct teller t = {.row = letter_row, .letter = fn, .arg = arg};

	return tell_all(s, &t, STORE_SQL_MAIL,
		   DB_VALUES(dbv_slice(q->receiver), dbv_i64(q->before),
		       dbv_i64(q->now), dbv_i64(q->sent_before),
		       dbv_i64((int64_t)q->max))) < 0
	    ? -1
	    : 0;
}

int
store_mail_count(
    struct store *s, struct slice receiver, int64_t now, int64_t *n)
{
	return db_one_i64(s->db, STORE_SQL_MAIL_COUNT,
		   DB_VALUES(dbv_slice(receiver), dbv_i64(now)), n) < 0
	    ? -1
	    : 0;
}
