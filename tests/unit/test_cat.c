/* The core of ots-cat: bytes in on one side, bytes out on the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/ots-cat/cat.h"
#include "../../cmd/ots-cat/login.h"
#include "../../cmd/ots-cat/self.h"
#include "../../cmd/ots-cat/target.h"
#include "cotscan.h"

#define E1    "<event uid=\"1\"><point/></event>"
#define E2    "<event uid=\"2\">\n<point/></event>"
#define E2_1  "<event uid=\"2\"> <point/></event>"
#define HELLO "\nev:hello\tversion:1\tprogram:ots-cat\tnode:local\n"
#define PEER  "192.0.2.1:8088"

struct fixture {
	struct cat cat;
	struct buf tx, out;
};

static void
begin(struct fixture *f, enum cat_wire wire, enum cat_format format)
{
	cat_init(&f->cat, wire, format, PROTO_WANT_XML, "tcp");
	buf_init(&f->tx, 1 << 20);
	buf_init(&f->out, 1 << 20);
}

static void
end(struct fixture *f)
{
	cat_fini(&f->cat);
	buf_fini(&f->tx);
	buf_fini(&f->out);
}

static void
expect(struct buf *b, const char *want)
{
	assert_false(b->failed);
	assert_int_equal(buf_size(b), strlen(want));
	assert_memory_equal(buf_data(b), want, strlen(want));
	buf_clear(b);
}

/* Whole, and byte by byte. */
static const char *
input(struct fixture *f, const char *text, size_t step)
{
	size_t n = strlen(text), i;
	const char *wrong = NULL;

	for (i = 0; i < n && !wrong; i += step)
		wrong = cat_input(
		    &f->cat, text + i, n - i < step ? n - i : step, &f->tx);
	if (!wrong)
		cat_input_end(&f->cat);
	return wrong;
}

static const char *
net(struct fixture *f, const char *text, size_t step)
{
	size_t n = strlen(text), i;
	const char *wrong = NULL;

	for (i = 0; i < n && !wrong; i += step)
		wrong = cat_net(&f->cat, text + i, n - i < step ? n - i : step,
		    PEER, 1714979289123456, &f->out);
	return wrong;
}

static const size_t steps[] = {1, 2, 7, 100000};
#define FOR_STEPS(i) for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)

static void
test_input_cot(void **state)
{
	struct fixture f;

	(void)state;
	FOR_STEPS(i)
	{
		begin(&f, CAT_STREAM, CAT_XML);
		cat_begin(&f.cat, &f.tx, &f.out);
		expect(&f.out, "");
		assert_null(input(&f,
		    "\n<?xml version=\"1.0\"?>\n" E1 "\n" E2 "\n", steps[i]));
		expect(&f.tx, E1 E2);
		assert_int_equal(f.cat.sent, 2);
		end(&f);
	}
}

static void
test_input_records(void **state)
{
	struct fixture f;

	(void)state;
	FOR_STEPS(i)
	{
		begin(&f, CAT_STREAM, CAT_XML);
		assert_null(input(&f,
		    "\n\nev:hello\tversion:1\n"
		    "ev:cot\tuid:2\txml:<event uid=\"2\">\\n<point/></event>\n"
		    "ev:frame\tpb:\nev:frame\tpb:AAAA\nev:bind\tconn:a.1."
		    "1\txml:no\n"
		    "garbage\nev:send\txml:" E1 "\nev:cot\txml:torn",
		    steps[i]));
		expect(&f.tx, E2 E1);
		assert_int_equal(f.cat.sent, 2);
		assert_int_equal(f.cat.skipped, 1);
		assert_int_equal(f.cat.bad, 3);
		end(&f);
	}
}

/* What does not begin like an event is a torn record (sniff.h). */
static void
test_input_neither(void **state)
{
	struct fixture f;

	(void)state;
	FOR_STEPS(i)
	{
		begin(&f, CAT_STREAM, CAT_XML);
		assert_null(input(&f, "\nev" E1, steps[i]));
		expect(&f.tx, "");
		assert_int_equal(f.cat.bad, 1);
		end(&f);
	}
	begin(&f, CAT_STREAM, CAT_XML);
	assert_non_null(input(&f, "<!DOCTYPE a>" E1, 100));
	end(&f);
}

static void
test_input_for_socket(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, CAT_RECORDS, CAT_RECORD);
	cat_begin(&f.cat, &f.tx, &f.out);
	expect(&f.tx, HELLO);
	expect(&f.out, HELLO);
	assert_null(input(&f,
	    "ev:hello\tversion:1\nev:cot\tuid:1\txml:x\\ty\n"
	    "ev:frame\txml:x\nev:send\txml:x\n",
	    3));
	expect(&f.tx, "ev:cot\tuid:1\txml:x\\ty\n");
	end(&f);
	begin(&f, CAT_RECORDS, CAT_RECORD);
	assert_non_null(strstr(input(&f, E1, 100), "ots-parse"));
	end(&f);
}

static void
test_datagrams_out(void **state)
{
	struct fixture f;
	struct slice d;
	char *big = calloc(1, CAT_DATAGRAM_MAX + 1);

	(void)state;
	assert_non_null(big);
	begin(&f, CAT_DATAGRAMS, CAT_XML);
	assert_null(input(&f, E1 E2, 5));
	assert_true(cat_datagram_next(&f.tx, &d));
	assert_true(slice_is(d, E1));
	cat_datagram_done(&f.tx);
	assert_true(cat_datagram_next(&f.tx, &d));
	assert_true(slice_is(d, E2));
	cat_datagram_done(&f.tx);
	assert_false(cat_datagram_next(&f.tx, &d));
	cat_send(&f.cat, (struct slice){big, CAT_DATAGRAM_MAX + 1}, &f.tx);
	assert_false(cat_datagram_next(&f.tx, &d));
	assert_int_equal(f.cat.bad, 1);
	end(&f);
	free(big);
}

static void
test_datagrams_in(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, CAT_DATAGRAMS, CAT_RECORD);
	assert_null(net(&f, E2, 1000));
	expect(&f.out,
	    "ev:frame\tt:1714979289123456\tvia:tcp\tpeer:" PEER
	    "\txml:<event uid=\"2\">\\n<point/></event>\n");
	assert_null(net(&f, "\xbf\x01\xbf\x0a\x05", 1000));
	expect(&f.out,
	    "ev:frame\tt:1714979289123456\tvia:tcp\tpeer:" PEER "\tpb:CgU=\n");
	/* Half an event does not wait for the next datagram. */
	assert_null(net(&f, "<event uid=\"", 1000));
	assert_null(net(&f, E1, 1000));
	assert_null(net(&f, "<!DOCTYPE", 1000));
	assert_int_equal(f.cat.received, 3);
	assert_int_equal(f.cat.bad, 2);
	end(&f);
	begin(&f, CAT_DATAGRAMS, CAT_XML);
	assert_null(net(&f, "\xbf\x01\xbf\x0a\x05", 1000));
	expect(&f.out, "");
	assert_int_equal(f.cat.bad, 1);
	end(&f);
}

static void
test_stream_formats(void **state)
{
	struct fixture f;

	(void)state;
	FOR_STEPS(i)
	{
		begin(&f, CAT_STREAM, CAT_XML);
		assert_null(net(&f, E1 "<?xml?>" E2, steps[i]));
		expect(&f.out, E1 "\n" E2_1 "\n");
		assert_int_equal(f.cat.received, 2);
		end(&f);
		begin(&f, CAT_STREAM, CAT_RAW);
		assert_null(
		    net(&f, E1 "<?xml?>" E2 "x<!DOCTYPE x>" E1, steps[i]));
		expect(&f.out, E1 "<?xml?>" E2 "x<!DOCTYPE x>" E1);
		assert_int_equal(f.cat.received, 2);
		end(&f);
	}
	begin(&f, CAT_STREAM, CAT_XML);
	assert_string_equal(net(&f, E1 "<!DOCTYPE x>", 100), "doctype");
	expect(&f.out, E1 "\n");
	end(&f);
}

static void
test_count(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, CAT_STREAM, CAT_XML);
	f.cat.count = 2;
	assert_null(net(&f, E1, 100));
	assert_false(cat_enough(&f.cat));
	assert_null(net(&f, E1 E1 E1, 100));
	assert_true(cat_enough(&f.cat));
	expect(&f.out, E1 "\n" E1 "\n");
	end(&f);
}

static void
test_records_in(void **state)
{
	static const char text[] =
	    "\nev:hello\tprogram:ots-route\n"
	    "ev:cot\tuid:2\txml:<a>b\\nc</a>\nev:lost\tn:3\n"
	    "bad\n";
	struct fixture f;

	(void)state;
	FOR_STEPS(i)
	{
		begin(&f, CAT_RECORDS, CAT_RECORD);
		assert_null(net(&f, text, steps[i]));
		expect(
		    &f.out, "ev:cot\tuid:2\txml:<a>b\\nc</a>\nev:lost\tn:3\n");
		assert_int_equal(f.cat.received, 1);
		assert_int_equal(f.cat.bad, 1);
		end(&f);
		begin(&f, CAT_RECORDS, CAT_XML);
		assert_null(net(&f, text, steps[i]));
		expect(&f.out, "<a>b&#10;c</a>\n");
		end(&f);
		begin(&f, CAT_RECORDS, CAT_RAW);
		assert_null(net(&f, text, steps[i]));
		expect(&f.out, text);
		end(&f);
	}
}

/* A full buffer costs the event, nothing else. */
static void
test_full(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, CAT_STREAM, CAT_XML);
	f.out.max = f.tx.max = sizeof E1 + 4;
	assert_null(net(&f, E1 E1, 100));
	expect(&f.out, E1 "\n");
	assert_int_equal(f.cat.bad, 1);
	assert_null(net(&f, E1, 100));
	expect(&f.out, E1 "\n");
	assert_null(input(&f, E1 E1, 100));
	expect(&f.tx, E1);
	assert_int_equal(f.cat.bad, 2);
	end(&f);
}

static void
target_is(
    const char *text, enum target_kind kind, const char *host, const char *port)
{
	struct target t;

	assert_null(target_parse(text, false, &t));
	assert_int_equal(t.kind, kind);
	assert_string_equal(t.host, host);
	assert_string_equal(t.port, port);
}

static void
test_target(void **state)
{
	static const char *const bad[] = {"", "host", "host:", "host:0",
	    "host:65536", ":8088", "::1:8088", "[::1:8088", "[]:1",
	    "unix:", "dtls://host:8089", "host:80x", "udp://:0", "host:ssl",
	    "tls://host", "tls://host:8089:ssl", ":8089:ssl"};
	struct target t;
	size_t i;

	(void)state;
	target_is("host:8088", TARGET_TCP, "host", "8088");
	target_is("tcp://[::1]:65535", TARGET_TCP, "::1", "65535");
	target_is("tls://host:8089", TARGET_TLS, "host", "8089");
	target_is("ssl://[::1]:8089", TARGET_TLS, "::1", "8089");
	target_is("host:8089:ssl", TARGET_TLS, "host", "8089");
	target_is("host:8088:tcp", TARGET_TCP, "host", "8088");
	target_is("udp://192.0.2.1:1", TARGET_UDP, "192.0.2.1", "1");
	target_is("mcast://239.2.3.1:6969", TARGET_MCAST, "239.2.3.1", "6969");
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_non_null(target_parse(bad[i], false, &t));
	assert_null(target_parse("udp://:0", true, &t));
	assert_null(target_parse("unix:/run/x y:z", false, &t));
	assert_int_equal(t.kind, TARGET_UNIX);
	assert_string_equal(t.path, "/run/x y:z");
}

static void
test_login(void **state)
{
	struct buf out = {.max = 1024};

	(void)state;
	assert_int_equal(
	    login_put(&out, SLICE("al\"ice"), SLICE("<p&w'd>"), SLICE("U-1")),
	    0);
	expect(&out,
	    "<?xml version=\"1.0\"?>\n<auth><cot username=\"al&quot;ice\" "
	    "password=\"&lt;p&amp;w&apos;d&gt;\" uid=\"U-1\"/></auth>");
	buf_fini(&out);
}

static void
test_self(void **state)
{
	struct self me = {.callsign = SLICE("A\"<\t"),
	    .uid = SLICE("U&1"),
	    .interval_us = 60000000};
	struct slice xml, v;
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	assert_null(self_at("48.5,-122.25", &me));
	assert_int_equal(self_put(&out, &me, 1714979289123), 0);
	xml = buf_slice(&out);
	assert_true(cotscan_canonical(xml));
	assert_true(cotscan_attr(xml, "uid", &v) && slice_is(v, "U&amp;1"));
	assert_true(cotscan_attr(xml, "stale", &v) &&
	    slice_is(v, "2024-05-06T07:11:09.123Z"));
	assert_non_null(
	    slice_find(xml, SLICE(" lat=\"48.5\" lon=\"-122.25\"")));
	assert_non_null(slice_find(
	    xml, SLICE("callsign=\"A&quot;&lt;&#9;\" endpoint=\"*:-1:stcp\"")));
	buf_fini(&out);
	assert_non_null(self_at("1", &me));
	assert_non_null(self_at("91,0", &me));
	assert_non_null(self_at("0,181", &me));
	assert_non_null(self_at("0,1x", &me));
	assert_non_null(self_at("nan,0", &me));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_input_cot),
	    cmocka_unit_test(test_input_records),
	    cmocka_unit_test(test_input_neither),
	    cmocka_unit_test(test_input_for_socket),
	    cmocka_unit_test(test_datagrams_out),
	    cmocka_unit_test(test_datagrams_in),
	    cmocka_unit_test(test_stream_formats),
	    cmocka_unit_test(test_count),
	    cmocka_unit_test(test_records_in),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_target),
	    cmocka_unit_test(test_login),
	    cmocka_unit_test(test_self),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
