/* What is found by ids: events, chats, alerts. */
#include <string.h>

#include "str.h"
#include "store_query_own.h"

static struct query_plan
plan_of(enum query_sql ids, enum query_sql rows,
    int (*tell)(struct query_run *run, const struct db_rows *r))
{
	return (struct query_plan){
	    .way = {{.ids = ids, .heads = QUERY_NONE, .keyless = true}},
	    .n = 1,
	    .rows = rows,
	    .tell = tell};
}

static void
add_way(struct query_plan *p, enum query_sql ids, enum query_sql heads,
    const char *text)
{
	p->way[p->n++] =
	    (struct query_way){.ids = ids, .heads = heads, .text = text};
}

/* Events --------------------------------------------------------------------*/

static int
tell_event(struct query_run *run, const struct db_rows *r)
{
	const struct store_event_row e = {
	    .id = db_get_i64(r, 1),
	    .time = db_get_i64(r, 2),
	    .start = db_get_i64(r, 3),
	    .stale = db_get_i64(r, 4),
	    .uid = db_get_text(r, 5),
	    .type = db_get_text(r, 6),
	    .how = db_get_text(r, 7),
	    .user = query_text(r, 8),
	    .device = query_text(r, 9),
	    .callsign = query_text(r, 10),
	    .groups = db_get_text(r, 11),
	    .xml = db_get_text(r, 12),
	    .lat = db_get_double(r, 13),
	    .lon = db_get_double(r, 14),
	    .hae = db_get_double(r, 15),
	    .ce = db_get_double(r, 16),
	    .le = db_get_double(r, 17),
	    .located = !db_get_null(r, 18),
	};

	if (!query_in_set(run, db_get_i64(r, 0)) ||
	    !query_is(e.uid, run->q->uid) || !query_is(e.user, run->q->user) ||
	    !query_begins(e.type, run->q->type) ||
	    (run->q->box && !e.located) || !query_in_box(run, e.lat, e.lon))
		return 0;
	run->told++;
	return run->to->event(run->to->arg, &e);
}

int
store_query_events(struct store_reader *r, const struct store_query *q,
    const struct store_sink *to)
{
	struct query_plan p =
	    plan_of(QUERY_EVENTS, QUERY_EVENT_ROWS, tell_event);
	struct query_run run;
	int got = query_begin(&run, r, q, to);

	if (q->uid)
		add_way(&p, QUERY_EVENTS_UID, QUERY_NONE, q->uid);
	if (q->box)
		add_way(&p, QUERY_EVENTS_CELL, QUERY_CELL_HEADS, NULL);
	if (q->type)
		add_way(&p, QUERY_EVENTS_TYPE, QUERY_TYPE_HEADS, q->type);
	if (q->group)
		add_way(&p, QUERY_EVENTS_SET, QUERY_SET_HEADS, q->group);
	if (q->user)
		add_way(&p, QUERY_EVENTS_USER, QUERY_NONE, q->user);
	if (got > 0)
		got = query_by_ids(&run, &p);
	return query_end(&run, got);
}

/* Chats ---------------------------------------------------------------------*/

static int
tell_chat(struct query_run *run, const struct db_rows *r)
{
	const struct store_chat_row c = {
	    .id = db_get_i64(r, 1),
	    .time = db_get_i64(r, 2),
	    .uid = db_get_text(r, 3),
	    .room = query_text(r, 4),
	    .room_name = query_text(r, 5),
	    .sender = query_text(r, 6),
	    .callsign = query_text(r, 7),
	    .user = query_text(r, 8),
	    .device = query_text(r, 9),
	    .groups = db_get_text(r, 10),
	    .text = query_text(r, 11),
	    .message = query_text(r, 12),
	};

	if (!query_in_set(run, db_get_i64(r, 0)) ||
	    !query_is(c.sender, run->q->uid) || !query_is(c.user, run->q->user))
		return 0;
	return run->to->chat(run->to->arg, &c);
}

int
store_query_chats(struct store_reader *r, const struct store_query *q,
    const struct store_sink *to)
{
	struct query_plan p = plan_of(QUERY_CHATS, QUERY_CHAT_ROWS, tell_chat);
	struct query_run run;
	int got = query_begin(&run, r, q, to);

	if (q->uid)
		add_way(&p, QUERY_CHATS_SENDER, QUERY_NONE, q->uid);
	if (q->group)
		add_way(&p, QUERY_CHATS_SET, QUERY_CHAT_SET_HEADS, q->group);
	if (q->user)
		add_way(&p, QUERY_CHATS_USER, QUERY_NONE, q->user);
	if (got > 0)
		got = query_by_ids(&run, &p);
	return query_end(&run, got);
}

/* Alerts --------------------------------------------------------------------*/

static int
tell_alert(struct query_run *run, const struct db_rows *r)
{
	struct store_alert_row a = {
	    .id = db_get_i64(r, 1),
	    .started = db_get_i64(r, 2),
	    .last = db_get_i64(r, 3),
	    .cancelled = db_get_i64(r, 4),
	    .uid = db_get_text(r, 5),
	    .type = db_get_text(r, 6),
	    .callsign = query_text(r, 7),
	    .user = db_get_text(r, 8),
	    .device = query_text(r, 9),
	    .groups = db_get_text(r, 10),
	    .lat = db_get_double(r, 11),
	    .lon = db_get_double(r, 12),
	};

	if (!a.cancelled)
		a.cancelled = STORE_UNKNOWN;
	/* As store.h has it. */
	if (!(a.lat >= -90 && a.lat <= 90 && a.lon >= -180 && a.lon <= 180) ||
	    (a.lat == 0 && a.lon == 0))
		a.lat = a.lon = (double)NAN;
	if (!query_in_set(run, db_get_i64(r, 0)) ||
	    !query_is(a.uid, run->q->uid) || !query_is(a.user, run->q->user) ||
	    !query_begins(a.type, run->q->type) ||
	    !query_in_box(run, a.lat, a.lon))
		return 0;
	return run->to->alert(run->to->arg, &a);
}

int
store_query_alerts(struct store_reader *r, const struct store_query *q,
    const struct store_sink *to)
{
	struct query_plan p =
	    plan_of(QUERY_ALERTS, QUERY_ALERT_ROWS, tell_alert);
	struct query_run run;
	int got = query_begin(&run, r, q, to);

	if (q->uid)
		add_way(&p, QUERY_ALERTS_UID, QUERY_NONE, q->uid);
	if (got > 0)
		got = query_by_ids(&run, &p);
	return query_end(&run, got);
}
