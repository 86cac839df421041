/* Parts of ots-auth: limits, what is remembered, lists of users. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/ots-auth/address.h"
#include "../../cmd/ots-auth/limit.h"
#include "../../cmd/ots-auth/recall.h"
#include "../../cmd/ots-auth/snap.h"

#define SECOND ((uint64_t)1000000)
#define HASH   "$argon2id$of-alice"

static const uint64_t seed[2] = {1, 2};

/* --- limits --- */

static void
test_limit_waits_double(void **state)
{
	struct limit *l = limit_new(seed, 5, 100);
	struct slice key = SLICE("alice");
	uint64_t now = SECOND, want = SECOND;

	(void)state;
	for (int i = 0; i < 4; i++) {
		limit_fail(l, key, now);
		assert_int_equal(limit_wait(l, key, now), 0);
	}
	for (int i = 0; i < 10; i++) {
		limit_fail(l, key, now);
		assert_int_equal(limit_wait(l, key, now), want);
		assert_int_equal(limit_wait(l, key, now + want - 1), 1);
		now += want;
		assert_int_equal(limit_wait(l, key, now), 0);
		want = want * 2 > 60 * SECOND ? 60 * SECOND : want * 2;
	}
	/* A minute behind the wait, all is forgotten. */
	now += 60 * SECOND;
	assert_int_equal(limit_wait(l, key, now), 0);
	assert_int_equal(limit_count(l), 0);
	limit_fail(l, key, now);
	assert_int_equal(limit_wait(l, key, now), 0);
	limit_free(&l);
	assert_null(l);
}

static void
test_limit_slow_failures_do_not_add_up(void **state)
{
	struct limit *l = limit_new(seed, 5, 100);
	struct slice key = SLICE("alice");

	(void)state;
	for (uint64_t i = 1; i < 50; i++) {
		limit_fail(l, key, i * 60 * SECOND);
		assert_int_equal(limit_wait(l, key, i * 60 * SECOND), 0);
	}
	/* But those within a minute of each other do. */
	for (uint64_t i = 0; i < 5; i++)
		limit_fail(l, SLICE("bob"), i * 59 * SECOND);
	assert_int_equal(limit_wait(l, SLICE("bob"), 4 * 59 * SECOND), SECOND);
	limit_forget(l, SLICE("bob"));
	assert_int_equal(limit_wait(l, SLICE("bob"), 4 * 59 * SECOND), 0);
	limit_free(&l);
}

static void
test_limit_table_is_bounded(void **state)
{
	struct limit *l = limit_new(seed, 1, 10);
	char key[16];

	(void)state;
	limit_fail(l, SLICE("old"), SECOND);
	for (int i = 0; i < 1000; i++) {
		assert_true(str_fmt(key, sizeof key, "k%d", i) > 0);
		limit_fail(l, slice_of(key), SECOND);
		assert_int_equal(limit_wait(l, slice_of(key), SECOND), SECOND);
		assert_true(limit_count(l) <= 10);
	}
	assert_int_equal(limit_wait(l, SLICE("old"), SECOND), 0);
	limit_free(&l);
}

/* --- addresses --- */

static void
expect_key(const char *peer, const char *want, size_t n)
{
	char key[ADDRESS_KEY_MAX];
	struct slice got = address_key(slice_of(peer), key);

	assert_int_equal(got.n, n);
	assert_memory_equal(got.p, want, n);
}

static void
test_address(void **state)
{
	static const char net[] = "\x20\x01\x0d\xb8\0\1\0\2";

	(void)state;
	expect_key("192.0.2.7:40312", "\xc0\0\2\7", 4);
	expect_key("192.0.2.7:1", "\xc0\0\2\7", 4);
	expect_key("[::ffff:192.0.2.7]:1", "\xc0\0\2\7", 4);
	expect_key("[2001:db8:1:2::1]:40", net, 8);
	expect_key("[2001:db8:1:2:ffff:1:2:3]:41", net, 8);
	expect_key("local", "local", 5);
	expect_key("", "", 0);
	expect_key(":", ":", 1);
	/* Longer than any address: cut. */
	expect_key("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		   "xxxxxxxxxxxxxxxxxxxx",
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	    ADDRESS_KEY_MAX);
}

/* --- what is remembered --- */

static void
test_recall(void **state)
{
	struct recall *r = recall_new(seed, 10);
	struct slice good = SLICE("right"), bad = SLICE("wrong");

	(void)state;
	recall_put(r, "alice", HASH, good, 7, SECOND);
	assert_true(recall_right(r, "alice", HASH, good, SECOND));
	assert_false(recall_right(r, "alice", HASH, bad, SECOND));
	assert_false(recall_right(r, "alice", "$other", good, SECOND));
	assert_false(recall_right(r, "alice", "", good, SECOND));
	assert_false(recall_right(r, "bob", HASH, good, SECOND));
	/* Away: only with the list of users that was valid then. */
	assert_true(recall_right_away(r, "alice", good, 7, SECOND));
	assert_false(recall_right_away(r, "alice", bad, 7, SECOND));
	assert_false(recall_right_away(r, "alice", good, 8, SECOND));
	recall_confirm(r, "alice", HASH, 8);
	assert_true(recall_right_away(r, "alice", good, 8, SECOND));
	/* For ten minutes. */
	assert_true(
	    recall_right(r, "alice", HASH, good, SECOND + RECALL_US - 1));
	assert_false(recall_right(r, "alice", HASH, good, SECOND + RECALL_US));
	assert_int_equal(recall_count(r), 0);
	recall_free(&r);
}

static void
test_recall_forgets(void **state)
{
	struct recall *r = recall_new(seed, 3);
	char name[8];

	(void)state;
	recall_put(r, "alice", HASH, SLICE("right"), 1, SECOND);
	recall_confirm(r, "alice", "$new", 1);
	assert_int_equal(recall_count(r), 0);
	recall_put(r, "alice", HASH, SLICE("right"), 1, SECOND);
	recall_confirm(r, "alice", "", 1); /* disabled, or gone */
	assert_int_equal(recall_count(r), 0);
	for (int i = 0; i < 10; i++) {
		assert_true(str_fmt(name, sizeof name, "u%d", i) > 0);
		recall_put(r, name, HASH, SLICE("right"), 1, SECOND);
	}
	assert_int_equal(recall_count(r), 3);
	assert_false(recall_right(r, "u6", HASH, SLICE("right"), SECOND));
	assert_true(recall_right(r, "u7", HASH, SLICE("right"), SECOND));
	recall_free(&r);
}

static void
test_recall_marks_are_of_their_process(void **state)
{
	struct recall *a = recall_new(seed, 3), *b = recall_new(seed, 3);
	uint8_t x[RECALL_MARK], y[RECALL_MARK], z[RECALL_MARK];

	(void)state;
	recall_same(a, "alice", SLICE("right"), x);
	recall_same(a, "alice", SLICE("right"), y);
	recall_same(b, "alice", SLICE("right"), z);
	assert_memory_equal(x, y, RECALL_MARK);
	assert_memory_not_equal(x, z, RECALL_MARK);
	recall_same(a, "alicer", SLICE("ight"), y);
	assert_memory_not_equal(x, y, RECALL_MARK);
	recall_free(&a);
	recall_free(&b);
}

/* --- lists of users --- */

static int
feed(struct snap_in *in, const char *line, struct snap **out)
{
	static struct rec r;

	assert_int_equal(rec_parse(&r, slice_of(line)), 1);
	return snap_in_feed(in, &r, out);
}

static void
test_snap(void **state)
{
	static const char want[] = "ev:users\trevision:9\nev:user\tname:a\n"
				   "ev:device\tuser:a\tuid:x\n"
				   "ev:users-end\trevision:9\tcount:2\n";
	struct snap_in in;
	struct snap *s = NULL, *t;

	(void)state;
	snap_in_init(&in);
	/* Not within one; torn by the next one; with something else in it. */
	assert_int_equal(feed(&in, "ev:user\tname:a", &s), -1);
	assert_int_equal(feed(&in, "ev:users\trevision:8", &s), 0);
	assert_int_equal(feed(&in, "ev:user\tname:b", &s), 0);
	assert_int_equal(feed(&in, "ev:users\trevision:8", &s), 0);
	assert_int_equal(feed(&in, "ev:hello", &s), -1);
	assert_int_equal(feed(&in, "ev:user\tname:b", &s), -1);
	/* An end that does not fit. */
	assert_int_equal(feed(&in, "ev:users\trevision:8", &s), 0);
	assert_int_equal(
	    feed(&in, "ev:users-end\trevision:8\tcount:1", &s), -1);
	assert_int_equal(feed(&in, "ev:users\trevision:8", &s), 0);
	assert_int_equal(
	    feed(&in, "ev:users-end\trevision:7\tcount:0", &s), -1);
	assert_int_equal(feed(&in, "ev:users\trevision:x", &s), -1);
	assert_null(s);
	assert_int_equal(feed(&in, "ev:users\trevision:9", &s), 0);
	assert_int_equal(feed(&in, "ev:user\tname:a", &s), 0);
	assert_int_equal(feed(&in, "ev:device\tuser:a\tuid:x", &s), 0);
	assert_int_equal(feed(&in, "ev:users-end\trevision:9\tcount:2", &s), 1);
	assert_int_equal(s->revision, 9);
	assert_int_equal(s->count, 2);
	assert_int_equal(s->n, sizeof want - 1);
	assert_memory_equal(s->text, want, s->n);
	t = snap_ref(s);
	snap_drop(&s);
	assert_null(s);
	snap_drop(&t);
	snap_in_fini(&in);
}

#define T(name) cmocka_unit_test(name)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_limit_waits_double),
	    T(test_limit_slow_failures_do_not_add_up),
	    T(test_limit_table_is_bounded),
	    T(test_address),
	    T(test_recall),
	    T(test_recall_forgets),
	    T(test_recall_marks_are_of_their_process),
	    T(test_snap),
	};

	return passwd_init() < 0
	    ? 1
	    : cmocka_run_group_tests_name("auth", tests, NULL, NULL);
}
