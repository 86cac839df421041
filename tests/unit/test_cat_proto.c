/* ots-cat and TAK protocol version 1: who says what when (cot-streaming 4.2,
 * 8.3). */
#include "cat_fix.h"

/* ---- the states ---- */

static void
hear(struct proto *p, struct slice xml, enum proto_state want)
{
	proto_hear(p, xml);
	assert_int_equal(p->state, want);
}

static void
ask(struct proto *p)
{
	struct buf tx = {.max = 4096};
	struct takp t;

	assert_int_equal(proto_ask(p, 0, &tx), 0);
	assert_int_equal(p->state, PROTO_ASKED);
	assert_int_equal(takp_read(buf_slice(&tx), &t), TAKP_REQUEST);
	assert_true(t.yes);
	assert_true(slice_is(t.uid, "n-1"));
	buf_fini(&tx);
}

static void
late(struct proto *p, enum proto_state want)
{
	assert_true(proto_is_timed(p));
	proto_late(p);
	assert_int_equal(p->state, want);
}

static void
test_never_asks(void **state)
{
	struct proto p;

	(void)state;
	proto_init(&p, PROTO_WANT_XML, false);
	assert_false(proto_is_timed(&p) || proto_is_mute(&p));
	hear(&p, SLICE(OFFER), PROTO_XML);
	hear(&p, SLICE(YES), PROTO_XML);
	assert_false(proto_is_mute(&p));
}

static void
test_auto(void **state)
{
	struct proto p;

	(void)state;
	proto_init(&p, PROTO_WANT_AUTO, false);
	assert_false(proto_is_mute(&p));
	hear(&p, SLICE(YES), PROTO_WAITS); /* nobody asked */
	hear(&p, SLICE(OFFER_2), PROTO_WAITS);
	hear(&p, SLICE(OTHER), PROTO_WAITS);
	hear(&p, SLICE(OFFER), PROTO_OFFERED);
	assert_false(proto_is_mute(&p));
	ask(&p);
	assert_true(proto_is_mute(&p));
	hear(&p, SLICE(OFFER), PROTO_ASKED);
	hear(&p, SLICE(YES), PROTO_BINARY);
	assert_false(proto_is_mute(&p) || proto_is_timed(&p));
	hear(&p, SLICE(NO), PROTO_BINARY);

	/* Denied: XML, and no second time. */
	proto_init(&p, PROTO_WANT_AUTO, false);
	hear(&p, SLICE(OFFER), PROTO_OFFERED);
	ask(&p);
	hear(&p, SLICE(NO), PROTO_XML);
	assert_false(proto_is_mute(&p) || proto_is_timed(&p));
	hear(&p, SLICE(OFFER), PROTO_XML);

	/* No offer in time: XML, and a later one does not count. */
	proto_init(&p, PROTO_WANT_AUTO, false);
	late(&p, PROTO_XML);
	hear(&p, SLICE(OFFER), PROTO_XML);

	/* No answer in time. */
	proto_init(&p, PROTO_WANT_AUTO, false);
	hear(&p, SLICE(OFFER), PROTO_OFFERED);
	ask(&p);
	late(&p, PROTO_OVER);
	assert_non_null(strstr(p.why, "--proto xml"));
}

static void
test_must(void **state)
{
	struct proto p;

	(void)state;
	proto_init(&p, PROTO_WANT_PROTOBUF, false);
	assert_true(proto_is_mute(&p));
	hear(&p, SLICE(OFFER), PROTO_OFFERED);
	assert_true(proto_is_mute(&p));
	ask(&p);
	assert_true(proto_is_mute(&p));
	hear(&p, SLICE(YES), PROTO_BINARY);
	assert_false(proto_is_mute(&p));

	proto_init(&p, PROTO_WANT_PROTOBUF, false);
	late(&p, PROTO_OVER);
	assert_non_null(strstr(p.why, "--proto auto"));
	assert_true(proto_is_mute(&p));

	proto_init(&p, PROTO_WANT_PROTOBUF, false);
	hear(&p, SLICE(OFFER), PROTO_OFFERED);
	ask(&p);
	hear(&p, SLICE(NO), PROTO_OVER);
	assert_non_null(strstr(p.why, "--proto auto"));
}

static void
test_datagram_states(void **state)
{
	struct proto p;

	(void)state;
	proto_init(&p, PROTO_WANT_PROTOBUF, true);
	assert_true(proto_is_binary(&p));
	proto_init(&p, PROTO_WANT_XML, true);
	proto_hear_pb(&p);
	assert_int_equal(p.state, PROTO_XML);
	proto_init(&p, PROTO_WANT_AUTO, true);
	assert_false(proto_is_mute(&p) || proto_is_timed(&p));
	hear(&p, SLICE(OFFER), PROTO_WAITS);
	proto_hear_pb(&p);
	assert_true(proto_is_binary(&p));
}

/* ---- streams ---- */

/* Bytes of every border in one read, and each alone. */
static void
test_switch(void **state)
{
	struct fixture f;

	(void)state;
	FOR_STEPS(i)
	{
		begin(&f, CAT_STREAM, CAT_XML, PROTO_WANT_AUTO);
		INPUT(&f, E1);
		EXPECT(&f.tx, E1);
		negotiate(&f, steps[i]);
		assert_null(NET(&f,
		    E1 YES "\r\nstray<\0" PING_FRAME "\0" YES_FRAME
			   "\xbf\x00" E1 PING_FRAME,
		    steps[i]));
		EXPECT(&f.out, E1 "\n" BACK "\n" BACK "\n");
		assert_int_equal(f.cat.received, 3);
		INPUT(&f, PING "\n" PING_FRAME);
		EXPECT(&f.tx, PING_FRAME PING_FRAME);
		assert_int_equal(f.cat.sent, 3);
		assert_int_equal(f.cat.bad + f.cat.skipped, 0);
		end(&f);
	}
}

static void
test_denial(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, CAT_STREAM, CAT_XML, PROTO_WANT_AUTO);
	negotiate(&f, 1000);
	assert_null(NET(&f, NO E1, 1000));
	EXPECT(&f.out, E1 "\n");
	INPUT(&f, E1);
	EXPECT(&f.tx, E1);
	end(&f);
}

/* The request comes behind what is queued; if it does not fit, nothing of it
 * does, and it comes later. */
static void
test_request_in_queue(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, CAT_STREAM, CAT_XML, PROTO_WANT_AUTO);
	INPUT(&f, E1 E1);
	assert_null(NET(&f, OFFER, 1000));
	f.tx.max = 100;
	cat_ask(&f.cat, NOW_US, &f.tx);
	EXPECT(&f.tx, E1 E1);
	assert_false(proto_is_mute(&f.cat.proto));
	f.tx.max = 4096;
	INPUT(&f, E1);
	cat_ask(&f.cat, NOW_US, &f.tx);
	assert_true(slice_starts(buf_slice(&f.tx), E1));
	assert_non_null(slice_find(buf_slice(&f.tx), SLICE("t-x-takp-q")));
	assert_true(slice_ends(buf_slice(&f.tx), "</event>"));
	end(&f);
}

/* What is said about the link is shown to nobody, whatever was asked for. */
static void
test_control_hidden(void **state)
{
	static const enum proto_want wants[] = {
	    PROTO_WANT_XML, PROTO_WANT_PROTOBUF, PROTO_WANT_AUTO};
	struct fixture f;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		begin(&f, CAT_STREAM, CAT_RECORD, wants[i]);
		assert_null(
		    NET(&f, OFFER OTHER E1 YES_FRAME "\xbf\x00" NO, 1000));
		EXPECT(&f.out, RECEIVED "\txml:" E1 "\n");
		assert_int_equal(f.cat.received, 1);
		end(&f);
		begin(&f, CAT_STREAM, CAT_RAW, wants[i]);
		assert_null(NET(&f, OFFER E1, 1000));
		EXPECT(&f.out, OFFER E1);
		assert_int_equal(f.cat.received, 1);
		end(&f);
	}
	/* That of another link, on its way to this one. */
	begin(&f, CAT_STREAM, CAT_XML, PROTO_WANT_XML);
	INPUT(&f, OFFER E1 YES YES_FRAME);
	EXPECT(&f.tx, E1);
	assert_int_equal(f.cat.skipped, 3);
	end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_never_asks),
	    cmocka_unit_test(test_auto),
	    cmocka_unit_test(test_must),
	    cmocka_unit_test(test_datagram_states),
	    cmocka_unit_test(test_switch),
	    cmocka_unit_test(test_denial),
	    cmocka_unit_test(test_request_in_queue),
	    cmocka_unit_test(test_control_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
