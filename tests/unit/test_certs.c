/* What ots-certs says of names, and the lines of its ledger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/ots-certs/names.h"
#include "jsontext.h"
#include "ledger.h"

static void
test_user(void **state)
{
	(void)state;
	assert_true(user_name_good("alice"));
	assert_true(user_name_good("a.B_c-d@e.org"));
	assert_true(user_name_good("0123456789012345678901234567890123456789"
				   "012345678901234567890123"));
	assert_false(user_name_good("0123456789012345678901234567890123456789"
				    "0123456789012345678901234"));
	assert_false(user_name_good(""));
	assert_false(user_name_good("."));
	assert_false(user_name_good("..x"));
	assert_false(user_name_good("-rf"));
	assert_false(user_name_good("a/b"));
	assert_false(user_name_good("a b"));
	assert_false(user_name_good("\xc3\xa4"));
}

static void
test_host(void **state)
{
	char out[HOST_MAX];

	(void)state;
	assert_int_equal(host_name("TAK.Example.org", out), 0);
	assert_string_equal(out, "tak.example.org");
	assert_int_equal(host_name("2001:DB8:0:0::1", out), 0);
	assert_string_equal(out, "2001:db8::1");
	assert_int_equal(host_name("192.0.2.1", out), 0);
	assert_int_equal(host_name("*.example.org", out), 0);
	assert_int_equal(host_name("localhost", out), 0);
	assert_int_equal(host_name("192.0.2.300", out), -1);
	assert_int_equal(host_name("192.0.2", out), -1);
	assert_int_equal(host_name("", out), -1);
	assert_int_equal(host_name("a..b", out), -1);
	assert_int_equal(host_name("a.", out), -1);
	assert_int_equal(host_name("-a.b", out), -1);
	assert_int_equal(host_name("a-.b", out), -1);
	assert_int_equal(host_name("../etc", out), -1);
	assert_int_equal(host_name("a/b", out), -1);
	assert_int_equal(host_name("a.*.b", out), -1);
	assert_int_equal(host_name("a,b", out), -1);
}

static void
test_san(void **state)
{
	char hosts[4][HOST_MAX] = {"b", "192.0.2.1"}, got[4][HOST_MAX];
	const char *text = "DNS:b, IP:192.0.2.1";

	(void)state;
	assert_true(san_same(text, hosts, 2));
	assert_false(san_same(text, hosts, 1));
	assert_false(san_same("DNS:b", hosts, 2));
	assert_true(san_same("IP:192.0.2.1, DNS:b", hosts, 2));
	assert_true(san_same("", hosts, 0));
	assert_int_equal(san_hosts("email:x, DNS:b, IP:192.0.2.1", got, 4), 2);
	assert_string_equal(got[1], "192.0.2.1");
	assert_int_equal(san_hosts(text, got, 1), 1);
}

static void
test_serial(void **state)
{
	char out[41];

	(void)state;
	assert_true(serial_text("00:AB:cd", out, sizeof out));
	assert_string_equal(out, "abcd");
	assert_false(serial_text("", out, sizeof out));
	assert_false(serial_text("00", out, sizeof out));
	assert_false(serial_text("xyz", out, sizeof out));
	assert_false(serial_text(
	    "11111111111111111111111111111111111111111", out, sizeof out));
	assert_int_equal(reason_number("keycompromise"), 1);
	assert_int_equal(reason_number("4"), 4);
	assert_int_equal(reason_number("7"), -1);
	assert_int_equal(reason_number("11"), -1);
	assert_int_equal(reason_number("why"), -1);
	assert_string_equal(reason_name(1), "keyCompromise");
	assert_string_equal(reason_name(7), "unspecified");
}

#define SHA "608ab055bfeb3d6000a04375d5fd3a6e3b6ef19b0b57b628edad922126052a5b"

static int
parse(const char *line, struct ledger_line *l)
{
	return ledger_parse(slice_of(line), l);
}

static void
test_ledger(void **state)
{
	struct buf out = {.max = 4096};
	struct ledger_line l = {.what = LEDGER_ISSUED,
	    .kind = SLICE("client"),
	    .name = SLICE("a\\b"),
	    .serial = SLICE("1f"),
	    .sha256 = SLICE(SHA),
	    .uid = SLICE("U\t1"),
	    .der = SLICE("AAAA"),
	    .t_us = 5,
	    .not_before = 6,
	    .not_after = 7};
	struct ledger_line m;
	struct slice rest, line;

	(void)state;
	assert_int_equal(ledger_write(&out, &l), 0);
	l = (struct ledger_line){.what = LEDGER_REVOKED,
	    .serial = SLICE("1f"),
	    .t_us = 8,
	    .reason = 1};
	assert_int_equal(ledger_write(&out, &l), 0);
	l = (struct ledger_line){.what = LEDGER_CRL, .number = 9, .t_us = 10};
	assert_int_equal(ledger_write(&out, &l), 0);
	(void)buf_puts(&out, "ev:crl\tnumber:10\tt:1");
	rest = buf_slice(&out);
	assert_true(ledger_next(&rest, &line));
	assert_int_equal(ledger_parse(line, &m), 0);
	assert_int_equal(m.what, LEDGER_ISSUED);
	assert_true(slice_is(m.name, "a\\\\b"));
	assert_true(slice_is(m.uid, "U\\t1"));
	assert_true(m.t_us == 5 && m.not_before == 6 && m.not_after == 7);
	assert_true(ledger_next(&rest, &line));
	assert_int_equal(ledger_parse(line, &m), 0);
	assert_int_equal(m.what, LEDGER_REVOKED);
	assert_int_equal(m.sha256.n, 0);
	assert_int_equal(m.reason, 1);
	assert_true(ledger_next(&rest, &line));
	assert_int_equal(ledger_parse(line, &m), 0);
	assert_true(m.what == LEDGER_CRL && m.number == 9);
	/* The torn end is no line. */
	assert_false(ledger_next(&rest, &line));
	assert_int_equal(rest.n, strlen("ev:crl\tnumber:10\tt:1"));
	buf_fini(&out);
}

static void
test_ledger_bad(void **state)
{
	struct ledger_line l;

	(void)state;
	assert_int_equal(parse("ev:new\tx:1", &l), 0);
	assert_int_equal(l.what, LEDGER_OTHER);
	assert_int_equal(parse("ev:crl\tnumber:1", &l), -1);
	assert_int_equal(parse("ev:revoked\tserial:1F\tt:1\treason:0", &l), -1);
	assert_int_equal(parse("ev:revoked\tserial:1\tt:1\treason:11", &l), -1);
	assert_int_equal(
	    parse("ev:revoked\tserial:1\tsha256:12\tt:1\treason:0", &l), -1);
	assert_int_equal(
	    parse("ev:revoked\tserial:1\tsha256:" SHA "\tt:1\treason:0", &l),
	    0);
	assert_int_equal(parse("ev:issued\tkind:other\tname:a\tserial:1"
			       "\tsha256:" SHA "\tt:1\tnot-before:1"
			       "\tnot-after:1\tder:AA",
			     &l),
	    -1);
	assert_int_equal(parse("serial:1", &l), -1);
}

static void
test_json(void **state)
{
	struct buf out = {.max = 4096};

	(void)state;
	(void)buf_putc(&out, '{');
	(void)json_puts(&out, "a", "x\"\\\n\x7f\xc3\xa4");
	(void)json_put(&out, "b", SLICE("\xff\0"));
	(void)json_put_u64(&out, "c", 7);
	assert_int_equal(json_put_bool(&out, "d", true), 0);
	assert_true(slice_is(buf_slice(&out),
	    "{\"a\":\"x\\\"\\\\\\u000a\\u007f\xc3\xa4\","
	    "\"b\":\"\\ufffd\\u0000\",\"c\":7,\"d\":true"));
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_user),
	    cmocka_unit_test(test_host),
	    cmocka_unit_test(test_san),
	    cmocka_unit_test(test_serial),
	    cmocka_unit_test(test_ledger),
	    cmocka_unit_test(test_ledger_bad),
	    cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
