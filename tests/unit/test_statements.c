/* Every statement of every list (lib/NAME_sql.h; tests/t/statements.t looks
 * that none is missing here) prepares on each engine, and has nothing that one
 * of them only understands. */
#include "db_fix.h"

#include "accounts_db.h"
#include "store_db.h"
#include "store_query_sql.h"

#define X(id, text) text,
static const char *const accounts_sql[] = {ACCOUNTS_SQL(X)};
static const char *const store_sql[] = {STORE_SQL(X)};
static const char *const store_query_sql[] = {QUERY_SQL(X)};
#undef X

#define LIST(name, tables)                                                     \
	{                                                                      \
#name, &tables##_schema, name, sizeof name / sizeof *name      \
	}

static const struct {
	const char *name;
	const struct db_schema *tables; /* whose they are about */
	const char *const *sql;
	size_t n;
} lists[] = {
    LIST(accounts_sql, accounts),
    LIST(store_sql, store),
    LIST(store_query_sql, store),
};

static void
check_words(const char *sql)
{
	static const char *const bad[] = {"::", "now(", "ilike",
	    "autoincrement", "for update", "any(", "array", "bigserial",
	    "truncate", "greatest", "least(", "string_agg", "group_concat",
	    "date_trunc", "extract", "strftime", "datetime", "->", "ifnull",
	    "nvl", "glob", "rowid", "last_insert", "replace into", "insert or",
	    "pragma", "current_", "random(", "interval", "?", "\\"};
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		if (strcasestr(sql, bad[i]))
			fail_msg("%s: has %s", sql, bad[i]);
}

static void
check_list(const struct fix *f, size_t i)
{
	struct db_schema schema = *lists[i].tables;
	char why[DB_WHY_MAX];
	struct db *d;
	unsigned id;

	schema.sql = lists[i].sql;
	schema.n_sql = lists[i].n;
	d = db_open(f->uri, &schema, why);
	if (!d)
		fail_msg("%s: %s", lists[i].name, why);
	for (id = 0; id < schema.n_sql; id++) {
		if (db_prepare(d, id) < 0)
			fail_msg("%s: %s", schema.sql[id], db_why(d));
		check_words(schema.sql[id]);
	}
	db_close(&d);
}

static void
test_statements(void **state)
{
	size_t i;

	for (i = 0; i < sizeof lists / sizeof *lists; i++)
		check_list(*state, i);
}

/* What does not prepare is found. */
static void
test_no_statement(void **state)
{
	static const char *const sql[] = {
	    "SELECT uid FROM ots_no_such_table", "SELECT 1 FROM"};
	struct db_schema schema = store_schema;
	char why[DB_WHY_MAX];
	struct db *d;

	schema.sql = sql;
	schema.n_sql = 2;
	d = db_open(((struct fix *)*state)->uri, &schema, why);
	assert_non_null(d);
	assert_int_equal(db_prepare(d, 0), -1);
	assert_int_equal(db_prepare(d, 1), -1);
	db_close(&d);
}

#define TESTS(X) X(test_statements), X(test_no_statement)

FIX_MAIN(TESTS)
