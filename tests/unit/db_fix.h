/* db_fix.h - each test of a database runs on SQLite and, if OTS_TEST_PG is the
 * URI of a PostgreSQL, on that, each time on an empty database. */
#ifndef OTS_DB_FIX_H
#define OTS_DB_FIX_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "db.h"
#include "db_engine.h"

struct fix {
	char dir[32], uri[512];
	void *p; /* the test's own */
};

/* Without tables: to run what stands in no list. */
static const struct db_schema no_schema = {"none", NULL, 0, NULL, 0};

static inline void
fix_script(const struct fix *f, const char *sql)
{
	char why[DB_WHY_MAX];
	struct db *d = db_open(f->uri, &no_schema, why);

	if (!d || d->engine->script(d, sql) < 0)
		fail_msg("%s: %s", sql, d ? db_why(d) : why);
	db_close(&d);
}

/* Of a PostgreSQL to test with; NULL: none. */
static inline const char *
fix_pg_uri(void)
{
	const char *uri = getenv("OTS_TEST_PG");

	return uri && *uri ? uri : NULL;
}

/* A schema of its own in the database, which is what tests do not share. */
static inline void
fix_pg(struct fix *f, const char *uri)
{
	if (str_fmt(f->uri, sizeof f->uri,
		"%s%soptions=-csearch_path%%3Dots_unit", uri,
		strchr(uri, '?') ? "&" : "?") < 0)
		fail();
	fix_script(f,
	    "DROP SCHEMA IF EXISTS ots_unit CASCADE;"
	    "CREATE SCHEMA ots_unit;");
}

static inline void
fix_sqlite(struct fix *f)
{
	if (str_fmt(f->dir, sizeof f->dir, "/tmp/ots-db-XXXXXX") < 0 ||
	    !mkdtemp(f->dir) ||
	    str_fmt(f->uri, sizeof f->uri, "sqlite:%s/db/x.db", f->dir) < 0)
		fail();
}

/* *state says which engine, then is the struct fix. */
static int
fix_setup(void **state)
{
	struct fix *f = calloc(1, sizeof *f);

	if (!f)
		return -1;
	if (!strcmp(*state, "pg"))
		fix_pg(f, fix_pg_uri());
	else
		fix_sqlite(f);
	*state = f;
	return 0;
}

static int
fix_teardown(void **state)
{
	static const char *const names[] = {
	    "db/x.db", "db/x.db-wal", "db/x.db-shm", "db", ""};
	struct fix *f = *state;
	char path[64];
	size_t i;

	for (i = 0; *f->dir && i < sizeof names / sizeof *names; i++) {
		if (str_fmt(path, sizeof path, "%s/%s", f->dir, names[i]) < 0)
			return -1;
		if (unlink(path) < 0)
			rmdir(path);
	}
	free(f);
	return 0;
}

static inline bool
is_pg(const struct fix *f)
{
	return !*f->dir;
}

/* With -1 and that errno. */
#define FAILS(call, err)                                                       \
	do {                                                                   \
		errno = 0;                                                     \
		assert_int_equal((call), -1);                                  \
		assert_int_equal(errno, (err));                                \
	} while (0)

#define ON_SQLITE(test)                                                        \
	{                                                                      \
		"sqlite " #test, test, fix_setup, fix_teardown, sqlite_name    \
	}
#define ON_PG(test)                                                            \
	{                                                                      \
		"postgresql " #test, test, fix_setup, fix_teardown, pg_name    \
	}

static char sqlite_name[] = "sqlite", pg_name[] = "pg";

/* List of tests by X(test): runs them. */
#define FIX_MAIN(TESTS)                                                        \
	int main(void)                                                         \
	{                                                                      \
		const struct CMUnitTest sqlite[] = {TESTS(ON_SQLITE)};         \
		const struct CMUnitTest pg[] = {TESTS(ON_PG)};                 \
		int failures =                                                 \
		    cmocka_run_group_tests_name("sqlite", sqlite, NULL, NULL); \
                                                                               \
		if (fix_pg_uri())                                              \
			failures += cmocka_run_group_tests_name(               \
			    "postgresql", pg, NULL, NULL);                     \
		return failures;                                               \
	}

#endif
