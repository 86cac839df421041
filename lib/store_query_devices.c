/* What is found uid by uid: devices. */
#include <errno.h>

#include "str.h"
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
