/* The small parts of lib/: texts, numbers, buffers, tables, times, ids. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base64.h"
#include "buf.h"
#include "cotmake.h"
#include "cotscan.h"
#include "map.h"
#include "num.h"
#include "slot.h"
#include "sniff.h"
#include "str.h"
#include "timetext.h"

static void
test_num_u64(void **state)
{
	/* text, maximum, errno or 0, value */
	static const struct {
		const char *text;
		uint64_t max;
		int err;
		uint64_t value;
	} cases[] = {
	    {"0", 0, 0, 0},
	    {"5", 3, ERANGE, 0},
	    {"3", 3, 0, 3},
	    {"10", 9, ERANGE, 0},
	    {"007", 9, 0, 7},
	    {"18446744073709551615", UINT64_MAX, 0, UINT64_MAX},
	    {"18446744073709551616", UINT64_MAX, ERANGE, 0},
	    {"99999999999999999999", UINT64_MAX, ERANGE, 0},
	    {"", 9, EINVAL, 0},
	    {"+1", 9, EINVAL, 0},
	    {"-1", 9, EINVAL, 0},
	    {" 1", 9, EINVAL, 0},
	    {"1 ", 9, EINVAL, 0},
	    {"0x1", 99, EINVAL, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t v = 42;
		int r = num_u64(slice_of(cases[i].text), cases[i].max, &v);

		assert_int_equal(r, cases[i].err ? -1 : 0);
		if (cases[i].err)
			assert_int_equal(errno, cases[i].err);
		assert_true(v == (cases[i].err ? 42 : cases[i].value));
	}
}

static void
test_num_bytes(void **state)
{
	uint64_t v;

	(void)state;
	assert_int_equal(num_bytes(SLICE("64K"), UINT64_MAX, &v), 0);
	assert_true(v == 65536);
	assert_int_equal(num_bytes(SLICE("8m"), 8 << 20, &v), 0);
	assert_int_equal(num_bytes(SLICE("9M"), 8 << 20, &v), -1);
	assert_int_equal(num_bytes(SLICE("K"), 99, &v), -1);
	assert_int_equal(
	    num_bytes(SLICE("99999999999999G"), UINT64_MAX, &v), -1);
}

static void
test_num_double(void **state)
{
	static const char *const good[] = {"1", "-1.5", "1.0E-5", "+.5", "5.",
	    "9999999.0", "-22.22983896651138", "0"};
	static const char *const bad[] = {"", "abc", "1.2.3", "nan", "inf",
	    "-inf", "0x10", "1e", "1e+", ".", "-", "1 ", " 1", "1,5", "1e999",
	    "1111111111111111111111111111111111111111111111111111111111111111"
	    "11"};
	size_t i;
	double d;

	(void)state;
	for (i = 0; i < sizeof good / sizeof *good; i++)
		assert_int_equal(num_double(slice_of(good[i]), &d), 0);
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(num_double(slice_of(bad[i]), &d), -1);
	assert_int_equal(num_double((struct slice){"1\0", 2}, &d), -1);
	assert_int_equal(num_double(SLICE("-1.5"), &d), 0);
	assert_true(d < -1.49 && d > -1.51);
}

static void
test_utf8(void **state)
{
	static const char *const bad[] = {"\xff", "\x80", "a\xc3", "\xc0\x80",
	    "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
	    "\xf8\x88\x80\x80\x80", "\xe2\x82", "\xc3("};
	size_t i;

	(void)state;
	assert_true(utf8_valid("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10));
	assert_true(utf8_valid("", 0));
	assert_false(utf8_valid("a\0b", 3));
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(utf8_valid(bad[i], strlen(bad[i])));
	for (i = 0; i < 32; i++) {
		char text[] = "eight letters at a time, or less";

		assert_true(utf8_valid(text, 32));
		text[i] = i % 2 ? '\x80' : '\0';
		assert_false(utf8_valid(text, 32));
	}
}

static void
test_buf_maximum(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_int_equal(buf_append(&b, "12345678", 8), 0);
	assert_int_equal(buf_append(&b, "abc", 3), -1);
	assert_int_equal(errno, ENOBUFS);
	assert_true(b.failed);
	assert_int_equal(buf_append(&b, "a", 1), -1); /* sticky */
	assert_int_equal(buf_size(&b), 8);
	buf_clear(&b);
	assert_int_equal(buf_append(&b, "0123456789", 10), 0);
	buf_consume(&b, 9);
	assert_int_equal(buf_append(&b, "abcdefghi", 9), 0);
	assert_memory_equal(buf_data(&b), "9abcdefghi", 10);
	assert_int_equal(buf_append(&b, "x", 1), -1);
	buf_fini(&b);
}

/* More than there is: NULL, not the end of the program. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

/* The errno of the first failure stays, whatever is asked for then. */
static void
test_buf_why(void **state)
{
	const char *preload = getenv("LD_PRELOAD");
	struct buf b = {.max = SIZE_MAX / 2};

	(void)state;
	if (preload && strstr(preload, "vgpreload"))
		return; /* such a size is an error to valgrind */
	assert_null(buf_reserve(&b, SIZE_MAX / 4));
	assert_int_equal(errno, ENOMEM);
	assert_true(b.failed && b.no_memory);
	errno = 0;
	assert_int_equal(buf_puts(&b, "a"), -1);
	assert_int_equal(errno, ENOMEM);
	errno = 0;
	assert_int_equal(buf_puts(&b, ""), -1);
	assert_int_equal(errno, ENOMEM);
	buf_clear(&b);
	assert_false(b.failed || b.no_memory);
	b.max = 3;
	assert_int_equal(buf_puts(&b, "abcd"), -1);
	errno = 0;
	assert_null(buf_reserve(&b, SIZE_MAX / 4));
	assert_int_equal(errno, ENOBUFS);
	assert_false(b.no_memory);
	buf_fini(&b);
}

static void
test_buf_stream(void **state)
{
	struct buf b;
	unsigned i, expect = 0, seed = 7;
	unsigned char c;

	(void)state;
	buf_init(&b, 1000);
	for (i = 0; i < 100000; i++) {
		seed = seed * 1103515245 + 12345;
		c = (unsigned char)i;
		if (buf_append(&b, &c, 1) < 0) {
			buf_clear(&b);
			fail();
		}
		while (buf_size(&b) > (seed >> 16) % 900) {
			assert_int_equal(
			    (unsigned char)*buf_data(&b), expect++ & 0xff);
			buf_consume(&b, 1);
		}
	}
	buf_fini(&b);
}

static void
test_map_against_list(void **state)
{
	const uint64_t seed[2] = {1, 2};
	struct map m;
	char key[16];
	static char used[500];
	unsigned i, k, r = 1;
	size_t n = 0, pos, seen;
	void *v;

	(void)state;
	map_init(&m, seed);
	for (i = 0; i < 20000; i++) {
		r = r * 1103515245 + 12345;
		k = (r >> 8) % 500;
		assert_true(str_fmt(key, sizeof key, "key-%u", k) > 0);
		if (r & 0x40000000) {
			v = map_del(&m, slice_of(key));
			assert_ptr_equal(v, used[k] ? &used[k] : NULL);
			n -= used[k] != 0;
			used[k] = 0;
		} else {
			assert_int_equal(
			    map_put(&m, slice_of(key), &used[k]), 0);
			n += used[k] == 0;
			used[k] = 1;
		}
		assert_int_equal(m.n, n);
	}
	for (pos = 0, seen = 0; map_next(&m, &pos, NULL, &v); seen++)
		assert_int_equal(*(char *)v, 1);
	assert_int_equal(seen, n);
	map_fini(&m);
}

static void
test_map_remove_while_walking(void **state)
{
	const uint64_t seed[2] = {3, 4};
	struct map m;
	struct slice key;
	char text[16];
	size_t pos, n = 0;
	unsigned i;
	void *v;

	(void)state;
	map_init(&m, seed);
	for (i = 0; i < 1000; i++) {
		assert_true(str_fmt(text, sizeof text, "%u", i) > 0);
		assert_int_equal(map_put(&m, slice_of(text), &m), 0);
	}
	for (pos = 0; map_next(&m, &pos, &key, &v); n++)
		if (n % 3)
			assert_ptr_equal(map_del(&m, key), &m);
	assert_int_equal(n, 1000);
	assert_int_equal(m.n, 334);
	map_fini(&m);
}

static void
test_times(void **state)
{
	static const struct {
		const char *text;
		int64_t ms; /* -1: refused */
	} cases[] = {
	    {"2024-05-06T07:08:09Z", 1714979289000},
	    {"2024-05-06T07:08:09.5Z", 1714979289500},
	    {"2024-05-06T07:08:09.123Z", 1714979289123},
	    {"2024-05-06T07:08:09.1239Z", 1714979289123},
	    {"2024-05-06T07:08:09.123456789Z", 1714979289123},
	    {"2024-05-06T09:08:09+02:00", 1714979289000},
	    {"2024-05-06T05:38:09-01:30", 1714979289000},
	    {"1970-01-01T00:00:00Z", 0},
	    {"2024-02-29T00:00:00Z", 1709164800000},
	    {"2023-02-29T00:00:00Z", -1},
	    {"2106-02-07T06:28:15.999Z", TIMETEXT_MAX_MS},
	    {"yesterday", -1},
	    {"", -1},
	    {"2024-05-06T07:08:09", -1},
	    {"2024-05-06T07:08:09.Z", -1},
	    {"2024-05-06 07:08:09Z", -1},
	    {"2024-13-06T07:08:09Z", -1},
	    {"2024-05-06T24:08:09Z", -1},
	    {"2024-05-06T07:08:09Zx", -1},
	    {"1899-05-06T07:08:09Z", -1},
	};
	char text[TIMETEXT_LEN + 1];
	int64_t ms;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		int r = timetext_parse(slice_of(cases[i].text), &ms);

		assert_int_equal(r, cases[i].ms < 0 ? -1 : 0);
		if (r == 0)
			assert_true(ms == cases[i].ms);
	}
	for (ms = 0; ms < TIMETEXT_MAX_MS; ms += 86399999 * (int64_t)17) {
		int64_t back = -1;

		timetext_format(ms, text);
		assert_int_equal(timetext_parse(slice_of(text), &back), 0);
		assert_true(back == ms);
	}
	timetext_format(TIMETEXT_MAX_MS + 1, text);
	assert_string_equal(text, "2106-02-07T06:28:15.999Z");
	timetext_format(-1, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000Z");
}

static void
test_slots(void **state)
{
	struct slots s;
	struct slot_id a, b, c, got;
	char text[SLOT_TEXT_MAX];
	int x;

	(void)state;
	assert_int_equal(slots_init(&s, "no de", 2, 1), -1);
	assert_int_equal(slots_init(&s, "", 2, 1), -1);
	assert_int_equal(slots_init(&s, "n-1", 2, 77), 0);
	assert_int_equal(slots_take(&s, &x, &a), 0);
	assert_int_equal(slots_take(&s, &x, &b), 0);
	assert_int_equal(slots_take(&s, &x, &c), -1);
	assert_int_equal(errno, ENFILE);
	assert_true(slots_text(&s, a, text) > 0);
	assert_string_equal(text, "n-1.0.77");
	assert_int_equal(slots_parse(&s, slice_of(text), &got), 0);
	assert_ptr_equal(slots_get(&s, got), &x);
	slots_free(&s, a);
	assert_null(slots_get(&s, got));
	/* The same slot again, but the old id does not reach it. */
	assert_int_equal(slots_take(&s, &x, &c), 0);
	assert_int_equal(c.slot, a.slot);
	assert_null(slots_get(&s, a));
	slots_free(&s, a);
	assert_ptr_equal(slots_get(&s, c), &x);
	assert_int_equal(slots_parse(&s, SLICE("other.0.77"), &got), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(slots_parse(&s, SLICE("n-1.0"), &got), -1);
	assert_int_equal(slots_parse(&s, SLICE("n-1..5"), &got), -1);
	assert_int_equal(slots_parse(&s, SLICE("n-1.4294967295.5"), &got), -1);
	assert_int_equal(slots_parse(&s, SLICE(""), &got), -1);
	assert_null(slots_get(&s, (struct slot_id){99, 1}));
	slots_fini(&s);
}

static const char canonical[] =
    "<event version=\"2.0\" time=\"2024-05-06T07:08:09.123Z\" "
    "start=\"2024-05-06T07:08:09.123Z\" stale=\"2024-05-06T07:08:19.123Z\" "
    "type=\"b-t-f\" uid=\"U &amp; 1\"><point/></event>";

static void
test_cotscan(void **state)
{
	struct slice v, xml = slice_of(canonical);
	struct buf b;

	(void)state;
	assert_true(cotscan_canonical(xml));
	assert_false(cotscan_canonical((struct slice){canonical, 30}));
	assert_false(cotscan_canonical(SLICE("<event uid='x'/>")));
	assert_true(cotscan_attr(xml, "uid", &v));
	assert_true(slice_is(v, "U &amp; 1"));
	assert_false(cotscan_attr(xml, "how", &v));
	assert_true(cotscan_attr(
	    SLICE("<event\n uid = 'a>b' type='t-x-c-t'/>"), "type", &v));
	assert_true(slice_is(v, "t-x-c-t"));
	/* Not in another element, nor inside another value. */
	assert_false(cotscan_attr(
	    SLICE("<event uid=\"type='x'\"><point type='y'/>"), "type", &v));
	assert_false(cotscan_attr(SLICE("<events type='y'/>"), "type", &v));
	assert_false(cotscan_attr(SLICE("<event type='y"), "type", &v));
	buf_init(&b, 1000);
	assert_int_equal(cotscan_retime(&b, xml, 1000, 2000, 3000), 0);
	assert_true(cotscan_attr(buf_slice(&b), "stale", &v));
	assert_true(slice_is(v, "1970-01-01T00:00:03.000Z"));
	assert_int_equal(buf_size(&b), xml.n);
	buf_clear(&b);
	assert_int_equal(cotscan_retype(&b, xml, "b-t-f-s"), 0);
	assert_true(cotscan_attr(buf_slice(&b), "type", &v));
	assert_true(slice_is(v, "b-t-f-s"));
	assert_true(slice_ends(buf_slice(&b), "<point/></event>"));
	assert_int_equal(cotscan_retype(&b, SLICE("<event/>"), "x"), -1);
	buf_fini(&b);
}

static void
test_cotmake(void **state)
{
	struct buf b;
	struct slice v;

	(void)state;
	buf_init(&b, 4000);
	assert_int_equal(cotmake_pong(&b, 1714979289123), 0);
	assert_true(cotscan_canonical(buf_slice(&b)));
	assert_true(cotscan_attr(buf_slice(&b), "stale", &v));
	assert_true(slice_is(v, "2024-05-06T07:08:29.123Z"));
	buf_clear(&b);
	assert_int_equal(cotmake_gone(&b, 0, SLICE("u\""), SLICE("a<b>'&\t"),
			     SLICE("a-f-G")),
	    0);
	assert_non_null(slice_find(buf_slice(&b), SLICE("uid=\"u&quot;\"")));
	assert_non_null(slice_find(buf_slice(&b),
	    SLICE("<link relation=\"p-p\" uid=\"a&lt;b&gt;&apos;&amp;&#9;\""
		  " type=\"a-f-G\"/>")));
	buf_clear(&b);
	assert_int_equal(
	    cotmake_cancel(&b, 0, SLICE("u-9-1-1"), SLICE("ALPHA\x01")), 0);
	assert_non_null(slice_find(buf_slice(&b),
	    SLICE("<emergency cancel=\"true\">ALPHA</emergency>")));
	buf_fini(&b);
	buf_init(&b, 20);
	assert_int_equal(cotmake_pong(&b, 0), -1);
	buf_fini(&b);
}

static void
test_base64(void **state)
{
	static const char *const cases[][2] = {{"", ""}, {"f", "Zg=="},
	    {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"},
	    {"\xbf\xff\xfe", "v//+"}};
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 100);
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_clear(&b);
		assert_int_equal(base64_encode(&b, slice_of(cases[i][0])), 0);
		assert_true(slice_is(buf_slice(&b), cases[i][1]));
	}
	buf_fini(&b);
}

static void
test_sniff(void **state)
{
	static const struct {
		const char *text;
		enum sniff is;
		size_t left;
	} cases[] = {
	    {"", SNIFF_MORE, 0},
	    {" \t\r\n", SNIFF_MORE, 0},
	    {"\n\nev:hello\n", SNIFF_RECORDS, 9},
	    {"e", SNIFF_RECORDS, 1},
	    {"orn:record\n", SNIFF_RECORDS, 11},
	    {" <", SNIFF_COT, 1},
	    {"\xEF\xBB\xBF<event/>", SNIFF_COT, 11},
	    {"\xBF\x01", SNIFF_COT, 2},
	    {"<event>ev:\n ev:x", SNIFF_COT, 16},
	    {"</event>\nev:x\n", SNIFF_RECORDS, 14},
	};
	struct slice s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		s = slice_of(cases[i].text);
		assert_int_equal(sniff(&s), cases[i].is);
		assert_int_equal(s.n, cases[i].left);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_num_u64),
	    cmocka_unit_test(test_num_bytes),
	    cmocka_unit_test(test_num_double),
	    cmocka_unit_test(test_utf8),
	    cmocka_unit_test(test_buf_maximum),
	    cmocka_unit_test(test_buf_why),
	    cmocka_unit_test(test_buf_stream),
	    cmocka_unit_test(test_map_against_list),
	    cmocka_unit_test(test_map_remove_while_walking),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_slots),
	    cmocka_unit_test(test_cotscan),
	    cmocka_unit_test(test_cotmake),
	    cmocka_unit_test(test_base64),
	    cmocka_unit_test(test_sniff),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
