/* Offers, requests and answers (cot-streaming 4.1), and what strangers may make
 * of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "takp.h"

#define NOW 1714979289123 /* 2024-05-06T07:08:09.123Z */
#define TIMES                                                                  \
	" time=\"2024-05-06T07:08:09.123Z\""                                   \
	" start=\"2024-05-06T07:08:09.123Z\""                                  \
	" stale=\"2024-05-06T07:09:09.123Z\""

static void
is_text(struct buf *b, const char *want)
{
	assert_int_equal(buf_putc(b, '\0'), 0);
	assert_string_equal(buf_data(b), want);
	buf_clear(b);
}

static void
test_writing(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	assert_int_equal(takp_offer(&b, NOW, SLICE("n-1")), 0);
	is_text(&b,
	    "<event version=\"2.0\" uid=\"n-1\" type=\"t-x-takp-v\"" TIMES
	    " how=\"m-g\"><point lat=\"0.0\" lon=\"0.0\" hae=\"0.0\" "
	    "ce=\"999999\" le=\"999999\"/><detail><TakControl>"
	    "<TakProtocolSupport version=\"1\"/><TakServerVersionInfo "
	    "serverVersion=\"ots " OTS_VERSION "\" apiVersion=\"3\"/>"
	    "</TakControl></detail></event>");
	assert_int_equal(takp_request(&b, NOW, SLICE("n-1")), 0);
	is_text(&b,
	    "<event version=\"2.0\" uid=\"n-1\" type=\"t-x-takp-q\" "
	    "access=\"Undefined\"" TIMES
	    " how=\"m-g\"><point lat=\"0.00000000\" lon=\"0.00000000\" "
	    "hae=\"0.00000000\" ce=\"9999999\" le=\"9999999\"/><detail>"
	    "<TakControl><TakRequest version=\"1\"/></TakControl></detail>"
	    "</event>");
	assert_int_equal(takp_answer(&b, NOW, SLICE("n-1"), true), 0);
	is_text(&b,
	    "<event version=\"2.0\" uid=\"n-1\" type=\"t-x-takp-r\"" TIMES
	    " how=\"m-g\"><point lat=\"0.0\" lon=\"0.0\" hae=\"0.0\" "
	    "ce=\"999999\" le=\"999999\"/><detail><TakControl>"
	    "<TakResponse status=\"true\"/></TakControl></detail></event>");
	assert_int_equal(takp_answer(&b, NOW, SLICE("a\"&lt;"), false), 0);
	assert_non_null(
	    slice_find(buf_slice(&b), SLICE(" uid=\"a&quot;&lt;\" ")));
	assert_non_null(slice_find(
	    buf_slice(&b), SLICE("<TakResponse status=\"false\"/>")));
	buf_fini(&b);
}

/* What we write we read, and so do those who make ots-cat talk to us. */
static void
test_round_trip(void **state)
{
	struct takp t;
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	assert_int_equal(takp_offer(&b, NOW, SLICE("a")), 0);
	assert_int_equal(takp_read(buf_slice(&b), &t), TAKP_OFFER);
	assert_true(t.yes && slice_is(t.uid, "a"));
	buf_clear(&b);
	assert_int_equal(takp_request(&b, NOW, SLICE("&#xe9;")), 0);
	assert_int_equal(takp_read(buf_slice(&b), &t), TAKP_REQUEST);
	assert_true(t.yes && slice_is(t.uid, "&#xe9;"));
	buf_clear(&b);
	assert_int_equal(takp_answer(&b, NOW, SLICE(""), true), 0);
	assert_int_equal(takp_read(buf_slice(&b), &t), TAKP_ANSWER);
	assert_true(t.yes && t.uid.n == 0);
	buf_clear(&b);
	assert_int_equal(takp_answer(&b, NOW, SLICE("c"), false), 0);
	assert_int_equal(takp_read(buf_slice(&b), &t), TAKP_ANSWER);
	assert_false(t.yes);
	buf_fini(&b);
}

static bool
says_yes(const char *xml, enum takp_kind kind)
{
	struct takp t;

	assert_int_equal(takp_read(slice_of(xml), &t), kind);
	assert_int_equal(t.kind, kind);
	return t.yes;
}

#define Q(inner)                                                               \
	"<event uid='u' type='t-x-takp-q'><point/><detail>" inner              \
	"</detail></event>"
#define CONTROL(inner) Q("<TakControl>" inner "</TakControl>")

static void
test_requests(void **state)
{
	static const char *const good[] = {
	    CONTROL("<TakRequest version=\"1\"/>"),
	    CONTROL("<TakRequest version='1'></TakRequest>"),
	    CONTROL("\n<!-- <TakRequest version='2'/> -->"
		    "<TakRequest  version = '1' ><DetailExt id=\"3\"/>"
		    "</TakRequest >\n"),
	    CONTROL("<![CDATA[<TakRequest version='2'/>]]>"
		    "<?pi <TakRequest version='2'/>?>"
		    "<TakRequest x='>' version=\"1\" y='/>'/>"),
	    CONTROL("<TakRequest version='1'/><TakRequest version='1'/>"),
	    Q("<a><b/></a>text<TakControl/><TakControl><x/>"
	      "<TakRequest version='1'/></TakControl>"),
	    /* unfinished, for all we need to know */
	    "<event type='t-x-takp-q'><detail><TakControl>"
	    "<TakRequest version='1'/>",
	};
	static const char *const bad[] = {
	    CONTROL("<TakRequest version=\"2\"/>"),
	    CONTROL("<TakRequest version=\"\"/>"),
	    CONTROL("<TakRequest version=\"1.0\"/>"),
	    CONTROL("<TakRequest version=\"01\"/>"),
	    CONTROL("<TakRequest version=\"&#49;\"/>"),
	    CONTROL("<TakRequest/>"),
	    CONTROL("<TakRequest Version='1'/>"),
	    CONTROL("<TakRequest version=1/>"),
	    CONTROL("<TakRequest version='1'"),
	    CONTROL("<TakRequests version='1'/>"),
	    CONTROL("<TakRequest version='1'/><TakRequest version='2'/>"),
	    CONTROL("<TakRequest version='2'/><TakRequest version='1'/>"),
	    CONTROL("<TakRequest version='1'/><TakRequest/>"),
	    CONTROL("<!-- <TakRequest version='1'/> -->"),
	    CONTROL("<![CDATA[<TakRequest version='1'/>]]>"),
	    CONTROL("<?pi <TakRequest version='1'/>?>"),
	    CONTROL("<x><TakRequest version='1'/></x>"),
	    CONTROL("<x a=\"<TakRequest version='1'/>\"/>"),
	    CONTROL("<!ENTITY x 'y'><TakRequest version='1'/>"),
	    CONTROL("<TakResponse status='true'/>"),
	    CONTROL(""),
	    Q("<TakRequest version='1'/>"),
	    Q("<x><TakControl><TakRequest version='1'/></TakControl></x>"),
	    "<event type='t-x-takp-q'><x><TakControl><TakRequest version='1'/>",
	    Q(""),
	    "<event type='t-x-takp-q'/>",
	    "<event type='t-x-takp-q'></event>",
	    "<event type='t-x-takp-q'></event><detail><TakControl>"
	    "<TakRequest version='1'/>",
	    "<event type='t-x-takp-q'></detail><detail><TakControl>"
	    "<TakRequest version='1'/>",
	    "<event type='t-x-takp-q'><TakControl><TakRequest version='1'/>",
	    "<event type='t-x-takp-q' <detail><TakControl>"
	    "<TakRequest version='1'/>",
	    "<event type='t-x-takp-q'",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof good[0]; i++)
		if (!says_yes(good[i], TAKP_REQUEST))
			fail_msg("denied: %s", good[i]);
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (says_yes(bad[i], TAKP_REQUEST))
			fail_msg("granted: %s", bad[i]);
}

static void
test_kinds(void **state)
{
	static const char *const none[] = {"", "<event", "<event>",
	    "<event uid='t-x-takp-q'/>", "<event type='t-x-takp-'/>",
	    "<event type='t-x-takp-qq'/>", "<event type='a-f-G'/>",
	    "<auth type='t-x-takp-q'/>", "<eventtype='t-x-takp-q'/>",
	    "<event><x type='t-x-takp-q'/></event>",
	    "<event x type='t-x-takp-q'/>"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof none / sizeof none[0]; i++)
		assert_false(says_yes(none[i], TAKP_NONE));
	/* an offer may name several versions */
	assert_true(says_yes("<event type='t-x-takp-v'><detail><TakControl>"
			     "<TakProtocolSupport version='2'/>"
			     "<TakProtocolSupport version='1'>"
			     "<DetailExt id='1'/></TakProtocolSupport>",
	    TAKP_OFFER));
	assert_false(says_yes("<event type='t-x-takp-v'><detail><TakControl>"
			      "<TakProtocolSupport version='2'/>",
	    TAKP_OFFER));
	assert_false(says_yes("<event type='t-x-takp-r'><detail><TakControl>"
			      "<TakResponse status='True'/>",
	    TAKP_ANSWER));
}

static void
uid_is(const char *attr, const char *want)
{
	struct takp t;
	struct buf b;

	buf_init(&b, 1 << 20);
	assert_int_equal(buf_puts(&b, "<event type=\"t-x-takp-q\" "), 0);
	assert_int_equal(buf_puts(&b, attr), 0);
	assert_int_equal(buf_puts(&b, ">"), 0);
	assert_int_equal(takp_read(buf_slice(&b), &t), TAKP_REQUEST);
	assert_true(slice_is(t.uid, want));
	buf_fini(&b);
}

static void
test_uids(void **state)
{
	static char attr[TAKP_UID_MAX + 16], uid[TAKP_UID_MAX + 2];

	(void)state;
	uid_is("", "");
	uid_is("uid=\"\"", "");
	uid_is("uid='a \"b\"' uid='c'", "a \"b\"");
	uid_is("uid='&amp;&lt;&gt;&quot;&apos;'", "&amp;&lt;&gt;&quot;&apos;");
	uid_is("uid='&#9;&#xA;&#x1F600;'", "&#9;&#xA;&#x1F600;");
	uid_is("uid='\xc3\xa9'", "\xc3\xa9");
	uid_is("uid='&evil;'", "");
	uid_is("uid='&'", "");
	uid_is("uid='a&b'", "");
	uid_is("uid='&;'", "");
	uid_is("uid='&#;'", "");
	uid_is("uid='&#x;'", "");
	uid_is("uid='&#0;'", "");
	uid_is("uid='&#a;'", "");
	uid_is("uid='&#8;'", "");
	uid_is("uid='&#xD800;'", "");
	uid_is("uid='&#xFFFF;'", "");
	uid_is("uid='&#1114112;'", "");
	uid_is("uid='&#99999999999999999999;'", "");
	uid_is("uid='a<b'", "");
	uid_is("uid='a\nb'", "");
	uid_is("uid='\x01'", "");
	uid_is("uid='\xff'", "");
	uid_is("uid='\xef\xbf\xbf'", "");
	memset(uid, 'u', TAKP_UID_MAX);
	assert_true(str_fmt(attr, sizeof attr, "uid='%s'", uid) > 0);
	uid_is(attr, uid);
	uid[TAKP_UID_MAX] = 'u';
	assert_true(str_fmt(attr, sizeof attr, "uid='%s'", uid) > 0);
	uid_is(attr, "");
}

/* However it is made, it takes time linear in its size. */
static void
test_big(void **state)
{
	static const char *const fill[] = {"<a>", "</a>", "<!--x-->", "<!-- ",
	    "<a b='c' d='e'>", "<a ", "&", "]]>", "<![CDATA[", "<"};
	struct takp t;
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 4 << 20);
	for (i = 0; i < sizeof fill / sizeof fill[0]; i++) {
		buf_clear(&b);
		assert_int_equal(
		    buf_puts(&b, "<event type='t-x-takp-q'><detail>"), 0);
		while (buf_size(&b) < 1 << 20)
			assert_int_equal(buf_puts(&b, fill[i]), 0);
		assert_int_equal(takp_read(buf_slice(&b), &t), TAKP_REQUEST);
		assert_false(t.yes);
	}
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_writing),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_uids),
	    cmocka_unit_test(test_big),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
