/* ots-cat and TAK protocol version 1: events that change their encoding on the
 * way, on streams and in datagrams. */
#include "cat_fix.h"

/* ---- streams ---- */

/* A server that sends protobuf unasked is understood. */
static void
test_formats(void **state)
{
	struct fixture f;

	(void)state;
	FOR_STEPS(i)
	{
		begin(&f, CAT_STREAM, CAT_XML, PROTO_WANT_XML);
		assert_null(NET(&f, E1 PING_FRAME E1, steps[i]));
		EXPECT(&f.out, E1 "\n" BACK "\n" E1 "\n");
		end(&f);
		begin(&f, CAT_STREAM, CAT_RECORD, PROTO_WANT_XML);
		assert_null(NET(&f, PING_FRAME, steps[i]));
		EXPECT(&f.out, RECEIVED "\tpb:" PING_64 "\n");
		end(&f);
		begin(&f, CAT_STREAM, CAT_RAW, PROTO_WANT_AUTO);
		assert_null(NET(&f, OFFER, steps[i]));
		cat_ask(&f.cat, NOW_US, &f.tx);
		assert_null(NET(&f, YES PING_FRAME "xy", steps[i]));
		EXPECT(&f.out, OFFER YES PING_FRAME "xy");
		assert_int_equal(f.cat.received, 1);
		end(&f);
	}
	begin(&f, CAT_STREAM, CAT_XML, PROTO_WANT_XML);
	assert_null(NET(&f, "\xbf\x02\x0a\x05" E1, 1000));
	EXPECT(&f.out, E1 "\n");
	assert_int_equal(f.cat.bad, 1);
	assert_string_equal(f.from, PEER);
	end(&f);
}

/* ---- from one encoding to the other ---- */

static void
test_input_to_xml(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, CAT_STREAM, CAT_XML, PROTO_WANT_XML);
	INPUT(&f, PING_FRAME "\xbf\x00" E1 "\xbf\x02\x0a\x05");
	EXPECT(&f.tx, BACK E1);
	assert_int_equal(f.cat.sent, 2);
	assert_int_equal(f.cat.skipped, 1);
	assert_int_equal(f.cat.bad, 1);
	assert_null(f.from);
	end(&f);
	begin(&f, CAT_STREAM, CAT_XML, PROTO_WANT_XML);
	INPUT(&f,
	    HELLO "ev:frame\tpb:" PING_64 "\nev:send\txml:" E1 "\tpb:" PING_64
		  "\nev:frame\tpb:no!\nev:lost\tn:2\n");
	EXPECT(&f.tx, BACK E1);
	assert_int_equal(f.cat.skipped, 1);
	end(&f);
}

static void
test_input_to_pb(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, CAT_STREAM, CAT_XML, PROTO_WANT_PROTOBUF);
	negotiate(&f, 1000);
	assert_null(NET(&f, YES, 1000));
	INPUT(&f,
	    HELLO "ev:frame\tpb:" PING_64 "\nev:cot\txml:" PING "\nev:cot\txml:"
		  "<event/>\n");
	EXPECT(&f.tx, PING_FRAME PING_FRAME);
	assert_int_equal(f.cat.sent, 2);
	assert_int_equal(f.cat.bad, 1);
	assert_null(f.from);
	assert_string_equal(f.why, "uid");
	end(&f);
}

/* Where it goes to is for the server to see. */
static void
test_marti(void **state)
{
	static const char marti[] = "<marti><dest callsign=\"B\"/></marti>";
	struct fixture f;

	(void)state;
	begin(&f, CAT_STREAM, CAT_XML, PROTO_WANT_PROTOBUF);
	negotiate(&f, 1000);
	assert_null(NET(&f, YES, 1000));
	INPUT(&f,
	    EVENT("b-t-f", "1", "1",
		"<detail><marti><dest callsign=\"B\"/></marti>"
		"<remarks>x</remarks></detail>"));
	assert_non_null(slice_find(buf_slice(&f.tx), slice_of(marti)));
	assert_null(net(&f, buf_slice(&f.tx), 1000));
	assert_non_null(slice_find(buf_slice(&f.out), slice_of(marti)));
	end(&f);
}

/* ---- datagrams ---- */

static void
datagram_is(struct fixture *f, struct slice want)
{
	struct slice d;

	assert_true(cat_datagram_next(&f->tx, &d));
	assert_int_equal(d.n, want.n);
	assert_memory_equal(d.p, want.p, want.n);
	cat_datagram_done(&f->tx);
}

static void
test_datagrams(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, CAT_DATAGRAMS, CAT_XML, PROTO_WANT_PROTOBUF);
	INPUT(&f, PING PING_FRAME);
	datagram_is(&f, SLICE(PING_MESH));
	datagram_is(&f, SLICE(PING_MESH));
	EXPECT(&f.tx, "");
	assert_null(NET(&f, PING_MESH, 1000));
	assert_null(NET(&f, PING, 1000));
	/* TakControl alone is about the link, too. */
	assert_null(NET(&f, "\xbf\x01\xbf\x0a\x05\x1a\x03U-1", 1000));
	EXPECT(&f.out, BACK "\n" PING "\n");
	assert_int_equal(f.cat.received, 2);
	assert_int_equal(f.cat.skipped + f.cat.bad, 0);
	end(&f);

	begin(&f, CAT_DATAGRAMS, CAT_XML, PROTO_WANT_XML);
	assert_null(NET(&f, PING_MESH, 1000));
	INPUT(&f, PING_FRAME);
	datagram_is(&f, SLICE(BACK));
	end(&f);

	begin(&f, CAT_DATAGRAMS, CAT_XML, PROTO_WANT_AUTO);
	INPUT(&f, PING);
	datagram_is(&f, SLICE(PING));
	assert_null(NET(&f, "\xbf\x01\xbf\x0a\x05", 1000)); /* malformed */
	INPUT(&f, PING);
	datagram_is(&f, SLICE(PING));
	assert_null(NET(&f, "\xbf\x01\xbf\x0a\x00", 1000));
	INPUT(&f, PING);
	datagram_is(&f, SLICE(PING_MESH));
	end(&f);
}

static void
test_datagram_too_big(void **state)
{
	struct buf big = {.max = 1 << 20};
	struct fixture f;
	size_t i;

	(void)state;
	buf_puts(&big,
	    "<event version=\"2.0\" time=\"" T "\" start=\"" T "\" stale=\"" T
	    "\" type=\"a\" uid=\"1\" how=\"m-g\">" POINT(
		"1") "<detail><remarks>");
	for (i = 0; i < CAT_DATAGRAM_MAX; i++)
		buf_putc(&big, 'x');
	buf_puts(&big, "</remarks></detail></event>");
	begin(&f, CAT_DATAGRAMS, CAT_XML, PROTO_WANT_PROTOBUF);
	input(&f, buf_slice(&big));
	EXPECT(&f.tx, "");
	assert_int_equal(f.cat.bad, 1);
	assert_string_equal(f.why, "too-big");
	end(&f);
	buf_fini(&big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_formats),
	    cmocka_unit_test(test_input_to_xml),
	    cmocka_unit_test(test_input_to_pb),
	    cmocka_unit_test(test_marti),
	    cmocka_unit_test(test_datagrams),
	    cmocka_unit_test(test_datagram_too_big),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
