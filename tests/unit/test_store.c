/* store.h on each engine: events, devices, connections, progress, statements,
 * migrations. */
#include "store_fix.h"

#include "accounts.h"

#define EVENTS "SELECT uid || ' ' || id FROM ots_events ORDER BY id"

/* Events --------------------------------------------------------------------*/

static void
test_event(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_event e = position("DEV-1", 0);
	struct store_place p;
	size_t bytes;

	e.has_track = e.has_battery = true;
	e.speed = 1.25;
	e.course = 270.5;
	e.battery = 88;
	OK(store_add(s, &e));
	assert_int_equal(store_pending(s, &bytes), 1);
	assert_true(bytes > 0);
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_events"), 0);
	OK(commit(s, 100));
	assert_int_equal(store_pending(s, &bytes), 0);
	IS("SELECT e.id || '|' || uid || '|' || t.type || '|' || how || '|' || "
	   "time || '|' || start || '|' || stale || '|' || lat || '|' || lon "
	   "|| '|' || hae || '|' || cell || '|' || username || '|' || device "
	   "|| '|' || callsign || '|' || g.names || '|' || xml "
	   "FROM ots_events e JOIN ots_types t ON t.id = e.type_id "
	   "JOIN ots_group_sets g ON g.id = e.group_set",
	    "1700000000000000|DEV-1|a-f-G-U-C|m-g|1700000000000000|"
	    "1700000000000001|1700000060000000|51.5|-0.25|12.5|50939|alice|"
	    "DEV-1|ALPHA|Blue\t__ANON__|<event/>\n");
	IS("SELECT id || '|' || uid || '|' || lat || '|' || lon || '|' || "
	   "speed || '|' || course || '|' || battery FROM ots_positions",
	    "1700000000000000|DEV-1|51.5|-0.25|1.25|270.5|88\n");
	IS("SELECT CAST(cell AS text) FROM ots_cells", "50939\n");
	IS("SELECT group_name || ' ' || group_set FROM ots_group_set_members "
	   "ORDER BY group_name",
	    "Blue 1\n__ANON__ 1\n");
	OK(store_place(s, SPOOL, &p));
	assert_int_equal(p.segment, 1);
	assert_int_equal(p.offset, 100);
	OK(store_place(s, "other", &p));
	assert_int_equal(p.segment + p.offset, 0);
	store_close(&s);
	assert_null(s);
	store_close(&s);
}

/* Arrival, made unique and growing, over batches and restarts; and not of a
 * clock that is wrong. */
static void
test_ids(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	int64_t now = (int64_t)clock_wall_us();
	struct store_event e;

	e = position("a", 0);
	OK(store_add(s, &e));
	OK(store_add(s, &e));
	e = position("b", -5);
	OK(store_add(s, &e));
	OK(commit(s, 1));
	OK(store_add(s, &e));
	OK(commit(s, 2));
	store_close(&s);
	s = open_it(f);
	OK(store_add(s, &e));
	e = position("c", 1);
	OK(store_add(s, &e));
	OK(commit(s, 3));
	IS(EVENTS,
	    "a 1700000000000000\na 1700000000000001\nb 1700000000000002\n"
	    "b 1700000000000003\nb 1700000000000004\nc 1700000001000000\n");
	e.t = INT64_MAX;
	OK(store_add(s, &e));
	e.t = INT64_MIN;
	OK(store_add(s, &e));
	OK(commit(s, 4));
	assert_true(count_of(f, "SELECT max(id) FROM ots_events") >= now);
	assert_true(count_of(f, "SELECT max(id) FROM ots_events") <=
	    (int64_t)clock_wall_us() + 1);
	store_close(&s);
}

/* Two programs with spools of their own: no id is given twice. */
static void
test_two_writers(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f), *o = open_it(f);
	struct store_event e = position("a", 0);
	struct store_place p;
	uint64_t i;

	OK(store_place(o, "second", &p));
	for (i = 1; i < 5; i++) {
		e.type = i == 1 ? S("a-1") : S("a-2");
		OK(store_add(s, &e));
		OK(store_add(o, &e));
		OK(commit(s, i));
		OK(store_commit(o, "second", &(struct store_place){2, i}));
	}
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_events"), 8);
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_types"), 3);
	IS("SELECT t.type || ' ' || count(*) FROM ots_events e JOIN ots_types "
	   "t ON t.id = e.type_id GROUP BY t.type ORDER BY t.type",
	    "a-1 2\na-2 6\n");
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_group_sets"), 2);
	store_close(&o);
	store_close(&s);
}

/* Progress ------------------------------------------------------------------*/

static void
test_places(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f), *twin = open_it(f), *o;
	struct store_event e = position("a", 0);
	char why[256];
	struct store_place p;

	OK(store_add(s, &e));
	FAILS(commit(s, 0) < 0
		? -1
		: store_commit(s, SPOOL, &(struct store_place){1, 0}),
	    EINVAL);
	OK(commit(s, 7));
	/* A second writer of one spool. */
	OK(store_add(twin, &e));
	FAILS(commit(twin, 9), EBUSY);
	assert_non_null(strstr(store_why(twin), "another program"));
	OK(store_place(twin, SPOOL, &p));
	assert_int_equal(p.offset, 7);
	OK(store_add(twin, &e));
	OK(commit(twin, 9));
	OK(store_add(s, &e));
	FAILS(commit(s, 8), EBUSY);
	/* One that never asked where it begins. */
	assert_non_null(o = store_open(f->uri, why));
	OK(store_add(o, &e));
	FAILS(commit(o, 10), EINVAL);
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_events"), 2);
	/* Progress without events. */
	OK(store_place(s, SPOOL, &p));
	OK(commit(s, 20));
	IS("SELECT name || ' ' || segment || ' ' || off FROM ots_spool",
	    "main 1 20\n");
	store_close(&o);
	store_close(&twin);
	store_close(&s);
}

static void
test_full(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_event e = position("a", 0);
	char *big = malloc(STORE_BATCH_BYTES / 4 + 1);
	int i, r = 0;

	assert_non_null(big);
	memset(big, 'x', STORE_BATCH_BYTES / 4);
	big[STORE_BATCH_BYTES / 4] = '\0';
	for (i = 0; i < STORE_BATCH_ROWS; i++)
		OK(store_add(s, &e));
	FAILS(store_add(s, &e), ENOBUFS);
	store_drop(s);
	e.xml = S(big);
	for (i = 0; i < 100 && (r = store_add(s, &e)) == 0; i++)
		;
	assert_int_equal(r, -1);
	assert_int_equal(i, 4);
	OK(commit(s, 1));
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_events"), 4);
	assert_int_equal(count_of(f, "SELECT min(length(xml)) FROM ots_events"),
	    STORE_BATCH_BYTES / 4);
	free(big);
	store_close(&s);
}

/* Devices and connections ---------------------------------------------------*/

#define DEVICE                                                                 \
	"SELECT uid || '|' || coalesce(callsign, '-') || '|' || "              \
	"coalesce(team, '-') || '|' || coalesce(version, '-') || '|' || "      \
	"coalesce(username, '-') || '|' || (first_seen - 1700000000000000) "   \
	"|| '|' || (last_seen - 1700000000000000) || '|' || "                  \
	"coalesce(last_event - 1700000000000000, -1) || '|' || "               \
	"coalesce(lat, -1) || '|' || coalesce(battery, -1) || '|' || conn "    \
	"|| '|' || coalesce(connected_at - 1700000000000000, -1) || '|' || "   \
	"coalesce(disconnected_at - 1700000000000000, -1) FROM ots_devices "   \
	"ORDER BY uid"

static void
test_devices(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_event e = message("x", "b-t-f", 1);
	int i;

	/* What is not known stays open, what was known is kept. */
	OK(store_add(s, &e));
	OK(commit(s, 1));
	IS(DEVICE, "DEV-1|-|-|-|-|1000000|1000000|-1|-1|-1|n.1.2|1000000|-1\n");
	e = position("DEV-1", 2);
	e.battery = 50;
	e.has_battery = true;
	OK(store_add(s, &e));
	for (i = 3; i < 2000; i++) {
		e = position("DEV-1", i);
		e.lat = i % 90 + 0.5;
		OK(store_add(s, &e));
	}
	assert_int_equal(s->fact[T_DEVICES].by_key.n, 1);
	OK(commit(s, 2));
	IS(DEVICE,
	    "DEV-1|ALPHA|Cyan|5.5|alice|1000000|1999000000|1999000000|19.5|50|"
	    "n.1.2|1000000|-1\n");
	e = position("DEV-1", 2001);
	e.team = e.takv[3] = (struct slice){0};
	e.callsign = S("BRAVO");
	e.located = false;
	OK(store_add(s, &e));
	OK(commit(s, 3));
	IS(DEVICE,
	    "DEV-1|BRAVO|Cyan|5.5|alice|1000000|2001000000|1999000000|19.5|50|"
	    "n.1.2|1000000|-1\n");
	/* The place of something else is not its own. */
	e = position("MARKER", 2002);
	e.device = S("DEV-1");
	e.identity = false;
	e.lat = 77.5;
	OK(store_add(s, &e));
	OK(commit(s, 4));
	IS("SELECT CAST(lat AS text) FROM ots_devices", "19.5\n");
	assert_int_equal(
	    count_of(f, "SELECT count(*) FROM ots_positions"), 1999);
	store_close(&s);
}

#define AWAY                                                                   \
	"SELECT uid || '|' || conn || '|' || "                                 \
	"coalesce(disconnected_at - 1700000000000000, -1) FROM ots_devices "   \
	"ORDER BY uid"
#define CONNS                                                                  \
	"SELECT conn || '|' || coalesce(username, '-') || '|' || "             \
	"coalesce(peer, '-') || '|' || "                                       \
	"coalesce(opened - 1700000000000000, -1) || '|' || "                   \
	"coalesce(closed - 1700000000000000, -1) || '|' || "                   \
	"coalesce(why, '-') || '|' || coalesce(device, '-') "                  \
	"FROM ots_connections ORDER BY conn"

static struct store_conn
conn(const char *id, int n)
{
	return (struct store_conn){.conn = S(id),
	    .user = S("alice"),
	    .peer = S("192.0.2.1:5"),
	    .via = S("tls"),
	    .why = S("eof"),
	    .t = T0 + n};
}

static void
on(struct store *s, const char *device, const char *id, int n)
{
	struct store_event e = position(device, 0);

	e.conn = S(id);
	e.t = T0 + n;
	OK(store_add(s, &e));
}

static void
test_connections(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_conn c1 = conn("n.1.1", 1), c2 = conn("n.2.2", 5),
			  c3 = conn("n.3.3", 9), late;

	OK(store_add_open(s, &c1));
	on(s, "A", "n.1.1", 2);
	OK(commit(s, 1));
	IS(CONNS, "n.1.1|alice|192.0.2.1:5|1|-1|-|A\n");
	/* The same told again changes nothing. */
	late = conn("n.1.1", 3);
	OK(store_add_open(s, &late));
	OK(commit(s, 2));
	IS(CONNS, "n.1.1|alice|192.0.2.1:5|1|-1|-|A\n");
	IS(AWAY, "A|n.1.1|-1\n");
	/* The new connection comes before the end of the old one. */
	OK(store_add_open(s, &c2));
	on(s, "A", "n.2.2", 6);
	late = conn("n.1.1", 7);
	OK(store_add_close(s, &late));
	OK(commit(s, 3));
	IS(AWAY, "A|n.2.2|7\n");
	IS(CONNS,
	    "n.1.1|alice|192.0.2.1:5|1|7|eof|A\n"
	    "n.2.2|alice|192.0.2.1:5|5|-1|-|A\n");
	late = conn("n.2.2", 8);
	OK(store_add_close(s, &late));
	OK(commit(s, 4));
	IS(AWAY, "A||8\n");
	/* All of it in one batch. */
	OK(store_add_open(s, &c3));
	on(s, "A", "n.3.3", 10);
	on(s, "B", "n.3.3", 10);
	late = conn("n.3.3", 11);
	OK(store_add_close(s, &late));
	OK(commit(s, 5));
	IS(AWAY, "A||11\nB||11\n");
	/* A close without an open. */
	late = conn("n.4.4", 12);
	OK(store_add_close(s, &late));
	OK(commit(s, 6));
	assert_non_null(
	    strstr(rows(f, CONNS), "n.4.4|alice|192.0.2.1:5|-1|12"));
	store_close(&s);
}

static void
test_restart(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_conn c1 = conn("n.1.1", 1), c2 = conn("nn.1.1", 1),
			  c3 = conn("n.1.9", 6);

	OK(store_add_open(s, &c1));
	OK(store_add_open(s, &c2));
	on(s, "A", "n.1.1", 2);
	on(s, "B", "nn.1.1", 2);
	OK(commit(s, 1));
	OK(store_add_restart(s, S("n"), T0 + 5));
	OK(store_add_open(s, &c3));
	on(s, "C", "n.1.9", 7);
	OK(commit(s, 2));
	IS(AWAY, "A||5\nB|nn.1.1|-1\nC|n.1.9|-1\n");
	IS(CONNS,
	    "n.1.1|alice|192.0.2.1:5|1|5|restart|A\n"
	    "n.1.9|alice|192.0.2.1:5|6|-1|-|C\n"
	    "nn.1.1|alice|192.0.2.1:5|1|-1|-|B\n");
	store_close(&s);
}

/* The schema ----------------------------------------------------------------*/

/* From version 1 with data in it, beside the accounts. */
static void
test_migrations(void **state)
{
	const struct fix *f = *state;
	struct db_schema first = store_schema;
	struct store_event e = position("DEV-1", 0);
	struct accounts *a;
	char why[256];
	struct store *s;
	struct db *d;
	int64_t v = 0;

	first.n_migrations = 1;
	if (!(d = db_open(f->uri, &first, why)))
		fail_msg("%s", why);
	db_close(&d);
	fix_script(f,
	    "INSERT INTO ots_types VALUES (1, 'a-f-G-U-C', true);"
	    "UPDATE ots_store_counters SET value = 1 WHERE name = 'type';"
	    "UPDATE ots_store_counters SET value = 1699999999999999 "
	    "WHERE name = 'event';"
	    "INSERT INTO ots_events (id, uid, type_id, how, time, start, "
	    "stale, lat, lon, hae, ce, le, group_set, xml) VALUES "
	    "(1699999999999999, 'OLD', 1, 'm-g', 1, 2, 3, 0, 0, 0, 0, 0, 0, "
	    "'<event/>');"
	    "INSERT INTO ots_spool VALUES ('main', 1, 5, 0);");
	if (!(a = accounts_open(f->uri, why)))
		fail_msg("%s", why);
	s = open_it(f);
	assert_int_equal(s->place.offset, 5);
	OK(store_add(s, &e));
	OK(commit(s, 6));
	IS("SELECT uid || ' ' || type_id FROM ots_events ORDER BY id",
	    "OLD 1\nDEV-1 1\n");
	OK(db_version(s->db, &v));
	assert_int_equal(v, store_schema.n_migrations);
	assert_int_equal(accounts_add(a, "alice", false), 0);
	accounts_close(&a);
	store_close(&s);
}

#define TESTS(X)                                                               \
	X(test_event), X(test_ids), X(test_two_writers), X(test_places),       \
	    X(test_full), X(test_devices), X(test_connections),                \
	    X(test_restart), X(test_migrations)

FIX_MAIN(TESTS)
