/* Restarts: what is told again after a hello, and who is gone then. */
#include "route_fix.h"

#define BIND(c)      "ev:bind|conn:" c "|key:group:__ANON__\n"
#define KEY(w, c, k) "ev:" w "|conn:" c "|key:" k "\n"
#define LIVE(c, u)                                                             \
	"ev:send|to:group:__ANON__|not:" c "|uid:" u                           \
	"|class:position|keep:1|xml:<" u "/>\n"
#define REPLAY(to, u) "ev:send|" to "|uid:" u "|class:position|xml:<" u "/>\n"

/* ots-route restarted: everything is told again and nobody notices. */
static void
test_told_again(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	batch(f,
	    "ev:open|conn:n.1.1|via:tcp|again:1|key:group:__ANON__|"
	    "key:uid:A|key:callsign:alpha\n"
	    "ev:cot|conn:n.1.1|again:1|uid:A|type:a-f-G|callsign:alpha|"
	    "endpoint:|stale:" FRESH "|xml:<A/>");
	expect(f, "");
	/* one whose open was lost, and one that came in between */
	batch(f, "ev:open|conn:n.2.1|via:tcp|again:1");
	expect(f, BIND("n.2.1") REPLAY("to:conn:n.2.1", "A"));
	/* one that is told after them goes to them too, but not to n.1.1 */
	batch(f,
	    "ev:open|conn:n.3.1|via:tcp|again:1|key:group:__ANON__\n"
	    "ev:cot|conn:n.3.1|again:1|uid:C|type:a-f-G|callsign:c|"
	    "endpoint:|stale:" FRESH "|xml:<C/>");
	expect(f,
	    KEY("bind", "n.3.1", "uid:C") KEY("bind", "n.3.1", "callsign:c"));
	batch(
	    f, "ev:announced|node:n|round:%llu", (unsigned long long)f->round);
	expect(f, REPLAY("to:conn:n.2.1", "C"));
	/* who has gone has a notice: its position is known */
	put(f, "ev:close|conn:n.1.1");
	expect(f, GONE("A", "a-f-G"));
	assert_int_equal(count(f, ROUTE_AGAIN), 2);
	fix_free(f);
}

#define OLD "2020-01-01T00:00:00.000Z"
#define RAISED(conn)                                                           \
	"ev:cot|conn:" conn "|again:1|uid:A-9-1-1|type:b-a-o-tbl|"             \
	"emergency:911 Alert|link-uid:A|xml:" CANON(                           \
	    OLD, OLD, "b-a-o-tbl", "A-9-1-1") "\n"
#define SHOWN(class, to, time, stale)                                          \
	"ev:send|" to "|uid:A-9-1-1|class:" class "|xml:" CANON(               \
	    time, stale, "b-a-o-tbl", "A-9-1-1") "\n"
#define CANCEL(conn)                                                           \
	"ev:cot|conn:" conn "|uid:A-9-1-1|type:b-a-o-can|"                     \
	"emergency-cancel:1|xml:<can/>"
#define CANCELLED(conn)                                                        \
	"ev:send|to:group:__ANON__|not:" conn                                  \
	"|uid:A-9-1-1|class:chat|xml:<can/>\n"
#define HELD(conn) "ev:open|conn:" conn "|via:tcp|again:1|key:group:__ANON__\n"

static void
tick(struct fix *f, uint64_t us)
{
	fix_pass(f, us);
	if (route_deadline(f->r) <= f->now.mono_us)
		route_tick(f->r, f->now);
}

/* An alert of before goes on: those who had it see nothing but the repeats. */
static void
test_alert_told_again(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	batch(f, HELD("n.1.1") RAISED("n.1.1") HELD("n.2.1"));
	batch(
	    f, "ev:announced|node:n|round:%llu", (unsigned long long)f->round);
	expect(f, "");
	assert_int_equal(route_gauges(f->r).alerts, 1);
	assert_int_equal(count(f, ROUTE_AGAIN), 1);
	assert_true(route_deadline(f->r) == f->now.mono_us + 10000000);
	tick(f, 9999999);
	expect(f, "");
	tick(f, 1);
	expect(f,
	    SHOWN("item", "to:group:__ANON__|not:n.1.1",
		"2027-01-15T08:00:10.000Z", "2027-01-15T08:00:25.000Z"));
	put(f, CANCEL("n.2.1"));
	expect(f, "ev:forget|conn:n.1.1|uid:A-9-1-1\n" CANCELLED("n.2.1"));
	assert_true(route_deadline(f->r) == UINT64_MAX);
	fix_free(f);
}

static void
test_alert_told_twice(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	batch(f, HELD("n.1.1") RAISED("n.1.1"));
	tick(f, 4000000);
	/* in a second round: neither another alert nor a later repeat */
	batch(f, RAISED("n.1.1"));
	expect(f, "");
	assert_int_equal(route_gauges(f->r).alerts, 1);
	assert_int_equal(count(f, ROUTE_ALERTS), 1);
	assert_true(route_deadline(f->r) == f->now.mono_us + 6000000);
	/* kept of two: of the second it need not be */
	batch(f, HELD("n.2.1") RAISED("n.2.1"));
	expect(f, "ev:forget|conn:n.2.1|uid:A-9-1-1\n");
	assert_int_equal(route_gauges(f->r).alerts, 1);
	put(f, CANCEL("n.1.1"));
	expect(f, "ev:forget|conn:n.1.1|uid:A-9-1-1\n" CANCELLED("n.1.1"));
	assert_int_equal(route_gauges(f->r).alerts, 0);
	fix_free(f);
}

#define TOLD(conn, u)                                                          \
	"ev:cot|conn:" conn "|again:1|uid:" u "|type:a-f-G|callsign:" u "|"    \
	"endpoint:|stale:" FRESH "|xml:<" u "/>\n"
#define IS(c, u) KEY("bind", c, "uid:" u) KEY("bind", c, "callsign:" u)

/* Whether the sender of an event is new shows when all are told. */
static void
test_unopened_told(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	batch(f, HELD("n.1.1") TOLD("n.1.1", "A"));
	expect(f, IS("n.1.1", "A"));
	sa(f, "n.2.1", "B", "B");
	expect(f, IS("n.2.1", "B") LIVE("n.2.1", "B"));
	batch(f, HELD("n.2.1"));
	expect(f, "");
	batch(
	    f, "ev:announced|node:n|round:%llu", (unsigned long long)f->round);
	expect(f, "");
	assert_int_equal(count(f, ROUTE_NEWCOMERS), 0);
	fix_free(f);
}

static void
test_unopened_unbound(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	batch(f, HELD("n.1.1") TOLD("n.1.1", "A"));
	forget(f);
	sa(f, "n.2.1", "B", "B");
	expect(f, IS("n.2.1", "B") LIVE("n.2.1", "B"));
	batch(f, RAISED("n.1.1"));
	expect(f, "");
	/* told without its group: it never was bound */
	batch(f, "ev:open|conn:n.2.1|via:tcp|again:1|key:uid:B");
	expect(f,
	    BIND("n.2.1") SHOWN("chat", "to:conn:n.2.1", NOW_TEXT,
		"2027-01-15T08:00:15.000Z") REPLAY("to:conn:n.2.1", "A"));
	batch(
	    f, "ev:announced|node:n|round:%llu", (unsigned long long)f->round);
	expect(f, "");
	assert_int_equal(count(f, ROUTE_NEWCOMERS), 1);
	fix_free(f);
}

/* An event overtook the answer to hello: its sender is no newcomer. */
static void
test_told_again_after_event(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	sa(f, "n.1.1", "A", "alpha");
	forget(f);
	batch(f,
	    "ev:open|conn:n.1.1|via:tcp|again:1|key:group:__ANON__|"
	    "key:uid:A|key:callsign:alpha\n"
	    "ev:cot|conn:n.1.1|again:1|uid:A|type:a-f-G|callsign:alpha|"
	    "endpoint:|stale:" FRESH "|xml:<old/>\n"
	    "ev:open|conn:n.2.1|via:tcp|again:1|key:group:__ANON__\n"
	    "ev:cot|conn:n.2.1|again:1|uid:B|type:a-f-G|callsign:b|"
	    "endpoint:|stale:" FRESH "|xml:<B/>");
	forget(f);
	batch(
	    f, "ev:announced|node:n|round:%llu", (unsigned long long)f->round);
	expect(f, "");
	/* the position that came live is the one that is kept */
	batch(f, "ev:open|conn:n.3.1|via:tcp");
	expect(f,
	    BIND("n.3.1") REPLAY("to:conn:n.3.1", "A")
		REPLAY("to:conn:n.3.1", "B"));
	fix_free(f);
}

/* After a restart the callsign of before is given up like any other. */
static void
test_told_callsign_changes(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	batch(f,
	    "ev:open|conn:n.1.1|via:tcp|again:1|key:group:__ANON__|"
	    "key:callsign:alpha|key:uid:A");
	sa(f, "n.1.1", "A", "apex");
	expect(f,
	    KEY("unbind", "n.1.1", "callsign:alpha")
		KEY("bind", "n.1.1", "callsign:apex") LIVE("n.1.1", "A"));
	fix_free(f);
}

/* ots-parse restarted: a close may be lost, so all are asked for again. */
static void
test_hello_of_others(void **state)
{
	struct fix *f = fix_new();
	uint64_t first = f->round;
	char want[128];

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	client(f, "n.2.1", "B", "bravo");
	client(f, "m.1.1", "M", "mike");
	put(f, "ev:hello|version:1|program:ots-parse|node:n");
	assert_true(f->round > first);
	assert_true(str_fmt(want, sizeof(want),
			"\nev:hello|version:1|program:ots-route|node:r1|"
			"round:%llu\n",
			(unsigned long long)f->round) > 0);
	expect(f, want);
	batch(f, "ev:open|conn:n.1.1|again:1|key:group:__ANON__");
	/* the answer to the question before */
	batch(f, "ev:announced|node:n|round:%llu", (unsigned long long)first);
	expect(f, "");
	batch(
	    f, "ev:announced|node:n|round:%llu", (unsigned long long)f->round);
	expect(f, GONE("B", "a-f-G-U-C"));
	/* of another node nothing was said */
	assert_int_equal(f->r->conns.n, 2);
	fix_free(f);
}

/* An event is a sign of life as good as an open. */
static void
test_heard_of(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	put(f, "ev:hello|version:1|program:x|node:n");
	put(f, "ev:cot|conn:n.1.1|uid:m|type:u-d|xml:x");
	sync_now(f, "n");
	assert_int_equal(f->r->conns.n, 1);
	fix_free(f);
}

static void
test_hello_of_listen(void **state)
{
	struct fix *f = fix_new();

	(void)state;
	client(f, "n.1.1", "A", "alpha");
	client(f, "nn.1.1", "B", "bravo");
	put(f, "ev:hello|version:1|program:ots-listen|node:n");
	expect(f, GONE("A", "a-f-G-U-C"));
	assert_int_equal(f->r->conns.n, 1);
	assert_true(f->r->synced);
	fix_free(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_told_again),
	    cmocka_unit_test(test_told_again_after_event),
	    cmocka_unit_test(test_alert_told_again),
	    cmocka_unit_test(test_alert_told_twice),
	    cmocka_unit_test(test_unopened_told),
	    cmocka_unit_test(test_unopened_unbound),
	    cmocka_unit_test(test_told_callsign_changes),
	    cmocka_unit_test(test_hello_of_others),
	    cmocka_unit_test(test_heard_of),
	    cmocka_unit_test(test_hello_of_listen),
	};

	return cmocka_run_group_tests_name("route-again", tests, NULL, NULL);
}
