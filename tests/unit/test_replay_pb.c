/* The core of ots-replay: events recorded as protobuf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../cmd/ots-replay/replay.h"
#include "base64.h"
#include "cotpb.h"

#define T0   "2024-05-06T07:00:00.000Z"
#define T1   "2024-05-06T07:00:01.000Z"
#define T9   "2024-05-06T07:00:09.500Z"
#define NOW0 "2027-01-15T08:00:00.000Z"
#define NOW9 "2027-01-15T08:00:09.500Z"

#define WALL UINT64_C(1800000000000000) /* NOW0 */

/* As it comes out of protobuf. */
#define EVENT(uid, t, stale, detail)                                           \
	"<event version=\"2.0\" time=\"" t "\" start=\"" t "\" stale=\"" stale \
	"\" type=\"a-f-G\" uid=\"" uid                                         \
	"\" how=\"m-g\" access=\"Undefined\"><point lat=\"1.00000000\""        \
	" lon=\"2.00000000\" hae=\"0.00000000\" ce=\"1.00000000\""             \
	" le=\"9999999\"/><detail>" detail "</detail></event>"
#define E0 EVENT("A", T0, T9, "<link uid=\"B\"/><contact callsign=\"a\"/>")
#define E1 EVENT("B", T1, T9, "<link uid=\"A\"/>")

#define HELLO "\nev:hello\tversion:1\tprogram:ots-replay\tnode:local\n"

static const uint64_t seed[2] = {1, 2};
static struct cotpb *pb;
static struct replay r;
static struct replay_item items[32];
static size_t n_items;
static struct buf in = {.max = 65536};

/* ---- tools ---- */

static void
put_message(struct buf *out, const char *xml)
{
	const struct cotpb_source from = {.xml = slice_of(xml)};

	assert_int_equal(cotpb_encode(pb, &from, out), 0);
}

/* A frame of a bare stream. */
static void
put_bare(const char *xml)
{
	struct buf msg = {.max = 65536};
	char head[FRAME_HEAD_MAX];

	put_message(&msg, xml);
	(void)buf_append(&in, head, frame_head(head, buf_size(&msg)));
	assert_int_equal(buf_put(&in, buf_slice(&msg)), 0);
	buf_fini(&msg);
}

/* A record with pb at its end. */
static void
put_record(const char *labels, const char *xml)
{
	struct buf msg = {.max = 65536};

	put_message(&msg, xml);
	(void)buf_puts(&in, labels);
	(void)buf_puts(&in, "\tpb:");
	(void)base64_encode(&in, buf_slice(&msg));
	assert_int_equal(buf_putc(&in, '\n'), 0);
	buf_fini(&msg);
}

static void
begin(bool now, const char *prefix)
{
	const struct replay_config cfg = {.speed = 1,
	    .max_gap_us = REPLAY_NEVER,
	    .start_wall_us = WALL,
	    .now = now};

	n_items = 0;
	replay_init(&r, &cfg, seed);
	r.names.prefix = slice_of(prefix);
}

static void
feed(size_t step)
{
	size_t i, n = buf_size(&in);
	int got = 0;

	for (i = 0; i < n; i += step) {
		replay_feed(&r, buf_data(&in) + i, n - i < step ? n - i : step);
		while ((got = replay_next(&r, WALL, &items[n_items])) > 0)
			assert_in_range(++n_items, 1, 31);
		assert_int_equal(got, 0);
	}
}

static void
expect(const char *want)
{
	char *got = slice_dup(buf_slice(&r.out));

	assert_non_null(got);
	assert_string_equal(got, want);
	free(got);
}

static int
start(void **state)
{
	(void)state;
	pb = cotpb_new(65536);
	return pb ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	cotpb_free(&pb);
	buf_fini(&in);
	return 0;
}

/* ---- tests ---- */

static void
test_replay_pb_bare(void **state)
{
	static const size_t steps[] = {1, 3, 64, 1000000};
	size_t i;

	(void)state;
	buf_clear(&in);
	put_bare(E0);
	/* No event, no message, not a message, and XML between them. */
	assert_int_equal(
	    buf_put(&in, SLICE("\xBF\7\x0a\5\x1a\3U-1\xBF\0\xBF\2\x12\x7f")),
	    0);
	put_bare(E1);
	assert_int_equal(buf_puts(&in, EVENT("C", T9, T9, "")), 0);
	for (i = 0; i < sizeof steps / sizeof *steps; i++) {
		begin(false, "");
		feed(steps[i]);
		expect(E0 "\n" E1 "\n" EVENT("C", T9, T9, "") "\n");
		assert_int_equal(n_items, 3);
		assert_int_equal(items[1].due_us, 1000000);
		assert_int_equal(items[2].due_us, 9500000);
		assert_int_equal(r.events, 3);
		assert_int_equal(r.skipped, 0);
		assert_int_equal(r.bad, 1);
		replay_fini(&r);
	}
	begin(true, "X-");
	feed(1000);
	assert_true(slice_starts(buf_slice(&r.out),
	    EVENT("X-A", NOW0, NOW9,
		"<link uid=\"B\"/><contact callsign=\"a\"/>") "\n"));
	replay_fini(&r);
}

/* Nothing is changed: byte for byte, whatever is in it. */
static void
test_replay_pb_verbatim(void **state)
{
	struct buf want = {.max = 65536};

	(void)state;
	buf_clear(&in);
	put_record("ev:frame\tconn:c\tt:1000000", E0);
	put_record("ev:cot\tt:2000000\txml:" E0, E1);
	put_record("ev:send\tto:conn:c\txml:" E0, E1);
	/* Without t, the time is that of the event. */
	put_record("ev:frame\tconn:c", E1);
	assert_int_equal(
	    buf_puts(&in,
		"ev:frame\tconn:c\tt:1714978802500000\tpb:CgUaA1UtMQ==\n"
		"ev:frame\tconn:c\tpb:nonsense\n"),
	    0);
	(void)buf_puts(&want, HELLO);
	assert_int_equal(buf_put(&want, buf_slice(&in)), 0);
	assert_int_equal(buf_putc(&want, '\0'), 0);
	begin(false, "");
	feed(100);
	expect(buf_data(&want));
	assert_int_equal(r.events, 4);
	assert_int_equal(n_items, 6);
	assert_int_equal(items[1].due_us, 1000000);
	assert_int_equal(items[4].due_us - items[3].due_us, 1500000);
	replay_fini(&r);
	buf_fini(&want);
}

#define MOVED                                                                  \
	EVENT("Q", NOW0, NOW9, "<link uid=\"B\"/><contact callsign=\"a\"/>")

static void
test_replay_pb_moved(void **state)
{
	(void)state;
	buf_clear(&in);
	put_record("ev:frame\tconn:c\tt:1714978800000000", E0);
	put_record("ev:frame\tt:1714978800000000\txml:" E0, E1);
	put_record(
	    "ev:cot\ttime:" T0 "\tuid:A\tt:1714978800000000\txml:" E0, E0);
	put_record("ev:send\tuid:A\tto:uid:A\txml:" E0, E0);
	/* What cannot be read cannot be moved, nor be stale. */
	assert_int_equal(buf_puts(&in,
			     "ev:frame\tconn:c\tpb:CgUaA1UtMQ==\n"
			     "ev:frame\tconn:c\tpb:nonsense\n"
			     "ev:frame\tconn:c\txml:\tpb:nonsense\n"),
	    0);
	begin(true, "");
	assert_int_equal(rename_add(&r.names, SLICE("A"), SLICE("Q")), 0);
	feed(100);
	expect(HELLO "ev:frame\tconn:c\tt:1800000000000000\txml:" MOVED "\n"
		     "ev:frame\tt:1800000000000000\txml:" MOVED "\n"
		     "ev:cot\ttime:" NOW0
		     "\tuid:Q\tt:1800000000000000\txml:" MOVED "\n"
		     "ev:send\tuid:Q\tto:uid:Q\txml:" MOVED "\n"
		     "ev:frame\tconn:c\tpb:CgUaA1UtMQ==\n"
		     "ev:frame\tconn:c\tpb:nonsense\n"
		     "ev:frame\tconn:c\txml:\n");
	assert_int_equal(r.events, 4);
	replay_fini(&r);
}

#define FRAME "ev:frame\tt:1714978800000000\txml:"
#define XA    EVENT("X-A", T0, T9, "<link uid=\"X-B\"/><contact callsign=\"a\"/>")
#define XB    EVENT("X-B", T1, T9, "<link uid=\"X-A\"/>")

/* A uid is learned from protobuf, too. */
static void
test_replay_pb_learned(void **state)
{
	(void)state;
	buf_clear(&in);
	put_record("ev:frame\tt:1714978800000000", E0);
	put_record("ev:frame\tt:1714978800000000", E1);
	begin(false, "X-");
	replay_learn(&r);
	feed(100);
	replay_file_end(&r);
	replay_again(&r);
	feed(100);
	expect(HELLO FRAME XA "\n" FRAME XB "\n");
	replay_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_replay_pb_bare),
	    cmocka_unit_test(test_replay_pb_verbatim),
	    cmocka_unit_test(test_replay_pb_moved),
	    cmocka_unit_test(test_replay_pb_learned),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
