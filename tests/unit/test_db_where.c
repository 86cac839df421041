/* db.h: which database is meant, and what it says when it cannot be had. */
#include "db_fix.h"

#include <sys/stat.h>

static const struct db_migration migrations[] = {
    {"CREATE TABLE t (k bigint)", "CREATE TABLE t (k bigint)"},
};

static const struct db_schema one = {"unit", migrations, 1, NULL, 0};

static void
test_uris(void **state)
{
	static const char *const uris[] = {"postgresql://u:s3cr@127.0.0.1:1/x",
	    "postgres://u:s3cr@127.0.0.1:1/x",
	    "postgresql+psycopg://u:s3cr@127.0.0.1:1/x",
	    "postgresql://u:s3cr@et@127.0.0.1:1/x",
	    "postgresql://u:s3cr/et@127.0.0.1:1/x",
	    "postgresql://u:s3cr%zz@127.0.0.1:1/x",
	    "postgresql://u:s3cr?et@127.0.0.1:1/x",
	    "postgresql://u:s3cr#et@127.0.0.1:1/x",
	    "postgresql://u:s3cr@[::1/x", "postgresql://u:s3cr",
	    "postgresql://127.0.0.1:1/x?password=s3cr&et",
	    "postgresql://127.0.0.1:1/x?sslmode=s3cr&password=s3cr",
	    "postgresql://u:s3cr@/x?host=/tmp/s3cr-none", "mysql://u:s3cr@h/x",
	    "postgresqlx://u:s3cr@h/x"};
	char why[DB_WHY_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof uris / sizeof *uris; i++) {
		errno = 0;
		assert_null(db_open(uris[i], &one, why));
		assert_true(errno == EAGAIN || errno == EINVAL);
		assert_true(i > 2 || errno == EAGAIN);
		if (!*why || strstr(why, "s3cr"))
			fail_msg("%s: %s", uris[i], why);
	}
	assert_null(db_sqlite_path("postgres://h/x"));
	assert_null(db_sqlite_path(":memory:"));
	assert_string_equal(db_sqlite_path("sqlite:a/b"), "a/b");
	assert_string_equal(db_sqlite_path("sqlite:/a/b"), "/a/b");
	assert_string_equal(db_sqlite_path("sqlite:////a/b"), "/a/b");
	assert_string_equal(db_sqlite_path("a:b"), "a:b");
}

static void
test_default_uri(void **state)
{
	const struct fix *f = *state;
	char out[DB_URI_MAX], path[128];
	FILE *file;

	unsetenv("OTS_DATABASE_URI");
	unsetenv("SQLALCHEMY_DATABASE_URI");
	unsetenv("OTS_DATA_FOLDER");
	setenv("HOME", "/home/x", 1);
	assert_int_equal(db_default_uri(NULL, NULL, out), 0);
	assert_string_equal(out, "/home/x/ots/db/ots.db");
	setenv("OTS_DATA_FOLDER", "/data", 1);
	assert_int_equal(db_default_uri(NULL, "", out), 0);
	assert_string_equal(out, "/data/db/ots.db");
	assert_int_equal(db_default_uri("", "/d", out), 0);
	assert_string_equal(out, "/d/db/ots.db");
	if (*f->dir) {
		assert_true(str_fmt(path, sizeof path, "%s/env", f->dir) > 0);
		assert_int_equal(mkdir(path, 0700), 0);
		assert_true(str_fmt(path, sizeof path,
				"%s/env/OTS_DATABASE_URI", f->dir) > 0);
		assert_non_null(file = fopen(path, "w"));
		fputs("postgresql://h/d \nmore", file);
		fclose(file);
		assert_int_equal(db_default_uri(NULL, f->dir, out), 0);
		assert_string_equal(out, "postgresql://h/d");
		assert_non_null(file = fopen(path, "w"));
		fputs("sqlite:///db/other.db\n", file);
		fclose(file);
		assert_int_equal(db_default_uri(NULL, f->dir, out), 0);
		assert_true(!strncmp(out, f->dir, strlen(f->dir)));
		assert_string_equal(out + strlen(f->dir), "/db/other.db");
		unlink(path);
		path[strlen(f->dir) + 4] = '\0';
		rmdir(path);
	}
	setenv("SQLALCHEMY_DATABASE_URI", "b", 1);
	assert_int_equal(db_default_uri(NULL, "/d", out), 0);
	assert_string_equal(out, "b");
	setenv("OTS_DATABASE_URI", "a", 1);
	assert_int_equal(db_default_uri(NULL, "/d", out), 0);
	assert_string_equal(out, "a");
	assert_int_equal(db_default_uri("c", "/d", out), 0);
	assert_string_equal(out, "c");
	unsetenv("OTS_DATABASE_URI");
	unsetenv("SQLALCHEMY_DATABASE_URI");
	unsetenv("OTS_DATA_FOLDER");
	unsetenv("HOME");
	errno = 0;
	assert_int_equal(db_default_uri(NULL, NULL, out), -1);
	assert_int_equal(errno, ENOENT);
}

static void
test_files(void **state)
{
	const struct fix *f = *state;
	char path[128], link[128], why[DB_WHY_MAX];
	struct stat st;
	struct db *d;

	if (is_pg(f))
		return;
	assert_non_null(d = db_open(f->uri, &one, why));
	assert_true(str_fmt(path, sizeof path, "%s/db", f->dir) > 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_true(str_fmt(path, sizeof path, "%s/db/x.db", f->dir) > 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	db_close(&d);
	assert_true(str_fmt(link, sizeof link, "%s/link", f->dir) > 0);
	assert_int_equal(symlink(path, link), 0);
	errno = 0;
	assert_null(db_open(link, &one, why));
	assert_int_equal(errno, EACCES);
	assert_non_null(strstr(why, "symbolic link"));
	unlink(link);
	/* In the place of a folder, and what is none. */
	assert_true(str_fmt(link, sizeof link, "%s/db/x.db/y", f->dir) > 0);
	assert_null(db_open(link, &one, why));
	assert_non_null(strstr(why, "x.db"));
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(truncate(path, 100), 0);
	assert_null(db_open(path, &one, why));
	assert_non_null(strstr(why, "not a database"));
	assert_non_null(d = db_open(":memory:", &one, why));
	db_close(&d);
}

#define TESTS(X) X(test_uris), X(test_default_uri), X(test_files)

FIX_MAIN(TESTS)
