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
	    cmocka_unit_test(test_told_callsign_changes),
	    cmocka_unit_test(test_hello_of_others),
	    cmocka_unit_test(test_heard_of),
	    cmocka_unit_test(test_hello_of_listen),
	};

	return cmocka_run_group_tests_name("route-again", tests, NULL, NULL);
}
