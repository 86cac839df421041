/* How many events a second store.h takes, beside what the database takes of the
 * same rows without it: each event, with its position, copied (SQLite: inserted
 * by a prepared statement) in transactions of the same size.
 *
 *   ots-store-bench [-n EVENTS] [-b BATCH] [-d DEVICES] [-r ROUNDS] [-m MODE]
 *       URI
 *
 * URI: sqlite:PATH (PATH.bare, PATH.same and PATH.store are made anew) or
 * postgresql://... (the schemas ots_bench_...). Prints key=value lines. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "num.h"
#include "store.h"
#include "store_db.h"

#define POOL 8192 /* different events */

static uint64_t n_events = 200000, batch = 16000, n_devices = 1000, rounds = 3;
static struct store_event pool[POOL];
static const char *only;

_Noreturn static void
give_up(const char *what, const char *why)
{
	fprintf(stderr, "ots-store-bench: fatal: %s: %s\n", what, why);
	exit(111);
}

/* Events --------------------------------------------------------------------*/

#define POSITION_XML                                                           \
	"<event version=\"2.0\" uid=\"ANDROID-%016llx\" type=\"a-f-G-U-C\" "   \
	"how=\"m-g\" time=\"2026-01-01T00:00:00.000Z\" "                       \
	"start=\"2026-01-01T00:00:00.000Z\" "                                  \
	"stale=\"2026-01-01T00:06:15.000Z\">"                                  \
	"<point lat=\"51.%07llu\" lon=\"-0.%07llu\" hae=\"57.1\" ce=\"4.9\" "  \
	"le=\"9999999.0\"/><detail><takv os=\"34\" version=\"5.5.0.7\" "       \
	"device=\"GOOGLE PIXEL 8\" platform=\"ATAK-CIV\"/><contact "           \
	"xmppUsername=\"\" endpoint=\"*:-1:stcp\" callsign=\"CALL-%llu\"/>"    \
	"<uid Droid=\"CALL-%llu\"/><precisionlocation altsrc=\"GPS\" "         \
	"geopointsrc=\"GPS\"/><__group role=\"Team Member\" name=\"Cyan\"/>"   \
	"<status battery=\"87\"/><track course=\"229.93\" speed=\"1.37\"/>"    \
	"</detail></event>"

static struct slice
keep(const char *text)
{
	char *p = strdup(text);

	if (!p)
		give_up("events", "no memory");
	return slice_of(p);
}

/* What it says of itself. */
static void
name_event(struct store_event *e, unsigned long long who, unsigned long long at)
{
	char b[2048];

	if (str_fmt(b, sizeof b, "user-%llu", who) > 0)
		e->user = keep(b);
	if (str_fmt(b, sizeof b, "CALL-%llu", who) > 0)
		e->callsign = keep(b);
	if (str_fmt(b, sizeof b, "ANDROID-%016llx", who) > 0)
		e->uid = e->device = keep(b);
	if (str_fmt(b, sizeof b, "node.%llu.1767225600000000", who) > 0)
		e->conn = keep(b);
	if (str_fmt(b, sizeof b, POSITION_XML, who, at, at, who, who) > 0)
		e->xml = keep(b);
}

static void
make_event(struct store_event *e, uint64_t i)
{
	static const struct slice groups[] = {{"Blue", 4}, {"__ANON__", 8}};
	unsigned long long who = i % n_devices, at = i * 7919 % 10000000;

	*e = (struct store_event){.time = INT64_C(1767225600000000),
	    .start = INT64_C(1767225600000000),
	    .stale = INT64_C(1767225975000000),
	    .how = SLICE("m-g"),
	    .type = SLICE("a-f-G-U-C"),
	    .located = true,
	    .lat = 51 + (double)at / 1e7,
	    .lon = 0 - (double)at / 1e7,
	    .hae = 57.1,
	    .ce = 4.9,
	    .le = 9999999,
	    .team = SLICE("Cyan"),
	    .role = SLICE("Team Member"),
	    .endpoint = SLICE("*:-1:stcp"),
	    .takv = {SLICE("GOOGLE PIXEL 8"), SLICE("ATAK-CIV"), SLICE("34"),
		SLICE("5.5.0.7")},
	    .groups = groups,
	    .n_groups = 2,
	    .identity = true,
	    .has_track = true,
	    .has_battery = true,
	    .speed = 1.37,
	    .course = 229.93,
	    .battery = 87};
	name_event(e, who, at);
}

/* Without store.h -----------------------------------------------------------*/

enum { EVENT, POSITION, N_SQL };

static const char *const bare_sql[] = {
    [EVENT] = "INSERT INTO ots_events (id, uid, cell, " STORE_EVENT_COLUMNS
	      ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
	      "$13, $14, $15, $16, $17, $18)",
    [POSITION] = "INSERT INTO ots_positions (id, uid, lat, lon, hae, ce, "
		 "speed, course, battery) "
		 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
};

/* The key and one index, as a table of events has at least. */
#define BARE(ID)                                                               \
	"CREATE TABLE ots_events (id " ID ", uid text, cell bigint, "          \
	"type_id bigint, how text, time bigint, start bigint, stale bigint, "  \
	"lat double precision, lon double precision, hae double precision, "   \
	"ce double precision, le double precision, username text, "            \
	"device text, callsign text, group_set bigint, xml text);"             \
	"CREATE INDEX ots_events_uid ON ots_events (uid, id);"                 \
	"CREATE TABLE ots_positions (id " ID ", uid text, "                    \
	"lat double precision, lon double precision, hae double precision, "   \
	"ce double precision, speed double precision, "                        \
	"course double precision, battery bigint);"                            \
	"CREATE INDEX ots_positions_uid ON ots_positions (uid, id);"

static const struct db_migration bare_migrations[] = {
    {BARE("integer PRIMARY KEY"), BARE("bigint PRIMARY KEY")}};

static const struct db_schema bare = {
    "bare", bare_migrations, 1, bare_sql, N_SQL};

struct span {
	uint64_t from, n;
};

static int
load_events(struct db *d, const struct span *s)
{
	struct db_load l;
	uint64_t i;

	if (db_load_begin(d, &l, EVENT) < 0)
		return -1;
	for (i = s->from; i < s->from + s->n; i++) {
		const struct store_event *e = &pool[i % POOL];

		if (db_load_row(&l,
			DB_VALUES(dbv_i64((int64_t)i), dbv_slice(e->uid),
			    dbv_i64(store_cell(e->lat, e->lon)), dbv_i64(1),
			    dbv_slice(e->how), dbv_i64(e->time),
			    dbv_i64(e->start), dbv_i64(e->stale),
			    dbv_double(e->lat), dbv_double(e->lon),
			    dbv_double(e->hae), dbv_double(e->ce),
			    dbv_double(e->le), dbv_slice(e->user),
			    dbv_slice(e->device), dbv_slice(e->callsign),
			    dbv_i64(1), dbv_slice(e->xml))) < 0)
			return -1;
	}
	return db_load_end(&l) < 0 ? -1 : 0;
}

static int
load_positions(struct db *d, const struct span *s)
{
	struct db_load l;
	uint64_t i;

	if (db_load_begin(d, &l, POSITION) < 0)
		return -1;
	for (i = s->from; i < s->from + s->n; i++) {
		const struct store_event *e = &pool[i % POOL];

		if (db_load_row(&l,
			DB_VALUES(dbv_i64((int64_t)i), dbv_slice(e->uid),
			    dbv_double(e->lat), dbv_double(e->lon),
			    dbv_double(e->hae), dbv_double(e->ce),
			    dbv_double(e->speed), dbv_double(e->course),
			    dbv_i64(e->battery))) < 0)
			return -1;
	}
	return db_load_end(&l) < 0 ? -1 : 0;
}

static int
load_both(struct db *d, void *arg)
{
	return load_events(d, arg) < 0 ? -1 : load_positions(d, arg);
}

static double
measure_bare(const char *uri, const struct db_schema *schema)
{
	struct span s = {.from = 1};
	char why[256];
	struct db *d = db_open(uri, schema, why);
	uint64_t start;

	if (!d)
		give_up(uri, why);
	if (db_heavy(d) < 0)
		give_up(uri, db_why(d));
	start = clock_mono_us();
	for (; s.from <= n_events; s.from += s.n) {
		s.n = batch;
		if (db_transact(d, DB_ROWS, load_both, &s) < 0)
			give_up(uri, db_why(d));
	}
	start = clock_mono_us() - start;
	db_close(&d);
	return (double)(s.from - 1) * 1e6 / (double)start;
}

/* With it -------------------------------------------------------------------*/

static double
measure_store(const char *uri)
{
	char why[256];
	struct store *s = store_open(uri, why);
	struct store_place at;
	uint64_t start, i, k;

	if (!s)
		give_up(uri, why);
	if (store_heavy(s) < 0 || store_place(s, "bench", &at) < 0)
		give_up(uri, store_why(s));
	start = clock_mono_us();
	for (i = 0; i < n_events; i += batch) {
		for (k = 0; k < batch; k++) {
			struct store_event e = pool[(i + k) % POOL];

			e.t = INT64_C(1700000000000000) + (int64_t)(i + k);
			if (store_add(s, &e) < 0)
				give_up(uri, strerror(errno));
		}
		at.offset++;
		if (store_commit(s, "bench", &at) < 0)
			give_up(uri, store_why(s));
	}
	start = clock_mono_us() - start;
	store_close(&s);
	return (double)i * 1e6 / (double)start;
}

/* Places --------------------------------------------------------------------*/

static void
fresh_pg(const char *uri, const char *name, char out[DB_URI_MAX])
{
	char drop[128], make[128], why[256];
	const char *const sql[] = {drop, make};
	const struct db_schema none = {"none", NULL, 0, sql, 2};
	struct db *d;

	if (str_fmt(drop, sizeof drop,
		"DROP SCHEMA IF EXISTS ots_bench_%s CASCADE", name) < 0 ||
	    str_fmt(make, sizeof make, "CREATE SCHEMA ots_bench_%s", name) <
		0 ||
	    str_fmt(out, DB_URI_MAX,
		"%s%soptions=-csearch_path%%3Dots_bench_%s", uri,
		strchr(uri, '?') ? "&" : "?", name) < 0)
		give_up(uri, "too long");
	d = db_open(out, &none, why);
	if (!d || db_exec(d, 0, DB_NO_VALUES) < 0 ||
	    db_exec(d, 1, DB_NO_VALUES) < 0)
		give_up(uri, d ? db_why(d) : why);
	db_close(&d);
}

static void
fresh(const char *uri, const char *name, char out[DB_URI_MAX])
{
	static const char *const tails[] = {"", "-wal", "-shm"};
	const char *path = db_sqlite_path(uri);
	char file[DB_URI_MAX];
	size_t i;

	if (!path) {
		fresh_pg(uri, name, out);
		return;
	}
	for (i = 0; i < 3; i++) {
		if (str_fmt(
			file, sizeof file, "%s.%s%s", path, name, tails[i]) < 0)
			give_up(uri, "too long");
		unlink(file);
	}
	if (str_fmt(out, DB_URI_MAX, "sqlite:%s.%s", path, name) < 0)
		give_up(uri, "too long");
}

static double
measure_alone(const char *uri)
{
	return measure_bare(uri, &bare);
}

/* The tables of store.h, filled by nothing but loads. */
static double
measure_same(const char *uri)
{
	struct db_schema same = store_schema;

	same.sql = bare_sql;
	same.n_sql = N_SQL;
	return measure_bare(uri, &same);
}

static const struct mode {
	const char *name;
	double (*run)(const char *uri);
} modes[] = {
    {"bare", measure_alone},
    {"same", measure_same},
    {"store", measure_store},
};

static void
measure(const char *uri)
{
	size_t n = sizeof modes / sizeof *modes, k;
	double rate[3] = {0};
	char at[DB_URI_MAX];
	uint64_t i;

	for (i = 0; i < rounds; i++) {
		for (k = 0; k < n; k++) {
			if (only && strcmp(only, modes[k].name) != 0)
				continue;
			fresh(uri, modes[k].name, at);
			rate[k] = modes[k].run(at);
		}
		printf("bench=store engine=%s events=%llu batch=%llu "
		       "devices=%llu bare_per_s=%.0f same_per_s=%.0f "
		       "store_per_s=%.0f of_bare=%.2f of_same=%.2f\n",
		    db_sqlite_path(uri) ? "sqlite" : "postgresql",
		    (unsigned long long)n_events, (unsigned long long)batch,
		    (unsigned long long)n_devices, rate[0], rate[1], rate[2],
		    rate[0] > 0 ? rate[2] / rate[0] : 0,
		    rate[1] > 0 ? rate[2] / rate[1] : 0);
		fflush(stdout);
	}
}

static void
number(const char *s, uint64_t max, uint64_t *out)
{
	if (num_u64(slice_of(s), max, out) < 0 || *out == 0)
		give_up(s, "not a number for this");
}

int
main(int argc, char **argv)
{
	uint64_t i;
	int c;

	while ((c = getopt(argc, argv, "n:b:d:r:m:")) != -1)
		if (c == 'n')
			number(optarg, UINT64_C(100000000), &n_events);
		else if (c == 'b')
			number(optarg, STORE_BATCH_ROWS, &batch);
		else if (c == 'd')
			number(optarg, POOL, &n_devices);
		else if (c == 'r')
			number(optarg, 100, &rounds);
		else if (c == 'm')
			only = optarg;
		else
			return 100;
	if (optind != argc - 1) {
		fprintf(stderr,
		    "usage: ots-store-bench [-n EVENTS] "
		    "[-b BATCH] [-d DEVICES] [-r ROUNDS] [-m MODE] URI\n");
		return 100;
	}
	for (i = 0; i < POOL; i++)
		make_event(&pool[i], i);
	measure(argv[optind]);
	return 0;
}
