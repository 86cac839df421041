/* db.h on each engine: one statement for many rows. */
#include "db_fix.h"

#include <float.h>
#include <math.h>

enum { ADD, UP, GET, COUNT, SUM, N_SQL };

static const char *const sql[] = {
    /* A COPY on PostgreSQL; and what is none. */
    [ADD] = "INSERT INTO t (k, i, b, f, s, x) VALUES ($1, $2, $3, $4, $5, $6)",
    [UP] = "INSERT INTO t (k, i, f, s) VALUES ($1, $2, $4, $3) "
	   "ON CONFLICT (k) DO UPDATE SET i = excluded.i, f = excluded.f, "
	   "s = coalesce(excluded.s, t.s)",
    [GET] = "SELECT i, b, f, s, x FROM t WHERE k = $1",
    [COUNT] = "SELECT count(*) FROM t",
    [SUM] = "SELECT coalesce(sum(i), 0) FROM t",
};

#define T                                                                      \
	"CREATE TABLE t (k bigint PRIMARY KEY, i bigint CHECK (i <> -13), "    \
	"b boolean, f double precision, s text, x "

static const struct db_migration migrations[] = {{T "blob)", T "bytea)"}};
static const struct db_schema schema = {"load", migrations, 1, sql, N_SQL};

static struct db *
open_it(const struct fix *f)
{
	char why[DB_WHY_MAX] = "";
	struct db *d = db_open(f->uri, &schema, why);

	if (!d)
		fail_msg("%s", why);
	return d;
}

static int64_t
number(struct db *d, unsigned id)
{
	int64_t v = -1;

	if (db_one_i64(d, id, DB_NO_VALUES, &v) != 1)
		fail_msg("%s", db_why(d));
	return v;
}

/* What to do in a transaction, and how it must end. */
struct job {
	unsigned id;
	int64_t from, n;
	int64_t i; /* added to k */
	const struct fix *f;
	int64_t lose_at;
};

/* All connections but that of the caller. */
static void
end_others(const struct fix *f)
{
	fix_script(f,
	    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
	    "WHERE pid <> pg_backend_pid() AND datname = current_database()");
}

static int
load_row(struct db_load *l, const struct job *j, int64_t k)
{
	if (j->id == UP)
		return db_load_row(l,
		    DB_VALUES(dbv_i64(k), dbv_i64(k + j->i), dbv_text("up"),
			dbv_double(0.5)));
	return db_load_row(l,
	    DB_VALUES(dbv_i64(k), dbv_i64(k + j->i), dbv_bool(k % 2 == 0),
		dbv_double((double)k / 3), dbv_text("a\tb\\N"), dbv_null()));
}

static int
run_load(struct db *d, void *arg)
{
	const struct job *j = arg;
	struct db_load l;
	int64_t k;

	if (db_load_begin(d, &l, j->id) < 0)
		return -1;
	for (k = j->from; k < j->from + j->n; k++) {
		if (j->lose_at && k == j->lose_at)
			end_others(j->f);
		if (load_row(&l, j, k) < 0)
			return -1;
	}
	k = db_load_end(&l);
	if (k >= 0)
		assert_int_equal(k, j->n);
	return k < 0 ? -1 : 0;
}

#define LOAD(...) db_transact(d, DB_ROWS, run_load, &(struct job){__VA_ARGS__})
#define OK(call)                                                               \
	do {                                                                   \
		if ((call) < 0)                                                \
			fail_msg("%s: %s", #call, db_why(d));                  \
	} while (0)
#define FAILS(call, err)                                                       \
	do {                                                                   \
		errno = 0;                                                     \
		assert_int_equal((call), -1);                                  \
		assert_int_equal(errno, (err));                                \
	} while (0)

static void
test_many(void **state)
{
	struct db *d = open_it(*state);

	OK(LOAD(.id = ADD, .from = 0, .n = 0));
	OK(LOAD(.id = ADD, .from = 0, .n = 5000));
	assert_int_equal(number(d, COUNT), 5000);
	OK(LOAD(.id = UP, .from = 4000, .n = 2000, .i = 1));
	assert_int_equal(number(d, COUNT), 6000);
	assert_int_equal(number(d, SUM), 6000 * 5999 / 2 + 2000);
	OK(LOAD(.id = UP, .from = 0, .n = 0));
	db_close(&d);
}

/* Values -------------------------------------------------------------------*/

static const double doubles[] = {0, 1, -1, 0.1, -0.1, 1e-7, -1e-7, 1e-8,
    51.1234567, -179.9999999, 89.99999995, 9999999.0, 1.0 / 3, DBL_MAX,
    -DBL_MAX, DBL_MIN, DBL_TRUE_MIN, DBL_EPSILON, 123456789.12345678, 9e8,
    899999999.9999999, -900000000.1, 4503599627370497.5, 1e300};
static const char *const texts[] = {"", "\\", "\\N", "\\.", "\n\\.\n", "a\tb",
    "a\r\nb", "\\\\n", "it's \"$1\" {}; DROP TABLE t; --", "\b\f\v\x01\x7f",
    "üñ \xf0\x9f\x98\x80", "NULL"};
#define N(a) (sizeof(a) / sizeof *(a))

static int
add_values(struct db *d, void *arg)
{
	struct db_load l;
	size_t i;

	(void)arg;
	if (db_load_begin(d, &l, ADD) < 0)
		return -1;
	for (i = 0; i < N(doubles); i++)
		if (db_load_row(&l,
			DB_VALUES(dbv_i64((int64_t)i), dbv_i64(INT64_MIN),
			    dbv_bool(true), dbv_double(doubles[i]),
			    dbv_text(texts[i % N(texts)]),
			    dbv_blob("a\0\\\n\xff", 5))) < 0)
			return -1;
	if (db_load_row(&l,
		DB_VALUES(dbv_i64(-1), dbv_null(), dbv_null(), dbv_null(),
		    dbv_null(), dbv_null())) < 0)
		return -1;
	return db_load_end(&l) < 0 ? -1 : 0;
}

static void
test_values(void **state)
{
	struct db *d = open_it(*state);
	struct db_rows r;
	struct slice x;
	size_t i;

	OK(db_transact(d, DB_WRITE, add_values, NULL));
	for (i = 0; i < N(doubles); i++) {
		OK(db_query(d, &r, GET, DB_VALUES(dbv_i64((int64_t)i))));
		assert_int_equal(db_next(&r), 1);
		assert_true(db_get_i64(&r, 0) == INT64_MIN);
		assert_true(db_get_bool(&r, 1));
		if (db_get_double(&r, 2) != doubles[i])
			fail_msg("%.17g, not %.17g", db_get_double(&r, 2),
			    doubles[i]);
		assert_string_equal(db_get_text(&r, 3), texts[i % N(texts)]);
		OK(db_get_blob(&r, 4, &x));
		assert_int_equal(x.n, 5);
		assert_memory_equal(x.p, "a\0\\\n\xff", 5);
		db_end(&r);
	}
	OK(db_query(d, &r, GET, DB_VALUES(dbv_i64(-1))));
	assert_int_equal(db_next(&r), 1);
	assert_true(db_get_null(&r, 0) && db_get_null(&r, 1) &&
	    db_get_null(&r, 2) && db_get_null(&r, 3) && db_get_null(&r, 4));
	assert_true(db_get_double(&r, 2) == 0);
	db_end(&r);
	db_close(&d);
}

/* The same by one statement, and long ones. */
static void
test_one(void **state)
{
	struct db *d = open_it(*state);
	size_t n = 5000000, i;
	char *big = malloc(n + 1);
	struct db_rows r;

	assert_non_null(big);
	for (i = 0; i < n; i++)
		big[i] = "\\x\ty\n"[i % 5];
	big[n] = '\0';
	for (i = 0; i < N(doubles); i++)
		OK(db_exec(d, UP,
		    DB_VALUES(dbv_i64((int64_t)i), dbv_i64(1), dbv_text(big),
			dbv_double(doubles[i]))));
	for (i = 0; i < N(doubles); i++) {
		OK(db_query(d, &r, GET, DB_VALUES(dbv_i64((int64_t)i))));
		assert_int_equal(db_next(&r), 1);
		assert_true(db_get_double(&r, 2) == doubles[i]);
		assert_string_equal(db_get_text(&r, 3), big);
		db_end(&r);
	}
	free(big);
	FAILS(db_exec(d, UP,
		  DB_VALUES(dbv_i64(1), dbv_i64(1), dbv_text("x"),
		      dbv_double((double)NAN))),
	    EINVAL);
	FAILS(db_exec(d, UP,
		  DB_VALUES(dbv_i64(1), dbv_i64(1), dbv_text("x"),
		      dbv_double((double)INFINITY))),
	    EINVAL);
	db_close(&d);
}

/* What goes wrong
 * ------------------------------------------------------------*/

/* Undone as a whole, and the database is of use afterwards. */
static void
test_refused(void **state)
{
	struct db *d = open_it(*state);
	unsigned ids[] = {ADD, UP};
	size_t i;

	OK(LOAD(.id = ADD, .from = 50000, .n = 1));
	FAILS(LOAD(.id = ADD, .from = 49000, .n = 1500), EEXIST);
	for (i = 0; i < 2; i++) {
		/* The value -13 is refused: early, late. */
		FAILS(LOAD(.id = ids[i], .from = 0, .n = 3000, .i = -16), EIO);
		assert_non_null(strcasestr(db_why(d), "check"));
		FAILS(LOAD(.id = ids[i], .from = -2990, .n = 2985), EIO);
		FAILS(LOAD(.id = ids[i], .from = 10, .n = 1, .i = -23), EIO);
		assert_int_equal(number(d, COUNT), 1);
	}
	OK(LOAD(.id = ADD, .from = 100, .n = 10));
	OK(LOAD(.id = UP, .from = 100, .n = 10));
	assert_int_equal(number(d, COUNT), 11);
	db_close(&d);
}

static int
bad_value(struct db *d, void *arg)
{
	const struct job *j = arg;
	struct db_load l;

	if (db_load_begin(d, &l, j->id) < 0)
		return -1;
	OK(load_row(&l, j, 1));
	OK(load_row(&l, j, 2));
	FAILS(db_load_row(&l,
		  DB_VALUES(
		      dbv_i64(3), dbv_i64(1), dbv_text("\xff"), dbv_double(1))),
	    EINVAL);
	/* It has ended. */
	FAILS(load_row(&l, j, 4), EIO);
	FAILS(db_load_end(&l), EIO);
	return db_fail(d, EPERM, "as it must be");
}

static int
too_few(struct db *d, void *arg)
{
	const struct job *j = arg;
	struct db_load l;

	OK(db_load_begin(d, &l, j->id));
	if (db_load_row(&l, DB_VALUES(dbv_i64(3))) < 0)
		return -1;
	return db_load_end(&l) < 0 ? -1 : 0;
}

static void
test_bad_values(void **state)
{
	struct db *d = open_it(*state);

	FAILS(db_transact(d, DB_ROWS, bad_value, &(struct job){.id = ADD}),
	    EPERM);
	assert_string_equal(db_why(d), "as it must be");
	FAILS(
	    db_transact(d, DB_ROWS, bad_value, &(struct job){.id = UP}), EPERM);
	FAILS(db_transact(d, DB_ROWS, too_few, &(struct job){.id = ADD}), EIO);
	FAILS(db_transact(d, DB_ROWS, too_few, &(struct job){.id = UP}), EIO);
	OK(LOAD(.id = ADD, .from = 0, .n = 3));
	assert_int_equal(number(d, COUNT), 3);
	db_close(&d);
}

static void
test_lost(void **state)
{
	const struct fix *f = *state;
	struct db *d = open_it(f);
	unsigned ids[] = {ADD, UP};
	int64_t at[] = {1, 2, 1500, 2999};
	size_t i, k;

	for (i = 0; is_pg(f) && i < 2; i++)
		for (k = 0; k < N(at); k++) {
			FAILS(LOAD(.id = ids[i], .n = 3000, .f = f,
				  .lose_at = at[k]),
			    EAGAIN);
			assert_int_equal(number(d, COUNT), 0);
		}
	OK(LOAD(.id = UP, .n = 3000));
	assert_int_equal(number(d, COUNT), 3000);
	db_close(&d);
}

static void
test_room(void **state)
{
	struct db *d = open_it(*state);
	int i, r = 1;

	OK(db_heavy(d));
	OK(LOAD(.id = ADD, .n = 100000));
	fix_script(*state, "DELETE FROM t");
	for (i = 0; i < 100 && r == 1; i++)
		OK(r = db_compact(d));
	assert_int_equal(r, 0);
	if (!is_pg(*state))
		assert_true(i > 1);
	db_close(&d);
}

/* Who empties a spool must know that what is committed stays. */
static void
test_synced(void **state)
{
	const struct fix *f = *state;
	const char *ask = is_pg(f)
	    ? "SELECT count(*) FROM pg_settings WHERE setting = 'on' AND "
	      "name = 'synchronous_commit'"
	    : "SELECT synchronous / 2 FROM pragma_synchronous";
	const struct db_schema one = {"none", NULL, 0, &ask, 1};
	char why[DB_WHY_MAX] = "";
	struct db *d;
	int64_t is;

	if (is_pg(f))
		fix_script(
		    f, "ALTER ROLE CURRENT_USER SET synchronous_commit = off");
	d = db_open(f->uri, &one, why);
	if (!d)
		fail_msg("%s", why);
	is = number(d, 0);
	db_close(&d);
	if (is_pg(f))
		fix_script(
		    f, "ALTER ROLE CURRENT_USER RESET synchronous_commit");
	assert_int_equal(is, 1);
}

#define TESTS(X)                                                               \
	X(test_many), X(test_values), X(test_one), X(test_refused),            \
	    X(test_bad_values), X(test_lost), X(test_room), X(test_synced)

FIX_MAIN(TESTS)
