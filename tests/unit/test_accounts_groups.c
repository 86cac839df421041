/* accounts.h on each engine: groups, memberships, choices, the snapshot. */
#include "accounts_fix.h"

struct seen {
	struct account_group g[8];
	int n;
};

static int
see_group(void *arg, const struct account_group *g)
{
	struct seen *s = arg;

	s->g[s->n++] = *g;
	return s->n == 8;
}

static void
test_groups(void **state)
{
	static const char *const bad[] = {"", " a", "\ta", "a\nb", "a\177",
	    "\xff",
	    "a\xc2\x9b"
	    "31m", /* CSI */
	    "12345678901234567890123456789012345678901234567890123456"
	    "789012345"};
	struct accounts *a = open_it(*state);
	struct seen s = {.n = 0};
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		FAILS(accounts_group_add(a, bad[i], NULL), EINVAL);
	CHANGES_NOT(accounts_group_add(a, "Red", NULL));
	OK(accounts_group_add(a, "Grün, 1", "mit 'Anführung' \\ und \"zwei\""));
	OK(accounts_group_add(a, "Blue", ""));
	FAILS(accounts_group_add(a, "Blue", ""), EEXIST);
	CHANGES_NOT(accounts_group_del(a, "Blue"));
	FAILS(accounts_group_del(a, "Blue"), ENOENT);
	FAILS(accounts_group_del(a, "__ANON__"), EPERM);
	OK(accounts_group_add(a, "Blue", ""));
	OK(accounts_each_group(a, see_group, &s));
	assert_int_equal(s.n, 4);
	/* By the bytes of the name, in both engines. */
	assert_string_equal(s.g[0].name, "Blue");
	assert_int_equal(s.g[0].bitpos, 6); /* 5 was the other Blue's */
	assert_string_equal(s.g[1].name, "Grün, 1");
	assert_string_equal(
	    s.g[1].description, "mit 'Anführung' \\ und \"zwei\"");
	assert_int_equal(s.g[1].bitpos, 4);
	assert_string_equal(s.g[2].name, "Red");
	assert_int_equal(s.g[2].bitpos, 3);
	assert_string_equal(s.g[3].name, "__ANON__");
	assert_int_equal(s.g[3].bitpos, 2);
	assert_true(s.g[3].created > INT64_C(1700000000000000));
	accounts_close(&a);
}

static void
test_members(void **state)
{
	struct accounts *a = open_it(*state);

	OK(accounts_add(a, "alice", false));
	OK(accounts_group_add(a, "Red", NULL));
	OK(accounts_group_add(a, "Blue", NULL));
	assert_string_equal(members(a, "alice", ""), "__ANON__@2:3/3;");
	FAILS(accounts_join(a, "alice", "Green", ACCOUNT_IN), ENOENT);
	assert_string_equal(accounts_why(a), "no such group: Green");
	FAILS(accounts_join(a, "bob", "Red", ACCOUNT_IN), ENOENT);
	FAILS(accounts_join(a, "alice", "Red", 0), EINVAL);
	CHANGES(accounts_join(a, "alice", "Red", ACCOUNT_OUT));
	CHANGES_NOT(accounts_join(a, "alice", "Red", ACCOUNT_OUT));
	CHANGES(accounts_join(a, "alice", "Blue", ACCOUNT_BOTH));
	assert_string_equal(members(a, "alice", ""), "Blue@4:3/3;Red@3:2/2;");
	assert_string_equal(snapshot(a), "alice in=Blue, out=Blue,Red,;");
	CHANGES(accounts_join(a, "alice", "Red", ACCOUNT_BOTH));
	CHANGES(accounts_leave(a, "alice", "Red", ACCOUNT_OUT));
	CHANGES_NOT(accounts_leave(a, "alice", "Red", ACCOUNT_OUT));
	assert_string_equal(snapshot(a), "alice in=Blue,Red, out=Blue,;");
	CHANGES(accounts_group_del(a, "Blue"));
	CHANGES(accounts_leave(a, "alice", "Red", ACCOUNT_BOTH));
	assert_string_equal(snapshot(a), "alice in=__ANON__, out=__ANON__,;");
	CHANGES(accounts_join(a, "alice", "__ANON__", ACCOUNT_IN));
	assert_string_equal(snapshot(a), "alice in=__ANON__, out=;");
	accounts_close(&a);
}

static void
test_channels(void **state)
{
	struct accounts *a = open_it(*state);

	OK(accounts_add(a, "alice", false));
	OK(accounts_group_add(a, "Red", NULL));
	OK(accounts_group_add(a, "Blue", NULL));
	OK(accounts_group_add(a, "Green", NULL));
	OK(accounts_join(a, "alice", "Red", ACCOUNT_BOTH));
	OK(accounts_join(a, "alice", "Blue", ACCOUNT_OUT));
	/* Not held, unknown, as it is. */
	CHANGES_NOT(accounts_channel(
	    a, "alice", "", "Green", ACCOUNT_BOTH, false, "D1"));
	CHANGES_NOT(accounts_channel(
	    a, "alice", "", "__ANON__", ACCOUNT_BOTH, false, "D1"));
	CHANGES_NOT(
	    accounts_channel(a, "alice", "", "Blue", ACCOUNT_IN, false, "D1"));
	CHANGES_NOT(
	    accounts_channel(a, "alice", "", "Red", ACCOUNT_BOTH, true, "D1"));
	FAILS(accounts_channel(a, "alice", "", "X", ACCOUNT_BOTH, true, ""),
	    ENOENT);
	CHANGES(
	    accounts_channel(a, "alice", "", "Red", ACCOUNT_BOTH, false, "D1"));
	CHANGES_NOT(
	    accounts_channel(a, "alice", "", "Red", ACCOUNT_IN, false, "D2"));
	assert_string_equal(snapshot(a), "alice in= out=Blue, by=D1;");
	CHANGES(accounts_channel(
	    a, "alice", "", "Blue", ACCOUNT_BOTH, false, "D1"));
	assert_string_equal(snapshot(a), "alice in= out= by=D1;");
	/* A device of its own mind. */
	CHANGES(
	    accounts_channel(a, "alice", "D2", "Red", ACCOUNT_IN, true, "D2"));
	assert_string_equal(
	    snapshot(a), "alice in= out= by=D1;alice/D2 in=Red, out= by=D2;");
	assert_string_equal(members(a, "alice", "D2"), "Blue@4:0/2;Red@3:1/3;");
	assert_string_equal(members(a, "alice", "D3"), "Blue@4:0/2;Red@3:0/3;");
	/* Who changes last says so, an administrator takes it away. */
	CHANGES(
	    accounts_channel(a, "alice", "", "Blue", ACCOUNT_OUT, true, "D3"));
	assert_string_equal(snapshot(a),
	    "alice in= out=Blue, by=D3;alice/D2 in=Red, out=Blue, by=D3;");
	CHANGES(accounts_join(a, "alice", "Green", ACCOUNT_IN));
	assert_string_equal(snapshot(a),
	    "alice in=Green, out=Blue,;alice/D2 in=Green,Red, out=Blue,;");
	/* With the membership the choice goes. */
	CHANGES(accounts_leave(a, "alice", "Red", ACCOUNT_BOTH));
	OK(accounts_join(a, "alice", "Red", ACCOUNT_BOTH));
	assert_string_equal(snapshot(a), "alice in=Green,Red, out=Blue,Red,;");
	accounts_close(&a);
}

static void
test_channel_anon(void **state)
{
	struct accounts *a = open_it(*state);

	OK(accounts_add(a, "alice", false));
	OK(accounts_group_add(a, "Red", NULL));
	CHANGES(accounts_channel(
	    a, "alice", "", "__ANON__", ACCOUNT_BOTH, false, ""));
	assert_string_equal(snapshot(a), "alice in= out=;");
	OK(accounts_join(a, "alice", "Red", ACCOUNT_BOTH));
	assert_string_equal(snapshot(a), "alice in=Red, out=Red,;");
	OK(accounts_leave(a, "alice", "Red", ACCOUNT_BOTH));
	assert_string_equal(snapshot(a), "alice in=__ANON__, out=__ANON__,;");
	accounts_close(&a);
}

static int
count_views(void *arg, const struct account_view *v)
{
	(void)v;
	++*(int *)arg;
	return 0;
}

static void
test_many_devices(void **state)
{
	struct accounts *a = open_it(*state);
	char uid[32];
	uint64_t rev;
	int i, n = 0;

	OK(accounts_add(a, "alice", false));
	for (i = 0; i < ACCOUNT_DEVICES_MAX + 5; i++) {
		assert_true(str_fmt(uid, sizeof uid, "D%03d", i) > 0);
		CHANGES(accounts_channel(
		    a, "alice", uid, "__ANON__", ACCOUNT_BOTH, false, uid));
	}
	OK(accounts_snapshot(a, count_views, &n, &rev));
	assert_int_equal(n, 1 + ACCOUNT_DEVICES_MAX);
	assert_string_equal(members(a, "alice", "D004"), "__ANON__@2:3/3;");
	assert_string_equal(members(a, "alice", "D005"), "__ANON__@2:0/3;");
	accounts_close(&a);
}

#define TESTS(X)                                                               \
	X(test_groups), X(test_members), X(test_channels),                     \
	    X(test_channel_anon), X(test_many_devices)

FIX_MAIN(TESTS)
