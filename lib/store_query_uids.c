/* What is found uid by uid: devices and tracks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "str.h"
#include "store.h"
#include "store_query_own.h"

/* Devices -------------------------------------------------------------------*/

static int
tell_device(struct query_run *run, const struct db_rows *r)
{
	const struct store_device_row d = {
	    .uid = db_get_text(r, 1),
	    .callsign = query_text(r, 2),
	    .team = query_text(r, 3),
	    .role = query_text(r, 4),
	    .device = query_text(r, 5),
	    .platform = query_text(r, 6),
	    .os = query_text(r, 7),
	    .version = query_text(r, 8),
	    .phone = query_text(r, 9),
	    .endpoint = query_text(r, 10),
	    .user = query_text(r, 11),
	    .type = query_text(r, 12),
	    .conn = *db_get_text(r, 13) ? db_get_text(r, 13) : NULL,
	    .groups = db_get_text(r, 14),
	    .first_seen = db_get_i64(r, 15),
	    .last_seen = db_get_i64(r, 16),
	    .stale = query_i64(r, 17),
	    .connected = query_i64(r, 18),
	    .disconnected = query_i64(r, 19),
	    .battery = query_i64(r, 20),
	    .lat = query_double(r, 21),
	    .lon = query_double(r, 22),
	    .hae = query_double(r, 23),
	    .speed = query_double(r, 24),
	    .course = query_double(r, 25),
	};

	if (d.last_seen < run->q->since || d.last_seen >= run->q->until ||
	    !query_in_set(run, query_i64(r, 0)) ||
	    !query_is(d.user, run->q->user) ||
	    !query_begins(d.type, run->q->type) ||
	    !query_in_box(run, d.lat, d.lon))
		return 0;
	return run->to->device(run->to->arg, &d);
}

/* How many rows there were, or -1; last: the uid of the last one. */
static int
tell_devices(struct query_run *run, enum query_sql sql, const char *uid,
    char last[STORE_KEY_MAX + 1])
{
	struct db_rows r;
	int got = 0, n = 0;

	if (db_query(run->r->db, &r, sql, DB_VALUES(dbv_text(uid))) < 0)
		return -1;
	while (!run->ended && (got = db_next(&r)) == 1) {
		n++;
		if (str_fmt(last, STORE_KEY_MAX + 1, "%s", db_get_text(&r, 1)) <
		    0) {
			db_end(&r);
			return db_fail(run->r->db, EIO, "a uid is too long");
		}
		if (tell_device(run, &r) != 0)
			run->ended = true;
	}
	db_end(&r);
	query_idle(run);
	return got < 0 ? -1 : n;
}

/* Nothing is here that arrived as an event: the counter does not say how far
 * to go. */
int
store_query_devices(struct store_reader *r, const struct store_query *q,
    const struct store_sink *to)
{
	char last[STORE_KEY_MAX + 1] = "";
	struct query_run run;
	int n = query_begin(&run, r, q, to);

	if (n >= 0 && q->group && !run.n_sets)
		return query_end(&run, 0);
	if (n >= 0 && q->uid)
		return query_end(
		    &run, tell_devices(&run, QUERY_DEVICE, q->uid, last));
	for (n = n < 0 ? -1 : 1; n > 0 && !run.ended;)
		n = tell_devices(&run, QUERY_DEVICES, last, last);
	return query_end(&run, n);
}

/* Tracks --------------------------------------------------------------------*/

/* One uid, and where we are in it. */
struct trail {
	struct query_run *run;
	struct store_track t;
	char uid[STORE_KEY_MAX + 1];
	struct buf texts; /* that of t */
	bool told;        /* its beginning */
	bool gap;
};

static int
newest_of(struct trail *t, enum query_sql sql, struct db_rows *r)
{
	if (db_query(t->run->r->db, r, sql, DB_VALUES(dbv_text(t->uid))) < 0)
		return -1;
	return db_next(r);
}

/* Texts of a row, kept. */
static int
keep_texts(struct trail *t, const struct db_rows *r)
{
	const char **to[] = {
	    &t->t.type, &t->t.callsign, &t->t.user, &t->t.groups};
	size_t at[4], i;

	for (i = 0; i < 4; i++) {
		at[i] = buf_size(&t->texts);
		(void)buf_append(&t->texts, db_get_text(r, (int)i + 1),
		    strlen(db_get_text(r, (int)i + 1)) + 1);
	}
	if (t->texts.failed)
		return db_fail(t->run->r->db, EAGAIN, "no memory");
	for (i = 0; i < 4; i++)
		*to[i] = db_get_null(r, (int)i + 1)
		    ? NULL
		    : buf_data(&t->texts) + at[i];
	return 0;
}

/* 1: it is one of those that are asked for; 0; -1. */
static int
wanted(struct trail *t)
{
	const struct store_query *q = t->run->q;
	struct db_rows r;
	bool set = false;
	int got;

	got = newest_of(t, QUERY_TRACK_WHO, &r);
	if (got == 0)
		got = newest_of(t, QUERY_TRACK_LATEST, &r);
	if (got < 0)
		return -1;
	if (got == 1) {
		set = query_in_set(t->run, db_get_i64(&r, 0));
		got = keep_texts(t, &r);
	}
	db_end(&r);
	if (got < 0)
		return -1;
	return (set || !q->group) && query_is(t->t.user, q->user) &&
	    query_begins(t->t.type, q->type);
}

/* 1: it has points in the time asked for; 0; -1. */
static int
in_time(struct trail *t)
{
	const struct query_run *run = t->run;
	int got = db_one_i64(run->r->db, QUERY_TRACK_FIRST,
	    DB_VALUES(
		dbv_i64(run->after), dbv_i64(run->until), dbv_text(t->uid)),
	    &t->t.first);

	if (got <= 0)
		return got;
	return db_one_i64(run->r->db, QUERY_TRACK_LAST,
	    DB_VALUES(
		dbv_i64(run->after), dbv_i64(run->until), dbv_text(t->uid)),
	    &t->t.last);
}

static int
tell_point(struct trail *t, const struct db_rows *r)
{
	const struct store_sink *to = t->run->to;
	const struct store_point p = {
	    .track = &t->t,
	    .uid = t->uid,
	    .type = t->t.type,
	    .callsign = t->t.callsign,
	    .id = db_get_i64(r, 0),
	    .battery = query_i64(r, 1),
	    .lat = db_get_double(r, 2),
	    .lon = db_get_double(r, 3),
	    .hae = db_get_double(r, 4),
	    .ce = db_get_double(r, 5),
	    .speed = query_double(r, 6),
	    .course = query_double(r, 7),
	    .gap = t->told && t->gap,
	};
	int n = 0;

	t->gap = !query_in_box(t->run, p.lat, p.lon);
	if (t->gap)
		return 0;
	if (!t->told && to->track)
		n = to->track(to->arg, &t->t);
	t->told = true;
	return n ? n : to->point(to->arg, &p);
}

/* A page of points behind *after: how many, or -1. */
static int
tell_points(struct trail *t, int64_t *after, int64_t max)
{
	struct query_run *run = t->run;
	struct db_rows r;
	int got = 0, n = 0;

	if (db_query(run->r->db, &r, QUERY_POINTS,
		DB_VALUES(dbv_i64(*after), dbv_i64(run->until), dbv_i64(max),
		    dbv_text(t->uid))) < 0)
		return -1;
	while (!run->ended && (got = db_next(&r)) == 1) {
		n++;
		*after = db_get_i64(&r, 0);
		if (tell_point(t, &r) != 0)
			run->ended = true;
	}
	db_end(&r);
	query_idle(run);
	return got < 0 ? -1 : n;
}

static int
tell_track(struct trail *t)
{
	int64_t after = t->run->after;
	int got;

	t->t = (struct store_track){.uid = t->uid};
	t->told = t->gap = false;
	buf_clear(&t->texts);
	got = in_time(t);
	if (got > 0)
		got = wanted(t);
	while (got > 0 && !t->run->ended)
		got = tell_points(t, &after, 500);
	return got;
}

/* The uid behind this one. 1, 0, -1. */
static int
next_uid(struct trail *t)
{
	struct db_rows r;
	int got;

	if (db_query(t->run->r->db, &r, QUERY_TRACK_NEXT,
		DB_VALUES(dbv_text(t->uid))) < 0)
		return -1;
	got = db_next(&r);
	if (got == 1 &&
	    str_fmt(t->uid, sizeof t->uid, "%s", db_get_text(&r, 0)) < 0)
		got = db_fail(t->run->r->db, EIO, "a uid is too long");
	db_end(&r);
	return got;
}

int
store_query_tracks(struct store_reader *r, const struct store_query *q,
    const struct store_sink *to)
{
	struct query_run run;
	struct trail t = {.run = &run};
	int got = query_begin(&run, r, q, to);

	buf_init(&t.texts, (size_t)4 << 20);
	if (got > 0 && q->uid) {
		if (str_fmt(t.uid, sizeof t.uid, "%s", q->uid) >= 0)
			got = tell_track(&t);
	} else if (got > 0) {
		while (!run.ended && (got = next_uid(&t)) > 0)
			if (tell_track(&t) < 0) {
				got = -1;
				break;
			}
	}
	got = query_end(&run, got);
	buf_fini(&t.texts);
	return got;
}
