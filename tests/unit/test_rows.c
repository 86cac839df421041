/* From lines of the spool to the store: who is where, in which groups, last
 * positions, what is forgotten. */
#include "rows_fix.h"

/* ---- connections ---- */

static const struct slice none = {NULL, 0};

static void
test_conns(void **state)
{
	struct conns c;

	(void)state;
	conns_init(&c, 100, seed);
	assert_null(conns_device(&c, SLICE("n.1.1")).p);
	assert_true(conns_learn(&c, SLICE("n.1.1"), SLICE("A"), none));
	assert_false(conns_learn(&c, SLICE("n.1.1"), SLICE("A"), none));
	assert_false(conns_learn(&c, SLICE("n.1.1"), SLICE(""), none));
	assert_false(conns_learn(&c, SLICE(""), SLICE("A"), none));
	/* A relay: the first one stays the device. */
	assert_true(conns_learn(&c, SLICE("n.1.1"), SLICE("B"), none));
	assert_false(conns_learn(&c, SLICE("n.1.1"), SLICE("B"), none));
	is(conns_device(&c, SLICE("n.1.1")), "A");
	assert_true(conns_open(&c, SLICE("n.1.1")));
	assert_false(conns_hidden(&c, SLICE("n.1.1")));
	conns_hide(&c, SLICE("n.1.1"), none, true);
	assert_true(conns_hidden(&c, SLICE("n.1.1")));
	assert_int_equal(conns_devices(&c, SLICE("n.1.1")), 2);
	assert_int_equal(conns_devices(&c, SLICE("n.9.9")), 0);
	assert_true(conns_has(&c, SLICE("n.1.1"), SLICE("A")));
	assert_true(conns_has(&c, SLICE("n.1.1"), SLICE("B")));
	assert_false(conns_has(&c, SLICE("n.1.1"), SLICE("C")));
	assert_false(conns_has(&c, SLICE("n.1.1"), none));
	assert_false(conns_has(&c, SLICE("n.9.9"), SLICE("A")));
	conns_close(&c, SLICE("n.1.1"));
	conns_close(&c, SLICE("n.1.1"));
	conns_close(&c, SLICE("n.9.9"));
	assert_false(conns_open(&c, SLICE("n.1.1")));
	is(conns_device(&c, SLICE("n.1.1")), "A");
	conns_sweep(&c);
	assert_null(conns_device(&c, SLICE("n.1.1")).p);
	assert_int_equal(c.n, 0);
	assert_int_equal(c.all.n, 0);
	conns_fini(&c);
}

/* Who hides before it says who it is. */
static void
test_conns_hidden(void **state)
{
	struct conns c;

	(void)state;
	conns_init(&c, 2, seed);
	conns_hide(&c, SLICE("n.1.1"), SLICE("alice"), false);
	assert_false(conns_open(&c, SLICE("n.1.1")));
	conns_hide(&c, SLICE("n.1.1"), SLICE("alice"), true);
	assert_true(conns_hidden(&c, SLICE("n.1.1")));
	assert_int_equal(conns_device(&c, SLICE("n.1.1")).n, 0);
	is(conns_user(&c, SLICE("n.1.1")), "alice");
	assert_true(
	    conns_learn(&c, SLICE("n.1.1"), SLICE("A"), SLICE("alice")));
	assert_false(
	    conns_learn(&c, SLICE("n.1.1"), SLICE("A"), SLICE("alice")));
	assert_true(conns_hidden(&c, SLICE("n.1.1")));
	is(conns_device(&c, SLICE("n.1.1")), "A");
	is(conns_user(&c, SLICE("n.1.1")), "alice");
	assert_int_equal(c.n, 1);
	conns_hide(&c, SLICE("n.1.1"), none, false);
	assert_false(conns_hidden(&c, SLICE("n.1.1")));
	conns_hide(&c, SLICE("n.2.1"), none, true);
	conns_hide(&c, SLICE("n.3.1"), none, true);
	assert_int_equal(c.n, 2);
	assert_false(conns_open(&c, SLICE("n.1.1")));
	conns_fini(&c);
}

/* Whose they are: of the client, not of who is behind it. */
static void
test_conns_user(void **state)
{
	struct conns c;

	(void)state;
	conns_init(&c, 100, seed);
	assert_int_equal(conns_user(&c, SLICE("n.1.1")).n, 0);
	assert_true(
	    conns_learn(&c, SLICE("n.1.1"), SLICE("A"), SLICE("alice")));
	assert_true(conns_learn(&c, SLICE("n.1.1"), SLICE("B"), SLICE("bob")));
	assert_true(conns_learn(&c, SLICE("n.2.1"), SLICE("A"), none));
	is(conns_user(&c, SLICE("n.1.1")), "alice");
	assert_int_equal(conns_user(&c, SLICE("n.2.1")).n, 0);
	conns_fini(&c);
}

/* A node has gone: none of another one, whose name begins alike. */
static void
test_conns_of_a_node(void **state)
{
	static const char *const ids[] = {"n.1.1", "nn.1.1", "n.2.1", "n"};
	struct conns c;
	size_t i;

	(void)state;
	conns_init(&c, 100, seed);
	for (i = 0; i < 4; i++)
		assert_true(
		    conns_learn(&c, slice_of(ids[i]), SLICE("A"), none));
	conns_close(&c, SLICE("n.2.1"));
	conns_close_node(&c, SLICE("n"));
	for (i = 0; i < 4; i++)
		assert_int_equal(conns_open(&c, slice_of(ids[i])), i % 2);
	is(conns_device(&c, SLICE("n.1.1")), "A");
	conns_fini(&c);
}

static void
test_conns_are_bounded(void **state)
{
	struct conns c;
	char name[32];
	int i;

	(void)state;
	conns_init(&c, 4, seed);
	for (i = 0; i < 10; i++) {
		(void)str_fmt(name, sizeof name, "n.%d.1", i);
		assert_true(conns_learn(&c, slice_of(name), SLICE("A"), none));
		assert_true(c.n <= 4);
	}
	assert_null(conns_device(&c, SLICE("n.5.1")).p);
	is(conns_device(&c, SLICE("n.6.1")), "A");
	/* Those that have ended go first. */
	conns_close(&c, SLICE("n.9.1"));
	assert_true(conns_learn(&c, SLICE("n.10.1"), SLICE("A"), none));
	is(conns_device(&c, SLICE("n.6.1")), "A");
	assert_null(conns_device(&c, SLICE("n.9.1")).p);
	/* One with too many devices. */
	for (i = 0; i < 10; i++) {
		(void)str_fmt(name, sizeof name, "D%d", i);
		(void)conns_learn(&c, SLICE("n.11.1"), slice_of(name), none);
		assert_true(c.n <= 4);
	}
	conns_fini(&c);
}

/* ---- the options ---- */

static void
test_keep(void **state)
{
	static const char *const bad[] = {"", "events", "events=", "events=1",
	    "events=d", "events=0d", "events=-1d", "event=1d", "=1d",
	    "events=1x", "events=1dd", "events=nand"};
	struct retain_config c;
	size_t i;

	(void)state;
	retain_defaults(&c);
	assert_int_equal(c.age_us[STORE_EVENTS], 90 * DAY);
	assert_int_equal(c.age_us[STORE_CHATS], 0);
	assert_null(retain_option(&c, "events=1.5d"));
	assert_int_equal(c.age_us[STORE_EVENTS], DAY + DAY / 2);
	assert_null(retain_option(&c, "events=ever"));
	assert_int_equal(c.age_us[STORE_EVENTS], 0);
	assert_null(retain_option(&c, "chats=90s"));
	assert_null(retain_option(&c, "items=2w"));
	assert_null(retain_option(&c, "stats=3y"));
	assert_int_equal(c.age_us[STORE_CHATS], 90 * SECOND);
	assert_int_equal(c.age_us[STORE_ITEMS], 14 * DAY);
	assert_int_equal(c.age_us[STORE_STATS], 3 * 365 * DAY);
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_non_null(retain_option(&c, bad[i]));
}

static void
test_mailbox_option(void **state)
{
	struct mail_config c = {.mode = MAIL_DIRECT};

	(void)state;
	assert_null(writer_mailbox(&c, "off"));
	assert_int_equal(c.mode, MAIL_OFF);
	assert_null(writer_mailbox(&c, "all"));
	assert_int_equal(c.mode, MAIL_ALL);
	assert_non_null(writer_mailbox(&c, "some"));
	assert_int_equal(c.mode, MAIL_ALL);
}

/* ---- groups of users ---- */

static struct accounts *
open_accounts(const struct fix *f)
{
	char why[256] = "";
	struct accounts *a = accounts_open(f->uri, why);

	if (!a)
		fail_msg("%s", why);
	return a;
}

/* Names with spaces between. */
static void
expect_groups(const struct grants *g, const char *user, const char *device,
    const char *want)
{
	struct buf text = {.max = 4096};
	struct slice d = {NULL, 0};
	const struct slice *v;
	size_t n, i;

	if (device)
		d = slice_of(device);
	v = grants_of(g, slice_of(user), d, &n);
	for (i = 0; i < n; i++) {
		(void)buf_put(&text, v[i]);
		(void)buf_putc(&text, ' ');
	}
	(void)buf_putc(&text, '\0');
	assert_string_equal(buf_data(&text), want);
	buf_fini(&text);
}

static void
test_grants(void **state)
{
	struct accounts *a = open_accounts(*state);
	struct grants g;

	grants_init(&g, seed);
	assert_int_equal(grants_refresh(&g, a), 0);
	/* Nobody is known: ots-route does without ots-auth. */
	expect_groups(&g, "alice", NULL, "__ANON__ ");
	assert_int_equal(accounts_add(a, "alice", false), 0);
	assert_int_equal(accounts_add(a, "bob", false), 0);
	assert_int_equal(accounts_group_add(a, "Red", ""), 0);
	assert_int_equal(accounts_group_add(a, "Blue", ""), 0);
	assert_int_equal(accounts_join(a, "alice", "Red", ACCOUNT_BOTH), 0);
	assert_int_equal(accounts_join(a, "alice", "Blue", ACCOUNT_BOTH), 0);
	assert_int_equal(accounts_join(a, "bob", "Blue", ACCOUNT_OUT), 0);
	expect_groups(&g, "alice", NULL, "__ANON__ "); /* not yet */
	assert_int_equal(grants_refresh(&g, a), 0);
	expect_groups(&g, "alice", NULL, "Blue Red ");
	expect_groups(&g, "alice", "D", "Blue Red ");
	expect_groups(&g, "bob", NULL, "");
	expect_groups(&g, "carol", NULL, "");
	expect_groups(&g, "", NULL, "__ANON__ ");
	/* A device's own choice, and a user who is shut out. */
	assert_int_equal(
	    accounts_channel(a, "alice", "D", "Red", ACCOUNT_IN, false, ""), 0);
	assert_int_equal(grants_refresh(&g, a), 0);
	expect_groups(&g, "alice", "D", "Blue ");
	expect_groups(&g, "alice", "E", "Blue Red ");
	assert_int_equal(accounts_disable(a, "alice", true), 0);
	assert_int_equal(grants_refresh(&g, a), 0);
	expect_groups(&g, "alice", NULL, "");
	grants_fini(&g);
	accounts_close(&a);
}

static void
test_rows_counts(void **state)
{
	struct world *w = world_new(*state, MAIL_OFF);

	add(w, "");
	add(w, "torn");
	add(w, "ev:cot\tuid:\xff\ttype:a\txml:<a/>");
	add(w, "ev:cot\tuid:a\ttype:a");
	add(w, "ev:close\tt:1");
	add(w, "ev:delivered\tconn:n.1.1");
	add(w, "ev:future\tx:y");
	add(w, "ev:cot\tuid:a\ttype:a\txml:<a/>");
	/* Told again: it is known already. */
	add(w, "ev:cot\tuid:a\ttype:a\tconn:n.1.1\tagain:1\txml:<a/>");
	assert_int_equal(w->rows.tally.records, 8);
	assert_int_equal(w->rows.tally.bad, 5);
	assert_int_equal(w->rows.tally.events, 1);
	commit(w);
	world_free(w);
}

/* A writer that starts anew knows who is there from the database. */
static void
test_rows_know_after_a_restart(void **state)
{
	struct world *w = world_new(*state, MAIL_DIRECT);

	client(w, "n.1.1", "A", "alfa");
	client(w, "n.2.1", "B", "bravo");
	commit(w);
	leave(w, "n.2.1");
	commit(w);
	world_free(w);
	w = world_new(*state, MAIL_DIRECT);
	is(conns_device(&w->rows.conns, SLICE("n.1.1")), "A");
	assert_false(conns_open(&w->rows.conns, SLICE("n.2.1")));
	world_free(w);
}

static void
test_latest(void **state)
{
	struct world *w = world_new(*state, MAIL_OFF);

	client(w, "n.1.1", "A", "alfa");
	commit(w);
	assert_false(w->rows.latest.wanted);
	add(w, "ev:hello\tversion:1\tprogram:ots-route\tnode:n");
	assert_false(w->rows.latest.wanted);
	add(w, "ev:hello\tversion:1\tprogram:ots-listen\tnode:n");
	assert_true(w->rows.latest.wanted);
	commit(w);
	assert_int_equal(latest_send(&w->rows.latest, &w->out, NOW), 0);
	assert_false(w->rows.latest.wanted);
	expect_out(w,
	    "ev:latest|uid:A|type:a-f-G-U-C|how:m-g|lat:1|lon:2|"
	    "callsign:alfa <|endpoint:*|group:__ANON__|"
	    "xml:<event uid=\"A\" type=\"a-f-G-U-C\" how=\"m-g\">"
	    "<point lat=\"1\" lon=\"2\"/><detail>"
	    "<contact callsign=\"alfa &lt;\" endpoint=\"*\"/>"
	    "</detail></event>\n");
	/* Nothing of it when it is stale. */
	assert_int_equal(
	    latest_send(&w->rows.latest, &w->out, INT64_C(4102444800000001)),
	    0);
	expect_out(w, "");
	world_free(w);
}

/* ---- forgetting ---- */

static void
test_retain(void **state)
{
	struct world *w = world_new(*state, MAIL_OFF);
	struct retain_config c = {.vacuum = true};
	struct retain r;
	int i;

	client(w, "n.1.1", "A", "alfa");
	commit(w);
	c.age_us[STORE_EVENTS] = DAY;
	retain_init(&r, &c);
	/* It is not due at once. */
	assert_int_equal(retain_step(&r, w->store, NOW + 2 * (int64_t)DAY), 0);
	assert_int_equal(r.rows, 0);
	for (i = 0; i < 40; i++) {
		r.next = 0;
		assert_int_equal(
		    retain_step(&r, w->store, NOW + 2 * (int64_t)DAY), 0);
	}
	assert_int_equal(r.rows, 1);
	world_free(w);
}

#define TESTS(X)                                                               \
	X(test_grants), X(test_rows_counts),                                   \
	    X(test_rows_know_after_a_restart), X(test_latest), X(test_retain)

int
main(void)
{
	const struct CMUnitTest sqlite[] = {
	    cmocka_unit_test(test_conns),
	    cmocka_unit_test(test_conns_user),
	    cmocka_unit_test(test_conns_hidden),
	    cmocka_unit_test(test_conns_of_a_node),
	    cmocka_unit_test(test_conns_are_bounded),
	    cmocka_unit_test(test_keep),
	    cmocka_unit_test(test_mailbox_option),
	    TESTS(ON_SQLITE),
	};
	const struct CMUnitTest pg[] = {TESTS(ON_PG)};
	int failures =
	    cmocka_run_group_tests_name("sqlite", sqlite, NULL, NULL);

	if (fix_pg_uri())
		failures +=
		    cmocka_run_group_tests_name("postgresql", pg, NULL, NULL);
	return failures;
}
