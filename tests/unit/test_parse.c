/* The core of ots-parse: streams in, streams out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../cmd/ots-parse/format.h"
#include "parse_fix.h"

#define T     "2024-05-06T07:08:09.000Z"
#define HELLO "\nev:hello\tversion:1\tprogram:ots-parse\tnode:n1\n"

/* A canonical event in one line, and its labels. Of the protobuf form behind
 * them see test_parse_pb.c. */
#define EVENT(uid)                                                             \
	"<event version=\"2.0\" time=\"" T "\" start=\"" T "\" stale=\"" T     \
	"\" type=\"t\" uid=\"" uid                                             \
	"\" how=\"h\"><point lat=\"1\" lon=\"2\" hae=\"3\" ce=\"4\" "          \
	"le=\"5\"/><detail/></event>"
#define LABELS(uid)                                                            \
	"ev:cot\tuid:" uid "\ttype:t\thow:h\ttime:" T "\tstart:" T             \
	"\tstale:" T "\tlat:1\tlon:2\thae:3\tce:4\tle:5\t"
#define BARE(uid)                                                              \
	LABELS(uid) "via:local\tt:1714979289123456\txml:" EVENT(uid) "\n"

static void
begin(enum parse_input input, enum parse_format format, const char *tag)
{
	fix_begin((struct parse_conf){.flow_tag = tag,
	    .max_event = 65536,
	    .input = input,
	    .format = format});
	assert_int_equal(parse_hello(&p), 0);
}

/* Take out the label pb, which is the last one of an event. */
static void
cut_pb(char *out)
{
	char *pb, *lf;

	while ((pb = strstr(out, "\tpb:")) && (lf = strchr(pb, '\n')))
		memmove(pb, lf, strlen(lf) + 1);
}

static void
end(const char *out, const char *bad)
{
	char *copy = slice_dup(buf_slice(&p.out));

	assert_non_null(copy);
	cut_pb(copy);
	assert_string_equal(copy, out);
	assert_string_equal(told, bad);
	free(copy);
	parse_fini(&p);
}

/* Whole and in pieces of every small size: the same. */
static void
check(enum parse_input input, enum parse_format format, struct slice in,
    const char *out, const char *bad)
{
	static const size_t pieces[] = {1 << 20, 1, 2, 3, 7, 64, 1000};
	size_t i;

	for (i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		begin(input, format, NULL);
		feed(in, pieces[i]);
		end(out, bad);
	}
}

static void
test_parse_frames(void **state)
{
	static const char in[] =
	    "\nev:hello\tversion:1\tprogram:ots-listen\tnode:n\n"
	    "ev:open\tconn:n.1.2\tvia:tcp\tpeer:192.0.2.1:5\tt:1\n"
	    "ev:frame\tconn:n.1.2\tuser:a\\tb\tvia:tcp\tt:2\tnew-label:x\\\\y\t"
	    "xml:<event\\tuid='U1' type='t' how='h' time='" T "'\\n start='" T
	    "' stale='" T "'><point lat='1' lon='2' hae='3' ce='4' le='5'/>"
	    "</event>\tagain:1\n"
	    "ev:news\tfrom:\\ttomorrow\n"
	    "ev:frame\tconn:n.1.2\txml:" EVENT(
		"U2") "\n"
		      "ev:close\tconn:n.1.2\twhy:eof\tt:3\n";
	static const char out[] = HELLO
	    "ev:hello\tversion:1\tprogram:ots-listen\tnode:n\n"
	    "ev:open\tconn:n.1.2\tvia:tcp\tpeer:192.0.2.1:5\tt:1\n" LABELS(
		"U1") "conn:n.1.2\tuser:a\\tb\tvia:tcp\tt:2\t"
		      "new-label:x\\\\y\tagain:1\txml:" EVENT(
			  "U1") "\n"
				"ev:news\tfrom:\\ttomorrow\n" LABELS(
				    "U2") "conn:n.1.2\txml:" EVENT("U2") "\n"
									 "ev:"
									 "close"
									 "\tcon"
									 "n:n."
									 "1."
									 "2\twh"
									 "y:"
									 "eof\t"
									 "t:"
									 "3\n";

	(void)state;
	check(INPUT_AUTO, FORMAT_RECORD, SLICE(in), out, "");
	check(INPUT_RECORD, FORMAT_RECORD, SLICE(in), out, "");
	check(INPUT_AUTO, FORMAT_XML, SLICE(in),
	    EVENT("U1") "\n" EVENT("U2") "\n", "");
}

static void
test_parse_dropped(void **state)
{
	static const char in[] =
	    "torn:x\tev:frame\n"
	    "ev:frame\tconn:n.1.2\txml:" EVENT(
		"U1") "\n"
		      "ev:frame\tconn:n.1.2\tpb:AAAA\n"
		      "ev:frame\tconn:n.1.3\n"
		      "ev:frame\tconn:n.1.4\txml:<event/>\n"
		      "ev:frame\tconn:n.1.5\txml:<event uid='\xFF'/>\n"
		      "ev:frame\tconn:n.1.6\txml:a\\b\n"
		      "ev:x\tno colon\n"
		      "\n\n"
		      "ev:frame\tconn:n.1.2\txml:" EVENT(
			  "U2") "\n"
				"ev:frame\tconn:n.1.2\txml:<even";

	(void)state;
	check(INPUT_RECORD, FORMAT_RECORD, SLICE(in),
	    HELLO LABELS("U1") "conn:n.1.2\txml:" EVENT("U1") "\n" LABELS(
		"U2") "conn:n.1.2\txml:" EVENT("U2") "\n",
	    "record malformed \nmessage protobuf n.1.2\n"
	    "message empty n.1.3\nmessage uid n.1.4\nmessage utf8 n.1.5\n"
	    "record malformed \nrecord malformed \nrecord torn \n");
	begin(INPUT_RECORD, FORMAT_RECORD, NULL);
	feed(SLICE(in), 100);
	assert_int_equal(p.n.frames, 6);
	assert_int_equal(p.n.events, 2);
	assert_int_equal(p.n.bad_records, 4);
	assert_int_equal(p.n.dropped[COT_PROTOBUF], 1);
	assert_int_equal(p.n.dropped[COT_UTF8], 1);
	parse_fini(&p);
}

static void
test_parse_over_long_line(void **state)
{
	size_t n = REC_LINE_MAX + 100;
	char *line = malloc(n);

	(void)state;
	assert_non_null(line);
	memset(line, 'x', n);
	memcpy(line, "ev:x\ta:", 7);
	begin(INPUT_AUTO, FORMAT_RECORD, NULL);
	parse_feed(&p, line, n, NOW);
	while (parse_next(&p))
		;
	feed(SLICE("\nev:y\n"), 100);
	end(HELLO "ev:y\n", "record too-long \n");
	free(line);
}

static void
test_parse_too_many_fields(void **state)
{
	struct buf b = {.max = 65536};
	int i;

	(void)state;
	(void)buf_puts(&b, "ev:frame\tconn:c\txml:" EVENT("U"));
	for (i = 0; i < 250; i++)
		(void)buf_puts(&b, "\tx:y");
	assert_int_equal(buf_puts(&b, "\nev:y\n"), 0);
	begin(INPUT_AUTO, FORMAT_RECORD, NULL);
	feed(buf_slice(&b), 1000);
	end(HELLO "ev:y\n", "message fields c\n");
	buf_fini(&b);
}

/* What may stand between the events of a device. */
#define DECLARATION "\n \xEF\xBB\xBF<?xml version=\"1.0\"?>\n"
#define AUTH        "\n\n<auth><cot username='a' password='s'/></auth>"
#define FRAMES      "\xBF\3abc\xBF\0"
#define BROKEN      "<event uid=\"a\"><point </event>"
#define UNFINISHED  "<event uid="

static void
test_parse_bare(void **state)
{
	static const char in[] = DECLARATION EVENT("U1") AUTH EVENT("U2")
	    FRAMES BROKEN EVENT("U3") "<!-- c -->" EVENT("U4") UNFINISHED;

	(void)state;
	check(INPUT_AUTO, FORMAT_RECORD, SLICE(in),
	    HELLO BARE("U1") BARE("U2") BARE("U3") BARE("U4"),
	    "message protobuf \nmessage xml \nmessage xml \n");
	check(INPUT_COT, FORMAT_XML, SLICE("garbage" EVENT("U1")),
	    EVENT("U1") "\n", "");
	check(INPUT_AUTO, FORMAT_XML, SLICE("\xBF\0" EVENT("U1")),
	    EVENT("U1") "\n", "");
	check(INPUT_AUTO, FORMAT_RECORD, SLICE(" \n\t\r "), HELLO, "");
}

static void
test_parse_bare_cannot_go_on(void **state)
{
	(void)state;
	begin(INPUT_AUTO, FORMAT_XML, NULL);
	feed(SLICE(EVENT("U1") "<!DOCTYPE event>" EVENT("U2")), 1000);
	assert_string_equal(p.fault, "doctype");
	feed(SLICE(EVENT("U3")), 1000);
	end(EVENT("U1") "\n", "");
}

/* Who is started anew in the middle of a record sees its rest first. */
static void
test_parse_restarted(void **state)
{
	static const char rest[] = "<event uid='x'/>\tt:5\nev:y\n";

	(void)state;
	check(INPUT_RECORD, FORMAT_RECORD, SLICE(rest), HELLO "ev:y\n",
	    "record malformed \n");
	begin(INPUT_AUTO, FORMAT_RECORD, NULL);
	feed(SLICE(rest), 1000);
	end(HELLO "ev:y\n", "record malformed \n");
	check(INPUT_AUTO, FORMAT_RECORD, SLICE("vent>\nev:y\n"), HELLO "ev:y\n",
	    "record malformed \n");
}

/* A frame record around a document. */
static void
frame(const char *labels, struct slice xml, struct buf *out)
{
	buf_clear(out);
	(void)buf_puts(out, "ev:frame\t");
	(void)buf_puts(out, labels);
	(void)buf_puts(out, "xml:");
	assert_int_equal(buf_put(out, xml), 0);
	assert_int_equal(buf_putc(out, '\n'), 0);
}

static void
test_parse_flow_tag(void **state)
{
	struct buf in = {.max = 65536};
	struct slice ours;
	char *copy;

	(void)state;
	begin(INPUT_AUTO, FORMAT_XML, "OTS-1");
	frame("conn:c\t", SLICE(EVENT("U1")), &in);
	feed(buf_slice(&in), 1000);
	assert_true(slice_ends(buf_slice(&p.out),
	    "<detail><_flow-tags_ OTS-1=\"2024-05-06T07:08:09.123Z\"/>"
	    "</detail></event>\n"));
	/* What we wrote comes back: a loop, unless it is told again. */
	copy = slice_dup(buf_slice(&p.out));
	assert_non_null(copy);
	ours = (struct slice){copy, strlen(copy) - 1};
	buf_clear(&p.out);
	frame("conn:d\t", ours, &in);
	feed(buf_slice(&in), 1000);
	assert_int_equal(buf_size(&p.out), 0);
	assert_string_equal(told, "message loop d\n");
	assert_int_equal(p.n.dropped[COT_LOOP], 1);
	frame("conn:d\tagain:1\t", ours, &in);
	feed(buf_slice(&in), 1000);
	end(copy, "message loop d\n");
	free(copy);
	buf_fini(&in);
}

static void
test_parse_json(void **state)
{
	static const char in[] =
	    "ev:open\tkey:a\tvia:tcp\tkey:\"\\\\\\t\\n\tkey:\xC3\xA9\xFF\x01\n"
	    "ev:auth\tname:a\tsecret:s\n"
	    "ev:frame\tconn:c\txml:" EVENT("U1") "\n";
	static const char quoted[] =
	    "<event version=\\\"2.0\\\" time=\\\"" T "\\\" start=\\\"" T
	    "\\\" stale=\\\"" T "\\\" type=\\\"t\\\" uid=\\\"U1\\\" "
	    "how=\\\"h\\\"><point lat=\\\"1\\\" lon=\\\"2\\\" hae=\\\"3\\\" "
	    "ce=\\\"4\\\" le=\\\"5\\\"/><detail/></event>";
	char out[2048];

	(void)state;
	assert_true(
	    str_fmt(out, sizeof out,
		"{\"ev\":\"open\",\"key\":[\"a\",\"\\\"\\\\\\t\\n\","
		"\"\xC3\xA9\xEF\xBF\xBD\\u0001\"],\"via\":\"tcp\"}\n"
		"{\"ev\":\"cot\",\"uid\":\"U1\",\"type\":\"t\",\"how\":\"h\","
		"\"time\":\"" T "\",\"start\":\"" T "\",\"stale\":\"" T
		"\",\"lat\":\"1\",\"lon\":\"2\",\"hae\":\"3\",\"ce\":\"4\","
		"\"le\":\"5\",\"conn\":\"c\",\"xml\":\"%s\"}\n",
		quoted) > 0);
	check(INPUT_AUTO, FORMAT_JSON, SLICE(in), out, "");
}

/* A recording of events can be read again. */
static void
test_parse_recording(void **state)
{
	(void)state;
	check(INPUT_AUTO, FORMAT_XML, SLICE(HELLO BARE("U1") BARE("U2")),
	    EVENT("U1") "\n" EVENT("U2") "\n", "");
	check(INPUT_AUTO, FORMAT_RECORD, SLICE(HELLO BARE("U1")),
	    HELLO
	    "ev:hello\tversion:1\tprogram:ots-parse\tnode:n1\n" BARE("U1"),
	    "");
}

/* No text of a client's becomes a field or a record of its own. */
static void
test_parse_injection(void **state)
{
	static const char in[] =
	    "ev:frame\tconn:c\txml:<event uid='a&#9;ev:x&#10;ev:y&#13;\\\\t' "
	    "type='t' how='h' time='" T "' start='" T "' stale='" T
	    "'><point lat='1' lon='2' hae='3' ce='4' le='5'/></event>\n";
	static const char begins[] =
	    "ev:cot\tuid:a\\tev:x\\nev:y\\r\\\\t\ttype:t\t";
	struct slice out, line;
	static struct rec r;

	(void)state;
	begin(INPUT_AUTO, FORMAT_RECORD, NULL);
	buf_clear(&p.out);
	feed(SLICE(in), 1000);
	out = buf_slice(&p.out);
	assert_true(slice_starts(out, begins));
	assert_non_null(
	    slice_find(out, SLICE(" uid=\"a&#9;ev:x&#10;ev:y&#13;\\\\t\" ")));
	line = (struct slice){out.p, out.n - 1};
	assert_null(memchr(line.p, '\n', line.n));
	assert_int_equal(rec_parse(&r, line), 1);
	assert_int_equal(r.n, 15);
	parse_fini(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse_frames),
	    cmocka_unit_test(test_parse_dropped),
	    cmocka_unit_test(test_parse_over_long_line),
	    cmocka_unit_test(test_parse_too_many_fields),
	    cmocka_unit_test(test_parse_bare),
	    cmocka_unit_test(test_parse_bare_cannot_go_on),
	    cmocka_unit_test(test_parse_restarted),
	    cmocka_unit_test(test_parse_flow_tag),
	    cmocka_unit_test(test_parse_json),
	    cmocka_unit_test(test_parse_recording),
	    cmocka_unit_test(test_parse_injection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
