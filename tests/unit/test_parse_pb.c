/* The core of ots-parse: both encodings of every event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base64.h"
#include "parse_fix.h"

#define T       "2024-05-06T07:08:09.000Z"
#define VECTORS 7 /* tests/data/cot: cot-streaming 8.1 */

/* A canonical event with that detail. */
#define EVENT(detail)                                                          \
	"<event version=\"2.0\" time=\"" T "\" start=\"" T "\" stale=\"" T     \
	"\" type=\"t\" uid=\"U\" how=\"h\"><point lat=\"1\" lon=\"2\" "        \
	"hae=\"3\" ce=\"4\" le=\"5\"/>" detail "</event>"

struct vector {
	struct buf cot;   /* as it came, XML */
	struct buf xml;   /* canonical, with LF */
	struct buf frame; /* as it came, 0xBF */
	struct buf text;  /* base64 of what is delivered, with LF */
};

static struct vector v[VECTORS];

/* ---- tools ---- */

static void
begin(enum parse_format format, size_t max, const char *tag)
{
	fix_begin((struct parse_conf){
	    .flow_tag = tag, .max_event = max, .format = format});
}

static struct slice
line_of(const struct buf *b)
{
	struct slice s = buf_slice(b);

	s.n--;
	return s;
}

/* A frame record of that TakMessage. */
static void
put_frame(struct buf *out, const char *labels, struct slice msg)
{
	(void)buf_puts(out, "ev:frame\t");
	(void)buf_puts(out, labels);
	(void)buf_puts(out, "\tpb:");
	assert_int_equal(base64_encode(out, msg), 0);
	assert_int_equal(buf_putc(out, '\n'), 0);
}

/* The TakMessage in a frame. */
static struct slice
message_in(const struct buf *frame)
{
	struct slice s = buf_slice(frame);
	size_t n = (unsigned char)s.p[1] < 128 ? 2 : 3;

	return (struct slice){s.p + n, s.n - n};
}

static void
load(int i, const char *kind, struct buf *b)
{
	char name[64];
	FILE *f;
	int c;

	buf_init(b, 65536);
	assert_true(str_fmt(name, sizeof name, "tests/data/cot/v%d.%s", i + 1,
			kind) > 0);
	f = fopen(name, "rb");
	assert_non_null(f);
	while ((c = fgetc(f)) != EOF)
		assert_int_equal(buf_putc(b, (char)c), 0);
	fclose(f);
}

static int
load_all(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < VECTORS; i++) {
		load(i, "cot", &v[i].cot);
		load(i, "xml", &v[i].xml);
		load(i, "pb", &v[i].frame);
		load(i, "pb64", &v[i].text);
	}
	return 0;
}

static int
free_all(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < VECTORS; i++) {
		buf_fini(&v[i].cot);
		buf_fini(&v[i].xml);
		buf_fini(&v[i].frame);
		buf_fini(&v[i].text);
	}
	return 0;
}

/* ---- tests ---- */

/* XML to protobuf: a frame as a device sends it, a label as it is delivered. */
static void
test_parse_pb_from_xml(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < VECTORS; i++) {
		begin(FORMAT_PB, 65536, NULL);
		feed(buf_slice(&v[i].cot), 1000);
		assert_true(out_is(buf_slice(&v[i].frame)));
		parse_fini(&p);

		begin(FORMAT_RECORD, 65536, NULL);
		feed(buf_slice(&v[i].cot), 1000);
		assert_true(label_is("pb", line_of(&v[i].text)));
		assert_true(label_is("xml", line_of(&v[i].xml)));
		assert_true(slice_is(first()->f[first()->n - 1].label, "pb"));
		assert_int_equal(p.n.without_pb, 0);
		parse_fini(&p);
	}
}

/* The same event, bit by bit, but for access, which XML always has. */
static bool
same(struct slice a, struct slice b)
{
	struct cotpb *x = cotpb_new(65536), *y = cotpb_new(65536);
	struct cotparts one, two;
	bool yes;
	int i, k;

	assert_non_null(x);
	assert_non_null(y);
	assert_int_equal(cotpb_decode(x, a, &one), COT_OK);
	assert_int_equal(cotpb_decode(y, b, &two), COT_OK);
	yes = slice_eq(one.detail, two.detail);
	for (i = 0; i < PART_TEXT_COUNT; i++)
		yes &= slice_eq(one.text[i], two.text[i]) || i == PART_ACCESS;
	for (i = 0; i < 3; i++)
		yes &= one.ms[i] == two.ms[i];
	for (i = 0; i < 5; i++)
		yes &= one.point[i] == two.point[i];
	for (i = 0; i < PART_ELEMENT_COUNT; i++) {
		const struct cotparts_value *v1 = one.value[i],
					    *v2 = two.value[i];

		yes &= one.has[i] == two.has[i];
		for (k = 0; k < PART_ATTRS_MAX; k++)
			yes &= slice_eq(v1[k].text, v2[k].text) &&
			    v1[k].number == v2[k].number;
	}
	cotpb_free(&x);
	cotpb_free(&y);
	return yes;
}

/* And back: what becomes of it in XML says the same in protobuf. */
static void
test_parse_pb_from_pb(void **state)
{
	struct buf in = {.max = 65536};
	struct slice msg;
	char *copy;
	int i;

	(void)state;
	for (i = 0; i < VECTORS; i++) {
		begin(FORMAT_XML, 65536, NULL);
		feed(buf_slice(&v[i].frame), 1);
		assert_int_equal(p.n.events, 1);
		copy = slice_dup(buf_slice(&p.out));
		assert_non_null(copy);
		parse_fini(&p);

		begin(FORMAT_PB, 65536, NULL);
		feed(slice_of(copy), 1000);
		msg = message_in(&v[i].frame);
		assert_true(same(message_in(&p.out), msg));
		parse_fini(&p);

		/* In one step: not even numbers go through their text. */
		begin(FORMAT_PB, 65536, NULL);
		feed(buf_slice(&v[i].frame), 1000);
		assert_true(same(message_in(&p.out), msg));
		parse_fini(&p);

		/* The same as a record. */
		begin(FORMAT_XML, 65536, NULL);
		buf_clear(&in);
		put_frame(&in, "conn:c", msg);
		feed(buf_slice(&in), 7);
		assert_true(out_is(slice_of(copy)));
		assert_string_equal(told, "");
		parse_fini(&p);
		free(copy);
	}
	buf_fini(&in);
}

/* What text would lose stays (cot-streaming 8.4, P6), in its own event only. */
static void
test_parse_pb_kept(void **state)
{
	const struct slice more = SLICE("Q\1\2\3\4\5\6\xf0\x3f\x9a\x06\1?");
	struct slice event = message_in(&v[0].frame), pb, got;
	struct buf in = {.max = 65536};
	char bytes[256];

	(void)state;
	(void)buf_fmt(&in, "\xBF%c\x12%c", (int)(event.n + more.n),
	    (int)(event.n - 2 + more.n));
	(void)buf_append(&in, event.p + 2, event.n - 2);
	assert_int_equal(buf_put(&in, more), 0);
	begin(FORMAT_RECORD, 65536, NULL);
	feed(buf_slice(&in), 1000);
	assert_true(rec_raw(first(), "pb", &pb) && pb.n <= sizeof bytes);
	got = (struct slice){bytes, (size_t)base64_decode(bytes, pb)};
	assert_non_null(slice_find(got, (struct slice){more.p, 9}));
	assert_non_null(slice_find(got, (struct slice){more.p + 9, 4}));
	buf_clear(&p.out);
	feed(buf_slice(&v[0].cot), 1000);
	assert_true(label_is("pb", line_of(&v[0].text)));
	parse_fini(&p);
	buf_fini(&in);
}

static void
test_parse_pb_labels(void **state)
{
	struct buf in = {.max = 65536};

	(void)state;
	begin(FORMAT_RECORD, 65536, NULL);
	put_frame(&in, "conn:n.1.2\tuser:a\\tb\tpeer:192.0.2.1:6969",
	    message_in(&v[1].frame));
	feed(buf_slice(&in), 1000);
	assert_true(label_is("uid", SLICE("U-1")));
	assert_true(label_is("callsign", SLICE("ALPHA")));
	assert_true(label_is("team", SLICE("Cyan")));
	assert_true(label_is("conn", SLICE("n.1.2")));
	assert_true(label_is("user", SLICE("a\\tb")));
	assert_true(label_is("peer", SLICE("192.0.2.1:6969")));
	assert_true(slice_is(first()->f[first()->n - 1].label, "pb"));
	assert_true(slice_is(first()->f[first()->n - 2].label, "xml"));
	assert_int_equal(buf_size(&p.out), first()->line.n + 1);
	parse_fini(&p);
	buf_fini(&in);
}

/* A message that has our tag is a loop, unless it is told again. */
static void
test_parse_pb_flow_tag(void **state)
{
	struct buf in = {.max = 65536}, frame = {.max = 65536};

	(void)state;
	begin(FORMAT_PB, 65536, "OTS-1");
	feed(buf_slice(&v[1].frame), 1000);
	assert_int_equal(buf_put(&frame, buf_slice(&p.out)), 0);
	assert_non_null(slice_find(buf_slice(&frame),
	    SLICE("<_flow-tags_ OTS-1=\"2024-05-06T07:08:09.123Z\"/>")));
	parse_fini(&p);
	begin(FORMAT_XML, 65536, "OTS-1");
	put_frame(&in, "conn:c", message_in(&frame));
	feed(buf_slice(&in), 1000);
	assert_string_equal(told, "message loop c\n");
	assert_int_equal(buf_size(&p.out), 0);
	buf_clear(&in);
	put_frame(&in, "conn:c\tagain:1", message_in(&frame));
	feed(buf_slice(&in), 1000);
	assert_int_equal(p.n.events, 1);
	parse_fini(&p);
	buf_fini(&in);
	buf_fini(&frame);
}

/* Of no use, and legal: as mesh devices tell who they are. */
static void
test_parse_pb_no_event(void **state)
{
	(void)state;
	begin(FORMAT_RECORD, 65536, NULL);
	feed(SLICE("ev:frame\tconn:c\tpb:CgUaA1UtMQ==\n"
		   "ev:frame\tconn:c\tpb:\n"),
	    1000);
	assert_string_equal(told, "");
	assert_int_equal(p.n.frames, 2);
	assert_int_equal(p.n.events, 0);
	assert_int_equal(buf_size(&p.out), 0);
	parse_fini(&p);
	begin(FORMAT_RECORD, 65536, NULL);
	feed(SLICE("\xBF\0\xBF\7\x0a\5\x1a\3U-1\xBF\0"), 1);
	assert_string_equal(told, "");
	assert_int_equal(p.n.frames, 3);
	parse_fini(&p);
}

static void
test_parse_pb_hostile(void **state)
{
	static const char *const bad[] = {"AAAA", "A", "AA", "AAA",
	    "====", "A===", "EgA", "EgA=EgA=", "E\\tgA", "Eg A",
	    "\xFFgA=", "EgA=\\n"};
	struct buf in = {.max = 65536};
	char want[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		begin(FORMAT_RECORD, 1024, NULL);
		buf_clear(&in);
		assert_int_equal(
		    buf_fmt(
			&in, "ev:frame\tconn:%zu\tpb:%s\nev:x\n", i, bad[i]),
		    0);
		feed(buf_slice(&in), 1000);
		assert_true(out_is(SLICE("ev:x\n")));
		assert_true(str_fmt(want, sizeof want, "message protobuf %zu\n",
				i) > 0);
		assert_string_equal(told, want);
		parse_fini(&p);
	}
	/* Too much is not decoded first. */
	begin(FORMAT_RECORD, 1024, NULL);
	buf_clear(&in);
	(void)buf_puts(&in, "ev:frame\tconn:c\tpb:");
	for (i = 0; i < 1372; i++)
		(void)buf_putc(&in, 'A');
	assert_int_equal(buf_puts(&in, "\nev:x\n"), 0);
	feed(buf_slice(&in), 1000);
	assert_true(out_is(SLICE("ev:x\n")));
	assert_string_equal(told, "message too-big c\n");
	parse_fini(&p);
	buf_fini(&in);
}

/* An XML client and a protobuf client, and what does not belong there. */
static void
test_parse_pb_mixed(void **state)
{
	static const size_t pieces[] = {1 << 20, 1, 2, 3, 7, 64, 1000};
	struct buf in = {.max = 65536}, want = {.max = 65536};
	size_t i;

	(void)state;
	(void)buf_put(&in, buf_slice(&v[0].cot));
	(void)buf_put(&in, buf_slice(&v[0].frame));
	(void)buf_put(&in, SLICE("\0\xBF\0garbage"));
	(void)buf_put(&in, buf_slice(&v[1].cot));
	(void)buf_put(&in, buf_slice(&v[1].frame));
	(void)buf_put(&in, SLICE("\xBF\4\x12\x7f\0\0"));
	assert_int_equal(buf_put(&in, buf_slice(&v[4].cot)), 0);
	begin(FORMAT_XML, 65536, NULL);
	feed(buf_slice(&in), 1 << 20);
	assert_int_equal(p.n.events, 5);
	assert_true(buf_size(&p.out) > buf_size(&v[0].xml));
	assert_memory_equal(
	    buf_data(&p.out), buf_data(&v[0].xml), buf_size(&v[0].xml));
	assert_int_equal(buf_put(&want, buf_slice(&p.out)), 0);
	parse_fini(&p);
	for (i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		begin(FORMAT_XML, 65536, NULL);
		feed(buf_slice(&in), pieces[i]);
		assert_true(out_is(buf_slice(&want)));
		assert_string_equal(told, "message protobuf \n");
		parse_fini(&p);
	}
	buf_fini(&in);
	buf_fini(&want);
}

/* What was recorded as cot can be written in every format. */
static void
test_parse_pb_recording(void **state)
{
	struct buf in = {.max = 65536};

	(void)state;
	begin(FORMAT_RECORD, 65536, NULL);
	feed(buf_slice(&v[3].cot), 1000);
	assert_int_equal(buf_put(&in, buf_slice(&p.out)), 0);
	parse_fini(&p);

	/* With marti, which the label pb has not. */
	begin(FORMAT_PB, 65536, NULL);
	feed(buf_slice(&in), 1000);
	assert_true(out_is(buf_slice(&v[3].frame)));
	parse_fini(&p);
	begin(FORMAT_RECORD, 65536, NULL);
	feed(buf_slice(&in), 1000);
	assert_true(out_is(buf_slice(&in)));
	parse_fini(&p);
	begin(FORMAT_JSON, 65536, NULL);
	feed(buf_slice(&in), 1000);
	assert_null(slice_find(buf_slice(&p.out), SLICE("\"pb\"")));
	assert_non_null(slice_find(buf_slice(&p.out), SLICE("\"xml\"")));
	parse_fini(&p);

	begin(FORMAT_PB, 65536, NULL);
	feed(SLICE("ev:cot\txml:<event/>\nev:cot\tuid:U\nev:send\txml:" EVENT(
		 "<detail/>") "\n"),
	    1000);
	assert_int_equal(buf_size(&p.out), 0);
	assert_string_equal(told, "record malformed \n");
	parse_fini(&p);
	buf_fini(&in);
}

/* An event that has no room in protobuf is still an event. */
static void
test_parse_pb_over_limit(void **state)
{
	static const char quotes[] =
	    "''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''"
	    "''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''"
	    "''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''";
	struct buf in = {.max = 16 << 20};
	struct slice pb;
	size_t i;

	(void)state;
	(void)buf_puts(&in, EVENT("<detail><a b=\""));
	buf_truncate(&in, buf_size(&in) - strlen("</event>"));
	(void)buf_put(&in, SLICE(quotes));
	assert_int_equal(buf_puts(&in, "\"/></detail></event>"), 0);
	begin(FORMAT_RECORD, 1024, NULL);
	feed(buf_slice(&in), 1000);
	assert_string_equal(told, "");
	assert_int_equal(p.n.events, 1);
	assert_int_equal(p.n.without_pb, 1);
	assert_false(rec_raw(first(), "pb", &pb));
	parse_fini(&p);
	begin(FORMAT_PB, 1024, NULL);
	feed(buf_slice(&in), 1000);
	assert_string_equal(told, "message too-big \n");
	assert_int_equal(buf_size(&p.out), 0);
	parse_fini(&p);

	/* A line that both would make too long. */
	buf_clear(&in);
	(void)buf_puts(&in, EVENT("<detail><a>"));
	buf_truncate(&in, buf_size(&in) - strlen("</event>"));
	for (i = 0; i < 7500000; i++)
		(void)buf_putc(&in, 'x');
	assert_int_equal(buf_puts(&in, "</a></detail></event>"), 0);
	begin(FORMAT_RECORD, 8 << 20, NULL);
	feed(buf_slice(&in), 1 << 20);
	assert_string_equal(told, "");
	assert_int_equal(p.n.events, 1);
	assert_int_equal(p.n.without_pb, 1);
	assert_false(rec_raw(first(), "pb", &pb));
	/* What one event took is given back with the next. */
	feed(buf_slice(&v[0].frame), 1 << 20);
	assert_true(p.msg.cap < 2 << 20);
	assert_true(p.text.cap < 2 << 20);
	parse_fini(&p);
	buf_fini(&in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse_pb_from_xml),
	    cmocka_unit_test(test_parse_pb_from_pb),
	    cmocka_unit_test(test_parse_pb_kept),
	    cmocka_unit_test(test_parse_pb_labels),
	    cmocka_unit_test(test_parse_pb_flow_tag),
	    cmocka_unit_test(test_parse_pb_no_event),
	    cmocka_unit_test(test_parse_pb_hostile),
	    cmocka_unit_test(test_parse_pb_mixed),
	    cmocka_unit_test(test_parse_pb_recording),
	    cmocka_unit_test(test_parse_pb_over_limit),
	};

	return cmocka_run_group_tests(tests, load_all, free_all);
}
