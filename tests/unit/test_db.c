/* db.h on each engine: values, transactions, migrations, what goes wrong. */
#include "db_fix.h"

#include <sys/wait.h>

#include "clock.h"

enum { PUT, GET, ALL, TWO, COUNT, NEXT, VALUE, N_SQL };

static const char *const sql[] = {
    [PUT] = "INSERT INTO t (k, i, b, s, x) VALUES ($1, $2, $3, $4, $5)",
    [GET] = "SELECT i, b, s, x FROM t WHERE k = $1",
    [ALL] = "SELECT k FROM t ORDER BY k",
    /* $2 comes first: SQLite would number it 1. */
    [TWO] = "SELECT count(*) FROM t WHERE s = $2 AND k = $1",
    [COUNT] = "SELECT count(*) FROM t",
    [NEXT] = "UPDATE n SET v = $1",
    [VALUE] = "SELECT v FROM n",
};

#define T "k bigint PRIMARY KEY, i bigint, b boolean, s text UNIQUE, x "

static const struct db_migration migrations[] = {
    {"CREATE TABLE t (" T "blob); CREATE TABLE n (v bigint);"
     "INSERT INTO n VALUES (0);",
	"CREATE TABLE t (" T "bytea); CREATE TABLE n (v bigint);"
	"INSERT INTO n VALUES (0);"},
    {"ALTER TABLE n ADD COLUMN w bigint", "ALTER TABLE n ADD COLUMN w bigint"},
    {"CREATE TABLE half (v bigint); CREATE TABLE t (v bigint);",
	"CREATE TABLE half (v bigint); CREATE TABLE t (v bigint);"},
};

static const struct db_schema one = {"unit", migrations, 1, sql, N_SQL},
			      two = {"unit", migrations, 2, sql, N_SQL},
			      bad = {"unit", migrations, 3, sql, N_SQL};

static struct db *
open_it(const struct fix *f)
{
	char why[DB_WHY_MAX] = "";
	struct db *d = db_open(f->uri, &one, why);

	if (!d)
		fail_msg("%s", why);
	return d;
}

#define OK(call)                                                               \
	do {                                                                   \
		if ((call) < 0)                                                \
			fail_msg("%s: %s", #call, db_why(d));                  \
	} while (0)

static int64_t
number(struct db *d, unsigned id)
{
	int64_t v = -1;

	if (db_one_i64(d, id, DB_NO_VALUES, &v) != 1)
		fail_msg("%s", db_why(d));
	return v;
}

static int
put(struct db *d, int64_t k)
{
	return db_exec(d, PUT,
		   DB_VALUES(dbv_i64(k), dbv_null(), dbv_null(), dbv_null(),
		       dbv_null())) == 1
	    ? 0
	    : -1;
}

static void
test_values(void **state)
{
	struct db *d = open_it(*state);
	struct db_rows r;
	struct slice x;
	int64_t n;

	OK(db_exec(d, PUT,
	    DB_VALUES(dbv_i64(1), dbv_i64(INT64_MIN), dbv_bool(true),
		dbv_text("it's \"\\ ü\t\n$1"), dbv_blob("a\0b\\\xff", 5))));
	OK(db_exec(d, PUT,
	    DB_VALUES(dbv_i64(2), dbv_i64(INT64_MAX), dbv_bool(false),
		dbv_text(""), dbv_blob("", 0))));
	OK(put(d, 3));
	OK(db_query(d, &r, GET, DB_VALUES(dbv_i64(1))));
	assert_int_equal(db_next(&r), 1);
	assert_true(db_get_i64(&r, 0) == INT64_MIN && db_get_bool(&r, 1));
	assert_string_equal(db_get_text(&r, 2), "it's \"\\ ü\t\n$1");
	OK(db_get_blob(&r, 3, &x));
	assert_int_equal(x.n, 5);
	assert_memory_equal(x.p, "a\0b\\\xff", 5);
	assert_false(db_get_null(&r, 3));
	assert_int_equal(db_next(&r), 0);
	assert_int_equal(db_next(&r), 0);
	db_end(&r);
	OK(db_query(d, &r, GET, DB_VALUES(dbv_i64(2))));
	assert_int_equal(db_next(&r), 1);
	assert_true(db_get_i64(&r, 0) == INT64_MAX && !db_get_bool(&r, 1));
	assert_string_equal(db_get_text(&r, 2), "");
	assert_false(db_get_null(&r, 2));
	OK(db_get_blob(&r, 3, &x));
	assert_int_equal(x.n, 0);
	db_end(&r);
	OK(db_query(d, &r, GET, DB_VALUES(dbv_i64(3))));
	assert_int_equal(db_next(&r), 1);
	assert_true(db_get_null(&r, 0) && db_get_null(&r, 1) &&
	    db_get_null(&r, 2) && db_get_null(&r, 3));
	assert_string_equal(db_get_text(&r, 2), "");
	assert_int_equal(db_get_i64(&r, 0), 0);
	db_end(&r);
	assert_int_equal(
	    db_one_i64(d, TWO, DB_VALUES(dbv_i64(2), dbv_text("")), &n), 1);
	assert_int_equal(n, 1);
	assert_int_equal(db_one_i64(d, GET, DB_VALUES(dbv_i64(4)), &n), 0);
	db_close(&d);
	db_close(&d);
}

static void
test_bad_values(void **state)
{
	struct db *d = open_it(*state);
	char *big = calloc(1, DB_VALUE_MAX + 2);
	struct db_val nul = {.type = DB_TEXT, .s = {"a\0b", 3}};
	struct db_rows r, again;
	int64_t n;

	assert_non_null(big);
	memset(big, 'x', DB_VALUE_MAX + 1);
	FAILS(db_one_i64(d, TWO, DB_VALUES(dbv_i64(1), dbv_text(big)), &n),
	    EINVAL);
	FAILS(db_one_i64(d, TWO, DB_VALUES(dbv_i64(1), nul), &n), EINVAL);
	FAILS(db_one_i64(d, TWO, DB_VALUES(dbv_i64(1), dbv_text("\xff")), &n),
	    EINVAL);
	FAILS(db_one_i64(d, TWO, DB_VALUES(dbv_i64(1)), &n), EIO);
	FAILS(db_one_i64(d, COUNT, DB_VALUES(dbv_i64(1)), &n), EIO);
	OK(put(d, 1));
	FAILS(put(d, 1), EEXIST);
	/* One statement, twice at once. */
	OK(db_query(d, &r, ALL, DB_NO_VALUES));
	FAILS(db_query(d, &again, ALL, DB_NO_VALUES), EIO);
	assert_int_equal(db_next(&r), 1);
	assert_int_equal(number(d, COUNT), 1);
	db_end(&r);
	OK(db_query(d, &again, ALL, DB_NO_VALUES));
	db_end(&again);
	free(big);
	db_close(&d);
}

/* Transactions --------------------------------------------------------------*/

static int
put_and_fail(struct db *d, void *arg)
{
	if (put(d, 7) < 0)
		return -1;
	return db_fail(d, EPERM, "%s", (const char *)arg);
}

static int
put_twice(struct db *d, void *arg)
{
	(void)arg;
	return put(d, 8) < 0 || put(d, 8) < 0 ? -1 : 0;
}

static int
put_one(struct db *d, void *arg)
{
	return put(d, *(int64_t *)arg) < 0 ? -1 : 5;
}

static void
test_transactions(void **state)
{
	struct db *d = open_it(*state);
	char why[] = "changed my mind";
	int64_t k = 9;

	FAILS(db_transact(d, DB_WRITE, put_and_fail, why), EPERM);
	assert_string_equal(db_why(d), "changed my mind");
	FAILS(db_transact(d, DB_WRITE, put_twice, NULL), EEXIST);
	assert_int_equal(number(d, COUNT), 0);
	assert_int_equal(db_transact(d, DB_WRITE, put_one, &k), 5);
	assert_int_equal(number(d, COUNT), 1);
	db_close(&d);
}

/* Reads what another changes meanwhile: all of one moment. */
static int
read_twice(struct db *d, void *arg)
{
	int64_t before = number(d, COUNT);

	if (put(arg, 1) < 0)
		return -1;
	assert_int_equal(number(d, COUNT), before);
	return 0;
}

static void
test_read_moment(void **state)
{
	struct db *d = open_it(*state), *other = open_it(*state);

	OK(db_transact(d, DB_READ, read_twice, other));
	assert_int_equal(number(d, COUNT), 1);
	db_close(&d);
	db_close(&other);
}

static int
add_one(struct db *d, void *arg)
{
	int64_t v;

	(void)arg;
	if (db_one_i64(d, VALUE, DB_NO_VALUES, &v) != 1)
		return -1;
	return db_exec(d, NEXT, DB_VALUES(dbv_i64(v + 1))) == 1 ? 0 : -1;
}

/* Another who is in a hurry meanwhile. */
static int
add_beside(struct db *d, void *arg)
{
	uint64_t start = clock_mono_us();

	if (add_one(d, NULL) < 0)
		return -1;
	FAILS(db_transact(arg, DB_TRY, add_one, NULL), EAGAIN);
	assert_true(clock_mono_us() - start < DB_WAIT_MS * UINT64_C(1000) / 2);
	return 0;
}

static void
test_try(void **state)
{
	struct db *d = open_it(*state), *other = open_it(*state);

	OK(db_transact(d, DB_WRITE, add_beside, other));
	OK(db_transact(other, DB_TRY, add_one, NULL));
	assert_int_equal(number(d, VALUE), 2);
	db_close(&d);
	db_close(&other);
}

/* A child's part: everything by itself. 0 is well. */
static void
child(const struct fix *f, int n, const struct db_schema *schema)
{
	char why[DB_WHY_MAX];
	struct db *d = db_open(f->uri, schema, why);
	int i;

	for (i = 0; d && i < n; i++)
		if (db_transact(d, DB_WRITE, add_one, NULL) < 0)
			break;
	if (!d || i < n)
		fprintf(stderr, "# %s\n", d ? db_why(d) : why);
	i = !d || i < n;
	db_close(&d);
	_exit(i);
}

static void
fork_some(const struct fix *f, int many, int n, const struct db_schema *schema)
{
	int i, status;

	for (i = 0; i < many; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			child(f, n, schema);
	}
	for (i = 0; i < many; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
}

static void
test_writers(void **state)
{
	struct db *d;

	fork_some(*state, 4, 20, &one);
	d = open_it(*state);
	assert_int_equal(number(d, VALUE), 80);
	db_close(&d);
}

/* Another process, from before any connection: SQLite has none over fork. */
struct visitor {
	pid_t pid;
	int go;
};

static struct visitor
visitor(const struct fix *f)
{
	struct visitor v;
	struct db *d;
	char byte;
	int p[2], n;

	assert_int_equal(pipe(p), 0);
	v.pid = fork();
	assert_true(v.pid >= 0);
	v.go = p[1];
	if (v.pid == 0) {
		close(p[1]);
		if (read(p[0], &byte, 1) != 1)
			_exit(100);
		d = open_it(f);
		n = (int)number(d, COUNT);
		db_close(&d);
		_exit(n);
	}
	close(p[0]);
	return v;
}

/* It opens the database, counts and closes: how many rows it saw. */
static int
visit(struct visitor v)
{
	int status;

	assert_int_equal(write(v.go, "", 1), 1);
	assert_int_equal(waitpid(v.pid, &status, 0), v.pid);
	assert_true(WIFEXITED(status));
	close(v.go);
	return WEXITSTATUS(status);
}

/* What one process does with one connection costs no lock of its others: with
 * SQLite, who closes the file as the last one takes the log away, and another
 * process is the last one if it finds no lock. */
static void
test_two_of_one_process(void **state)
{
	struct visitor first = visitor(*state), second = visitor(*state),
		       third = visitor(*state);
	struct db *d = open_it(*state), *other;

	OK(put(d, 1));
	other = open_it(*state);
	assert_int_equal(visit(first), 1);
	OK(put(d, 2));
	assert_int_equal(visit(second), 2);
	db_close(&other);
	OK(put(d, 3));
	assert_int_equal(visit(third), 3);
	db_close(&d);
}

/* Migrations ----------------------------------------------------------------*/

static void
test_migrations(void **state)
{
	const struct fix *f = *state;
	char why[DB_WHY_MAX];
	struct db *d = open_it(f);
	int64_t v;

	OK(put(d, 1));
	OK(db_version(d, &v));
	assert_int_equal(v, 1);
	db_close(&d);
	assert_non_null(d = db_open(f->uri, &two, why));
	OK(db_version(d, &v));
	assert_int_equal(v, 2);
	assert_int_equal(number(d, COUNT), 1);
	db_close(&d);
	errno = 0;
	assert_null(db_open(f->uri, &one, why));
	assert_int_equal(errno, EPROTO);
	assert_non_null(strstr(why, "version 2"));
	assert_non_null(strstr(why, "knows 1"));
	/* A migration that fails leaves nothing behind. */
	assert_null(db_open(f->uri, &bad, why));
	assert_non_null(d = db_open(f->uri, &two, why));
	assert_int_equal(
	    d->engine->script(d, "CREATE TABLE half (v bigint)"), 0);
	db_close(&d);
}

static void
test_migration_race(void **state)
{
	fork_some(*state, 8, 0, &two);
}

static void
test_strangers(void **state)
{
	const struct fix *f = *state;
	char why[DB_WHY_MAX];
	struct db *d;

	/* Somebody else's table of that name: a clear no. */
	fix_script(f, "CREATE TABLE t (z text)");
	assert_null(db_open(f->uri, &one, why));
	assert_non_null(strstr(why, "exists"));
	fix_script(f, "DROP TABLE t");
	assert_non_null(d = db_open(f->uri, &one, why));
	db_close(&d);
}

/* A connection that is lost -------------------------------------------------*/

static void
end_others(const struct fix *f)
{
	fix_script(f,
	    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
	    "WHERE pid <> pg_backend_pid() AND datname = current_database()");
}

static int
lose_inside(struct db *d, void *arg)
{
	if (put(d, 1) < 0)
		return -1;
	end_others(arg);
	/* A new connection would not have the first row. */
	return put(d, 2);
}

static void
test_lost(void **state)
{
	struct fix *f = *state;
	struct db *d = open_it(f);

	if (!is_pg(f)) {
		db_close(&d);
		return;
	}
	OK(put(d, 5));
	end_others(f);
	FAILS(put(d, 6), EAGAIN);
	OK(put(d, 6));
	FAILS(db_transact(d, DB_WRITE, lose_inside, f), EAGAIN);
	assert_int_equal(number(d, COUNT), 2);
	end_others(f);
	FAILS(db_transact(d, DB_WRITE, add_one, NULL), EAGAIN);
	OK(db_transact(d, DB_WRITE, add_one, NULL));
	assert_int_equal(number(d, VALUE), 1);
	db_close(&d);
}

#define TESTS(X)                                                               \
	X(test_values), X(test_bad_values), X(test_transactions),              \
	    X(test_read_moment), X(test_writers), X(test_two_of_one_process),  \
	    X(test_try), X(test_migrations), X(test_migration_race),           \
	    X(test_strangers), X(test_lost)

FIX_MAIN(TESTS)
