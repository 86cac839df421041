/* Every statement of store.h and store_query.h finds its rows by an index, on
 * each engine, in tables with some thousand rows of which the engine knows how
 * they are. What may look at more is listed here. */
#include "store_fix.h"

#include "store_query_own.h"

#define EVENTS 20000
#define OTHERS 10000 /* rows of each other table, about */

/* Statements ----------------------------------------------------------------*/

struct statement {
	const char *name, *sql;
};

/* In the order of time, and the newest first. */
#define CURSOR(table, key)                                                     \
	{table " by " key,                                                     \
	    "SELECT id FROM " table " WHERE " key                              \
	    " = $4 AND id > $1 AND id <= $2 ORDER BY id LIMIT $3"},            \
	{                                                                      \
		table " by " key " backwards",                                 \
		    "SELECT id FROM " table " WHERE " key                      \
		    " = $4 AND id > $1 AND id <= $2 ORDER BY id DESC LIMIT $3" \
	}

static const struct statement statements[] = {
#define X(id, text) {#id, text},
    STORE_SQL(X) QUERY_SQL(X)
#undef X
    /* What indexes are there for besides. */
    CURSOR("ots_events", "uid"),
    CURSOR("ots_events", "type_id"),
    CURSOR("ots_events", "cell"),
    CURSOR("ots_events", "group_set"),
    CURSOR("ots_events", "username"),
    CURSOR("ots_positions", "uid"),
    CURSOR("ots_chats", "room"),
    CURSOR("ots_chats", "sender_uid"),
    CURSOR("ots_chats", "group_set"),
    CURSOR("ots_chats", "username"),
    CURSOR("ots_alerts", "uid"),
    CURSOR("ots_stats", "device"),
    {"chat of a message", "SELECT * FROM ots_chats WHERE message = $1"},
    {"receipts of a chat", "SELECT * FROM ots_receipts WHERE chat = $1"},
    {"deletions", "SELECT * FROM ots_deletions WHERE uid = $1"},
    {"latest", "SELECT xml FROM ots_latest WHERE uid = $1"},
};

/* What is in a plan nevertheless, and why that is right. */
static const struct exception {
	const char *name, *in_plan;
} exceptions[] = {
    /* At the start: all types there are, 16,384 at most. */
    {"TYPES", "Seq Scan on ots_types"},
    {"TYPES", "Sort"},
    {"TYPES", "SCAN ots_types"},
    /* At the start of a server: all devices. */
    {"DEVICES_LATEST", "Seq Scan on ots_devices"},
    {"DEVICES_LATEST", "Sort"},
    /* All types, for a batch of events. */
    {"EVENTS_KEEP", "Seq Scan on ots_types"},
    {"EVENTS_KEEP", "Hash Join"},
    /* Of rows that an index has found. */
    {"*", "SCAN old"},
    {"*", "SCAN page"},
    /* A row for each counter, and for each spool. */
    {"*", "Seq Scan on ots_store_counters"},
    {"*", "Seq Scan on ots_spool"},
    /* What waits for one device: 1,000 unless --mail-max says more. */
    {"MAIL", "Sort"},
    /* Of one mail. */
    {"MAIL_RECEIVERS", "Sort"},
    {"MAIL_RECEIVERS", "USE TEMP B-TREE FOR ORDER BY"},
    /* 32 rows at once. */
    {"EVENT_ROWS", "Sort"},
    {"CHAT_ROWS", "Sort"},
    {"ALERT_ROWS", "Sort"},
    /* Steps from uid to uid by an index; then a page of them is sorted. */
    {"TRACK*", "SCAN CONSTANT ROW"},
    {"TRACK*", "SCAN u"},
    {"TRACK*", "SCAN y"},
    {"TRACK*", "SCAN x"},
    {"TRACK*", "Sort"},
    {"TRACK*", "USE TEMP B-TREE FOR ORDER BY"},
};

static bool
is_name(const char *pattern, const char *name)
{
	size_t n = strcspn(pattern, "*");

	return pattern[n] ? strncmp(pattern, name, n) == 0
			  : strcmp(pattern, name) == 0;
}

static bool
excepted(const struct statement *s, const char *line)
{
	const struct exception *e = exceptions;

	for (; e < exceptions + sizeof exceptions / sizeof *exceptions; e++)
		if (is_name(e->name, s->name) && strstr(line, e->in_plan))
			return true;
	return false;
}

/* Rows ----------------------------------------------------------------------*/

static struct store_event
event_of(int i)
{
	static char uid[16], type[16], user[16], group[16], conn[16];
	static struct slice groups;
	struct store_event e;

	str_fmt(uid, sizeof uid, "uid-%d", i % EVENTS);
	str_fmt(type, sizeof type, "a-f-%d", i * 7 % 3000);
	str_fmt(user, sizeof user, "user-%d", i * 11 % 500);
	str_fmt(group, sizeof group, "group-%d", i * 11 % 2000);
	str_fmt(conn, sizeof conn, "n.%d.1", i % EVENTS);
	groups = slice_of(group);
	e = position(uid, i);
	e.conn = slice_of(conn);
	e.type = slice_of(type);
	e.user = slice_of(user);
	e.groups = &groups;
	e.n_groups = 1;
	e.lat = i % 140 - 70;
	e.lon = i * 13 % 360 - 180;
	return e;
}

static void
add_others(struct store *s, const struct store_event *e, int i)
{
	static char name[16];
	struct store_blob b = {.title = SLICE("t"), .json = SLICE("{}")};

	str_fmt(name, sizeof name, "name-%d", i);
	OK(store_add_chat(s,
	    &(struct store_chat){.room = S(name),
		.sender_uid = e->uid,
		.member = &e->uid,
		.n_members = 1,
		.text = S(name)}));
	OK(store_add_receipt(
	    s, &(struct store_receipt){.chat = S(name), .kind = 'd'}));
	OK(store_add_item(s, &(struct store_item){.kind = "marker"}));
	OK(store_add_alert(s, &(struct store_alert){.type = S(name)}));
	OK(store_add_casevac(s, &b));
	OK(store_add_video(s, &b));
	OK(store_add_share(s, &b));
	OK(store_add_stats(s, &b));
	OK(store_add_deletion(s, S(name)));
	OK(store_add_mail(s,
	    &(struct store_mail){
		.receiver = e->uid, .receipt = S(name), .expires = e->t + i}));
}

static void
fill(const struct fix *f)
{
	struct store *s = open_it(f);
	struct store_event e;
	int i;

	for (i = 0; i < EVENTS; i++) {
		e = event_of(i);
		OK(store_add(s, &e));
		if (i % 2)
			OK(store_add_close(
			    s, &(struct store_conn){.conn = e.conn, .t = e.t}));
		if (i % (EVENTS / OTHERS) == 0)
			add_others(s, &e, i);
		if (i % 1000 == 999)
			OK(commit(s, (uint64_t)i));
	}
	/* Some last ones: of events that are forgotten, ots_latest has rows. */
	for (i = 0; i < OTHERS / STORE_RETAIN_ROWS; i++)
		OK(store_retain(s, STORE_EVENTS, INT64_MAX));
	store_close(&s);
}

/* Plans ---------------------------------------------------------------------*/

static unsigned
params_of(const char *sql)
{
	unsigned max = 0;
	const char *p = sql;

	while ((p = strchr(p, '$')) != NULL) {
		unsigned long n = strtoul(++p, NULL, 10);

		if (n > max)
			max = (unsigned)n;
	}
	return max;
}

/* As PostgreSQL plans after some calls, and we want it always: without the
 * values. */
static void
prepare(struct db *d, const char *sql, char *text, size_t size)
{
	static char script[8192];
	unsigned n = params_of(sql), i;
	size_t at;

	str_fmt(script, sizeof script,
	    "SET plan_cache_mode = force_generic_plan; DEALLOCATE ALL;"
	    "PREPARE x AS %s",
	    sql);
	if (d->engine->script(d, script) < 0)
		fail_msg("%s: %s", sql, db_why(d));
	at = (size_t)str_fmt(text, size, "EXPLAIN (COSTS OFF) EXECUTE x");
	for (i = 0; i < n; i++)
		at += (size_t)str_fmt(text + at, size - at, "%sNULL%s",
		    i ? ", " : "(", i + 1 < n ? "" : ")");
}

/* The plan as text. */
static void
read_plan(const struct fix *f, const char *sql, struct buf *plan)
{
	struct db_val v[DB_PARAMS_MAX] = {{0}};
	static char text[8192];
	const char *explain = text;
	const struct db_schema schema = {"none", NULL, 0, &explain, 1};
	char why[DB_WHY_MAX];
	struct db *d = db_open(f->uri, &schema, why);
	size_t n = is_pg(f) ? 0 : params_of(sql);
	struct db_rows r;

	assert_non_null(d);
	if (is_pg(f))
		prepare(d, sql, text, sizeof text);
	else
		str_fmt(text, sizeof text, "EXPLAIN QUERY PLAN %s", sql);
	if (db_query(d, &r, 0, v, n) < 0)
		fail_msg("%s: %s", sql, db_why(d));
	while (db_next(&r) == 1)
		buf_fmt(plan, "%s\n", db_get_text(&r, is_pg(f) ? 0 : 3));
	db_end(&r);
	db_close(&d);
}

/* Of the tables that grow with each event. */
static bool
is_large(const char *line)
{
	static const char *const large[] = {"ots_events", "ots_positions",
	    "ots_visits", "ots_chats", "ots_receipts", "ots_stats"};
	size_t i;

	for (i = 0; i < sizeof large / sizeof *large; i++)
		if (strstr(line, large[i]))
			return strstr(line, "Seq Scan on ") ||
			    strstr(line, "SCAN ");
	return false;
}

static bool
is_bad(const char *line)
{
	if (getenv("OTS_TEST_PLANS_OF"))
		return is_large(line);
	return strstr(line, "Seq Scan on ") || strstr(line, "Sort") ||
	    strstr(line, "SCAN ") || strstr(line, "TEMP B-TREE") ||
	    strstr(line, "Hash Join") || strstr(line, "Merge Join");
}

/* Where a statement names a key, "WHERE key = $4 AND", it is found by that key,
 * not among all of some time. */
static bool
by_key(const struct statement *s, const char *plan, bool pg)
{
	const char *where = strstr(s->sql, "WHERE "), *end;
	char want[64];

	if (!where || !strstr(s->sql, "id > $1 AND"))
		return true;
	where += strlen("WHERE ");
	end = strstr(where, " = $");
	if (!end || end != where + strcspn(where, " "))
		return true;
	if (memchr(where, '.', (size_t)(end - where)))
		where = strchr(where, '.') + 1;
	str_fmt(want, sizeof want, pg ? "(%.*s = $" : "(%.*s=?",
	    (int)(end - where), where);
	plan = strstr(plan, pg ? "Index Cond: " : "USING ");
	return plan &&
	    memmem(plan, strcspn(plan, "\n"), want, strlen(want)) != NULL;
}

static void
check_plan(const struct fix *f, const struct statement *s)
{
	struct buf plan = {.max = 65536};
	const char *line, *end;

	read_plan(f, s->sql, &plan);
	buf_putc(&plan, '\0');
	assert_false(plan.failed);
	if (getenv("OTS_TEST_SHOW"))
		print_message("%s\n%s\n", s->name, buf_data(&plan));
	if (!by_key(s, buf_data(&plan), is_pg(f)))
		fail_msg("%s: not by its key\n%s", s->name, buf_data(&plan));
	for (line = buf_data(&plan); *line; line = end + 1) {
		char one[1024];

		end = strchrnul(line, '\n');
		str_fmt(one, sizeof one, "%.*s", (int)(end - line), line);
		if (is_bad(one) && !excepted(s, one))
			fail_msg("%s: %s\n%s", s->name, one, buf_data(&plan));
	}
	buf_fini(&plan);
}

static void
check_all(const struct fix *f)
{
	size_t i;

	for (i = 0; i < sizeof statements / sizeof *statements; i++)
		check_plan(f, &statements[i]);
}

static void
test_plans(void **state)
{
	const char *uri = getenv("OTS_TEST_PLANS_OF");
	struct fix big = {0}, *f = *state;

	/* Of that database, which is large. */
	if (uri) {
		str_fmt(big.uri, sizeof big.uri, "%s", uri);
		big.dir[0] = strncmp(uri, "postgres", 8) == 0 ? '\0' : '.';
		check_all(&big);
		return;
	}
	fill(f);
	/* SQLite plans without knowing; it may know, too. */
	if (!is_pg(f))
		check_all(f);
	fix_script(f, "ANALYZE");
	check_all(f);
}

#define TESTS(X) X(test_plans)

FIX_MAIN(TESTS)
