/* store.h on each engine: retention, room, and that every statement finds its
 * rows by an index. */
#include "store_fix.h"

/* Retention -----------------------------------------------------------------*/

/* Until none is left; each batch is bounded. */
static int64_t
retain(struct store *s, enum store_kind k, int64_t before)
{
	int64_t n, all = 0;

	while ((n = store_retain(s, k, before)) > 0) {
		assert_true(n <= STORE_RETAIN_ROWS);
		all += n;
	}
	assert_int_equal(n, 0);
	return all;
}

static void
test_events(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_event e;
	int i;

	for (i = 0; i < 2500; i++) {
		e = position(i % 2 ? "A" : "B", i);
		OK(store_add(s, &e));
	}
	e = message("CHAT", "b-t-f", 2500);
	OK(store_add(s, &e));
	e = position("C", 2501);
	OK(store_add(s, &e));
	OK(commit(s, 1));
	assert_int_equal(retain(s, STORE_EVENTS, T0 - 1), 0);
	assert_int_equal(
	    retain(s, STORE_EVENTS, T0 + 2199 * INT64_C(1000000)), 2200);
	IS("SELECT min(id) || ' ' || count(*) FROM ots_events",
	    "1700002200000000 302\n");
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_latest"), 0);
	/* All of B goes, but for the last of it. Nobody asks for an old chat.
	 */
	assert_int_equal(
	    retain(s, STORE_EVENTS, T0 + 2500 * INT64_C(1000000)), 301);
	IS("SELECT uid || ' ' || id || ' ' || xml FROM ots_latest ORDER BY uid",
	    "A 1700002499000000 <event/>\nB 1700002498000000 <event/>\n");
	/* What comes later replaces it, when it goes itself. */
	e = position("B", 3000);
	OK(store_add(s, &e));
	OK(commit(s, 2));
	assert_int_equal(retain(s, STORE_EVENTS, INT64_MAX), 2);
	IS("SELECT uid || ' ' || id FROM ots_latest ORDER BY uid",
	    "A 1700002499000000\nB 1700003000000000\nC 1700002501000000\n");
	/* Tracks have an age of their own. */
	assert_int_equal(
	    count_of(f, "SELECT count(*) FROM ots_positions"), 2502);
	assert_int_equal(
	    retain(s, STORE_POSITIONS, T0 + 2000 * INT64_C(1000000)), 2001);
	assert_int_equal(retain(s, STORE_LATEST, INT64_MAX), 3);
	store_close(&s);
}

static void
test_kinds(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_event e = position("DEV-1", 1);
	struct store_blob b = {.title = SLICE("t")};
	struct store_mail m = {
	    .receiver = SLICE("D"), .receipt = SLICE("r"), .expires = T0};
	struct store_conn c = {.conn = SLICE("n.1.1"), .t = T0};
	enum store_kind k;
	int i;

	for (i = 0; i < STORE_KIND_COUNT; i++) {
		assert_int_equal(
		    store_kind_of(S(store_kind_name((enum store_kind)i)), &k),
		    0);
		assert_int_equal(k, i);
	}
	FAILS(store_kind_of(S("no such"), &k), EINVAL);
	e.conn = (struct slice){0};
	OK(store_add(s, &e));
	OK(store_add_chat(s, &(struct store_chat){.text = SLICE("x")}));
	OK(store_add_receipt(
	    s, &(struct store_receipt){.chat = SLICE("X"), .kind = 'd'}));
	OK(store_add_item(s, &(struct store_item){.kind = "marker"}));
	OK(store_add_alert(s, &(struct store_alert){.type = SLICE("x")}));
	OK(store_add_casevac(s, &b));
	OK(store_add_video(s, &b));
	OK(store_add_share(s, &b));
	OK(store_add_stats(s, &b));
	OK(store_add_deletion(s, S("X")));
	OK(store_add_mail(s, &m));
	OK(store_add_open(s, &c));
	OK(commit(s, 1));
	assert_int_equal(retain(s, STORE_CONNECTIONS, INT64_MAX), 0);
	OK(store_add_close(s, &c));
	OK(commit(s, 2));
	for (i = 0; i < STORE_KIND_COUNT; i++) {
		assert_int_equal(
		    retain(s, (enum store_kind)i, T0 - 1), i == STORE_DEVICES);
		if (i != STORE_LATEST &&
		    retain(s, (enum store_kind)i, INT64_MAX) == 0)
			fail_msg(
			    "%s: none", store_kind_name((enum store_kind)i));
	}
	IS("SELECT coalesce(sum(n), 0) || '' FROM ("
	   "SELECT count(*) AS n FROM ots_chats UNION ALL "
	   "SELECT count(*) FROM ots_receipts UNION ALL "
	   "SELECT count(*) FROM ots_letters UNION ALL "
	   "SELECT count(*) FROM ots_mail UNION ALL "
	   "SELECT count(*) FROM ots_connections UNION ALL "
	   "SELECT count(*) FROM ots_devices) AS all_of_them",
	    "0\n");
	store_close(&s);
}

/* Nobody who is here, or was of late, is forgotten. */
static void
test_devices(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_event e;
	char name[16];
	int i;

	for (i = 0; i < 2400; i++) {
		str_fmt(name, sizeof name, "D%04d", i);
		e = position(name, i);
		if (i != 7)
			e.conn = (struct slice){0};
		OK(store_add(s, &e));
	}
	OK(commit(s, 1));
	assert_int_equal(
	    retain(s, STORE_DEVICES, T0 + 2397 * INT64_C(1000000)), 2400);
	IS("SELECT uid FROM ots_devices ORDER BY uid", "D0007\nD2398\nD2399\n");
	assert_int_equal(retain(s, STORE_DEVICES, INT64_MAX), 3);
	IS("SELECT uid FROM ots_devices", "D0007\n");
	store_close(&s);
}

static void
test_vacuum(void **state)
{
	struct store *s = open_it(*state);
	struct store_event e;
	int i, r = 1;

	OK(store_heavy(s));
	for (i = 0; i < 10000; i++) {
		e = position("A", i);
		OK(store_add(s, &e));
	}
	OK(commit(s, 1));
	retain(s, STORE_EVENTS, INT64_MAX);
	for (i = 0; i < 1000 && r == 1; i++)
		OK(r = store_vacuum(s));
	assert_int_equal(r, 0);
	store_close(&s);
}

/* Plans ---------------------------------------------------------------------*/

/* What ots-query asks, with each key. */
#define CURSOR(table, key)                                                     \
	"SELECT * FROM " table " WHERE " key                                   \
	" = $1 AND id > $2 AND id <= $3 ORDER BY id LIMIT $4",                 \
	    "SELECT * FROM " table " WHERE " key                               \
	    " = $1 AND id > $2 AND id <= $3 ORDER BY id DESC LIMIT $4"

static const char *const cursors[] = {
    CURSOR("ots_events", "uid"),
    CURSOR("ots_events", "type_id"),
    CURSOR("ots_events", "cell"),
    CURSOR("ots_events", "group_set"),
    CURSOR("ots_positions", "uid"),
    CURSOR("ots_chats", "room"),
    CURSOR("ots_chats", "sender_uid"),
    CURSOR("ots_chats", "group_set"),
    CURSOR("ots_alerts", "uid"),
    CURSOR("ots_items", "kind"),
    CURSOR("ots_stats", "device"),
    "SELECT * FROM ots_events WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3",
    "SELECT * FROM ots_alerts WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3",
    "SELECT id, type FROM ots_types WHERE type >= $1 AND type < $2",
    "SELECT group_set FROM ots_group_set_members WHERE group_name = $1",
    "SELECT cell FROM ots_cells WHERE cell >= $1 AND cell <= $2",
    "SELECT xml FROM ots_events WHERE uid = $1 ORDER BY id DESC LIMIT 1",
    "SELECT xml FROM ots_latest WHERE uid = $1",
    "SELECT * FROM ots_receipts WHERE chat = $1",
    "SELECT * FROM ots_chats WHERE uid = $1",
    "SELECT * FROM ots_devices WHERE uid > $1 ORDER BY uid LIMIT $2",
    "SELECT * FROM ots_deletions WHERE uid = $1",
};

static unsigned
params_of(const char *sql)
{
	unsigned max = 0;
	const char *at = sql;

	while ((at = strchr(at, '$')) != NULL) {
		unsigned long n = strtoul(++at, NULL, 10);

		if (n > max)
			max = (unsigned)n;
	}
	return max;
}

/* The plan of a statement, without its values; the column that tells it. */
static void
begin_plan(struct db *d, struct db_rows *r, const char *sql, const char **text,
    int *col)
{
	struct db_val v[DB_PARAMS_MAX] = {{0}};
	static char prepare[8192], explain[8192];
	size_t n = params_of(sql), i, at;
	bool pg = d->engine == &db_pg;

	*col = pg ? 0 : 3;
	str_fmt(prepare, sizeof prepare, "%s%s",
	    pg ? "DEALLOCATE ALL; PREPARE x AS " : "EXPLAIN QUERY PLAN ", sql);
	*text = prepare;
	if (pg) {
		if (d->engine->script(d, prepare) < 0)
			fail_msg("%s: %s", sql, db_why(d));
		at = (size_t)str_fmt(
		    explain, sizeof explain, "EXPLAIN EXECUTE x");
		for (i = 0; i < n; i++)
			at += (size_t)str_fmt(explain + at, sizeof explain - at,
			    "%sNULL%s", i ? ", " : "(", i + 1 < n ? "" : ")");
		*text = explain;
		n = 0;
	}
	if (db_query(d, r, 0, v, n) < 0)
		fail_msg("%s: %s", sql, db_why(d));
}

static void
check_plan(const struct fix *f, const char *sql)
{
	const char *text = NULL;
	const struct db_schema schema = {"none", NULL, 0, &text, 1};
	char why[DB_WHY_MAX];
	struct db *d = db_open(f->uri, &schema, why);
	struct db_rows r;
	int col;

	assert_non_null(d);
	/* The tables are small; what it would do with large ones. */
	if (is_pg(f) &&
	    d->engine->script(d,
		"SET enable_seqscan = off; SET enable_sort = off;"
		"SET plan_cache_mode = force_generic_plan") < 0)
		fail_msg("%s", db_why(d));
	begin_plan(d, &r, sql, &text, &col);
	while (db_next(&r) == 1) {
		const char *line = db_get_text(&r, col);

		if (strstr(line, "Seq Scan on ots_") || strstr(line, "Sort") ||
		    (strstr(line, "SCAN ") && strstr(line, " ots_")) ||
		    strstr(line, "SCAN ots_") || strstr(line, "TEMP B-TREE"))
			fail_msg("%s: %s", sql, line);
	}
	db_end(&r);
	db_close(&d);
}

static void
test_plans(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	size_t i;

	for (i = 0; i < sizeof cursors / sizeof *cursors; i++)
		check_plan(f, cursors[i]);
	for (i = 0; i < STORE_SQL_COUNT; i++)
		if (i != STORE_SQL_TYPES) /* all of them */
			check_plan(f, store_schema.sql[i]);
	store_close(&s);
}

#define TESTS(X)                                                               \
	X(test_events), X(test_kinds), X(test_devices), X(test_vacuum),        \
	    X(test_plans)

FIX_MAIN(TESTS)
