/* The table of users: whole snapshots count, torn and hostile ones do not. */
#include "route_fix.h"

#include <time.h>

static const uint64_t seed[2] = {1, 2};

struct table {
	struct groups groups;
	struct users users;
};

static struct table *
table_new(void)
{
	struct table *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	log_level(LOG_LEVEL_ERROR);
	groups_init(&t->groups, seed);
	users_init(&t->users, &t->groups, seed);
	return t;
}

static void
table_free(struct table *t)
{
	users_fini(&t->users);
	assert_int_equal(t->groups.names.n + t->groups.sets.n, 0);
	groups_fini(&t->groups);
	free(t);
}

/* One line; '|' is a TAB. */
static enum users_news
say(struct table *t, const char *text)
{
	static struct rec rec;
	char *line = slice_dup(slice_of(text));
	enum users_news news;
	const char *why;

	assert_non_null(line);
	for (char *p = line; *p != '\0'; p++)
		*p = *p == '|' ? '\t' : *p;
	assert_int_equal(rec_parse(&rec, slice_of(line)), 1);
	news = users_record(&t->users, &rec, &why);
	assert_true((news == USERS_BAD || news == USERS_TORN) == (why != NULL));
	free(line);
	return news;
}

static struct user *
find(struct table *t, const char *name)
{
	return map_get(&t->users.all, slice_of(name));
}

static size_t
settle(struct table *t)
{
	const struct user *u;
	size_t n = 0;

	TAILQ_FOREACH(u, &t->users.changed, link)
	{
		n++;
	}
	users_settled(&t->users);
	return n;
}

static bool
grants(const struct grant *g, const char *in, const char *out)
{
	struct slice a = slice_of(in), b = slice_of(out);

	return gset_is(g->in, &a, a.n > 0) && gset_is(g->out, &b, b.n > 0);
}

static void
test_snapshot(void **state)
{
	struct table *t = table_new();

	(void)state;
	assert_int_equal(say(t, "ev:hello|program:ots-auth"), USERS_NOTHING);
	assert_int_equal(say(t, "ev:users|revision:7"), USERS_NOTHING);
	assert_int_equal(
	    say(t, "ev:user|name:alice|in:Blue|out:Red|by:A1"), USERS_NOTHING);
	assert_int_equal(say(t, "ev:user|name:bob|disabled:1"), USERS_NOTHING);
	assert_int_equal(
	    say(t, "ev:device|user:alice|uid:A2|out:Blue"), USERS_NOTHING);
	assert_false(t->users.ready);
	assert_int_equal(
	    say(t, "ev:users-end|revision:7|count:3"), USERS_WHOLE);
	assert_true(t->users.ready);
	assert_int_equal(t->users.known, 2);
	assert_int_equal(settle(t), 2);
	assert_true(grants(&find(t, "alice")->now, "Blue", "Red"));
	assert_string_equal(find(t, "alice")->now.by, "A1");
	assert_true(find(t, "bob")->disabled);
	assert_true(grants(
	    &user_device(find(t, "alice"), SLICE("A2"))->now, "", "Blue"));
	/* the same again changes nothing */
	say(t, "ev:users|revision:7");
	say(t, "ev:user|name:bob|disabled:1");
	say(t, "ev:user|name:alice|in:Blue|out:Red|by:A1");
	say(t, "ev:device|user:alice|uid:A2|out:Blue");
	assert_int_equal(
	    say(t, "ev:users-end|revision:7|count:3"), USERS_WHOLE);
	assert_int_equal(settle(t), 0);
	/* one goes, and a device has no choice of its own any more */
	say(t, "ev:users|revision:8");
	say(t, "ev:user|name:alice|in:Blue|out:Red|by:A1");
	assert_int_equal(
	    say(t, "ev:users-end|revision:8|count:1"), USERS_WHOLE);
	assert_int_equal(settle(t), 2);
	assert_null(find(t, "bob"));
	assert_null(user_device(find(t, "alice"), SLICE("A2")));
	assert_int_equal(t->users.bad + t->users.torn, 0);
	table_free(t);
}

/* Whatever is not whole leaves everything as it was. */
static void
test_torn(void **state)
{
	static const char *const end[] = {
	    "ev:users-end|revision:2|count:3", /* one was lost */
	    "ev:users-end|revision:3|count:2", "ev:users-end|count:2",
	    "ev:users-end|revision:2", NULL, /* the stream ended */
	};
	struct table *t = table_new();
	uint64_t torn = 0;

	(void)state;
	say(t, "ev:users|revision:1");
	say(t, "ev:user|name:alice|in:Blue|out:Blue");
	say(t, "ev:users-end|revision:1|count:1");
	(void)settle(t);
	for (size_t i = 0; i < sizeof(end) / sizeof(end[0]); i++) {
		say(t, "ev:users|revision:2");
		say(t, "ev:user|name:alice|in:Red|out:Red");
		say(t, "ev:device|user:alice|uid:A|in:Red");
		if (end[i] != NULL)
			assert_int_equal(say(t, end[i]), USERS_TORN);
		else
			assert_true(users_lost(&t->users));
		assert_int_equal(t->users.torn, ++torn);
		assert_false(users_lost(&t->users));
		assert_int_equal(settle(t), 0);
		assert_true(grants(&find(t, "alice")->now, "Blue", "Blue"));
		assert_null(user_device(find(t, "alice"), SLICE("A")));
	}
	/* a second beginning: the first one had no end */
	say(t, "ev:users|revision:3");
	say(t, "ev:user|name:mallory|in:Blue");
	say(t, "ev:users|revision:4");
	assert_int_equal(t->users.torn, ++torn);
	say(t, "ev:user|name:alice|in:Blue|out:Blue");
	assert_int_equal(
	    say(t, "ev:users-end|revision:4|count:1"), USERS_WHOLE);
	assert_null(find(t, "mallory"));
	(void)settle(t);
	table_free(t);
}

static void
test_bad(void **state)
{
	static const char *const bad[] = {
	    "ev:user",
	    "ev:user|name:",
	    "ev:user|name: x",
	    "ev:user|name:a\\tb",
	    "ev:user|name:a\\nb",
	    "ev:user|name:\x80",
	    "ev:user|name:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxx",
	    "ev:user|name:twice",
	    "ev:device|user:twice",
	    "ev:device|user:twice|uid:",
	    "ev:device|user:nobody|uid:A",
	    "ev:device|uid:A",
	    "ev:device|user:twice|uid:D",
	};
	struct table *t = table_new();
	char text[128];

	(void)state;
	assert_int_equal(say(t, "ev:user|name:x"), USERS_BAD);
	assert_int_equal(say(t, "ev:users-end|revision:1|count:0"), USERS_BAD);
	assert_int_equal(say(t, "ev:users"), USERS_BAD);
	say(t, "ev:users|revision:1");
	say(t, "ev:user|name:twice|in:a");
	say(t, "ev:device|user:twice|uid:D|in:a");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(say(t, bad[i]), USERS_BAD);
		assert_int_equal(t->users.bad, 4 + i);
	}
	/* a bad name of a group is left out, the others stay */
	assert_int_equal(
	    say(t, "ev:user|name:carol|in:a\\rb|in:c|in:|out:c"), USERS_BAD);
	/* they count as records of the list, or it were never whole */
	assert_true(
	    str_fmt(text, sizeof(text), "ev:users-end|revision:1|count:%zu",
		3 + sizeof(bad) / sizeof(bad[0])) > 0);
	assert_int_equal(say(t, text), USERS_WHOLE);
	assert_int_equal(t->users.known, 2);
	assert_true(grants(&find(t, "carol")->now, "c", "c"));
	(void)settle(t);
	table_free(t);
}

/* More groups than fit: those last by name are left out, in any order. */
static void
test_many_groups(void **state)
{
	struct table *t = table_new();
	char text[4096], last[8];
	size_t n;

	(void)state;
	for (int back = 0; back < 2; back++) {
		say(t, "ev:users|revision:1");
		n = (size_t)str_fmt(text, sizeof(text), "ev:user|name:u");
		for (int i = 0; i < 100; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "|in:g%02d", back ? 99 - i : i);
		assert_int_equal(say(t, text), USERS_BAD);
		assert_int_equal(
		    say(t, "ev:users-end|revision:1|count:1"), USERS_WHOLE);
		assert_int_equal(settle(t), back ? 0 : 1);
		assert_int_equal(find(t, "u")->now.in->n, GROUPS_MAX);
		for (int i = 0; i < 100; i++) {
			assert_true(
			    str_fmt(last, sizeof(last), "g%02d", i) > 0);
			assert_int_equal(
			    gset_has(find(t, "u")->now.in, slice_of(last)),
			    i < GROUPS_MAX);
		}
	}
	table_free(t);
}

static void
test_many_devices(void **state)
{
	struct table *t = table_new();
	char text[64];

	(void)state;
	say(t, "ev:users|revision:1");
	say(t, "ev:user|name:u");
	for (int i = 0; i < 300; i++) {
		assert_true(str_fmt(text, sizeof(text),
				"ev:device|user:u|uid:D%d|in:g", i) > 0);
		assert_int_equal(say(t, text),
		    i < USER_DEVICES_MAX ? USERS_NOTHING : USERS_BAD);
	}
	assert_int_equal(
	    say(t, "ev:users-end|revision:1|count:301"), USERS_WHOLE);
	(void)settle(t);
	table_free(t);
}

/* Whom a connection speaks of stays while it does. */
static void
test_references(void **state)
{
	struct table *t = table_new();
	struct user *u = user_ref(users_get(&t->users, SLICE("ghost")));

	(void)state;
	assert_non_null(u);
	say(t, "ev:users|revision:1");
	assert_int_equal(
	    say(t, "ev:users-end|revision:1|count:0"), USERS_WHOLE);
	/* with the first table, whoever waits is judged */
	assert_int_equal(settle(t), 1);
	say(t, "ev:users|revision:1");
	say(t, "ev:users-end|revision:1|count:0");
	assert_int_equal(settle(t), 0);
	assert_ptr_equal(find(t, "ghost"), u);
	assert_false(u->known);
	user_unref(&t->users, u);
	assert_null(find(t, "ghost"));
	/* one that a coming table has told stays, too */
	say(t, "ev:users|revision:2");
	say(t, "ev:user|name:ghost|in:g");
	u = user_ref(find(t, "ghost"));
	user_unref(&t->users, u);
	say(t, "ev:users-end|revision:2|count:1");
	assert_true(find(t, "ghost")->known);
	(void)settle(t);
	table_free(t);
}

static uint64_t
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* Many users in many groups; how long it takes is shown, and asserted only as
 * far as a checker lets it. */
static void
test_size(void **state)
{
	struct table *t = table_new();
	unsigned n = getenv("ROUTE_USERS") != NULL ? 10000 : 1000;
	char text[1024];
	uint64_t begun;

	(void)state;
	for (int turn = 0; turn < 3; turn++) {
		begun = now_us();
		say(t, "ev:users|revision:1");
		for (unsigned i = 0; i < n; i++) {
			size_t len = (size_t)str_fmt(
			    text, sizeof(text), "ev:user|name:u%u", i);

			for (unsigned g = 0; g < 16; g++)
				len += (size_t)snprintf(text + len,
				    sizeof(text) - len,
				    "|in:group %u|out:group %u",
				    (i * 7 + g * 5) % 64,
				    (i * (turn == 2 ? 3 : 11) + g * 3) % 64);
			assert_int_equal(say(t, text), USERS_NOTHING);
		}
		assert_true(str_fmt(text, sizeof(text),
				"ev:users-end|revision:1|count:%u", n) > 0);
		print_message(
		    "read %u users: %u us\n", n, (unsigned)(now_us() - begun));
		begun = now_us();
		assert_int_equal(say(t, text), USERS_WHOLE);
		print_message("took them over: %u us, %zu changed\n",
		    (unsigned)(now_us() - begun), settle(t));
		assert_true(now_us() - begun < 1000000);
	}
	table_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_snapshot),
	    cmocka_unit_test(test_torn),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_many_groups),
	    cmocka_unit_test(test_many_devices),
	    cmocka_unit_test(test_references),
	    cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests_name("route-users", tests, NULL, NULL);
}
