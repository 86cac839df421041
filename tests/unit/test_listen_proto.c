/* The core of ots-listen and the change of a stream to TAK protocol version 1:
 * the transcript of cot-streaming 8.3 and its variants. */
#include "proto_fix.h"

#define PONG                                                                   \
	"<event version=\"2.0\" time=\"1970-01-01T00:00:05.000Z\" "            \
	"start=\"1970-01-01T00:00:05.000Z\" "                                  \
	"stale=\"1970-01-01T00:00:25.000Z\" type=\"t-x-c-t-r\" "               \
	"uid=\"takPong\" how=\"h-g-i-g-o\"><point lat=\"0\" lon=\"0\" "        \
	"hae=\"0\" ce=\"9999999\" le=\"9999999\"/></event>"

/* One frame waits for client i; its event is in cot. */
static void
one_frame(struct fixture *f, int i)
{
	struct buf got = {.max = 1 << 20};
	struct framer fr;
	struct slice msg;

	take(f, i, &got);
	framer_init(&fr, 1 << 20);
	framer_binary(&fr);
	framer_feed(&fr, buf_data(&got), buf_size(&got));
	assert_int_equal(framer_next(&fr, &msg), FRAME_PB);
	assert_int_equal(fix_decode(msg), COT_OK);
	assert_int_equal(framer_next(&fr, &msg), FRAME_NONE);
	assert_true(fr.garbage == 0);
	framer_fini(&fr);
	buf_fini(&got);
}

static void
test_transcript(void **state)
{
	struct fixture f;
	struct buf want = {.max = 1 << 16};

	(void)state;
	set_up(&f, 1 << 20);
	all_in_one_room(&f);
	listen_offer(&f.l, &f.c[0]);
	queued(&f, 0, OFFER);
	/* XML is still allowed, and goes on */
	assert_int_equal(input(&f, 0, "<event type='a-f-G'></event>"), 0);
	written(&f,
	    "ev:frame\tconn:n.0.100\tvia:tcp\tt:5000000\txml:"
	    "<event type='a-f-G'></event>\n");
	send_vector(&f, 2, "", true);
	assert_int_equal(input(&f, 0, GOOD), 0);
	written(&f, "");
	/* what was queued before stays XML, the answer is the last of it; from
	 * the byte behind its > on there are frames only */
	send_vector(&f, 5, "", true);
	(void)buf_put(&want, buf_slice(&canon[2]));
	(void)buf_puts(&want, YES);
	(void)buf_put(&want, buf_slice(&frame[5]));
	queued_bytes(&f, 0, buf_slice(&want));
	assert_int_equal(
	    bytes(&f, 0, buf_data(&frame[2]), buf_size(&frame[2])), 0);
	buf_clear(&want);
	(void)buf_puts(
	    &want, "ev:frame\tconn:n.0.100\tvia:tcp\tt:5000001\tpb:");
	(void)buf_put(&want, buf_slice(&text[2]));
	(void)buf_puts(&want, "\n");
	assert_int_equal(buf_putc(&want, '\0'), 0);
	written(&f, buf_data(&want));
	/* a ping is answered as a frame */
	assert_int_equal(
	    bytes(&f, 0, buf_data(&frame[1]), buf_size(&frame[1])), 0);
	written(&f, "");
	one_frame(&f, 0);
	assert_true(slice_is(cot.attr[COT_A_UID], "takPong"));
	assert_true(slice_is(cot.attr[COT_A_TYPE], "t-x-c-t-r"));
	assert_true(f.l.n.offers == 1 && f.l.n.granted == 1 &&
	    f.l.n.denied == 0 && f.l.n.pings == 1);
	assert_true(f.c[0].framer.garbage == 0);
	buf_fini(&want);
	tear_down(&f);
}

static void
test_denied(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, 1 << 20);
	assert_int_equal(input(&f, 0, REQUEST("takp", " version=\"2\"")), 0);
	queued(&f, 0, ANSWER("takp", "false"));
	assert_int_equal(input(&f, 0, REQUEST("takp", "")), 0);
	queued(&f, 0, ANSWER("takp", "false"));
	assert_int_equal(input(&f, 0, "<event uid='x' type='t-x-takp-q'/>"), 0);
	queued(&f, 0, ANSWER("x", "false"));
	assert_int_equal(input(&f, 0, "<event type='t-x-takp-q'/>"), 0);
	queued(&f, 0, ANSWER("", "false"));
	written(&f, "");
	assert_true(f.l.n.denied == 4);
	/* it stays XML, and may ask again */
	assert_int_equal(input(&f, 0, "<event type='t-x-c-t'/>"), 0);
	queued(&f, 0, PONG);
	change(&f, 0);
	assert_true(f.l.n.granted == 1);
	tear_down(&f);
}

static void
test_switched_off(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, 1 << 20);
	f.l.cfg.no_protobuf = true;
	listen_offer(&f.l, &f.c[0]);
	queued(&f, 0, "");
	assert_int_equal(input(&f, 0, GOOD), 0);
	queued(&f, 0, ANSWER("takp", "false"));
	assert_int_equal(f.c[0].kind, FAN_XML);
	assert_true(f.l.n.offers == 0 && f.l.n.denied == 1);
	tear_down(&f);
}

/* Without an offer, and with a uid of its own. */
static void
test_unasked(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, 1 << 20);
	assert_int_equal(
	    input(&f, 0, REQUEST("its&#32;own", " version=\"1\"")), 0);
	queued(&f, 0, ANSWER("its&#32;own", "true"));
	assert_int_equal(f.c[0].kind, FAN_PB);
	tear_down(&f);
}

static void
test_what_follows(void **state)
{
	static const char crlf[] = GOOD "\r\n\xbf\x03"
					"abc"
					"\xbf\x01"
					"d";
	struct fixture f;
	int i;

	(void)state;
	set_up(&f, 1 << 20);
	/* line ends before the first frame */
	assert_int_equal(bytes(&f, 0, crlf, sizeof crlf - 1), 0);
	written(&f,
	    "ev:frame\tconn:n.0.100\tvia:tcp\tt:5000000\tpb:YWJj\n"
	    "ev:frame\tconn:n.0.100\tvia:tcp\tt:5000001\tpb:ZA==\n");
	queued(&f, 0, YES);
	assert_true(f.c[0].framer.garbage == 2);
	/* a second request in the same read, and XML, are garbage */
	assert_int_equal(input(&f, 1, GOOD GOOD "<event uid='u'/>"), 0);
	written(&f, "");
	queued(&f, 1, YES);
	assert_true(f.c[1].framer.garbage == strlen(GOOD "<event uid='u'/>"));
	assert_true(f.l.n.granted == 2);
	/* ... too much of it ends the connection */
	for (i = 0; i < 9999 && input(&f, 1, "<event uid='u'/>") == 0; i++)
		assert_int_equal(buf_size(&f.out), 0);
	assert_string_equal(f.c[1].why, "garbage");
	assert_true(i == (FRAME_GARBAGE_MAX - (int)strlen(GOOD)) / 16 - 1);
	/* a request in a frame asks for nothing more; others neither */
	assert_int_equal(bytes(&f, 0,
			     "\xbf\x0e\x12\x0c\x0a\x0at-x-takp-q"
			     "\xbf\x0e\x12\x0c\x0a\x0at-x-takp-v",
			     32),
	    0);
	written(&f, "");
	queued(&f, 0, "");
	tear_down(&f);
}

/* Who sends frames without asking goes on getting XML, which says that it is.
 */
#define DECLARED "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static void
test_frames_unasked(void **state)
{
	struct buf want = {.max = 1 << 16}, with = {.max = 1 << 16};
	struct fixture f;

	(void)state;
	set_up(&f, 1 << 20);
	all_in_one_room(&f);
	assert_int_equal(
	    bytes(&f, 0, buf_data(&frame[1]), buf_size(&frame[1])), 0);
	queued(&f, 0, DECLARED PONG);
	assert_int_equal(
	    bytes(&f, 0, buf_data(&frame[5]), buf_size(&frame[5])), 0);
	(void)buf_puts(
	    &want, "ev:frame\tconn:n.0.100\tvia:tcp\tt:5000000\tpb:");
	(void)buf_put(&want, buf_slice(&text[5]));
	(void)buf_puts(&want, "\n");
	assert_int_equal(buf_putc(&want, '\0'), 0);
	written(&f, buf_data(&want));
	send_vector(&f, 2, "", true);
	(void)buf_puts(&with, DECLARED);
	(void)buf_put(&with, buf_slice(&canon[2]));
	queued_bytes(&f, 0, buf_slice(&with));
	/* the others as before */
	queued_bytes(&f, 1, buf_slice(&canon[2]));
	/* and may ask later */
	assert_int_equal(input(&f, 0, GOOD), 0);
	queued(&f, 0, DECLARED YES);
	assert_int_equal(f.c[0].kind, FAN_PB);
	buf_fini(&want);
	buf_fini(&with);
	tear_down(&f);
}

/* A message may be torn; who sends nothing else is closed. */
static void
test_malformed(void **state)
{
	static const char torn[] = "\xbf\x03\x12\x7f\x00";
	struct fixture f;
	int i;

	(void)state;
	set_up(&f, 1 << 20);
	change(&f, 0);
	for (i = 0; i < 200; i++) {
		if (i % 64 == 63)
			assert_int_equal(bytes(&f, 0, buf_data(&frame[2]),
					     buf_size(&frame[2])),
			    0);
		assert_int_equal(bytes(&f, 0, torn, 5), 0);
	}
	for (i = 0; i < 100 && !f.c[0].doomed; i++)
		(void)bytes(&f, 0, torn, 5);
	assert_true(f.c[0].doomed && i <= 65);
	assert_string_equal(f.c[0].why, "malformed");
	buf_clear(&f.out);
	tear_down(&f);
}

/* A client that asks and asks, and reads nothing. */
static void
test_request_flood(void **state)
{
	struct fixture f;
	size_t n;
	int i;

	(void)state;
	set_up(&f, 1 << 20);
	for (i = 0; i < 1000; i++)
		assert_int_equal(input(&f, 0, REQUEST("u", " version='2'")), 0);
	n = f.c[0].q.bytes;
	assert_true(n > 16384 && n < 20000);
	f.c[0].blocked = true;
	f.l.n_blocked = 1;
	listen_time(&f.l, 1000000002, 5000000);
	assert_int_equal(input(&f, 0, REQUEST("u", " version='2'")), 0);
	assert_true(f.c[0].q.bytes == n);
	/* what can be said once only is said */
	assert_int_equal(input(&f, 0, GOOD), 0);
	assert_int_equal(f.c[0].q.bytes, n + strlen(YES));
	assert_int_equal(f.c[0].kind, FAN_PB);
	/* pings in frames are no way around it */
	n = f.c[0].q.bytes;
	assert_int_equal(
	    bytes(&f, 0, buf_data(&frame[1]), buf_size(&frame[1])), 0);
	assert_true(f.c[0].q.bytes == n);
	tear_down(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_transcript),
	    cmocka_unit_test(test_denied),
	    cmocka_unit_test(test_switched_off),
	    cmocka_unit_test(test_unasked),
	    cmocka_unit_test(test_what_follows),
	    cmocka_unit_test(test_frames_unasked),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_request_flood),
	};

	return cmocka_run_group_tests(tests, load_vectors, unload_vectors);
}
