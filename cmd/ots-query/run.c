/* The commands: questions to the store, and answers to standard output. */
#include <errno.h>
#include <unistd.h>

#include "column.h"
#include "die.h"
#include "eventout.h"
#include "geo.h"
#include "query.h"
#include "record.h"

/* A few events of the largest size, in the longest format. */
#define OUT_MAX ((size_t)1 << 30)
/* Memory that large rows have taken is given back. */
#define OUT_KEEP ((size_t)1 << 20)

/* An answer on its way. */
struct answer {
	const struct app *app;
	const struct column *columns;
	enum format format;
	struct buf b;
	struct geo_writer geo;
	uint64_t rows, left_out;
};

/* Output --------------------------------------------------------------------*/

static int
flush(void *arg)
{
	struct answer *a = arg;
	ssize_t n;

	if (a->b.failed)
		die(EXIT_TEMP, "no memory");
	while (buf_size(&a->b)) {
		n = write(STDOUT_FILENO, buf_data(&a->b), buf_size(&a->b));
		if (n < 0 && errno != EINTR)
			die_sys(EXIT_TEMP, "unable to write the answer");
		if (n > 0)
			buf_consume(&a->b, (size_t)n);
	}
	buf_clear(&a->b);
	if (a->b.cap > OUT_KEEP)
		buf_release(&a->b);
	return 0;
}

static void
begin(struct answer *a)
{
	switch (a->format) {
	case FORMAT_RECORD:
		(void)rec_hello(&a->b, "ots-query", "local", 0, 0);
		break;
	case FORMAT_CSV:
		column_csv_names(&a->b, a->columns);
		break;
	case FORMAT_TABLE:
		column_table_names(&a->b, a->columns);
		break;
	case FORMAT_GPX:
	case FORMAT_KML:
		a->geo.kml = a->format == FORMAT_KML;
		geo_begin(&a->geo, &a->b);
		break;
	case FORMAT_COT:
	case FORMAT_JSON:
	case FORMAT_DEFAULT:
		break;
	}
}

static void
end(struct answer *a)
{
	if (a->format == FORMAT_GPX || a->format == FORMAT_KML)
		geo_end(&a->geo, &a->b);
	flush(a);
	buf_fini(&a->b);
	if (a->left_out)
		warnx_line("%llu events are too large for a record and were "
			   "left out; --format cot has them",
		    (unsigned long long)a->left_out);
}

/* Rows ----------------------------------------------------------------------*/

/* Was that the last one? */
static int
counted(struct answer *a)
{
	a->rows++;
	return a->app->limit && a->rows == a->app->limit;
}

static int
put_row(struct answer *a, const void *row)
{
	if (a->format == FORMAT_JSON)
		column_json(&a->b, a->columns, row);
	else if (a->format == FORMAT_CSV)
		column_csv(&a->b, a->columns, row);
	else
		column_table(&a->b, a->columns, row);
	return counted(a);
}

static int
put_event(void *arg, const struct store_event_row *e)
{
	struct answer *a = arg;

	if (a->format == FORMAT_RECORD) {
		if (event_record(&a->b, e) < 0) {
			a->left_out++;
			return 0;
		}
	} else if (a->format == FORMAT_COT) {
		buf_fmt(&a->b, "%s\n", e->xml);
	} else {
		return put_row(a, e);
	}
	return counted(a);
}

static int
put_track(void *arg, const struct store_track *t)
{
	struct answer *a = arg;

	if (a->format == FORMAT_GPX || a->format == FORMAT_KML)
		geo_track(&a->geo, &a->b, t);
	return 0;
}

static int
put_point(void *arg, const struct store_point *p)
{
	struct answer *a = arg;

	if (a->format != FORMAT_GPX && a->format != FORMAT_KML)
		return put_row(a, p);
	geo_point(&a->geo, &a->b, p);
	return counted(a);
}

static int
put_chat(void *arg, const struct store_chat_row *c)
{
	return put_row(arg, c);
}

static int
put_device(void *arg, const struct store_device_row *d)
{
	return put_row(arg, d);
}

static int
put_alert(void *arg, const struct store_alert_row *a)
{
	return put_row(arg, a);
}

/* Columns -------------------------------------------------------------------*/

#define ROW struct store_event_row
#define C(name, type, member, width)                                           \
	{                                                                      \
		(name), COLUMN_##type, offsetof(ROW, member), (width)          \
	}

static const struct column events[] = {
    C("id", COUNT, id, 0),
    C("t", TIME, id, 24),
    C("uid", TEXT, uid, 20),
    C("type", TEXT, type, 12),
    C("how", TEXT, how, 0),
    C("time", TIME, time, 0),
    C("start", TIME, start, 0),
    C("stale", TIME, stale, 0),
    C("lat", REAL, lat, 12),
    C("lon", REAL, lon, 13),
    C("hae", REAL, hae, 0),
    C("ce", REAL, ce, 0),
    C("le", REAL, le, 0),
    C("callsign", TEXT, callsign, 12),
    C("user", TEXT, user, 10),
    C("device", TEXT, device, 0),
    C("groups", GROUPS, groups, 0),
    C("xml", TEXT, xml, 0),
    {0},
};

#undef ROW
#define ROW struct store_point
static const struct column tracks[] = {
    C("id", COUNT, id, 0),
    C("t", TIME, id, 24),
    C("uid", TEXT, uid, 24),
    C("callsign", TEXT, callsign, 12),
    C("type", TEXT, type, 0),
    C("lat", REAL, lat, 12),
    C("lon", REAL, lon, 13),
    C("hae", REAL, hae, 10),
    C("ce", REAL, ce, 0),
    C("speed", REAL, speed, 8),
    C("course", REAL, course, 8),
    C("battery", COUNT, battery, 7),
    {0},
};

#undef ROW
#define ROW struct store_chat_row
static const struct column chats[] = {
    C("id", COUNT, id, 0),
    C("t", TIME, id, 24),
    C("time", TIME, time, 0),
    C("uid", TEXT, uid, 0),
    C("message", TEXT, message, 0),
    C("room", TEXT, room, 0),
    C("room-name", TEXT, room_name, 16),
    C("sender", TEXT, sender, 0),
    C("callsign", TEXT, callsign, 12),
    C("user", TEXT, user, 0),
    C("device", TEXT, device, 0),
    C("groups", GROUPS, groups, 0),
    C("text", TEXT, text, 1),
    {0},
};

#undef ROW
#define ROW struct store_device_row
static const struct column devices[] = {
    C("uid", TEXT, uid, 24),
    C("callsign", TEXT, callsign, 12),
    C("user", TEXT, user, 10),
    C("team", TEXT, team, 8),
    C("role", TEXT, role, 0),
    C("device", TEXT, device, 0),
    C("platform", TEXT, platform, 10),
    C("os", TEXT, os, 0),
    C("version", TEXT, version, 0),
    C("phone", TEXT, phone, 0),
    C("endpoint", TEXT, endpoint, 0),
    C("type", TEXT, type, 0),
    C("first-seen", TIME, first_seen, 0),
    C("last-seen", TIME, last_seen, 24),
    C("connected", TIME, connected, 0),
    C("disconnected", TIME, disconnected, 0),
    C("stale", TIME, stale, 0),
    C("lat", REAL, lat, 12),
    C("lon", REAL, lon, 13),
    C("hae", REAL, hae, 0),
    C("speed", REAL, speed, 0),
    C("course", REAL, course, 0),
    C("battery", COUNT, battery, 7),
    C("conn", TEXT, conn, 1),
    C("groups", GROUPS, groups, 0),
    {0},
};

#undef ROW
#define ROW struct store_alert_row
static const struct column alerts[] = {
    C("id", COUNT, id, 0),
    C("started", TIME, started, 24),
    C("last", TIME, last, 0),
    C("cancelled", TIME, cancelled, 24),
    C("type", TEXT, type, 14),
    C("callsign", TEXT, callsign, 12),
    C("uid", TEXT, uid, 24),
    C("user", TEXT, user, 10),
    C("device", TEXT, device, 0),
    C("lat", REAL, lat, 12),
    C("lon", REAL, lon, 13),
    C("groups", GROUPS, groups, 0),
    {0},
};

/* Commands ------------------------------------------------------------------*/

#define CAN(format) (1U << FORMAT_##format)
#define CAN_ROWS    (CAN(JSON) | CAN(CSV) | CAN(TABLE))

struct question {
	const char *what, *formats;
	unsigned can;
	enum format usual;
	const struct column *columns;
	int (*ask)(struct store_reader *r, const struct store_query *q,
	    const struct store_sink *to);
};

static int
ask(const struct app *app, const struct question *q)
{
	struct answer a = {.app = app, .columns = q->columns};
	const struct store_sink to = {put_event, put_track, put_point, put_chat,
	    put_device, put_alert, flush, &a};

	a.format = app->format == FORMAT_DEFAULT ? q->usual : app->format;
	if (!(q->can & 1U << a.format))
		die(EXIT_USAGE, "%s have no such format: use %s", q->what,
		    q->formats);
	if (app->args.q.since >= app->args.q.until)
		die(EXIT_USAGE, "--since must be before --until");
	buf_init(&a.b, OUT_MAX);
	begin(&a);
	if (q->ask(app->r, &app->args.q, &to) < 0)
		die(errno == EAGAIN ? EXIT_TEMP : EXIT_USAGE,
		    "the database: %s", store_reader_why(app->r));
	end(&a);
	return 0;
}

int
run_events(void *ctx, int nargs, char **args)
{
	static const struct question q = {"events",
	    "record, cot, json, csv or table",
	    CAN(RECORD) | CAN(COT) | CAN_ROWS, FORMAT_RECORD, events,
	    store_query_events};

	(void)nargs;
	(void)args;
	return ask(ctx, &q);
}

int
run_tracks(void *ctx, int nargs, char **args)
{
	static const struct question q = {"tracks",
	    "table, json, csv, gpx or kml", CAN_ROWS | CAN(GPX) | CAN(KML),
	    FORMAT_TABLE, tracks, store_query_tracks};

	(void)nargs;
	(void)args;
	return ask(ctx, &q);
}

int
run_chat(void *ctx, int nargs, char **args)
{
	static const struct question q = {"chats", "table, json or csv",
	    CAN_ROWS, FORMAT_TABLE, chats, store_query_chats};

	(void)nargs;
	(void)args;
	return ask(ctx, &q);
}

int
run_devices(void *ctx, int nargs, char **args)
{
	static const struct question q = {"devices", "table, json or csv",
	    CAN_ROWS, FORMAT_TABLE, devices, store_query_devices};

	(void)nargs;
	(void)args;
	return ask(ctx, &q);
}

int
run_alerts(void *ctx, int nargs, char **args)
{
	static const struct question q = {"alerts", "table, json or csv",
	    CAN_ROWS, FORMAT_TABLE, alerts, store_query_alerts};

	(void)nargs;
	(void)args;
	return ask(ctx, &q);
}
