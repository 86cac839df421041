/* TLS: files, revocations, sessions that come back. */
#include "tls_fix.h"

static SSL_CTX *peers[2]; /* 1.2, 1.3: alice */

/* ---- files ---- */

static void
test_files(void **state)
{
	const struct {
		const char *cert, *key, *ca, *crl, *why;
	} cases[] = {
	    {"server.pem", "server.key", "ca.pem", NULL, NULL},
	    {NULL, "server.key", "ca.pem", NULL, "TLS: a server needs a cert"},
	    {"server.pem", NULL, "ca.pem", NULL, "TLS: a server needs the key"},
	    {"server.pem", "server.key", NULL, NULL,
		"TLS: a server needs the "
		"CA"},
	    {"none.pem", "server.key", "ca.pem", NULL, "none.pem: No such"},
	    {"server.pem", "none.key", "ca.pem", NULL, "none.key: No such"},
	    {"server.pem", "server.key", "none.pem", NULL, "none.pem: No such"},
	    {"server.pem", "server.key", "ca.pem", "none", "none: No such"},
	    {"server.key", "server.key", "ca.pem", NULL,
		"server.key: no certificate"},
	    {"server.pem", "server.pem", "ca.pem", NULL,
		"server.pem: no private key"},
	    {"server.pem", "alice.key", "ca.pem", NULL,
		"alice.key: not the key of the certificate"},
	    {"server.pem", "locked.key", "ca.pem", NULL,
		"locked.key: the key is encrypted"},
	    {"torn.pem", "server.key", "ca.pem", NULL,
		"torn.pem: a certificate in it is damaged"},
	    {"server.pem", "server.key", "torn.pem", NULL,
		"torn.pem: a certificate in it is damaged"},
	    {"server.pem", "server.key", "ca.pem", "ca.pem",
		"ca.pem: no CRL in it"},
	};
	char err[TLS_ERR_MAX], path[4][64], *p[4];
	size_t i, k;
	FILE *f = fopen(fix_path("locked", ".key"), "w");

	(void)state;
	assert_int_equal(PEM_write_PrivateKey(f, server.key, EVP_aes_128_cbc(),
			     (const unsigned char *)"secret", 6, NULL, NULL),
	    1);
	fclose(f);
	fix_write("torn", &server);
	fix_text(fix_path("torn", ".pem"), "a",
	    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *names[4] = {
		    cases[i].cert, cases[i].key, cases[i].ca, cases[i].crl};
		struct tls_files files;
		struct tls_ctx *c;

		for (k = 0; k < 4; k++) {
			p[k] = names[k] ? path[k] : NULL;
			if (names[k])
				str_fmt(
				    path[k], 64, "%s/%s", fix_dir, names[k]);
		}
		files = (struct tls_files){p[0], p[1], p[2], p[3]};
		c = tls_server(&files, NULL, err);
		if (cases[i].why) {
			assert_null(c);
			if (!strstr(err, cases[i].why))
				fail_msg("%s: not %s", err, cases[i].why);
		} else {
			assert_non_null(c);
		}
		tls_ctx_free(&c);
	}
}

/* ---- revocation ---- */

static int
shake(struct tls_ctx *c, int version, const char *why)
{
	struct link l = fix_link(c, peers[version], NULL);
	struct tls_peer who;
	int r = fix_handshake(&l, 65536);

	if (why)
		assert_string_equal(l.why, why);
	assert_int_equal(tls_peer(l.t, &who), 0);
	assert_string_equal(who.user, "alice");
	fix_unlink(&l);
	return r;
}

static void
test_revoked(void **state)
{
	static const uint64_t not_she[] = {0xa11cd, 1ull << 40, 0},
			      and_she[] = {1, 0xffff, 0xa11ce, 3};
	const char *path = fix_path("list", ".crl");
	struct tls_ctx *c;
	char first[64];
	struct tls_peer who = {.serial = "a11ce"};

	(void)state;
	str_fmt(first, sizeof first, "%s", path);
	fix_crl(first, "w", &ca, ca.key, not_she, 3, DAY);
	c = fix_server(first, NULL);
	assert_int_equal(shake(c, 1, NULL), 1);
	assert_true(tls_crl_expires(c) > time(NULL));
	assert_true(tls_crl_expires(c) <= time(NULL) + DAY);
	tls_ctx_free(&c);

	/* Its date is over: those in it are out, the others are in. */
	fix_crl(first, "w", &ca, ca.key, not_she, 3, -60);
	c = fix_server(first, NULL);
	assert_int_equal(shake(c, 0, NULL), 1);
	assert_true(tls_crl_expires(c) < time(NULL));
	tls_ctx_free(&c);
	fix_crl(first, "w", &ca, ca.key, and_she, 4, -60);
	c = fix_server(first, NULL);
	assert_int_equal(shake(c, 0, "revoked certificate"), -1);
	assert_int_equal(shake(c, 1, "revoked certificate"), -1);
	/* Of this CA, not of every one. */
	assert_false(tls_revoked(c, &who));
	tls_ctx_free(&c);

	/* Two lists in a file. */
	fix_crl(first, "w", &ca, ca.key, not_she, 3, DAY);
	fix_crl(first, "a", &ca, ca.key, and_she, 4, DAY);
	c = fix_server(first, NULL);
	assert_int_equal(shake(c, 1, "revoked certificate"), -1);
	tls_ctx_free(&c);
}

/* All that a revoked CA has issued. */
static void
test_revoked_ca(void **state)
{
	static const uint64_t serials[] = {5};
	struct made issuing = fix_make(
	    &(struct wish){.cn = "Issuing", .serial = 5, .ca = true}, &ca);
	struct made m = fix_make(
	    &(struct wish){.cn = "carl", .serial = 8, .use = "clientAuth"},
	    &issuing);
	SSL_CTX *p = fix_peer_ctx(&m, 0);
	struct tls_files f = fix_files(NULL);
	char err[TLS_ERR_MAX], crl[64], cas[64];
	struct tls_ctx *c;
	struct tls_peer who;
	struct link l;
	FILE *file;

	(void)state;
	str_fmt(crl, sizeof crl, "%s/two.crl", fix_dir);
	str_fmt(cas, sizeof cas, "%s/two.pem", fix_dir);
	fix_write("two", &issuing);
	file = fopen(cas, "a");
	assert_int_equal(PEM_write_X509(file, ca.cert), 1);
	fclose(file);
	f.ca = cas;
	c = tls_server(&f, NULL, err);
	assert_non_null(c);
	l = fix_link(c, p, NULL);
	assert_int_equal(fix_handshake(&l, 65536), 1);
	assert_int_equal(tls_peer(l.t, &who), 0);
	assert_false(tls_revoked(c, &who));
	fix_unlink(&l);
	tls_ctx_free(&c);

	fix_crl(crl, "w", &ca, ca.key, serials, 1, DAY);
	f.crl = crl;
	c = tls_server(&f, NULL, err);
	assert_non_null(c);
	assert_true(tls_revoked(c, &who));
	l = fix_link(c, p, NULL);
	assert_int_equal(fix_handshake(&l, 65536), -1);
	assert_string_equal(l.why, "revoked certificate");
	fix_unlink(&l);
	tls_ctx_free(&c);
	SSL_CTX_free(p);
	fix_free(&m);
	fix_free(&issuing);
}

static void
test_bad_crl(void **state)
{
	static const uint64_t serials[] = {5};
	char path[64] = "", err[TLS_ERR_MAX];
	struct tls_files f = fix_files(path);

	(void)state;
	str_fmt(path, sizeof path, "%s/bad.crl", fix_dir);
	/* Another CA's, and one that only says it is ours. */
	fix_crl(path, "w", &other, other.key, serials, 1, DAY);
	assert_null(tls_server(&f, NULL, err));
	assert_non_null(strstr(err, "bad.crl: a CRL in it is not signed by"));
	fix_crl(path, "w", &ca, other.key, serials, 1, DAY);
	assert_null(tls_server(&f, NULL, err));
	assert_non_null(strstr(err, "not signed by"));
	/* A good one does not make the next one good. */
	fix_crl(path, "w", &ca, ca.key, serials, 1, DAY);
	fix_crl(path, "a", &other, other.key, serials, 1, DAY);
	assert_null(tls_server(&f, NULL, err));
	fix_crl(path, "w", &ca, ca.key, serials, 1, DAY);
	fix_text(path, "a", "-----BEGIN X509 CRL-----\nMIIB\n");
	assert_null(tls_server(&f, NULL, err));
	assert_non_null(strstr(err, "bad.crl: a CRL in it is damaged"));
	fix_text(path, "w", "");
	assert_null(tls_server(&f, NULL, err));
	assert_non_null(strstr(err, "bad.crl: no CRL in it"));
}

/* ---- sessions that come back ---- */

/* Of a full handshake. */
static SSL_SESSION *
session_of(struct tls_ctx *c, int version)
{
	struct link l = fix_link(c, peers[version], NULL);
	SSL_SESSION *s;

	assert_int_equal(fix_handshake(&l, 65536), 1);
	assert_int_equal(SSL_session_reused(l.peer), 0);
	assert_string_equal(fix_peer_text(&l), ""); /* reads the ticket */
	s = SSL_get1_session(l.peer);
	assert_int_equal(SSL_SESSION_is_resumable(s), 1);
	SSL_shutdown(l.peer); /* or it would count as broken */
	fix_unlink(&l);
	return s;
}

static int
resume(struct tls_ctx *c, int version, SSL_SESSION *s, bool *resumed)
{
	struct link l = fix_link(c, peers[version], s);
	int r = fix_handshake(&l, 65536);
	struct tls_peer who;
	struct buf pem = {.max = 65536};

	assert_int_equal(tls_peer(l.t, &who), 0);
	assert_string_equal(who.user, "alice");
	assert_string_equal(who.serial, "a11ce");
	assert_true(who.not_after > time(NULL));
	assert_int_equal(tls_peer_chain(l.t, &pem, 9), 1);
	buf_fini(&pem);
	*resumed = who.resumed;
	if (r == 1) {
		assert_int_equal(SSL_session_reused(l.peer), (int)who.resumed);
		assert_int_equal(fix_write_text(l.t, "again"), 5);
		assert_string_equal(fix_peer_text(&l), "again");
	}
	SSL_shutdown(l.peer);
	fix_unlink(&l);
	return r;
}

static void
test_resume(void **state)
{
	static const uint64_t serials[] = {0xa11ce};
	struct tls_ctx *c[4];
	struct tls_files f = fix_files(NULL);
	char crl[64], err[TLS_ERR_MAX];
	SSL_SESSION *s;
	bool resumed;
	int v, i;

	(void)state;
	str_fmt(crl, sizeof crl, "%s/resume.crl", fix_dir);
	fix_crl(crl, "w", &ca, ca.key, serials, 1, DAY);
	c[0] = fix_server(NULL, NULL);
	c[1] = fix_server(NULL, c[0]); /* takes over */
	c[2] = fix_server(NULL, NULL); /* is another */
	c[3] = fix_server(crl, c[1]);
	for (v = 0; v < 2; v++) {
		s = session_of(c[0], v);
		assert_int_equal(resume(c[0], v, s, &resumed), 1);
		assert_true(resumed);
		assert_int_equal(resume(c[1], v, s, &resumed), 1);
		assert_true(resumed);
		assert_int_equal(resume(c[2], v, s, &resumed), 1);
		assert_false(resumed);
		SSL_SESSION_free(s);
		s = session_of(c[1], v);
		assert_int_equal(resume(c[3], v, s, &resumed), -1);
		assert_false(resumed);
		SSL_SESSION_free(s);
	}
	/* Other CAs: no keys of those before. */
	f.ca = fix_path("other", ".pem");
	tls_ctx_free(&c[2]);
	c[2] = tls_server(&f, c[1], err);
	s = session_of(c[1], 1);
	assert_int_equal(resume(c[2], 1, s, &resumed), -1);
	SSL_SESSION_free(s);
	for (i = 0; i < 4; i++)
		tls_ctx_free(&c[i]);
}

static int
setup(void **state)
{
	if (fix_setup(state) != 0)
		return -1;
	peers[0] = fix_peer_ctx(&alice, TLS1_2_VERSION);
	peers[1] = fix_peer_ctx(&alice, TLS1_3_VERSION);
	return 0;
}

static int
teardown(void **state)
{
	SSL_CTX_free(peers[0]);
	SSL_CTX_free(peers[1]);
	return fix_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_revoked),
	    cmocka_unit_test(test_revoked_ca),
	    cmocka_unit_test(test_bad_crl),
	    cmocka_unit_test(test_resume),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
