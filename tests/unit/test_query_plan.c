/* The statements of store_query.h: each is prepared, and finds its rows by an
 * index, on each engine. */
#include "store_fix.h"

#include "store_query_own.h"

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

/* The plan of a statement, without its values. */
static void
check_plan(const struct fix *f, const char *sql)
{
	struct db_val v[DB_PARAMS_MAX] = {{0}};
	static char text[8192];
	const char *explain = text;
	const struct db_schema schema = {"none", NULL, 0, &explain, 1};
	char why[DB_WHY_MAX];
	struct db *d = db_open(f->uri, &schema, why);
	unsigned n = params_of(sql), i;
	bool pg = is_pg(f);
	struct db_rows r;
	size_t len;

	assert_non_null(d);
	str_fmt(text, sizeof text, "%s%s",
	    pg ? "SET enable_seqscan = off; SET enable_sort = off;"
		 "SET plan_cache_mode = force_generic_plan; PREPARE x AS "
	       : "EXPLAIN QUERY PLAN ",
	    sql);
	if (pg) {
		if (d->engine->script(d, text) < 0)
			fail_msg("%s: %s", sql, db_why(d));
		len = (size_t)str_fmt(text, sizeof text, "EXPLAIN EXECUTE x");
		for (i = 0; i < n; i++)
			len += (size_t)str_fmt(text + len, sizeof text - len,
			    "%sNULL%s", i ? ", " : "(", i + 1 < n ? "" : ")");
		n = 0;
	}
	if (db_query(d, &r, 0, v, n) < 0)
		fail_msg("%s: %s", sql, db_why(d));
	while (db_next(&r) == 1) {
		const char *line = db_get_text(&r, pg ? 0 : 3);

		if (strstr(line, "Seq Scan") || strstr(line, "Sort") ||
		    strstr(line, "SCAN ") || strstr(line, "TEMP B-TREE"))
			fail_msg("%s: %s", sql, line);
	}
	db_end(&r);
	db_close(&d);
}

static void
test_plans(void **state)
{
	const struct fix *f = *state;
	char why[256] = "";
	struct store_reader *r = store_reader_open(f->uri, why);
	unsigned i;

	if (!r) {
		fail_msg("%s", why);
		return;
	}
	for (i = 0; i < QUERY_SQL_COUNT; i++) {
		if (db_prepare(r->db, i) < 0)
			fail_msg("%s: %s", query_sql[i], db_why(r->db));
		check_plan(f, query_sql[i]);
	}
	store_reader_close(&r);
}

#define TESTS(X) X(test_plans)

FIX_MAIN(TESTS)
