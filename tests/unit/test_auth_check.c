/* What becomes of a name and a password in ots-auth, with a database and
 * workers that the test plays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/ots-auth/check.h"
#include "../../cmd/ots-auth/recall.h"

#define SECOND ((uint64_t)1000000)
#define HASH   "$argon2id$of-alice"

struct fixture {
	struct check *c;
	uint64_t now;
	unsigned idle;
	uint64_t looked_up, given; /* the last job */
	char name[ACCOUNT_NAME_MAX], hash[PASSWD_HASH_MAX];
	unsigned lookups, works, right, wrong, limited, busy, away;
	char id[CHECK_ID_MAX + 1];
};

static void
on_lookup(void *arg, uint64_t job, const char *name)
{
	struct fixture *f = arg;

	f->lookups++;
	f->looked_up = job;
	assert_true(str_fmt(f->name, sizeof f->name, "%s", name) >= 0);
}

static bool
on_work(void *arg, uint64_t job, const char *hash, struct slice secret)
{
	struct fixture *f = arg;

	assert_true(secret.n > 0);
	if (f->idle == 0)
		return false;
	f->idle--;
	f->works++;
	f->given = job;
	assert_true(str_fmt(f->hash, sizeof f->hash, "%s", hash) >= 0);
	return true;
}

static void
on_verdict(void *arg, const struct check_ask *ask, const char *why)
{
	struct fixture *f = arg;

	assert_true(str_fmt(f->id, sizeof f->id, "%.*s", (int)ask->id.n,
			ask->id.p) >= 0);
	assert_null(ask->secret.p);
	if (why == NULL)
		f->right++;
	else if (strcmp(why, "wrong name or password") == 0)
		f->wrong++;
	else if (strcmp(why, "too many attempts") == 0)
		f->limited++;
	else if (strcmp(why, "busy") == 0)
		f->busy++;
	else if (strcmp(why, "the database is away") == 0)
		f->away++;
	else
		fail();
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct check_config cfg = {
	    .seed = {1, 2},
	    .workers = 1,
	    .lookup = on_lookup,
	    .work = on_work,
	    .verdict = on_verdict,
	    .arg = f,
	};

	assert_non_null(f);
	f->now = 1000 * SECOND;
	f->idle = 1;
	f->c = check_new(&cfg);
	assert_non_null(f->c);
	check_revision(f->c, 1);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	check_free(&f->c);
	assert_null(f->c);
	free(f);
	return 0;
}

static void
ask(struct fixture *f, const char *id, const char *name, const char *secret,
    const char *peer)
{
	/* The secret goes with the request, and not with the verdict. */
	struct check_ask a = {{0, 0}, slice_of(id), slice_of(name),
	    slice_of(secret), slice_of(peer)};

	check_ask(f->c, &a, f->now);
}

static void
hash(struct fixture *f, const char *h)
{
	check_hash(f->c, f->looked_up, h, f->now);
}

static void
done(struct fixture *f, enum check_result result)
{
	f->idle++;
	check_done(f->c, f->given, result, f->now);
}

static void
test_right(void **state)
{
	struct fixture *f = *state;

	ask(f, "7", "alice", "secret", "192.0.2.1:1");
	assert_string_equal(f->name, "alice");
	assert_int_equal(f->works, 0);
	hash(f, HASH);
	assert_string_equal(f->hash, HASH);
	assert_int_equal(check_pending(f->c), 1);
	done(f, CHECK_IS_RIGHT);
	assert_int_equal(f->right, 1);
	assert_string_equal(f->id, "7");
	assert_int_equal(check_pending(f->c), 0);
	/* Remembered: looked up again, but no work. */
	ask(f, "8", "alice", "secret", "192.0.2.1:1");
	hash(f, HASH);
	assert_int_equal(f->right, 2);
	assert_int_equal(f->works, 1);
	assert_int_equal(check_count(f->c, CHECK_REMEMBERED), 1);
	/* Not with another password, and not after ten minutes. */
	ask(f, "9", "alice", "other", "192.0.2.1:1");
	hash(f, HASH);
	done(f, CHECK_IS_WRONG);
	assert_int_equal(f->wrong, 1);
	f->now += RECALL_US;
	ask(f, "10", "alice", "secret", "192.0.2.1:1");
	hash(f, HASH);
	assert_int_equal(f->works, 3);
	done(f, CHECK_IS_RIGHT);
}

/* A name that nobody has takes a worker as long. */
static void
test_unknown(void **state)
{
	struct fixture *f = *state;

	ask(f, "1", "nobody", "secret", "192.0.2.1:1");
	hash(f, "");
	assert_int_equal(f->works, 1);
	assert_string_equal(f->hash, "");
	done(f, CHECK_IS_RIGHT); /* whatever it says */
	assert_int_equal(f->wrong, 1);
	assert_int_equal(f->right, 0);
}

/* A new hash, or none, forgets what was right. */
static void
test_changed_password(void **state)
{
	struct fixture *f = *state;

	ask(f, "1", "alice", "secret", "");
	hash(f, HASH);
	done(f, CHECK_IS_RIGHT);
	ask(f, "2", "alice", "secret", "");
	hash(f, "$new");
	assert_int_equal(f->works, 2);
	done(f, CHECK_IS_WRONG);
	ask(f, "3", "alice", "secret", "");
	hash(f, HASH);
	assert_int_equal(f->works, 3);
	done(f, CHECK_IS_RIGHT);
	ask(f, "4", "alice", "secret", "");
	hash(f, ""); /* disabled */
	done(f, CHECK_IS_WRONG);
	assert_int_equal(f->right, 2);
	assert_int_equal(f->wrong, 2);
}

/* 200 equal requests: one lookup, one check, 200 verdicts. */
static void
test_storm(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 200; i++)
		ask(f, "x", "alice", "secret", "192.0.2.1:1");
	assert_int_equal(f->lookups, 1);
	hash(f, HASH);
	for (int i = 0; i < 100; i++)
		ask(f, "y", "alice", "secret", "192.0.2.1:1");
	assert_int_equal(f->works, 1);
	done(f, CHECK_IS_RIGHT);
	assert_int_equal(f->right, 300);
	assert_int_equal(check_count(f->c, CHECK_SHARED), 299);
}

static void
wrong(struct fixture *f, const char *name, const char *peer)
{
	static int n;
	char guess[16];

	assert_true(str_fmt(guess, sizeof guess, "guess%d", n++) > 0);
	ask(f, "w", name, guess, peer);
	hash(f, HASH);
	if (f->idle == 0)
		done(f, CHECK_IS_WRONG);
}

static void
test_limit_by_name(void **state)
{
	struct fixture *f = *state;
	char peer[32];

	for (int i = 0; i < 5; i++) {
		assert_true(str_fmt(peer, sizeof peer, "192.0.2.%d:1", i) > 0);
		wrong(f, "alice", peer);
	}
	assert_int_equal(f->wrong, 5);
	ask(f, "1", "alice", "secret", "192.0.2.9:1");
	assert_int_equal(f->limited, 1);
	assert_int_equal(f->lookups, 5);
	/* Others are not touched. */
	ask(f, "2", "bob", "secret", "192.0.2.9:1");
	hash(f, HASH);
	done(f, CHECK_IS_RIGHT);
	assert_int_equal(f->right, 1);
	f->now += SECOND;
	ask(f, "3", "alice", "secret", "192.0.2.9:1");
	hash(f, HASH);
	done(f, CHECK_IS_RIGHT);
	assert_int_equal(f->right, 2);
	/* What was right ends the counting. */
	wrong(f, "alice", "192.0.2.9:1");
	ask(f, "4", "alice", "secret", "192.0.2.9:1");
	hash(f, HASH);
	assert_int_equal(f->right, 3);
}

static void
test_limit_by_address(void **state)
{
	struct fixture *f = *state;
	char name[16];

	for (int i = 0; i < 20; i++) {
		assert_true(str_fmt(name, sizeof name, "user%d", i) > 0);
		wrong(f, name, "[2001:db8::1]:1000");
	}
	assert_int_equal(f->wrong, 20);
	ask(f, "1", "alice", "secret", "[2001:db8::2]:77");
	assert_int_equal(f->limited, 1);
	ask(f, "2", "alice", "secret", "[2001:db8:1::2]:77");
	assert_int_equal(f->limited, 1);
	/* Without an address, by name only. */
	ask(f, "3", "bob", "secret", "");
	assert_int_equal(f->limited, 1);
}

/* Guesses that were all sent before the first was wrong. */
static void
test_limit_of_what_waits(void **state)
{
	struct fixture *f = *state;
	char guess[16];

	for (int i = 0; i < 50; i++) {
		assert_true(str_fmt(guess, sizeof guess, "g%d", i) > 0);
		ask(f, "w", "alice", guess, "192.0.2.1:1");
		hash(f, HASH);
	}
	while (check_pending(f->c) > 0)
		done(f, CHECK_IS_WRONG);
	assert_int_equal(f->wrong, 5);
	assert_int_equal(f->works, 5);
	assert_int_equal(f->limited, 45);
}

static void
test_queue_is_bounded(void **state)
{
	struct fixture *f = *state;
	char name[16];

	for (int i = 0; i < 100; i++) {
		assert_true(str_fmt(name, sizeof name, "user%d", i) > 0);
		ask(f, "q", name, "secret", "192.0.2.1:1");
		hash(f, HASH);
	}
	assert_int_equal(f->busy, 100 - 1 - CHECK_PER_WORKER);
	while (check_pending(f->c) > 0)
		done(f, CHECK_IS_RIGHT);
	assert_int_equal(f->right, 1 + CHECK_PER_WORKER);
	/* Lookups that nobody answers. */
	for (int i = 0; i < 2000; i++) {
		assert_true(str_fmt(name, sizeof name, "more%d", i) > 0);
		ask(f, "q", name, "secret", "192.0.2.1:1");
	}
	assert_int_equal(check_pending(f->c), CHECK_JOBS_MAX);
	/* Equal ones are bounded, too. */
	for (int i = 0; i < 10000; i++)
		ask(f, "q", "more0", "secret", "192.0.2.1:1");
	assert_int_equal(check_pending(f->c), CHECK_ASKS_MAX);
}

static void
test_worker_dies(void **state)
{
	struct fixture *f = *state;

	ask(f, "1", "alice", "secret", "192.0.2.1:1");
	hash(f, HASH);
	ask(f, "2", "bob", "secret", "192.0.2.1:1");
	hash(f, HASH);
	check_done(f->c, f->given, CHECK_IS_LOST, f->now); /* none is idle */
	assert_int_equal(f->busy, 1);
	assert_int_equal(f->works, 1);
	f->idle = 1;
	check_more(f->c, f->now);
	assert_int_equal(f->works, 2);
	done(f, CHECK_IS_RIGHT);
	assert_int_equal(f->right, 1);
	/* What comes late or twice is nothing. */
	check_done(f->c, f->given, CHECK_IS_RIGHT, f->now);
	check_hash(f->c, 12345, HASH, f->now);
	assert_int_equal(f->right, 1);
}

static void
test_database_away(void **state)
{
	struct fixture *f = *state;

	ask(f, "1", "alice", "secret", "");
	hash(f, HASH);
	done(f, CHECK_IS_RIGHT);
	assert_int_equal(check_deadline(f->c), UINT64_MAX);
	/* It says so. */
	ask(f, "2", "bob", "secret", "");
	hash(f, NULL);
	assert_int_equal(f->away, 1);
	/* It says nothing. */
	ask(f, "3", "bob", "secret", "");
	assert_int_equal(check_deadline(f->c), f->now + CHECK_LOOKUP_US);
	f->now += CHECK_LOOKUP_US - 1;
	check_tick(f->c, f->now);
	assert_int_equal(f->away, 1);
	f->now++;
	check_tick(f->c, f->now);
	assert_int_equal(f->away, 2);
	hash(f, HASH); /* too late */
	assert_int_equal(f->works, 1);
	/* Who was right a moment ago comes in, ... */
	ask(f, "4", "alice", "secret", "");
	hash(f, NULL);
	assert_int_equal(f->right, 2);
	ask(f, "5", "alice", "other", "");
	hash(f, NULL);
	assert_int_equal(f->away, 3);
	/* ... unless the users have changed since. */
	check_revision(f->c, 2);
	ask(f, "6", "alice", "secret", "");
	hash(f, NULL);
	assert_int_equal(f->away, 4);
}

/* The list changed while the password was checked. */
static void
test_revision_of_the_lookup_counts(void **state)
{
	struct fixture *f = *state;

	ask(f, "1", "alice", "secret", "");
	hash(f, HASH);
	check_revision(f->c, 2);
	done(f, CHECK_IS_RIGHT);
	ask(f, "2", "alice", "secret", "");
	hash(f, NULL);
	assert_int_equal(f->away, 1);
}

static void
test_impossible_requests(void **state)
{
	struct fixture *f = *state;
	char long_text[PASSWD_MAX + 2] = "";
	struct check_ask a = {
	    {0, 0}, SLICE("1"), {"a\0b", 3}, SLICE("s"), SLICE("192.0.2.1:1")};

	memset(long_text, 'x', sizeof long_text - 1);
	ask(f, "1", "alice", long_text, "192.0.2.1:1");
	ask(f, "2", long_text, "secret", "192.0.2.1:1");
	ask(f, "3", "", "secret", "192.0.2.1:1");
	ask(f, "4", "alice", "", "192.0.2.1:1");
	check_ask(f->c, &a, f->now);
	assert_int_equal(f->wrong, 5);
	assert_int_equal(f->lookups, 0);
	/* The longest ones that there are. */
	long_text[PASSWD_MAX] = '\0';
	ask(f, "5", long_text + PASSWD_MAX - ACCOUNT_NAME_MAX + 1, long_text,
	    "");
	assert_int_equal(f->lookups, 1);
	/* These count for the address. */
	for (int i = 0; i < 16; i++)
		ask(f, "6", "", "", "192.0.2.1:1");
	ask(f, "7", "bob", "secret", "192.0.2.1:1");
	assert_int_equal(f->limited, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_right),
	    T(test_unknown),
	    T(test_changed_password),
	    T(test_storm),
	    T(test_limit_by_name),
	    T(test_limit_by_address),
	    T(test_limit_of_what_waits),
	    T(test_queue_is_bounded),
	    T(test_worker_dies),
	    T(test_database_away),
	    T(test_revision_of_the_lookup_counts),
	    T(test_impossible_requests),
	};

	return passwd_init() < 0
	    ? 1
	    : cmocka_run_group_tests_name("auth_check", tests, NULL, NULL);
}
