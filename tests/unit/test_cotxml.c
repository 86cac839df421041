/* Documents of strangers, and their canonical form. */
#include "cotxml_fix.h"

#include "cotscan.h"

#define M "2024-05-06T07:08:09.000Z"
#define CHEAD_AND(more)                                                        \
	"<event version=\"2.0\" time=\"" M "\" start=\"" M "\" stale=\"" M     \
	"\" type=\"t\" uid=\"U\" how=\"h\"" more ">"
#define CHEAD  CHEAD_AND("")
#define CPOINT "<point lat=\"1\" lon=\"2\" hae=\"3\" ce=\"4\" le=\"5\"/>"

/* Accepted, with this canonical form, which is its own canonical form. */
static void
check(const char *doc, const char *want)
{
	char *copy;

	assert_string_equal(cot_why_name(parse(doc)), "ok");
	copy = slice_dup(cot.xml);
	assert_non_null(copy);
	assert_string_equal(copy, want);
	assert_true(cotscan_canonical(cot.xml));
	assert_string_equal(cot_why_name(parse(copy)), "ok");
	assert_true(slice_is(cot.xml, copy));
	free(copy);
}

static void
check_detail(const char *detail, const char *want)
{
	char doc[4096], canonical[4096];

	assert_true(
	    str_fmt(doc, sizeof doc, HEAD POINT "%s</event>", detail) > 0);
	assert_true(str_fmt(canonical, sizeof canonical,
			CHEAD CPOINT "%s</event>", want) > 0);
	check(doc, canonical);
}

static void
test_cotxml_order(void **state)
{
	(void)state;
	/* Detail first, point last, something else before both, and
	 * attributes beyond the known ones. */
	check("<event\n access='a' how='h' qos=\"1\" " TIMES
	      " version='1.0' type='t' uid='U'>\n"
	      "  <other a='1'><b/></other>\n <detail x='y'> <a/> </detail>\n"
	      " <point z='9' le='5' ce='4' hae='3' lon='2' lat='1'></point>\n"
	      "</event >",
	    CHEAD_AND(
		" access=\"a\" qos=\"1\"") "<point lat=\"1\" lon=\"2\" "
					   "hae=\"3\" ce=\"4\" le=\"5\" "
					   "z=\"9\"/>"
					   "<detail x=\"y\"><a/></detail>"
					   "<other "
					   "a=\"1\"><b/></other></event>");
	check(HEAD "<point lat='1' lon='2' hae='3' ce='4' le='5'>x<y/></point>"
		   "text</event>",
	    CHEAD "<point lat=\"1\" lon=\"2\" hae=\"3\" ce=\"4\" le=\"5\">"
		  "x<y/></point><detail/>text</event>");
}

static void
test_cotxml_detail(void **state)
{
	static const struct {
		const char *in, *out;
	} t[] = {
	    {"", "<detail/>"},
	    {"<detail></detail>", "<detail/>"},
	    {"<detail> \n\t</detail>", "<detail/>"},
	    {"<detail>\r\n <a></a>\r\n <b c = 'd' /> \r\n</detail>\n",
		"<detail><a/><b c=\"d\"/></detail>"},
	    /* Text is kept whole, blanks only where they are all there is. */
	    {"<detail><remarks>  a b \n</remarks></detail>",
		"<detail><remarks>  a b &#10;</remarks></detail>"},
	    {"<detail><remarks> </remarks></detail>",
		"<detail><remarks> </remarks></detail>"},
	    {"<detail><r>a <b/> <c/> d</r></detail>",
		"<detail><r>a <b/><c/> d</r></detail>"},
	    /* CDATA, comments, instructions; text continues behind them. */
	    {"<detail><r><![CDATA[</event> & ]]>x<!-- <c> --> y<?p i?>z</r>"
	     "</detail>",
		"<detail><r>&lt;/event&gt; &amp; x yz</r></detail>"},
	    {"<detail><r><![CDATA[]]></r></detail>", "<detail><r/></detail>"},
	    {"<detail><!-- nothing --></detail>", "<detail/>"},
	    /* References. */
	    {"<detail><r a='&amp;&lt;&gt;&quot;&apos;&#9;&#xA;&#13;&#65;'/>"
	     "</detail>",
		"<detail><r a=\"&amp;&lt;&gt;&quot;&apos;&#9;&#10;&#13;A\"/>"
		"</detail>"},
	    {"<detail><r>&amp;&lt;&gt;&quot;&apos;&#9;&#xA;&#13;&#x20AC;</r>"
	     "</detail>",
		"<detail><r>&amp;&lt;&gt;&quot;&apos;&#9;&#10;&#13;\u20ac</r>"
		"</detail>"},
	    /* The ampersand in all its clothes is one ampersand. */
	    {"<detail><r a='&#38;#38; &amp;#38; &amp;amp; &#38;'/></detail>",
		"<detail><r a=\"&amp;#38; &amp;#38; &amp;amp; &amp;\"/>"
		"</detail>"},
	    {"<detail><r>&#38;#38; &amp;lt;</r></detail>",
		"<detail><r>&amp;#38; &amp;lt;</r></detail>"},
	    /* A line end in an attribute is a blank to every XML reader. */
	    {"<detail><r a='x\ny\tz\r\nw'/></detail>",
		"<detail><r a=\"x y z w\"/></detail>"},
	    {"<detail><r a='\"' b=\"'\"/></detail>",
		"<detail><r a=\"&quot;\" b=\"&apos;\"/></detail>"},
	    /* Names are kept as they are. */
	    {"<detail><a:b xmlns:a='u&amp;v' a:c='1' d='2'/></detail>",
		"<detail><a:b a:c=\"1\" d=\"2\" "
		"xmlns:a=\"u&amp;v\"/></detail>"},
	    {"<detail><n:b n:c='1' xml:lang='de'/></detail>",
		"<detail><n:b n:c=\"1\" xml:lang=\"de\"/></detail>"},
	    {"<detail><b xmlns='u'><c xmlns=''/></b></detail>",
		"<detail><b xmlns=\"u\"><c xmlns=\"\"/></b></detail>"},
	    {"<detail><\u00e9l\u00e9ment/></detail>",
		"<detail><\u00e9l\u00e9ment/></detail>"},
	    {"<detail><point/><detail><event/></detail></detail>",
		"<detail><point/><detail><event/></detail></detail>"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof t[0]; i++)
		check_detail(t[i].in, t[i].out);
}

static void
test_cotxml_prolog(void **state)
{
	static const char *const before[] = {"", "\xEF\xBB\xBF", "\n \t",
	    "<?xml version=\"1.0\"?>\n",
	    "\xEF\xBB\xBF<?xml version='1.0' encoding='UTF-8' "
	    "standalone=\"yes\" ?>",
	    /* Never believed: it would have iconv read files. */
	    "<?xml version='1.0' encoding='EBCDIC-US'?>",
	    "<?xml version='1.0' encoding='UTF-16'?>"};
	char doc[4096];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof before / sizeof before[0]; i++) {
		assert_true(str_fmt(doc, sizeof doc, "%s" HEAD POINT "</event>",
				before[i]) > 0);
		check(doc, CHEAD CPOINT "<detail/></event>");
	}
}

static void
test_cotxml_refused(void **state)
{
	static const struct {
		const char *doc;
		enum cot_why why;
	} t[] = {
	    {"", COT_ROOT},
	    {"garbage", COT_ROOT},
	    {"<auth/>", COT_ROOT},
	    {"<events/>", COT_ROOT},
	    {"<event:x xmlns:event='u'/>", COT_ROOT},
	    {"<event", COT_XML},
	    {HEAD POINT, COT_XML},
	    {HEAD POINT "<detail><a></detail></event>", COT_XML},
	    {HEAD POINT "</event>x", COT_XML},
	    {HEAD POINT "</event><event/>", COT_XML},
	    {HEAD POINT "<detail a='1' a='2'/></event>", COT_XML},
	    {HEAD POINT "<detail><a b=c/></detail></event>", COT_XML},
	    {HEAD POINT "<detail a='<'/></event>", COT_XML},
	    {HEAD POINT "<detail>&nbsp;</detail></event>", COT_XML},
	    {HEAD POINT "<detail a='&nbsp;'/></event>", COT_XML},
	    {HEAD POINT "<detail>&</detail></event>", COT_XML},
	    {HEAD POINT "<detail>&#0;</detail></event>", COT_XML},
	    {HEAD POINT "<detail>&#8;</detail></event>", COT_XML},
	    {HEAD POINT "<detail>&#xD800;</detail></event>", COT_XML},
	    {HEAD POINT "<detail>\x01</detail></event>", COT_XML},
	    {HEAD POINT "<detail a='\x1f'/></event>", COT_XML},
	    {HEAD POINT "<detail>\xEF\xBF\xBE</detail></event>", COT_XML},
	    {HEAD POINT "<detail>]]></detail></event>", COT_XML},
	    {HEAD POINT "<detail><![CDATA[</detail></event>", COT_XML},
	    {HEAD POINT "<detail><!-- -- --></detail></event>", COT_XML},
	    {"<event uid=\"a\"><point </event>", COT_XML},
	    {HEAD POINT "<detail a='\xFF'/></event>", COT_UTF8},
	    {HEAD POINT "<detail>\x80</detail></event>", COT_UTF8},
	    {HEAD POINT "<detail>\xC0\xAF</detail></event>", COT_UTF8},
	    {HEAD POINT "<detail>\xED\xA0\x80</detail></event>", COT_UTF8},
	    {"\xFF\xFE<\0e", COT_UTF8},
	    {"<!DOCTYPE event>" HEAD POINT "</event>", COT_DOCTYPE},
	    {"<?xml version='1.0'?>\n<!DOCTYPE event [<!ENTITY a 'b'>]>" HEAD
		    POINT "<detail>&a;</detail></event>",
		COT_DOCTYPE},
	    {HEAD "<!DOCTYPE event>" POINT "</event>", COT_XML},
	    {HEAD POINT POINT "</event>", COT_TWICE},
	    {HEAD POINT "<detail/><detail/></event>", COT_TWICE},
	    {HEAD "</event>", COT_POINT},
	    {HEAD "<detail>" POINT "</detail></event>", COT_POINT},
	    {HEAD "<n:point lat='1' lon='2'/></event>", COT_POINT},
	    {HEAD "<point lat='abc' lon='2'/></event>", COT_LAT},
	    {HEAD "<point lat='91' lon='2'/></event>", COT_LAT},
	    {HEAD "<point lat='' lon='2'/></event>", COT_LAT},
	    {HEAD "<point lat='1'/></event>", COT_LON},
	    {"<event type='t' " TIMES ">" POINT "</event>", COT_UID},
	    {"<event n:uid='U' type='t' " TIMES ">" POINT "</event>", COT_UID},
	    {"<event uid='U' type='' " TIMES ">" POINT "</event>", COT_TYPE},
	    {"<event uid='U' type='t' time='yesterday' start='" T "' stale='" T
	     "'>" POINT "</event>",
		COT_TIME},
	    {"<event/>", COT_UID},
	    /* What the parser would leave out. */
	    {HEAD POINT "<detail xmlns:a=''/></event>", COT_NAMESPACE},
	    {HEAD POINT "<detail xmlns:xmlns='u'/></event>", COT_NAMESPACE},
	    {HEAD POINT "<a:b:c/></event>", COT_NAMESPACE},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof t[0]; i++) {
		assert_string_equal(
		    cot_why_name(parse(t[i].doc)), cot_why_name(t[i].why));
		/* The next one is none the worse for it. */
		assert_int_equal(parse(HEAD POINT "</event>"), COT_OK);
	}
	assert_int_equal(
	    cotxml_parse(xml, SLICE(HEAD "\0" POINT "</event>"), NULL, &cot),
	    COT_UTF8);
}

static void
test_cotxml_facts(void **state)
{
	static const char doc[] = HEAD POINT
	    "<detail><x:contact callsign='no'/><deep><contact callsign='no'/>"
	    "<marti><dest uid='no'/></marti></deep>"
	    "<contact callsign='A&amp;B&#9;\xC3\xA9' endpoint='' n:phone='5'/>"
	    "<contact callsign='second' phone='6'/>"
	    "<link relation='p-p'/><link uid='L' type='a-f'/>"
	    "<marti>\n <dest callsign='X'/><dest uid=''/>"
	    "<dest mission='M' path='p'/><deeper><dest uid='no'/></deeper>"
	    "</marti><remarks>r</remarks><marti/>"
	    "<__chat chatroom='R' id='I'/><ackresponse/>"
	    "<emergency cancel='true'>A</emergency></detail></event>";
	struct slice part;

	(void)state;
	assert_int_equal(parse(doc), COT_OK);
	assert_true(slice_is(cot.fact[COT_F_CALLSIGN], "A&B\t\xC3\xA9"));
	assert_non_null(cot.fact[COT_F_ENDPOINT].p);
	assert_int_equal(cot.fact[COT_F_ENDPOINT].n, 0);
	assert_null(cot.fact[COT_F_PHONE].p);
	assert_true(slice_is(cot.fact[COT_F_LINK_UID], "L"));
	assert_true(slice_is(cot.fact[COT_F_LINK_TYPE], "a-f"));
	assert_null(cot.fact[COT_F_LINK_RELATION].p);
	assert_true(slice_is(cot.fact[COT_F_CHAT_ROOM], "R"));
	assert_true(slice_is(cot.fact[COT_F_CHAT_ID], "I"));
	assert_true(cot.ackresponse && cot.emergency_cancel);
	assert_int_equal(cot.n_dest, 2);
	assert_int_equal(cot.dest[0].kind, COT_D_CALLSIGN);
	assert_true(slice_is(cot.dest[0].value, "X"));
	assert_int_equal(cot.dest[1].kind, COT_D_MISSION);
	assert_true(slice_is(cot.dest[1].value, "M"));
	assert_int_equal(cot.n_marti, 2);
	part = (struct slice){cot.xml.p + cot.marti[0].off, cot.marti[0].len};
	assert_true(slice_is(part,
	    "<marti><dest callsign=\"X\"/><dest uid=\"\"/>"
	    "<dest mission=\"M\" path=\"p\"/>"
	    "<deeper><dest uid=\"no\"/></deeper></marti>"));
	part = (struct slice){cot.xml.p + cot.marti[1].off, cot.marti[1].len};
	assert_true(slice_is(part, "<marti/>"));
}

static enum cot_why
tagged(const char *detail, bool again, const char *want)
{
	struct cotcanon_tag tag = {"OTS-a", "NOW", again};
	char doc[2048], canonical[2048];
	enum cot_why why;

	assert_true(
	    str_fmt(doc, sizeof doc, HEAD POINT "%s</event>", detail) > 0);
	why = cotxml_parse(xml, slice_of(doc), &tag, &cot);
	if (why != COT_OK)
		return why;
	assert_true(str_fmt(canonical, sizeof canonical,
			CHEAD CPOINT "%s</event>", want) > 0);
	assert_true(slice_is(cot.xml, canonical));
	return COT_OK;
}

static void
test_cotxml_flow_tags(void **state)
{
	static const char ours[] =
	    "<detail><_flow-tags_ OTS-a=\"NOW\"/></detail>";

	(void)state;
	assert_int_equal(tagged("", false, ours), COT_OK);
	assert_int_equal(tagged("<detail> </detail>", false, ours), COT_OK);
	assert_int_equal(
	    tagged("<detail><a/></detail>", false,
		"<detail><a/><_flow-tags_ OTS-a=\"NOW\"/></detail>"),
	    COT_OK);
	assert_int_equal(
	    tagged("<detail><_flow-tags_ TS='1'/><a/></detail>", false,
		"<detail><_flow-tags_ TS=\"1\" OTS-a=\"NOW\"/><a/></detail>"),
	    COT_OK);
	assert_int_equal(
	    tagged("<detail><_flow-tags_ OTS-a='1'/></detail>", false, ""),
	    COT_LOOP);
	assert_int_equal(tagged("<detail><_flow-tags_ TS='1'/>"
				"<_flow-tags_ OTS-a='1'/></detail>",
			     false, ""),
	    COT_LOOP);
	/* Told again: it stays as it is. */
	assert_int_equal(
	    tagged("<detail><_flow-tags_ OTS-a='1'/></detail>", true,
		"<detail><_flow-tags_ OTS-a=\"1\"/></detail>"),
	    COT_OK);
	/* Deeper, or elsewhere, it means nothing. */
	assert_int_equal(
	    tagged("<detail><a><_flow-tags_ OTS-a='1'/></a></detail>", false,
		"<detail><a><_flow-tags_ OTS-a=\"1\"/></a>"
		"<_flow-tags_ OTS-a=\"NOW\"/></detail>"),
	    COT_OK);
	assert_true(cotcanon_tag_valid(SLICE("OTS-1.a_b")));
	assert_false(cotcanon_tag_valid(SLICE("")));
	assert_false(cotcanon_tag_valid(SLICE("1a")));
	assert_false(cotcanon_tag_valid(SLICE("a b")));
	assert_false(cotcanon_tag_valid(SLICE("a:b")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cotxml_order),
	    cmocka_unit_test(test_cotxml_detail),
	    cmocka_unit_test(test_cotxml_prolog),
	    cmocka_unit_test(test_cotxml_refused),
	    cmocka_unit_test(test_cotxml_facts),
	    cmocka_unit_test(test_cotxml_flow_tags),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
