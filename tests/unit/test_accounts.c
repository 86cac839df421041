/* accounts.h on each engine: users, certificates, the list of statements. */
#include "accounts_fix.h"

static void
test_users(void **state)
{
	struct accounts *a = open_it(*state);
	struct account u;
	uint64_t n = 9;
	bool ever = true;

	OK(accounts_ever(a, &ever));
	assert_false(ever);
	OK(accounts_count(a, &n));
	assert_int_equal(n, 0);
	assert_string_equal(snapshot(a), "");
	CHANGES(accounts_add(a, "bob", false));
	CHANGES(accounts_add(a, "Alice.1@x_y-z", true));
	FAILS(accounts_add(a, "bob", false), EEXIST);
	FAILS(accounts_add(a, "BOB", false), EEXIST);
	assert_non_null(strstr(accounts_why(a), "bob already"));
	OK(accounts_count(a, &n));
	assert_int_equal(n, 2);
	OK(accounts_get(a, "Alice.1@x_y-z", &u));
	assert_string_equal(u.name, "Alice.1@x_y-z");
	assert_true(u.admin && !u.disabled && !u.password);
	assert_true(u.created > INT64_C(1700000000000000));
	FAILS(accounts_get(a, "BOB", &u), ENOENT);
	assert_non_null(strstr(accounts_why(a), "no such user: BOB"));
	assert_string_equal(snapshot(a),
	    "Alice.1@x_y-z admin in=__ANON__, out=__ANON__,;"
	    "bob in=__ANON__, out=__ANON__,;");
	OK(accounts_ever(a, &ever));
	assert_true(ever);
	CHANGES(accounts_del(a, "bob"));
	FAILS(accounts_del(a, "bob"), ENOENT);
	CHANGES(accounts_add(a, "BOB", false));
	accounts_close(&a);
	assert_null(a);
}

static void
test_names(void **state)
{
	static const char *const bad[] = {"", "a b", "a/b", "ü", "a\n", "a'b",
	    "a\\b",
	    "12345678901234567890123456789012345678901234567890123456"
	    "789012345"};
	struct accounts *a = open_it(*state);
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		FAILS(accounts_add(a, bad[i], false), EINVAL);
		assert_int_equal(revision(a), 1);
	}
	FAILS(accounts_get(a, "o' OR 1=1 --", &(struct account){0}), ENOENT);
	OK(accounts_add(a,
	    "1234567890123456789012345678901234567890123456789012345678901234",
	    false));
	accounts_close(&a);
}

static void
test_hash(void **state)
{
	struct accounts *a = open_it(*state);
	char hash[ACCOUNT_HASH_MAX];
	struct account u;

	OK(accounts_add(a, "alice", false));
	OK(accounts_hash(a, "alice", hash));
	assert_string_equal(hash, "");
	CHANGES(accounts_set_hash(a, "alice", "$argon2id$x"));
	OK(accounts_hash(a, "alice", hash));
	assert_string_equal(hash, "$argon2id$x");
	OK(accounts_get(a, "alice", &u));
	assert_true(u.password);
	FAILS(accounts_hash(a, "bob", hash), ENOENT);
	FAILS(accounts_set_hash(a, "bob", "x"), ENOENT);
	OK(accounts_disable(a, "alice", true));
	FAILS(accounts_hash(a, "alice", hash), ENOENT);
	assert_string_equal(hash, "");
	OK(accounts_disable(a, "alice", false));
	OK(accounts_hash(a, "alice", hash));
	OK(accounts_set_hash(a, "alice", NULL));
	OK(accounts_hash(a, "alice", hash));
	assert_string_equal(hash, "");
	OK(accounts_add_hash(a, "carol", false, "$argon2id$y"));
	OK(accounts_hash(a, "carol", hash));
	assert_string_equal(hash, "$argon2id$y");
	accounts_close(&a);
}

static void
test_last_admin(void **state)
{
	struct accounts *a = open_it(*state);

	OK(accounts_add(a, "root", true));
	OK(accounts_add(a, "alice", false));
	FAILS(accounts_del(a, "root"), EPERM);
	FAILS(accounts_disable(a, "root", true), EPERM);
	FAILS(accounts_admin(a, "root", false), EPERM);
	assert_non_null(strstr(accounts_why(a), "last enabled administrator"));
	CHANGES(accounts_admin(a, "alice", true));
	CHANGES_NOT(accounts_admin(a, "alice", true));
	CHANGES(accounts_disable(a, "root", true));
	CHANGES_NOT(accounts_disable(a, "root", true));
	FAILS(accounts_admin(a, "alice", false), EPERM);
	FAILS(accounts_del(a, "alice"), EPERM);
	assert_string_equal(snapshot(a),
	    "alice admin in=__ANON__, out=__ANON__,;"
	    "root admin disabled in=__ANON__, out=__ANON__,;");
	OK(accounts_del(a, "root")); /* disabled: not the last enabled one */
	FAILS(accounts_del(a, "alice"), EPERM);
	accounts_close(&a);
}

static int
refuse(void *arg)
{
	++*(int *)arg;
	return -1;
}

static int
accept_it(void *arg)
{
	++*(int *)arg;
	return 0;
}

static void
test_first(void **state)
{
	struct accounts *a = open_it(*state);
	struct account u;
	int told = 0;
	bool ever = true;

	FAILS(accounts_first(a, "root", "$h", refuse, &told), ECANCELED);
	assert_int_equal(told, 1);
	FAILS(accounts_get(a, "root", &u), ENOENT);
	OK(accounts_ever(a, &ever));
	assert_false(ever);
	OK(accounts_first(a, "root", "$h", accept_it, &told));
	assert_int_equal(told, 2);
	OK(accounts_get(a, "root", &u));
	assert_true(u.admin && u.password);
	FAILS(accounts_first(a, "other", "$h", accept_it, &told), EEXIST);
	OK(accounts_add(a, "other", true));
	OK(accounts_del(a, "root"));
	FAILS(accounts_first(a, "root", "$h", accept_it, &told), EEXIST);
	OK(accounts_admin(a, "other", true));
	assert_int_equal(told, 2);
	accounts_close(&a);
}

static void
test_certificates(void **state)
{
	struct accounts *a = open_it(*state);
	struct account_cert c[] = {
	    {"01", "aa", "client", "alice", "", 1, 2, 3, 0},
	    {"02", "bb", "client", "o'neil; DROP TABLE ots_users", "uid", 1, 2,
		3, 0},
	    /* Of another authority, which counts from the same number. */
	    {"02", "cc", "client", "alice", "", 1, 2, 3, 0},
	};
	int64_t n = 0;

	CHANGES_NOT(accounts_certs(a, c, 2));
	c[0].revoked = 77;
	CHANGES_NOT(accounts_certs(a, c, 3));
	CHANGES_NOT(accounts_certs(a, c, 0));
	assert_int_equal(
	    db_one_i64(a->db, SQL_CERT_COUNT, DB_NO_VALUES, &n), 1);
	assert_int_equal(n, 3);
	accounts_close(&a);
}

static void
test_two_programs(void **state)
{
	struct accounts *a = open_it(*state), *b = open_it(*state);
	uint64_t rev = revision(b);

	OK(accounts_add(a, "alice", false));
	assert_true(revision(b) > rev);
	assert_string_equal(snapshot(b), "alice in=__ANON__, out=__ANON__,;");
	OK(accounts_del(b, "alice"));
	assert_string_equal(snapshot(a), "");
	accounts_close(&a);
	accounts_close(&b);
}

#define TESTS(X)                                                               \
	X(test_users), X(test_names), X(test_hash), X(test_last_admin),        \
	    X(test_first), X(test_certificates), X(test_two_programs)

FIX_MAIN(TESTS)
