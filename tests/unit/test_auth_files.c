/* Files of ots-auth: the ledger that is mirrored into a real database, and the
 * list of users that is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../cmd/ots-auth/mirror.h"
#include "../../cmd/ots-auth/publish.h"
#include "db.h"

static const uint64_t seed[2] = {1, 2};

enum { SQL_ALL, SQL_DROP, SQL_USER };

/* To look at the tables from aside. */
static const char *const sql[] = {
    "SELECT serial, sha256, kind, name, uid, issued, not_before, not_after, "
    "revoked FROM ots_certificates ORDER BY serial",
    "DELETE FROM ots_certificates",
    "DELETE FROM ots_users WHERE name = $1",
};
static const struct db_migration no_migration = {"SELECT 1", "SELECT 1"};
static const struct db_schema aside = {"aside", &no_migration, 1, sql, 3};

struct fixture {
	char dir[64], uri[96], path[96];
	struct accounts *a;
	struct db *db;
	struct mirror *m;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	char why[256];

	assert_non_null(f);
	assert_true(
	    str_fmt(f->dir, sizeof f->dir, "%s", "/tmp/authXXXXXX") > 0);
	assert_non_null(mkdtemp(f->dir));
	assert_true(str_fmt(f->uri, sizeof f->uri, "%s/db", f->dir) > 0);
	assert_true(str_fmt(f->path, sizeof f->path, "%s/ledger", f->dir) > 0);
	f->a = accounts_open(f->uri, why);
	assert_non_null(f->a);
	f->db = db_open(f->uri, &aside, why);
	assert_non_null(f->db);
	f->m = mirror_new(f->path, seed);
	assert_non_null(f->m);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];

	mirror_free(&f->m);
	db_close(&f->db);
	accounts_close(&f->a);
	for (const char *const *s = (const char *const[]){"db", "db-wal",
		 "db-shm", "ledger", "ledger.2", NULL};
	     *s; s++) {
		assert_true(
		    str_fmt(command, sizeof command, "%s/%s", f->dir, *s) > 0);
		(void)unlink(command);
	}
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

static void
add_text(const char *path, const char *text)
{
	FILE *out = fopen(path, "a");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static const char *
sha(int i)
{
	static char text[65];

	assert_int_equal(str_fmt(text, sizeof text, "%064x", (unsigned)i), 64);
	return text;
}

static void
issue_to(const char *path, int i)
{
	char line[512];

	assert_true(str_fmt(line, sizeof line,
			"ev:issued\tkind:client\tname:user%d\tserial:%x\t"
			"sha256:%s\tt:%d000000\tnot-before:5\tnot-after:9\t"
			"uid:a\\tb\tder:MIIB\n",
			i, i, sha(i), 100 + i) > 0);
	add_text(path, line);
}

static void
issue(struct fixture *f, int i)
{
	issue_to(f->path, i);
}

static void
take_back(struct fixture *f, int i, int t)
{
	char line[256];

	assert_true(str_fmt(line, sizeof line,
			"ev:revoked\tserial:%x\tsha256:%s\tt:%d000000\t"
			"reason:1\n",
			i, sha(i), t) > 0);
	add_text(f->path, line);
}

static int
rows(struct fixture *f, int *revoked)
{
	struct db_rows r = {0};
	int n = 0;

	*revoked = 0;
	assert_int_equal(db_query(f->db, &r, SQL_ALL, DB_NO_VALUES), 0);
	while (db_next(&r) == 1) {
		n++;
		*revoked += db_get_i64(&r, 8) != 0;
	}
	return n;
}

static void
expect_rows(struct fixture *f, int want, int want_revoked)
{
	int revoked, n = rows(f, &revoked);

	assert_int_equal(n, want);
	assert_int_equal(revoked, want_revoked);
}

static enum mirror_news
step(struct fixture *f)
{
	return mirror_step(f->m, f->a);
}

static void
test_mirror(void **state)
{
	struct fixture *f = *state;
	struct db_rows r = {0};

	assert_int_equal(step(f), MIRROR_ABSENT);
	assert_int_equal(step(f), MIRROR_SAME); /* said once */
	issue(f, 1);
	assert_int_equal(step(f), MIRROR_DONE);
	assert_int_equal(step(f), MIRROR_SAME);
	assert_int_equal(db_query(f->db, &r, SQL_ALL, DB_NO_VALUES), 0);
	assert_int_equal(db_next(&r), 1);
	assert_string_equal(db_get_text(&r, 0), "1");
	assert_string_equal(db_get_text(&r, 1), sha(1));
	assert_string_equal(db_get_text(&r, 2), "client");
	assert_string_equal(db_get_text(&r, 3), "user1");
	assert_string_equal(db_get_text(&r, 4), "a\tb");
	assert_int_equal(db_get_i64(&r, 5), 101);
	assert_int_equal(db_get_i64(&r, 6), 5);
	assert_int_equal(db_get_i64(&r, 7), 9);
	assert_int_equal(db_get_i64(&r, 8), 0);
	db_end(&r);
	issue(f, 2);
	take_back(f, 1, 300);
	add_text(f->path, "ev:crl\tnumber:1\tt:1\n");
	assert_int_equal(step(f), MIRROR_DONE);
	expect_rows(f, 2, 1);
	/* The first time that it was revoked counts. */
	take_back(f, 1, 999);
	assert_int_equal(step(f), MIRROR_DONE);
	assert_int_equal(db_query(f->db, &r, SQL_ALL, DB_NO_VALUES), 0);
	assert_int_equal(db_next(&r), 1);
	assert_int_equal(db_get_i64(&r, 8), 300);
	db_end(&r);
	assert_int_equal(mirror_counts(f->m).certs, 2);
	assert_int_equal(mirror_counts(f->m).revoked, 1);
	assert_int_equal(mirror_counts(f->m).bad, 0);
}

static void
test_mirror_torn_and_bad_lines(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	issue(f, 1);
	add_text(f->path, "ev:issued\tkind:client\tname:x");
	assert_int_equal(step(f), MIRROR_DONE);
	expect_rows(f, 1, 0);
	assert_int_equal(step(f), MIRROR_SAME);
	/* The next writer cuts the torn end off, and goes on. */
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(truncate(f->path, st.st_size - 28), 0);
	issue(f, 2);
	assert_int_equal(step(f), MIRROR_DONE);
	expect_rows(f, 2, 0);
	assert_int_equal(mirror_counts(f->m).restarts, 0);
	/* A line in two pieces. */
	add_text(f->path, "ev:revoked\tserial:2\tsha256:");
	assert_int_equal(step(f), MIRROR_SAME);
	add_text(f->path, sha(2));
	add_text(f->path, "\tt:7000000\treason:1\n\nev:unknown\n");
	assert_int_equal(step(f), MIRROR_DONE);
	expect_rows(f, 2, 1);
	assert_int_equal(mirror_counts(f->m).bad, 0);
	/* What makes no sense is counted. */
	add_text(f->path, "nonsense\nev:issued\n\x01\x02\n");
	take_back(f, 77, 1);
	(void)step(f);
	assert_int_equal(mirror_counts(f->m).bad, 4);
	expect_rows(f, 2, 1);
}

static void
test_mirror_another_file(void **state)
{
	struct fixture *f = *state;
	const struct timespec past[2] = {{1, 0}, {1, 0}};
	char other[100];

	for (int i = 1; i <= 3; i++)
		issue(f, i);
	assert_int_equal(step(f), MIRROR_DONE);
	/* Beside and renamed: longer, and with other certificates. */
	assert_true(str_fmt(other, sizeof other, "%s.2", f->path) > 0);
	for (int i = 11; i <= 15; i++)
		issue_to(other, i);
	assert_int_equal(rename(other, f->path), 0);
	assert_int_equal(step(f), MIRROR_DONE);
	expect_rows(f, 8, 0);
	assert_int_equal(mirror_counts(f->m).restarts, 1);
	assert_int_equal(mirror_counts(f->m).certs, 5);
	/* In place, shorter; then in place, as long as it was. */
	assert_int_equal(truncate(f->path, 0), 0);
	issue(f, 21);
	assert_int_equal(step(f), MIRROR_DONE);
	expect_rows(f, 9, 0);
	assert_int_equal(truncate(f->path, 0), 0);
	issue(f, 22);
	/* The clock of a file system may not have moved. */
	assert_int_equal(utimensat(AT_FDCWD, f->path, past, 0), 0);
	assert_int_equal(step(f), MIRROR_DONE);
	expect_rows(f, 10, 0);
	/* Gone, and back as it was. */
	assert_int_equal(rename(f->path, other), 0);
	assert_int_equal(step(f), MIRROR_ABSENT);
	assert_int_equal(rename(other, f->path), 0);
	issue(f, 23);
	assert_int_equal(step(f), MIRROR_DONE);
	expect_rows(f, 11, 0);
}

/* Again from the beginning: nothing changes; a lost row comes back. */
static void
test_mirror_again(void **state)
{
	struct fixture *f = *state;

	for (int i = 1; i <= 1000; i++)
		issue(f, i);
	for (int i = 1; i <= 1000; i += 10)
		take_back(f, i, 2000);
	while (step(f) != MIRROR_SAME)
		;
	expect_rows(f, 1000, 100);
	mirror_free(&f->m);
	f->m = mirror_new(f->path, seed);
	while (step(f) != MIRROR_SAME)
		;
	expect_rows(f, 1000, 100);
	assert_int_equal(db_exec(f->db, SQL_DROP, DB_NO_VALUES), 1000);
	mirror_free(&f->m);
	f->m = mirror_new(f->path, seed);
	while (step(f) != MIRROR_SAME)
		;
	expect_rows(f, 1000, 100);
}

static void
test_mirror_what_is_no_ledger(void **state)
{
	struct fixture *f = *state;
	char *big = malloc((3 << 20) + 1);

	assert_non_null(big);
	memset(big, 'x', 3 << 20);
	big[3 << 20] = '\0';
	issue(f, 1);
	add_text(f->path, big);
	add_text(f->path, "\n");
	issue(f, 2);
	for (int i = 0; i < 10; i++)
		(void)step(f);
	expect_rows(f, 2, 0);
	assert_true(mirror_counts(f->m).bad > 0);
	free(big);
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(mkdir(f->path, 0700), 0);
	assert_int_equal(step(f), MIRROR_FAIL);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(step(f), MIRROR_SAME); /* said once */
	assert_int_equal(rmdir(f->path), 0);
}

/* --- the list of users --- */

static void
publish_now(struct fixture *f, struct buf *out, struct publish_result *res)
{
	buf_clear(out);
	assert_int_equal(publish(f->a, out, res), 0);
	assert_int_equal(buf_putc(out, '\0'), 0);
}

static void
test_publish(void **state)
{
	struct fixture *f = *state;
	struct publish_result res;
	struct buf out;

	buf_init(&out, SNAP_MAX);
	publish_now(f, &out, &res);
	assert_int_equal(res.records, 0);
	assert_int_equal(accounts_add(f->a, "alice", false), 0);
	assert_int_equal(accounts_add(f->a, "bob", false), 0);
	assert_int_equal(accounts_group_add(f->a, "Blue", ""), 0);
	assert_int_equal(accounts_join(f->a, "alice", "Blue", ACCOUNT_BOTH), 0);
	assert_int_equal(accounts_disable(f->a, "bob", true), 0);
	assert_int_equal(accounts_channel(f->a, "alice", "dev-1", "Blue",
			     ACCOUNT_OUT, false, "dev-1"),
	    0);
	publish_now(f, &out, &res);
	assert_int_equal(res.records, 3);
	assert_non_null(
	    strstr(buf_data(&out), "ev:user\tname:alice\tin:Blue\tout:Blue"));
	assert_non_null(strstr(buf_data(&out),
	    "\nev:device\tuser:alice\tuid:dev-1\tin:Blue\tby:dev-1\n"));
	assert_non_null(
	    strstr(buf_data(&out), "\nev:user\tname:bob\tdisabled:1"));
	assert_non_null(strstr(buf_data(&out), "\tcount:3\n"));
	buf_fini(&out);
}

static void
test_publish_many_groups(void **state)
{
	struct fixture *f = *state;
	struct publish_result res;
	struct buf out;
	char name[16];

	buf_init(&out, SNAP_MAX);
	assert_int_equal(accounts_add(f->a, "alice", false), 0);
	for (int i = 0; i < PUBLISH_GROUPS + 5; i++) {
		assert_true(str_fmt(name, sizeof name, "g%03d", i) > 0);
		assert_int_equal(accounts_group_add(f->a, name, ""), 0);
		assert_int_equal(
		    accounts_join(f->a, "alice", name, ACCOUNT_BOTH), 0);
	}
	publish_now(f, &out, &res);
	assert_int_equal(res.cut, 10);
	assert_non_null(strstr(buf_data(&out), "\tin:g099\t"));
	assert_null(strstr(buf_data(&out), ":g100"));
	buf_fini(&out);
}

static void
test_save_and_load(void **state)
{
	static const struct slice list =
	    SLICE("ev:users\trevision:3\nev:user\tname:a\tin:B\n"
		  "ev:users-end\trevision:3\tcount:1\n");
	struct fixture *f = *state;
	struct snap *s = NULL;
	char beside[100];
	struct stat st;

	assert_int_equal(publish_load(f->path, &s), 0);
	assert_int_equal(publish_save(f->path, list), 0);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* What somebody left beside it is in nobody's way. */
	assert_true(str_fmt(beside, sizeof beside, "%s.new", f->path) > 0);
	assert_int_equal(symlink("/nowhere/at/all", beside), 0);
	assert_int_equal(publish_save(f->path, list), 0);
	assert_int_equal(lstat(beside, &st), -1);
	assert_int_equal(publish_load(f->path, &s), 1);
	assert_int_equal(s->revision, 3);
	assert_int_equal(s->n, list.n);
	assert_memory_equal(s->text, list.p, list.n);
	snap_drop(&s);
	/* Torn, and not ours. */
	for (off_t n = (off_t)list.n - 1; n >= 0; n -= 7) {
		assert_int_equal(truncate(f->path, n), 0);
		assert_int_equal(publish_load(f->path, &s), -1);
		assert_int_equal(errno, EBADMSG);
	}
	add_text(f->path, "hello\n");
	assert_int_equal(publish_load(f->path, &s), -1);
	assert_null(s);
	assert_int_equal(publish_save("/nowhere/at/all", list), -1);
	assert_int_equal(errno, ENOENT);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_mirror),
	    T(test_mirror_torn_and_bad_lines),
	    T(test_mirror_another_file),
	    T(test_mirror_again),
	    T(test_mirror_what_is_no_ledger),
	    T(test_publish),
	    T(test_publish_many_groups),
	    T(test_save_and_load),
	};

	return cmocka_run_group_tests_name("auth_files", tests, NULL, NULL);
}
