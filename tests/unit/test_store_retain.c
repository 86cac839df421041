/* store.h on each engine: retention, and room. */
#include "store_fix.h"

/* Retention -----------------------------------------------------------------*/

/* Until none is left; each batch is bounded. */
static int64_t
retain(struct store *s, enum store_kind k, int64_t before)
{
	int64_t n, all = 0;

	while ((n = store_retain(s, k, before)) > 0) {
		assert_true(n <= STORE_RETAIN_ROWS);
		all += n;
	}
	assert_int_equal(n, 0);
	return all;
}

static void
test_events(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_event e;
	int i;

	for (i = 0; i < 2500; i++) {
		e = position(i % 2 ? "A" : "B", i);
		OK(store_add(s, &e));
	}
	e = message("CHAT", "b-t-f", 2500);
	OK(store_add(s, &e));
	e = position("C", 2501);
	OK(store_add(s, &e));
	OK(commit(s, 1));
	assert_int_equal(retain(s, STORE_EVENTS, T0 - 1), 0);
	assert_int_equal(
	    retain(s, STORE_EVENTS, T0 + 2199 * INT64_C(1000000)), 2200);
	IS("SELECT min(id) || ' ' || count(*) FROM ots_events",
	    "1700002200000000 302\n");
	assert_int_equal(count_of(f, "SELECT count(*) FROM ots_latest"), 0);
	/* All of B goes, but for the last of it. Nobody asks for an old chat.
	 */
	assert_int_equal(
	    retain(s, STORE_EVENTS, T0 + 2500 * INT64_C(1000000)), 301);
	IS("SELECT uid || ' ' || id || ' ' || xml FROM ots_latest ORDER BY uid",
	    "A 1700002499000000 <event/>\nB 1700002498000000 <event/>\n");
	/* What comes later replaces it, when it goes itself. */
	e = position("B", 3000);
	OK(store_add(s, &e));
	OK(commit(s, 2));
	assert_int_equal(retain(s, STORE_EVENTS, INT64_MAX), 2);
	IS("SELECT uid || ' ' || id FROM ots_latest ORDER BY uid",
	    "A 1700002499000000\nB 1700003000000000\nC 1700002501000000\n");
	/* Tracks have an age of their own. */
	assert_int_equal(
	    count_of(f, "SELECT count(*) FROM ots_positions"), 2502);
	assert_int_equal(
	    retain(s, STORE_POSITIONS, T0 + 2000 * INT64_C(1000000)), 2001);
	assert_int_equal(retain(s, STORE_LATEST, INT64_MAX), 3);
	store_close(&s);
}

static void
test_kinds(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_event e = position("DEV-1", 1);
	struct store_blob b = {.title = SLICE("t")};
	struct store_mail m = {
	    .receiver = SLICE("D"), .receipt = SLICE("r"), .expires = T0};
	struct store_conn c = {.conn = SLICE("n.1.1"), .t = T0};
	enum store_kind k;
	int i;

	for (i = 0; i < STORE_KIND_COUNT; i++) {
		assert_int_equal(
		    store_kind_of(S(store_kind_name((enum store_kind)i)), &k),
		    0);
		assert_int_equal(k, i);
	}
	FAILS(store_kind_of(S("no such"), &k), EINVAL);
	e.conn = (struct slice){0};
	OK(store_add(s, &e));
	OK(store_add_chat(s, &(struct store_chat){.text = SLICE("x")}));
	OK(store_add_receipt(
	    s, &(struct store_receipt){.chat = SLICE("X"), .kind = 'd'}));
	OK(store_add_item(s, &(struct store_item){.kind = "marker"}));
	OK(store_add_alert(s, &(struct store_alert){.type = SLICE("x")}));
	OK(store_add_casevac(s, &b));
	OK(store_add_video(s, &b));
	OK(store_add_share(s, &b));
	OK(store_add_stats(s, &b));
	OK(store_add_deletion(s, S("X")));
	OK(store_add_mail(s, &m));
	OK(store_add_open(s, &c));
	OK(commit(s, 1));
	assert_int_equal(retain(s, STORE_CONNECTIONS, INT64_MAX), 0);
	OK(store_add_close(s, &c));
	OK(commit(s, 2));
	for (i = 0; i < STORE_KIND_COUNT; i++) {
		assert_int_equal(
		    retain(s, (enum store_kind)i, T0 - 1), i == STORE_DEVICES);
		if (i != STORE_LATEST &&
		    retain(s, (enum store_kind)i, INT64_MAX) == 0)
			fail_msg(
			    "%s: none", store_kind_name((enum store_kind)i));
	}
	IS("SELECT coalesce(sum(n), 0) || '' FROM ("
	   "SELECT count(*) AS n FROM ots_chats UNION ALL "
	   "SELECT count(*) FROM ots_receipts UNION ALL "
	   "SELECT count(*) FROM ots_letters UNION ALL "
	   "SELECT count(*) FROM ots_mail UNION ALL "
	   "SELECT count(*) FROM ots_connections UNION ALL "
	   "SELECT count(*) FROM ots_devices) AS all_of_them",
	    "0\n");
	store_close(&s);
}

/* Nobody who is here, or was of late, is forgotten. */
static void
test_devices(void **state)
{
	const struct fix *f = *state;
	struct store *s = open_it(f);
	struct store_event e;
	char name[16];
	int i;

	for (i = 0; i < 2400; i++) {
		str_fmt(name, sizeof name, "D%04d", i);
		e = position(name, i);
		if (i != 7)
			e.conn = (struct slice){0};
		OK(store_add(s, &e));
	}
	OK(commit(s, 1));
	assert_int_equal(
	    retain(s, STORE_DEVICES, T0 + 2397 * INT64_C(1000000)), 2400);
	IS("SELECT uid FROM ots_devices ORDER BY uid", "D0007\nD2398\nD2399\n");
	assert_int_equal(retain(s, STORE_DEVICES, INT64_MAX), 3);
	IS("SELECT uid FROM ots_devices", "D0007\n");
	store_close(&s);
}

static void
test_vacuum(void **state)
{
	struct store *s = open_it(*state);
	struct store_event e;
	int i, r = 1;

	OK(store_heavy(s));
	for (i = 0; i < 10000; i++) {
		e = position("A", i);
		OK(store_add(s, &e));
	}
	OK(commit(s, 1));
	retain(s, STORE_EVENTS, INT64_MAX);
	for (i = 0; i < 1000 && r == 1; i++)
		OK(r = store_vacuum(s));
	assert_int_equal(r, 0);
	store_close(&s);
}

#define TESTS(X) X(test_events), X(test_kinds), X(test_devices), X(test_vacuum)

FIX_MAIN(TESTS)
