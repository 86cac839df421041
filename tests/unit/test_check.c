/* What ots-certs check concludes from certificates, and how it says so. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/ots-certs/check_cert.h"
#include "../../cmd/ots-certs/check_report.h"

#define MAX ((size_t)1 << 20)
#define NOW INT64_C(1800000000)

static void
assert_line(const struct check_finding *f, bool json, const char *want)
{
	struct buf b;

	buf_init(&b, MAX);
	assert_int_equal(check_line(&b, f, json), 0);
	assert_int_equal(buf_putc(&b, '\0'), 0);
	assert_string_equal(buf_data(&b), want);
	buf_fini(&b);
}

static void
test_line(void **state)
{
	struct check_finding f = {CHECK_OK, "8089", "tls", 0, NULL, "good"};

	(void)state;
	assert_line(&f, false, "ok   8089 tls: good\n");
	assert_line(&f, true,
	    "{\"step\":\"tls\",\"port\":\"8089\",\"level\":\"ok\","
	    "\"text\":\"good\",\"clients\":[]}\n");
	f = (struct check_finding){CHECK_FAIL, NULL, "name",
	    CHECK_ATAK | CHECK_ITAK, "do it", "it is \"\033[31mbad\" \xc3\xa9"};
	assert_line(&f, false,
	    "FAIL name: it is \"?[31mbad\" ??: do it [ATAK, iTAK]\n");
	assert_line(&f, true,
	    "{\"step\":\"name\",\"level\":\"fail\",\"text\":\"it is "
	    "\\\"\\u001b[31mbad\\\" \xc3\xa9\",\"todo\":\"do it\","
	    "\"clients\":[\"ATAK\",\"iTAK\"]}\n");
	f = (struct check_finding){
	    CHECK_SOON, "1", "x", CHECK_ALL, NULL, "soon"};
	assert_line(&f, false, "warn 1 x: soon [all clients]\n");
	assert_line(&f, true,
	    "{\"step\":\"x\",\"port\":\"1\",\"level\":\"warn\","
	    "\"text\":\"soon\",\"clients\":[\"ATAK\",\"WinTAK\",\"iTAK\","
	    "\"CloudTAK\",\"clients that check names\"]}\n");
}

/* One more certificate, signed by the one before it unless `self`. */
struct made {
	struct pki_key *key;
	struct pki_cert *cert;
};

static struct made
make(enum pki_kind kind, const char *cn, const struct made *by)
{
	static const char *const san[] = {"tak.example.org"};
	const struct pki_order o = {.kind = kind,
	    .name = {.cn = cn},
	    .san = san,
	    .n_san = kind == PKI_SERVER,
	    .days = 100,
	    .now = NOW};
	struct made m = {.key = pki_key_make(PKI_P256)};

	assert_non_null(m.key);
	m.cert =
	    pki_cert_make(&o, m.key, by ? by->cert : NULL, by ? by->key : NULL);
	assert_non_null(m.cert);
	return m;
}

static void
unmake(struct made *m)
{
	pki_key_free(&m->key);
	pki_cert_free(&m->cert);
}

static void
read_all(struct check_certs *c, const struct made *const *m, size_t n)
{
	struct buf pem;
	size_t i;

	buf_init(&pem, MAX);
	for (i = 0; i < n; i++)
		assert_int_equal(pki_cert_pem(m[i]->cert, &pem), 0);
	check_certs_read(c, buf_slice(&pem));
	assert_int_equal(c->n, n);
	buf_fini(&pem);
}

static void
test_chain(void **state)
{
	struct made root = make(PKI_ROOT, "root", NULL);
	struct made issuing = make(PKI_ISSUING, "issuing", &root);
	struct made leaf = make(PKI_SERVER, "leaf", &issuing);
	struct made other = make(PKI_ROOT, "root", NULL); /* same name */
	const struct made *const whole[] = {&leaf, &issuing};
	const struct made *const roots[] = {&root}, *const alien[] = {&other};
	const struct made *const both[] = {&issuing, &root};
	struct check_certs shown = {0}, trust = {0};

	(void)state;
	assert_false(check_chain_leads(&shown, &trust));
	read_all(&shown, whole, 2);
	assert_false(check_chain_leads(&shown, &trust));
	read_all(&trust, roots, 1);
	assert_true(check_chain_leads(&shown, &trust));
	read_all(&trust, alien, 1);
	assert_false(check_chain_leads(&shown, &trust));
	read_all(&shown, whole, 1);
	read_all(&trust, roots, 1);
	assert_false(check_chain_leads(&shown, &trust)); /* a link is missing */
	read_all(&trust, both, 2);
	assert_true(check_chain_leads(&shown, &trust));
	read_all(&shown, alien, 1);
	assert_false(check_chain_leads(&shown, &trust));
	check_certs_read(&shown, SLICE("no certificate"));
	assert_int_equal(shown.n, 0);
	check_certs_free(&trust);
	unmake(&root);
	unmake(&issuing);
	unmake(&leaf);
	unmake(&other);
}

static void
test_p12(void **state)
{
	struct made root = make(PKI_ROOT, "root", NULL);
	struct made client = make(PKI_CLIENT, "alice", &root);
	const struct pki_cert *cas[] = {root.cert};
	struct buf p12;

	(void)state;
	buf_init(&p12, MAX);
	assert_int_equal(pki_p12_make(client.key, client.cert, cas, 1, "alice",
			     "atakatak", &p12),
	    0);
	assert_string_equal(check_p12_algorithms(buf_slice(&p12)), "");
	/* The name of PBES2 as OpenSSL 3 writes it by default. */
	assert_int_equal(
	    buf_append(
		&p12, "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d", 11),
	    0);
	assert_string_not_equal(check_p12_algorithms(buf_slice(&p12)), "");
	buf_fini(&p12);
	unmake(&root);
	unmake(&client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_line),
	    cmocka_unit_test(test_chain),
	    cmocka_unit_test(test_p12),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
