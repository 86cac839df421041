/* What ots-certs puts into data packages. */
#include "certs_fix.h"

#include "../../cmd/ots-certs/manifest.h"
#include "../../cmd/ots-certs/package_zip.h"
#include "../../cmd/ots-certs/pref.h"
#include "zipfile.h"

static bool
has(struct buf *b, const char *part)
{
	return slice_find(buf_slice(b), slice_of(part)) != NULL;
}

static void
test_escape(void **state)
{
	static const char *const bad[] = {"", "a\nb", "\x01", "\x7f", "\xff",
	    "\xc2\x85", "\xed\xa0\x80", "\xef\xbf\xbe", "\xc0\x80"};
	char longest[PREF_TEXT_MAX + 2];
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, MAX);
	assert_int_equal(pref_escape(&b,
			     "a<b>&\"'\xc3\xa9\xe2\x82\xac"
			     "\xf0\x9f\x98\x80"),
	    0);
	assert_text(&b, "a&lt;b&gt;&amp;&quot;&apos;&#233;&#8364;&#128512;");
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_false(pref_text_ok(bad[i]));
		assert_int_equal(pref_escape(&b, bad[i]), -1);
		assert_int_equal(errno, EILSEQ);
	}
	memset(longest, 'x', sizeof longest);
	longest[PREF_TEXT_MAX + 1] = '\0';
	assert_false(pref_text_ok(longest));
	longest[PREF_TEXT_MAX] = '\0';
	assert_true(pref_text_ok(longest));
	buf_fini(&b);
}

static const struct pref some = {.host = "tak.example.org",
    .port = 8089,
    .description = "A & B",
    .truststore = "truststore-tak.example.org.p12",
    .client = "alice_tak.example.org.p12",
    .password = "p\"<w>"};

static void
test_pref(void **state)
{
	struct pref p = some;
	struct buf b;

	(void)state;
	buf_init(&b, MAX);
	assert_int_equal(pref_make(&p, &b), 0);
	assert_int_equal(buf_putc(&b, '\0'), 0);
	assert_string_equal(buf_data(&b),
	    "<?xml version='1.0' encoding='ASCII' standalone='yes'?>\n"
	    "<preferences>\n"
	    "  <preference version=\"1\" name=\"cot_streams\">\n"
	    "    <entry key=\"count\" class=\"class java.lang.Integer\">1"
	    "</entry>\n"
	    "    <entry key=\"description0\" class=\"class java.lang.String\">"
	    "A &amp; B</entry>\n"
	    "    <entry key=\"enabled0\" class=\"class java.lang.Boolean\">true"
	    "</entry>\n"
	    "    <entry key=\"connectString0\" class=\"class java.lang.String\""
	    ">tak.example.org:8089:ssl</entry>\n"
	    "    <entry key=\"caLocation0\" class=\"class java.lang.String\">"
	    "cert/truststore-tak.example.org.p12</entry>\n"
	    "    <entry key=\"caPassword0\" class=\"class java.lang.String\">"
	    "p&quot;&lt;w&gt;</entry>\n"
	    "    <entry key=\"certificateLocation0\" "
	    "class=\"class java.lang.String\">cert/alice_tak.example.org.p12"
	    "</entry>\n"
	    "    <entry key=\"clientPassword0\" class=\"class "
	    "java.lang.String\">p&quot;&lt;w&gt;</entry>\n"
	    "  </preference>\n"
	    "  <preference version=\"1\" "
	    "name=\"com.atakmap.app_preferences\">\n"
	    "    <entry key=\"displayServerConnectionWidget\" "
	    "class=\"class java.lang.Boolean\">true</entry>\n"
	    "    <entry key=\"deviceProfileEnableOnConnect\" "
	    "class=\"class java.lang.Boolean\">true</entry>\n"
	    "    <entry key=\"prefs_enable_channels\" "
	    "class=\"class java.lang.String\">true</entry>\n"
	    "    <entry key=\"prefs_enable_channels_host-tak.example.org\" "
	    "class=\"class java.lang.String\">true</entry>\n"
	    "  </preference>\n</preferences>\n");
	buf_clear(&b);
	p.client = NULL;
	p.app_certs = true;
	p.callsign = "Fox <1>";
	p.team = "Dark Blue";
	p.role = "K9";
	assert_int_equal(pref_make(&p, &b), 0);
	assert_true(has(&b,
	    "\"enrollForCertificateWithTrust0\" "
	    "class=\"class java.lang.Boolean\">true<"));
	assert_true(has(&b,
	    "\"useAuth0\" class=\"class java.lang.Boolean\">"
	    "true<"));
	assert_true(has(&b,
	    "\"caLocation\" class=\"class java.lang.String\">"
	    "cert/truststore-tak.example.org.p12<"));
	assert_false(has(&b, "clientPassword"));
	assert_false(has(&b, "certificateLocation"));
	assert_true(has(&b,
	    "\"locationCallsign\" class=\"class "
	    "java.lang.String\">Fox &lt;1&gt;<"));
	assert_true(has(&b,
	    "\"locationTeam\" class=\"class "
	    "java.lang.String\">Dark Blue<"));
	assert_true(has(&b,
	    "\"atakRoleType\" class=\"class "
	    "java.lang.String\">K9<"));
	buf_clear(&b);
	p.callsign = "\n";
	assert_int_equal(pref_make(&p, &b), -1);
	assert_int_equal(errno, EILSEQ);
	buf_fini(&b);
}

static void
test_team(void **state)
{
	const char *all;

	(void)state;
	assert_string_equal(pref_team("dark blue", &all), "Dark Blue");
	assert_non_null(strstr(all, "Dark Green"));
	assert_null(pref_team("pink", NULL));
	assert_string_equal(pref_role("hq", &all), "HQ");
	assert_null(pref_role("", &all));
	assert_non_null(strstr(all, "Forward Observer"));
}

static void
test_manifest(void **state)
{
	static const char *const files[] = {"cert/a.pref", "cert/b.p12"};
	struct buf b;

	(void)state;
	buf_init(&b, MAX);
	assert_int_equal(manifest_make(&b, "u-1", "x\"/><y", files, 2), 0);
	assert_text(&b,
	    "<MissionPackageManifest version=\"2\">\n"
	    "  <Configuration>\n"
	    "    <Parameter name=\"uid\" value=\"u-1\"/>\n"
	    "    <Parameter name=\"name\" value=\"x&quot;/&gt;&lt;y\"/>\n"
	    "    <Parameter name=\"onReceiveImport\" value=\"true\"/>\n"
	    "    <Parameter name=\"onReceiveDelete\" value=\"true\"/>\n"
	    "  </Configuration>\n"
	    "  <Contents>\n"
	    "    <Content ignore=\"false\" zipEntry=\"cert/a.pref\"/>\n"
	    "    <Content ignore=\"false\" zipEntry=\"cert/b.p12\"/>\n"
	    "  </Contents>\n"
	    "</MissionPackageManifest>\n");
	assert_int_equal(manifest_make(&b, "u\n", "n", files, 2), -1);
	buf_fini(&b);
}

static void
test_server(void **state)
{
	static const struct {
		const char *text, *host;
		unsigned port;
	} good[] = {{"tak.example.org", "tak.example.org", 8089},
	    {"TAK.Example.org:8090", "tak.example.org", 8090},
	    {"192.0.2.1", "192.0.2.1", 8089}, {"localhost", "localhost", 8089},
	    {"a-b:1", "a-b", 1}, {"1a.b2:65535", "1a.b2", 65535}};
	static const char *const bad[] = {"", ":8089", "a:", "a:0", "a:65536",
	    "a:x", "[::1]", "[::1]:8089", "::1", "a_b", "a b", "-a", "a-", "a.",
	    ".a", "a..b", "../a", "a/b", "a\nb", "8089", "a.1", "1.2.3",
	    "256.1.1.1", "\xc3\xa9.org", "a\"", "a&b",
	    "aaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaa"};
	struct package_server s;
	char longest[PACKAGE_HOST_MAX + 2];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof *good; i++) {
		assert_null(package_server_parse(good[i].text, &s));
		assert_string_equal(s.host, good[i].host);
		assert_int_equal(s.port, good[i].port);
	}
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_non_null(package_server_parse(bad[i], &s));
	for (i = 0; i < sizeof longest; i++)
		longest[i] = i % 2 ? '.' : 'a';
	longest[PACKAGE_HOST_MAX + 1] = '\0';
	assert_non_null(package_server_parse(longest, &s));
	longest[PACKAGE_HOST_MAX - 1] = '\0';
	assert_null(package_server_parse(longest, &s));
}

/* Names that would be one if they were just joined. */
static void
test_names_differ(void **state)
{
	static const char *const who[][2] = {{"a", "b-c"}, {"a-b", "c"},
	    {"a", "b"}, {"a_b", "c"}, {"a", "c"}, {"a", "b:8090"},
	    {"a_b", "x.b"}, {"truststore-b", "c"}, {"truststore-b", "c:8090"}};
	struct package_names n[9];
	struct package_server s;
	size_t i, j;

	(void)state;
	for (i = 0; i < 9; i++) {
		assert_null(package_server_parse(who[i][1], &s));
		assert_int_equal(package_names(&n[i], &s, who[i][0]), 0);
	}
	for (i = 0; i < 9; i++) {
		for (j = 0; j < 9; j++)
			assert_string_not_equal(n[i].client, n[j].truststore);
		for (j = 0; j < i; j++)
			assert_string_not_equal(n[i].client, n[j].client);
	}
	assert_string_equal(n[5].base, "a_b_8090");
	assert_string_equal(n[5].pref, "b_8090.pref");
	assert_string_equal(n[5].client, "a_b_8090.p12");
	assert_string_equal(n[5].truststore, "truststore-b_8090.p12");
	assert_string_equal(n[0].client, "a_b-c.p12");
}

static void
test_zip_names(void **state)
{
	static const char *const bad[] = {"", "/a", "a/", "a//b", "../a",
	    "a/../b", "./a", ".a", "a.", "-a", "a/-b", "a\\b", "a b", "c:a",
	    "a\nb", "\xc3\xa9", "a\"b", "a<b"};
	struct zipfile_entry e[2] = {{"a/b", SLICE("x")}, {"A/b", SLICE("y")}};
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, MAX);
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_false(zipfile_name_ok(bad[i]));
		e[0].name = bad[i];
		assert_int_equal(zipfile_make(e, 1, &b), -1);
		assert_int_equal(errno, EINVAL);
	}
	assert_true(zipfile_name_ok("MANIFEST/manifest.xml"));
	assert_true(zipfile_name_ok("cert/a@b_c.d-e+f.p12"));
	e[0].name = "a/B"; /* one file on Windows */
	assert_int_equal(zipfile_make(e, 2, &b), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(buf_size(&b), 0);
	buf_fini(&b);
}

static void
test_zip_same(void **state)
{
	const struct zipfile_entry e[2] = {
	    {"b/2", SLICE("two two two two")}, {"a/1", SLICE("")}};
	struct buf a, b, tight;

	(void)state;
	buf_init(&a, MAX);
	buf_init(&b, MAX);
	buf_init(&tight, 16);
	assert_int_equal(zipfile_make(e, 2, &a), 0);
	assert_int_equal(zipfile_make(e, 2, &b), 0);
	assert_true(slice_starts(buf_slice(&a), "PK\3\4"));
	assert_true(slice_eq(buf_slice(&a), buf_slice(&b)));
	assert_ptr_equal(
	    slice_find(buf_slice(&a), SLICE("b/2")), buf_data(&a) + 30);
	assert_int_equal(zipfile_make(e, 2, &tight), -1);
	assert_int_equal(errno, ENOBUFS);
	buf_fini(&a);
	buf_fini(&b);
	buf_fini(&tight);
}

static void
test_package(void **state)
{
	struct package_server s;
	struct package_names names;
	struct package p = {.names = &names,
	    .pref = some,
	    .truststore = SLICE("trust"),
	    .client = SLICE("key"),
	    .uid = "u1",
	    .outer_uid = "u2"};
	struct buf b;

	(void)state;
	buf_init(&b, MAX);
	assert_null(package_server_parse("tak.example.org", &s));
	assert_int_equal(package_names(&names, &s, "alice"), 0);
	assert_int_equal(package_zip(&p, PACKAGE_ATAK, &b), 0);
	assert_true(has(&b, "MANIFEST/manifest.xml"));
	assert_true(has(&b, "cert/tak.example.org.pref"));
	assert_true(has(&b, "cert/alice_tak.example.org.p12"));
	buf_clear(&b);
	assert_int_equal(package_zip(&p, PACKAGE_WINTAK, &b), 0);
	assert_true(has(&b, "package/alice_tak.example.org.zip"));
	buf_clear(&b);
	assert_int_equal(package_zip(&p, PACKAGE_ITAK, &b), 0);
	assert_true(has(&b, "config.pref"));
	assert_false(has(&b, "cert/"));
	assert_false(has(&b, "MANIFEST"));
	buf_clear(&b);
	p.client.n = 0;
	assert_int_equal(package_zip(&p, PACKAGE_ATAK, &b), 0);
	assert_false(has(&b, "alice_tak.example.org.p12"));
	buf_clear(&b);
	p.pref.description = "\n";
	assert_int_equal(package_zip(&p, PACKAGE_WINTAK, &b), -1);
	assert_int_equal(errno, EILSEQ);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_escape),
	    cmocka_unit_test(test_pref),
	    cmocka_unit_test(test_team),
	    cmocka_unit_test(test_manifest),
	    cmocka_unit_test(test_server),
	    cmocka_unit_test(test_names_differ),
	    cmocka_unit_test(test_zip_names),
	    cmocka_unit_test(test_zip_same),
	    cmocka_unit_test(test_package),
	};

	return cmocka_run_group_tests_name("package", tests, NULL, NULL);
}
