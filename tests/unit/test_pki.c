/* Keys, certificates, requests, revocation lists, PKCS#12: marti-http 2.5, 2.6.
 * tests/t/certs.t looks at the same with openssl(1) and keytool(1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pki.h"

#define NOW INT64_C(1795384944) /* 2026-11-22 */
#define DAY INT64_C(86400)

static const struct slice no_pass = {"", 0};

static struct fix {
	struct pki_key *root_key, *key, *client_key;
	struct pki_cert *root, *issuing, *client;
} fix;

static struct pki_order
order(enum pki_kind kind, const char *cn)
{
	return (struct pki_order){.kind = kind,
	    .name = {.cn = cn, .o = "ots", .ou = "TAK"},
	    .days = 365,
	    .channels = true,
	    .now = NOW};
}

static int
setup(void **state)
{
	struct pki_order root = order(PKI_ROOT, "root");
	struct pki_order issuing = order(PKI_ISSUING, "issuing");
	struct pki_order client = order(PKI_CLIENT, "alice");

	(void)state;
	root.days = 3650;
	issuing.days = 3650;
	fix.root_key = pki_key_make(PKI_P256);
	fix.key = pki_key_make(PKI_P256);
	fix.client_key = pki_key_make(PKI_RSA2048);
	fix.root = pki_cert_make(&root, fix.root_key, NULL, NULL);
	fix.issuing = pki_cert_make(&issuing, fix.key, fix.root, fix.root_key);
	fix.client =
	    pki_cert_make(&client, fix.client_key, fix.issuing, fix.key);
	return fix.client ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	pki_key_free(&fix.root_key);
	pki_key_free(&fix.key);
	pki_key_free(&fix.client_key);
	pki_cert_free(&fix.root);
	pki_cert_free(&fix.issuing);
	pki_cert_free(&fix.client);
	return 0;
}

static void
test_key(void **state)
{
	struct buf plain = {.max = 65536}, secret = {.max = 65536};
	struct pki_key *k;

	(void)state;
	assert_int_equal(pki_key_write(fix.client_key, no_pass, &plain), 0);
	assert_non_null(
	    slice_find(buf_slice(&plain), SLICE("BEGIN PRIVATE KEY")));
	k = pki_key_read(buf_slice(&plain), no_pass);
	assert_non_null(k);
	assert_true(pki_cert_is_of(fix.client, k));
	assert_false(pki_cert_is_of(fix.root, k));
	pki_key_free(&k);
	assert_null(k);

	assert_int_equal(
	    pki_key_write(fix.client_key, SLICE("opensesame"), &secret), 0);
	assert_non_null(slice_find(
	    buf_slice(&secret), SLICE("BEGIN ENCRYPTED PRIVATE KEY")));
	assert_null(pki_key_read(buf_slice(&secret), no_pass));
	assert_non_null(strstr(pki_why(), "passphrase"));
	assert_null(pki_key_read(buf_slice(&secret), SLICE("wrong")));
	assert_non_null(strstr(pki_why(), "not right"));
	assert_null(strstr(pki_why(), "wrong"));
	k = pki_key_read(buf_slice(&secret), SLICE("opensesame"));
	assert_non_null(k);
	assert_true(pki_cert_is_of(fix.client, k));
	pki_key_free(&k);
	assert_null(pki_key_read(SLICE("no key"), no_pass));
	buf_fini(&plain);
	buf_fini(&secret);
}

static void
test_facts(void **state)
{
	struct pki_facts f;

	(void)state;
	assert_int_equal(pki_cert_facts(fix.client, &f), 0);
	assert_string_equal(f.cn, "alice");
	assert_string_equal(f.subject, "CN=alice,OU=TAK,O=ots");
	assert_string_equal(f.issuer, "CN=issuing,OU=TAK,O=ots");
	assert_string_equal(f.key, "RSA 2048");
	assert_string_equal(f.sig, "ecdsa-with-SHA256");
	assert_string_equal(f.san, "");
	assert_int_equal(strlen(f.sha256), 64);
	assert_true(f.serial[0] && f.serial[0] != '0');
	assert_true(f.not_before == NOW - DAY / 2);
	assert_true(f.not_after == NOW + 365 * DAY);
	assert_true(f.for_client && f.channels && !f.for_server && !f.ca);

	assert_int_equal(pki_cert_facts(fix.issuing, &f), 0);
	assert_true(f.ca && !f.for_client);
	assert_string_equal(f.key, "P-256");
	assert_true(pki_cert_signed_by(fix.client, fix.issuing));
	assert_true(pki_cert_signed_by(fix.issuing, fix.root));
	assert_true(pki_cert_signed_by(fix.root, fix.root));
	assert_false(pki_cert_signed_by(fix.client, fix.root));
}

/* Not longer than the issuer, not earlier, and no two serials alike. */
static void
test_bounds(void **state)
{
	struct pki_order o = order(PKI_CLIENT, "bob");
	struct pki_facts f, g;
	struct pki_cert *c;

	(void)state;
	o.days = 36500;
	o.channels = false;
	o.now = NOW - 10 * DAY;
	c = pki_cert_make(&o, fix.client_key, fix.issuing, fix.key);
	assert_non_null(c);
	assert_int_equal(pki_cert_facts(c, &f), 0);
	assert_int_equal(pki_cert_facts(fix.issuing, &g), 0);
	assert_true(f.not_after == g.not_after);
	assert_true(f.not_before == g.not_before);
	assert_false(f.channels);
	assert_string_not_equal(f.serial, g.serial);
	pki_cert_free(&c);
	/* 65 characters are no CN. */
	o.name.cn = "0123456789012345678901234567890123456789"
		    "0123456789012345678901234";
	assert_null(pki_cert_make(&o, fix.client_key, fix.issuing, fix.key));
}

static void
test_server(void **state)
{
	static const char *const san[] = {
	    "tak.example.org", "192.0.2.1", "2001:db8::1", "*.b.example"};
	static const char *const bad[] = {"a b"};
	struct pki_order o = order(PKI_SERVER, "tak.example.org");
	struct pki_facts f;
	struct pki_cert *c;

	(void)state;
	o.san = san;
	o.n_san = 4;
	c = pki_cert_make(&o, fix.client_key, fix.issuing, fix.key);
	assert_non_null(c);
	assert_int_equal(pki_cert_facts(c, &f), 0);
	assert_string_equal(f.san,
	    "DNS:tak.example.org, IP:192.0.2.1, "
	    "IP:2001:db8::1, DNS:*.b.example");
	assert_true(f.for_server && f.for_client && !f.channels);
	assert_true(pki_cert_is_for(c, "TAK.example.org"));
	assert_true(pki_cert_is_for(c, "192.0.2.1"));
	assert_true(pki_cert_is_for(c, "2001:db8:0::1"));
	assert_true(pki_cert_is_for(c, "x.b.example"));
	assert_false(pki_cert_is_for(c, "b.example"));
	assert_false(pki_cert_is_for(c, "192.0.2.2"));
	assert_false(pki_cert_is_for(c, "example.org"));
	pki_cert_free(&c);
	/* A CN does not count. */
	assert_false(pki_cert_is_for(fix.client, "alice"));
	o.san = bad;
	o.n_san = 1;
	assert_null(pki_cert_make(&o, fix.client_key, fix.issuing, fix.key));
}

static void
test_email_san(void **state)
{
	struct pki_order o = order(PKI_CLIENT, "alice");
	struct pki_facts f;
	struct pki_cert *c;

	(void)state;
	o.email_san = "ANDROID-1";
	c = pki_cert_make(&o, fix.client_key, fix.issuing, fix.key);
	assert_non_null(c);
	assert_int_equal(pki_cert_facts(c, &f), 0);
	assert_string_equal(f.san, "email:ANDROID-1");
	pki_cert_free(&c);
}

static void
test_pem(void **state)
{
	struct buf pem = {.max = 65536}, der = {.max = 65536};
	struct slice rest;
	struct pki_cert *c;
	char o[8], tiny[3];

	(void)state;
	assert_int_equal(pki_cert_pem(fix.client, &pem), 0);
	assert_int_equal(pki_cert_pem(fix.issuing, &pem), 0);
	c = pki_cert_read(buf_slice(&pem), &rest);
	assert_non_null(c);
	assert_true(pki_cert_signed_by(c, fix.issuing));
	assert_true(pki_cert_part(c, "O", o, sizeof o));
	assert_string_equal(o, "ots");
	assert_false(pki_cert_part(c, "O", tiny, sizeof tiny));
	assert_false(pki_cert_part(c, "L", o, sizeof o));
	pki_cert_free(&c);
	c = pki_cert_read(rest, &rest);
	assert_non_null(c);
	assert_true(pki_cert_signed_by(c, fix.root));
	pki_cert_free(&c);
	assert_null(pki_cert_read(rest, NULL));

	assert_int_equal(pki_cert_der(fix.client, &der), 0);
	c = pki_cert_from_der(buf_slice(&der));
	assert_non_null(c);
	pki_cert_free(&c);
	(void)buf_putc(&der, 'x');
	assert_null(pki_cert_from_der(buf_slice(&der)));
	assert_null(pki_cert_from_base64(SLICE("bm9uZQ==")));
	assert_null(pki_cert_from_base64(SLICE("!")));
	buf_fini(&pem);
	buf_fini(&der);
}

/* ---- requests ---- */

static void
request(const struct pki_name *n, struct buf *out)
{
	buf_clear(out);
	assert_int_equal(pki_csr_make(fix.client_key, n, out), 0);
}

static void
test_csr(void **state)
{
	const struct pki_name full = {.cn = "alice", .o = "OTS", .ou = "tak"};
	const struct pki_name allowed = {.cn = "CA", .o = "ots", .ou = "TAK"};
	const struct pki_name only_o = {.o = "ots"};
	struct buf pem = {.max = 65536}, bare = {.max = 65536};
	char cn[PKI_CN_MAX];
	struct pki_csr *csr;
	struct pki_key *k;
	struct slice rest, all;
	const char *lf;

	(void)state;
	request(&full, &pem);
	csr = pki_csr_read(buf_slice(&pem));
	assert_non_null(csr);
	assert_int_equal(pki_csr_cn(csr, cn), 0);
	assert_string_equal(cn, "alice");
	assert_true(pki_csr_names_only(csr, &allowed));
	assert_false(pki_csr_names_only(csr, &only_o));
	k = pki_csr_key(csr);
	assert_non_null(k);
	assert_true(pki_cert_is_of(fix.client, k));
	pki_key_free(&k);
	pki_csr_free(&csr);

	/* As ATAK sends it: no banners; and with CRLF. */
	all = buf_slice(&pem);
	for (rest = all; (lf = memchr(rest.p, '\n', rest.n));) {
		struct slice line = {rest.p, (size_t)(lf - rest.p)};

		if (line.p[0] != '-') {
			(void)buf_put(&bare, line);
			(void)buf_puts(&bare, "\r\n");
		}
		rest.n -= line.n + 1;
		rest.p = lf + 1;
	}
	csr = pki_csr_read(buf_slice(&bare));
	assert_non_null(csr);
	pki_csr_free(&csr);
	buf_fini(&pem);
	buf_fini(&bare);
}

static void
test_csr_refused(void **state)
{
	const struct pki_name n = {.cn = "alice", .o = "ots"};
	const struct pki_name nobody = {.o = "ots"};
	struct buf pem = {.max = 1 << 20};
	char cn[PKI_CN_MAX], *p;
	struct pki_csr *csr;
	size_t i;

	(void)state;
	assert_null(pki_csr_read(SLICE("")));
	assert_null(pki_csr_read(SLICE("hello")));
	assert_null(pki_csr_read(SLICE("-----BEGIN CERTIFICATE REQUEST-----")));
	/* Signed, then changed. */
	request(&n, &pem);
	for (i = buf_size(&pem) / 2; buf_data(&pem)[i] == '\n'; i++)
		;
	p = pem.p + i;
	*p = *p == 'A' ? 'B' : 'A';
	assert_null(pki_csr_read(buf_slice(&pem)));
	request(&nobody, &pem);
	csr = pki_csr_read(buf_slice(&pem));
	assert_non_null(csr);
	assert_int_equal(pki_csr_cn(csr, cn), -1);
	assert_string_equal(cn, "");
	pki_csr_free(&csr);
	buf_clear(&pem);
	while (buf_size(&pem) <= 65536)
		(void)buf_puts(&pem, "AAAA");
	assert_null(pki_csr_read(buf_slice(&pem)));
	buf_fini(&pem);
}

/* ---- revocation ---- */

static void
count(void *arg, const struct pki_revoked *r)
{
	size_t *sum = arg;

	*sum += 1000 + (size_t)r->reason;
	assert_true(r->at == NOW);
}

static void
test_crl(void **state)
{
	const struct pki_revoked r[] = {
	    {"1234abcd", NOW, 1}, {"ff", NOW, 0}, {"7", NOW, 4}};
	struct buf pem = {.max = 1 << 20};
	struct pki_crl_facts f;
	size_t sum = 0;

	(void)state;
	assert_int_equal(
	    pki_crl_make(fix.issuing, fix.key, r, 3, 7, NOW, 30, &pem), 0);
	assert_int_equal(
	    pki_crl_make(fix.root, fix.root_key, NULL, 0, 7, NOW, 30, &pem), 0);
	assert_int_equal(
	    pki_crl_look(buf_slice(&pem), fix.issuing, NULL, &f), 0);
	assert_int_equal(f.n, 3);
	assert_true(f.next_update == NOW + 30 * DAY);
	assert_true(f.this_update == NOW - DAY / 2);
	assert_int_equal(
	    pki_crl_look(buf_slice(&pem), fix.issuing, "1234ABCD", NULL), 1);
	assert_int_equal(
	    pki_crl_look(buf_slice(&pem), fix.issuing, "07", NULL), 1);
	assert_int_equal(
	    pki_crl_look(buf_slice(&pem), fix.issuing, "8", NULL), 0);
	assert_int_equal(
	    pki_crl_look(buf_slice(&pem), fix.issuing, "x", NULL), -1);
	assert_int_equal(pki_crl_look(buf_slice(&pem), fix.root, "7", &f), 0);
	assert_int_equal(f.n, 0);
	assert_int_equal(
	    pki_crl_look(buf_slice(&pem), fix.client, NULL, NULL), -1);
	assert_int_equal(
	    pki_crl_each(buf_slice(&pem), fix.issuing, count, &sum), 3);
	assert_int_equal(sum, 3005);
	/* Signed by somebody else. */
	buf_clear(&pem);
	assert_int_equal(
	    pki_crl_make(fix.issuing, fix.root_key, r, 3, 7, NOW, 30, &pem), 0);
	assert_int_equal(
	    pki_crl_look(buf_slice(&pem), fix.issuing, NULL, NULL), -1);
	buf_fini(&pem);
}

/* ---- PKCS#12 ---- */

static void
test_p12(void **state)
{
	const struct pki_cert *const cas[] = {fix.issuing, fix.root};
	struct buf p12 = {.max = 65536}, pem = {.max = 65536};
	struct pki_cert *c;
	struct pki_key *k;
	struct slice rest;

	(void)state;
	assert_int_equal(pki_p12_make(fix.client_key, fix.client, cas, 2,
			     "alice", "atakatak", &p12),
	    0);
	assert_int_equal(pki_p12_read(buf_slice(&p12), "wrong", &pem), -1);
	assert_int_equal(buf_size(&pem), 0);
	assert_int_equal(pki_p12_read(buf_slice(&p12), "atakatak", &pem), 0);
	k = pki_key_read(buf_slice(&pem), no_pass);
	c = pki_cert_read(buf_slice(&pem), &rest);
	assert_non_null(k);
	assert_non_null(c);
	assert_true(pki_cert_is_of(c, k));
	pki_key_free(&k);
	pki_cert_free(&c);
	buf_clear(&p12);
	buf_clear(&pem);

	assert_int_equal(pki_p12_make(NULL, NULL, cas, 2, NULL, "x", &p12), 0);
	assert_int_equal(pki_p12_read(buf_slice(&p12), "x", &pem), 0);
	assert_null(slice_find(buf_slice(&pem), SLICE("PRIVATE KEY")));
	c = pki_cert_read(buf_slice(&pem), &rest);
	assert_non_null(c);
	pki_cert_free(&c);
	c = pki_cert_read(rest, &rest);
	assert_non_null(c);
	pki_cert_free(&c);
	assert_int_equal(pki_p12_make(NULL, NULL, cas, 0, NULL, "x", &p12), -1);
	assert_int_equal(pki_p12_read(SLICE("0"), "x", &pem), -1);
	buf_fini(&p12);
	buf_fini(&pem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_key),
	    cmocka_unit_test(test_facts),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_server),
	    cmocka_unit_test(test_email_san),
	    cmocka_unit_test(test_pem),
	    cmocka_unit_test(test_csr),
	    cmocka_unit_test(test_csr_refused),
	    cmocka_unit_test(test_crl),
	    cmocka_unit_test(test_p12),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
