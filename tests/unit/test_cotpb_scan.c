/* From canonical XML to a message: which element is typed and which stays as
 * it is (cot-streaming 5.2), what the server itself writes, and that anything
 * else than canonical XML is refused, whatever its bytes are. */
#include "cotpb_bufs.h"

#include "cotmake.h"
#include "cotscan.h"

/* ---- 5.2 ---- */

/* The parts of the canonical event with this content of detail. */
static void
parts_of(const char *content, bool without_marti, struct cotparts *parts)
{
	struct cotpb_source from = {.without_marti = without_marti};

	buf_clear(&a);
	buf_clear(&out);
	assert_int_equal(
	    buf_fmt(&a, "%s<detail>%s</detail></event>", W_XML, content), 0);
	from.xml = buf_slice(&a);
	assert_int_equal(cotpb_encode(pb, &from, &out), 0);
	assert_int_equal(cotpb_decode(pb, buf_slice(&out), parts), COT_OK);
}

/* It stays in xmlDetail; if not, it is typed and nothing stays. */
static void
stays(const char *content, bool want)
{
	struct cotparts parts;
	unsigned i, n = 0;

	parts_of(content, false, &parts);
	for (i = 0; i < PART_ELEMENT_COUNT; i++)
		n += parts.has[i];
	fix_same(parts.detail, want ? slice_of(content) : SLICE(""));
	assert_int_equal(n, want ? 0 : 1);
}

static void
test_scan_contact(void **state)
{
	(void)state;
	stays("<contact callsign=\"A\"/>", false);
	stays("<contact callsign=\"\"/>", false);
	stays("<contact callsign=\"A\" endpoint=\"x\"/>", false);
	stays("<contact altendpoints=\"y\" endpoint=\"x\" callsign=\"A\"/>",
	    false);
	stays("<contact/>", true);
	stays("<contact endpoint=\"x\"/>", true);
	stays("<contact callsign=\"A\" endpoint=\"\"/>", true);
	stays("<contact callsign=\"A\" altendpoints=\"\"/>", true);
	stays("<contact callsign=\"A\" phone=\"1\"/>", true);
	stays("<contact callsign=\"A\"> </contact>", true);
	stays("<contact callsign=\"A\">x</contact>", true);
	stays("<contact callsign=\"A\"><a/></contact>", true);
	stays("<contact callsign=\"A\"/><contact callsign=\"A\"/>", true);
	stays("<contact callsign=\"A\"/><b/><contact/>", true);
	stays("<Contact callsign=\"A\"/>", true);
	stays("<x:contact callsign=\"A\"/>", true);
	stays("<contacts callsign=\"A\"/>", true);
	stays("<x><contact callsign=\"A\"/></x>", true);
	stays("<contact x:callsign=\"A\"/>", true);
	stays("<contact callsign=\"A\" xmlns=\"u\"/>", true);
}

static void
test_scan_others(void **state)
{
	(void)state;
	stays("<__group name=\"Cyan\" role=\"HQ\"/>", false);
	stays("<__group role=\"\" name=\"\"/>", false);
	stays("<__group name=\"Cyan\"/>", true);
	stays("<__group name=\"Cyan\" role=\"HQ\" exrole=\"x\"/>", true);
	stays("<precisionlocation geopointsrc=\"GPS\" altsrc=\"GPS\"/>", false);
	stays("<precisionlocation altsrc=\"???\"/>", true);
	stays("<takv device=\"d\" platform=\"p\" os=\"o\" version=\"v\"/>",
	    false);
	stays("<takv version=\"\" os=\"\" platform=\"\" device=\"\"/>", false);
	stays("<takv device=\"d\" platform=\"p\" version=\"v\"/>", true);
	stays(
	    "<takv device=\"d\" platform=\"p\" os=\"o\" version=\"v\" a=\"\"/>",
	    true);
}

static void
test_scan_numbers(void **state)
{
	static const char *const no[] = {"", " 1", "1 ", "x", "87%", "-1", "+1",
	    "1.0", "2147483648", "99999999999999999999", "0x10", "1e1"};
	static const char *const bad[] = {"", "x", "1 ", " 1", "1,5", "NaN",
	    "inf", "-INF", "1e999", "0x1p3", "1e", ".", "--1", "1f"};
	static const char *const good[] = {"0", "1.5", "-0.0", "+3", "1e2",
	    "1.0E-5", ".5", "5.", "-22.22983896651138"};
	char text[96];
	size_t i;

	(void)state;
	stays("<status battery=\"0\"/>", false);
	stays("<status battery=\"0087\"/>", false);
	stays("<status battery=\"2147483647\"/>", false);
	stays("<status battery=\"50\" readiness=\"true\"/>", true);
	stays("<status/>", true);
	for (i = 0; i < sizeof no / sizeof no[0]; i++) {
		assert_true(str_fmt(text, sizeof text,
				"<status battery=\"%s\"/>", no[i]) > 0);
		stays(text, true);
	}
	for (i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_true(
		    str_fmt(text, sizeof text,
			"<track speed=\"%s\" course=\"1\"/>", good[i]) > 0);
		stays(text, false);
	}
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_true(
		    str_fmt(text, sizeof text,
			"<track course=\"1\" speed=\"%s\"/>", bad[i]) > 0);
		stays(text, true);
	}
	stays("<track speed=\"1\"/>", true);
	stays("<track speed=\"1\" course=\"2\" slope=\"3\"/>", true);
}

/* All in one: the order of what stays, values undone. */
static void
test_scan_all(void **state)
{
	struct cotparts parts;

	(void)state;
	parts_of("one<takv device=\"&lt;&gt;&amp;\" platform=\"&quot;&apos;\""
		 " os=\"&#9;&#10;&#13;\" version=\"&amp;amp;\"/>two"
		 "<a b=\"&amp;\">x<status battery=\"1\"/>y</a>"
		 "<status battery=\"7\"/><contact callsign=\"A\"/>"
		 "<track speed=\"1\" course=\"x\"/><c/> three",
	    false, &parts);
	fix_same(parts.detail,
	    SLICE("onetwo<a b=\"&amp;\">x<status battery=\"1\"/>y</a>"
		  "<track speed=\"1\" course=\"x\"/><c/> three"));
	fix_same(parts.value[PART_TAKV][0].text, SLICE("<>&"));
	fix_same(parts.value[PART_TAKV][1].text, SLICE("\"'"));
	fix_same(parts.value[PART_TAKV][2].text, SLICE("\t\n\r"));
	fix_same(parts.value[PART_TAKV][3].text, SLICE("&amp;"));
	assert_true(parts.value[PART_STATUS][0].number == 7);
	assert_true(parts.has[PART_CONTACT] && !parts.has[PART_TRACK]);
}

static void
test_scan_marti(void **state)
{
	static const char with[] =
	    "<a/><marti><dest uid=\"x\"/></marti><b/><marti/><c><marti/></c>";
	struct cotparts parts;

	(void)state;
	parts_of(with, false, &parts);
	fix_same(parts.detail, slice_of(with));
	parts_of(with, true, &parts);
	fix_same(parts.detail, SLICE("<a/><b/><c><marti/></c>"));
	parts_of("<marti/>", true, &parts);
	assert_null(slice_find(buf_slice(&out), SLICE("\x7a")));
	parts_of("<marti/><status battery=\"1\"/>", true, &parts);
	fix_same(parts.detail, SLICE(""));
	assert_true(parts.has[PART_STATUS]);
}

/* What is neither known nor in detail is lost, and harms nothing. */
static void
test_scan_beyond(void **state)
{
	struct cotparts parts;
	struct cotpb_source from = {
	    .xml = SLICE(
		"<event version=\"2.0\" time=\"" W_TIME "\" start=\"" W_TIME
		"\" stale=\"" W_TIME "\" type=\"t\" uid=\"u\" how=\"h\" x=\"1\""
		" qos=\"1-r-c\" access=\"\" opex=\"o&amp;\" caveat=\"C\""
		" releasableTo=\"R\" y:qos=\"no\"><point lat=\"1\" lon=\"2\""
		" hae=\"3\" ce=\"4\" le=\"5\" z=\"6\">a<b>c</b></point>"
		"<detail d=\"7\"/>text<other><detail/></other></event>")};

	(void)state;
	buf_clear(&out);
	assert_int_equal(cotpb_encode(pb, &from, &out), 0);
	assert_int_equal(cotpb_decode(pb, buf_slice(&out), &parts), COT_OK);
	fix_same(parts.text[PART_QOS], SLICE("1-r-c"));
	fix_same(parts.text[PART_OPEX], SLICE("o&"));
	fix_same(parts.text[PART_CAVEAT], SLICE("C"));
	fix_same(parts.text[PART_RELEASABLE], SLICE("R"));
	fix_same(parts.text[PART_ACCESS], SLICE(""));
	fix_same(parts.detail, SLICE(""));
	assert_true(parts.point[4] == 5);
}

/* ---- what the server writes ---- */

static void
made(const char *type)
{
	fix_encode(buf_slice(&a), false, &out);
	assert_int_equal(fix_decode(buf_slice(&out)), COT_OK);
	fix_same(cot.attr[COT_A_TYPE], slice_of(type));
	fix_same(cot.attr[COT_A_HOW], SLICE("h-g-i-g-o"));
	fix_same(cot.point[COT_P_LE], SLICE("9999999"));
	buf_clear(&a);
}

static void
test_scan_made_events(void **state)
{
	const int64_t now = 1714979289123;
	const struct slice odd = SLICE("a<&>\"'\tb");

	(void)state;
	buf_clear(&a);
	assert_int_equal(cotmake_pong(&a, now), 0);
	made("t-x-c-t-r");
	assert_int_equal(cot.ms[2], now + 20000);
	assert_int_equal(
	    cotmake_gone(&a, now, SLICE("u"), odd, SLICE("a-f-G")), 0);
	made("t-x-d-d");
	fix_same(cot.fact[COT_F_LINK_UID], odd);
	assert_int_equal(cotmake_groups(&a, now, SLICE("u")), 0);
	made("t-x-g-c");
	assert_int_equal(cotmake_cancel(&a, now, odd, odd), 0);
	made("b-a-o-can");
	fix_same(cot.attr[COT_A_UID], odd);
	assert_true(cot.emergency_cancel);
}

static void
test_scan_changed_events(void **state)
{
	(void)state;
	buf_clear(&a);
	buf_clear(&b);
	assert_int_equal(
	    cotscan_retime(&a, SLICE(W_XML "<detail/></event>"), 1, 2, 3), 0);
	assert_int_equal(cotscan_retype(&b, buf_slice(&a), "b-t-f-s"), 0);
	fix_encode(buf_slice(&b), false, &out);
	assert_int_equal(fix_decode(buf_slice(&out)), COT_OK);
	assert_int_equal(cot.ms[0], 1);
	assert_int_equal(cot.ms[2], 3);
	fix_same(cot.attr[COT_A_TYPE], SLICE("b-t-f-s"));
}

/* ---- anything else ---- */

/* A copy without a byte behind it, for those who watch. */
static int
encode(const char *p, size_t n)
{
	struct cotpb_source from = {.without_marti = true};
	char *copy = malloc(n + 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy + 1, p, n);
	from.xml = (struct slice){copy + 1, n};
	buf_clear(&out);
	errno = 0;
	rc = cotpb_encode(pb, &from, &out);
	if (rc < 0) {
		assert_int_equal(errno, EBADMSG);
		assert_int_equal(buf_size(&out), 0);
	}
	free(copy);
	return rc;
}

#define E_HEAD                                                                 \
	"<event version=\"2.0\" time=\"" W_TIME "\" start=\"" W_TIME           \
	"\" stale=\"" W_TIME "\" type=\"t\" uid=\"u\" how=\"h\""
#define E_POINT "<point lat=\"1\" lon=\"2\" hae=\"3\" ce=\"4\" le=\"5\"/>"
#define E_REST  E_POINT "<detail/></event>"

static void
test_scan_refused(void **state)
{
	static const char *const bad[] = {"", "<", ">", "<>", "</>", "<event",
	    "<event>", "<event/>", "</event>", "<event></event>", E_HEAD "/>",
	    E_HEAD "></event>", "<event " E_REST, E_HEAD ">" E_REST "x",
	    E_HEAD ">" E_REST " ", " " E_HEAD ">" E_REST,
	    E_HEAD ">" E_POINT E_REST, E_HEAD ">" E_REST E_REST,
	    E_HEAD ">" E_POINT "<detail/><detail/></event>",
	    E_HEAD ">" E_POINT "<detail></detail></even>",
	    E_HEAD ">" E_POINT "<detail></detai></event>",
	    E_HEAD ">" E_POINT "<detail></event>",
	    E_HEAD ">" E_POINT "<detail></event></detail>",
	    E_HEAD ">" E_POINT "<detail><a></b></detail></event>",
	    E_HEAD ">" E_POINT "<detail><a><b></a></b></detail></event>",
	    E_HEAD ">" E_POINT "<detail>></detail></event>",
	    E_HEAD ">" E_POINT "<detail>a>b</detail></event>",
	    E_HEAD ">" E_POINT "<detail><a b='c'/></detail></event>",
	    E_HEAD ">" E_POINT "<detail><a b/></detail></event>",
	    E_HEAD ">" E_POINT "<detail><a b=/></detail></event>",
	    E_HEAD ">" E_POINT "<detail><a b=\"/></detail></event>",
	    E_HEAD ">" E_POINT "<detail><a  b=\"\"/></detail></event>",
	    E_HEAD ">" E_POINT "<detail><a b=\"\"c=\"\"/></detail></event>",
	    E_HEAD ">" E_POINT "<detail><a /></detail></event>",
	    E_HEAD ">" E_POINT "<detail><a></a ></detail></event>",
	    E_HEAD ">" E_POINT "<detail><a b=\"<\"/></detail></event>",
	    E_HEAD ">" E_POINT "<detail><!-- c --></detail></event>",
	    E_HEAD ">" E_POINT "<detail><![CDATA[x]]></detail></event>",
	    E_HEAD "><point lat=\"1\" lon=\"2\"/></event>",
	    E_HEAD "><point lat=\"1\" lon=\"2\" hae=\"x\" ce=\"4\""
		   " le=\"5\"/></event>",
	    E_HEAD " opex=\"&\">" E_REST, E_HEAD " opex=\"&x;\">" E_REST,
	    E_HEAD " opex=\"&#65;\">" E_REST, E_HEAD " opex=\"&am\">" E_REST,
	    "<event version=\"2.0\" time=\"" W_TIME "\" start=\"" W_TIME
	    "\" stale=\"x\" type=\"t\" uid=\"u\" how=\"h\">" E_REST,
	    "<event version=\"2.0\" time=\"" W_TIME "\" stale=\"" W_TIME
	    "\" start=\"" W_TIME "\" type=\"t\" uid=\"u\" how=\"h\">" E_REST,
	    "<event version=\"2.0\" time=\"" W_TIME "\" start=\"" W_TIME
	    "\" stale=\"" W_TIME "\" type=\"t\" uid=\"u\">" E_REST,
	    "<event version=\"2.0\" time=\"" W_TIME "\" start=\"" W_TIME
	    "\" stale=\"" W_TIME "\" type=\"\" uid=\"u\" how=\"h\">" E_REST};
	size_t i;

	(void)state;
	assert_int_equal(encode(E_HEAD ">" E_REST, sizeof E_HEAD E_REST), 0);
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (encode(bad[i], strlen(bad[i])) == 0)
			fail_msg("taken: %s", bad[i]);
}

/* A detail of n times `open` and then `close`. */
static int
nested(size_t n, const char *open, const char *close)
{
	size_t i;

	buf_clear(&b);
	(void)buf_puts(&b, E_HEAD ">" E_POINT "<detail>");
	for (i = 0; i < n; i++)
		(void)buf_puts(&b, open);
	for (i = 0; i < n; i++)
		(void)buf_puts(&b, close);
	assert_int_equal(buf_puts(&b, "</detail></event>"), 0);
	return encode(buf_data(&b), buf_size(&b));
}

static void
test_scan_bounds(void **state)
{
	(void)state;
	assert_int_equal(nested(COTXML_DEPTH_MAX - 2, "<a>", "</a>"), 0);
	assert_int_equal(nested(COTXML_DEPTH_MAX - 1, "<a>", "</a>"), -1);
	assert_int_equal(nested(50000, "<a>", "</a>"), -1);
	assert_int_equal(nested(50000, "<a/>", ""), 0);
	assert_int_equal(nested(COT_MARTI_MAX, "<marti/>", ""), 0);
	assert_int_equal(nested(1000, "<marti/>", ""), -1);
	buf_clear(&b);
	(void)buf_puts(&b, E_HEAD);
	while (buf_size(&b) < 5000)
		(void)buf_puts(&b, " a=\"\"");
	assert_int_equal(buf_puts(&b, ">" E_REST), 0);
	assert_int_equal(encode(buf_data(&b), buf_size(&b)), -1);
}

/* Cut anywhere: refused. Any byte another one: no harm. */
static void
test_scan_damaged(void **state)
{
	static const char bytes[] = "<>/\"'=& a\0\x80;!";
	struct buf doc = {.max = 65536}, canon = {.max = 65536};
	size_t i, k;
	char *p, was;

	(void)state;
	fix_load("tests/data/cot/v6.cot", &doc);
	fix_canon(buf_slice(&doc), &canon);
	p = canon.p;
	for (i = 0; i < buf_size(&canon); i++)
		assert_int_equal(encode(p, i), -1);
	for (i = 0; i < buf_size(&canon); i++) {
		was = p[i];
		for (k = 0; k < sizeof bytes - 1; k++) {
			p[i] = bytes[k];
			(void)encode(p, buf_size(&canon));
		}
		p[i] = was;
	}
	assert_int_equal(encode(p, buf_size(&canon)), 0);
	buf_fini(&doc);
	buf_fini(&canon);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_scan_contact),
	    cmocka_unit_test(test_scan_others),
	    cmocka_unit_test(test_scan_numbers),
	    cmocka_unit_test(test_scan_all),
	    cmocka_unit_test(test_scan_marti),
	    cmocka_unit_test(test_scan_beyond),
	    cmocka_unit_test(test_scan_made_events),
	    cmocka_unit_test(test_scan_changed_events),
	    cmocka_unit_test(test_scan_refused),
	    cmocka_unit_test(test_scan_bounds),
	    cmocka_unit_test(test_scan_damaged),
	};

	return cmocka_run_group_tests(tests, bufs_setup, bufs_teardown);
}
