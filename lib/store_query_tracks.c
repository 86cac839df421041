/* Tracks: uid by uid, some at a time, and the points of each. */
#include <errno.h>
#include <stdlib.h>

#include "str.h"
#include "store_db.h"
#include "store_query_own.h"

#define UIDS_MAX   200
#define POINTS_MAX 500

/* A page of uids, and where we are in one of them. */
struct trail {
	struct query_run *run;
	struct query_band band; /* of the box */
	int64_t visits;         /* since when they count */
	struct store_track page[UIDS_MAX];
	struct store_mem texts; /* of them */
	size_t n;
	char last[STORE_KEY_MAX + 1]; /* uid of the page before */
	const struct store_track *t;
	int64_t after, until; /* those that are left of its points */
	bool told;            /* its beginning */
	bool gap;
};

/* Points --------------------------------------------------------------------*/

static int
tell_point(struct trail *t, const struct db_rows *r)
{
	const struct store_sink *to = t->run->to;
	const struct store_point p = {
	    .track = t->t,
	    .uid = t->t->uid,
	    .type = t->t->type,
	    .callsign = t->t->callsign,
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

	t->after = p.id;
	t->gap = !query_in_box(t->run, p.lat, p.lon);
	if (t->gap)
		return 0;
	if (!t->told && to->track)
		n = to->track(to->arg, t->t);
	t->told = true;
	return n ? n : to->point(to->arg, &p);
}

/* A page of points: how many, or -1. */
static int
tell_points(struct trail *t)
{
	struct query_run *run = t->run;
	struct db_rows r;
	int got = 0, n;

	if (db_query(run->r->db, &r, QUERY_POINTS,
		DB_VALUES(dbv_i64(t->after), dbv_i64(t->until),
		    dbv_i64(POINTS_MAX), dbv_text(t->t->uid))) < 0)
		return -1;
	for (n = 0; !run->ended && (got = db_next(&r)) == 1; n++)
		if (tell_point(t, &r) != 0)
			run->ended = true;
	db_end(&r);
	query_idle(run);
	return got < 0 ? -1 : n;
}

/* Of its points only those can be in the box that are near its visits. */
static int
near_visits(struct trail *t)
{
	int64_t first = INT64_MAX, last = INT64_MIN, id;
	struct db_rows r;
	int got;

	if (db_query(t->run->r->db, &r, QUERY_VISITS,
		DB_VALUES(dbv_i64(t->visits), dbv_i64(t->until),
		    dbv_text(t->t->uid), dbv_i64(t->band.first),
		    dbv_i64(t->band.last), dbv_i64(t->band.column),
		    dbv_i64(t->band.more))) < 0)
		return -1;
	while ((got = db_next(&r)) == 1) {
		id = db_get_i64(&r, 0);
		first = id < first ? id : first;
		last = id > last ? id : last;
	}
	db_end(&r);
	if (t->after < first - 1)
		t->after = first - 1;
	if (last < INT64_MAX - STORE_VISIT_US &&
	    t->until > last + STORE_VISIT_US)
		t->until = last + STORE_VISIT_US;
	return got;
}

/* Uids ----------------------------------------------------------------------*/

static int
tell_track(struct trail *t, const struct store_track *track)
{
	int n = 1;

	t->t = track;
	t->told = t->gap = false;
	t->after = track->first - 1;
	t->until = track->last;
	if (t->run->q->box && near_visits(t) < 0)
		return -1;
	while (n > 0 && t->after < t->until && !t->run->ended)
		n = tell_points(t);
	return n < 0 ? -1 : 0;
}

/* A row into the page, if the newest event of the uid says that it is asked
 * for. */
static int
take_uid(struct trail *t, const struct db_rows *r)
{
	const struct store_query *q = t->run->q;
	struct store_track *to = &t->page[t->n];
	const char **text[] = {
	    &to->uid, &to->type, &to->callsign, &to->user, &to->groups};
	static const int column[] = {1, 4, 5, 6, 7};
	struct slice s;
	size_t i;

	if (!query_in_set(t->run, query_i64(r, 0)) ||
	    !query_begins(query_text(r, 4), q->type) ||
	    !query_is(query_text(r, 6), q->user))
		return 0;
	to->first = db_get_i64(r, 2);
	to->last = db_get_i64(r, 3);
	for (i = 0; i < 5; i++) {
		*text[i] = query_text(r, column[i]);
		if (!*text[i])
			continue;
		s = slice_of(*text[i]);
		if (!store_mem_copy(&t->texts, &s))
			return db_fail(t->run->r->db, EAGAIN, "no memory");
		*text[i] = s.p;
	}
	t->n++;
	return 0;
}

/* The uid that is asked for, or some of those behind the page before. */
static int
begin_uids(struct trail *t, struct db_rows *r)
{
	const struct query_run *run = t->run;
	const struct query_band *b = &t->band;
	const struct db_val v[9] = {dbv_i64(run->after), dbv_i64(run->until),
	    dbv_text(run->q->uid ? run->q->uid : t->last), dbv_i64(UIDS_MAX),
	    dbv_i64(t->visits), dbv_i64(b->first), dbv_i64(b->last),
	    dbv_i64(b->column), dbv_i64(b->more)};

	if (run->q->uid)
		return db_query(run->r->db, r, QUERY_TRACK, v, 4);
	if (run->q->box)
		return db_query(run->r->db, r, QUERY_TRACKS_BOX, v, 9);
	return db_query(run->r->db, r, QUERY_TRACKS, v, 4);
}

/* How many uids there were, whether they are asked for or not; or -1. */
static int
read_uids(struct trail *t)
{
	struct db_rows r;
	int got, n;

	store_mem_reset(&t->texts);
	t->n = 0;
	if (begin_uids(t, &r) < 0)
		return -1;
	for (n = 0; (got = db_next(&r)) == 1; n++) {
		if (str_fmt(t->last, sizeof t->last, "%s", db_get_text(&r, 1)) <
		    0)
			got = db_fail(t->run->r->db, EIO, "a uid is too long");
		else
			got = take_uid(t, &r);
		if (got < 0)
			break;
	}
	db_end(&r);
	return got < 0 ? -1 : n;
}

static int
tell_tracks(struct trail *t)
{
	size_t i;
	int n;

	do {
		n = read_uids(t);
		query_idle(t->run);
		for (i = 0; n >= 0 && i < t->n && !t->run->ended; i++)
			if (tell_track(t, &t->page[i]) < 0)
				return -1;
	} while (n == UIDS_MAX && !t->run->ended);
	return n < 0 ? -1 : 0;
}

int
store_query_tracks(struct store_reader *r, const struct store_query *q,
    const struct store_sink *to)
{
	struct query_run run;
	struct trail *t;
	int got = query_begin(&run, r, q, to);

	if (got <= 0)
		return query_end(&run, got);
	t = calloc(1, sizeof *t);
	if (!t)
		return query_end(&run, db_fail(r->db, EAGAIN, "no memory"));
	t->run = &run;
	if (q->box)
		t->band = query_box_band(q->box);
	t->visits = run.after < INT64_MIN + STORE_VISIT_US
	    ? INT64_MIN
	    : run.after - STORE_VISIT_US;
	got = tell_tracks(t);
	store_mem_fini(&t->texts);
	free(t);
	return query_end(&run, got);
}
