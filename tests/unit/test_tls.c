/* TLS: who gets in and who does not, and what is said about it. */
#include "tls_fix.h"

static void
test_handshake(void **state)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	struct tls_ctx *c = fix_server(NULL, NULL);
	struct tls_peer who;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		SSL_CTX *p = fix_peer_ctx(&alice, versions[i]);
		struct link l = fix_link(c, p, NULL);

		assert_int_equal(fix_handshake(&l, 65536), 1);
		assert_int_equal(tls_peer(l.t, &who), 0);
		assert_string_equal(who.user, "alice");
		assert_string_equal(who.serial, "a11ce");
		assert_string_equal(who.version, i ? "TLSv1.3" : "TLSv1.2");
		assert_false(who.resumed);
		assert_true(who.not_after > time(NULL));
		assert_true(who.not_after <= time(NULL) + DAY);
		assert_string_equal(SSL_get_cipher_name(l.peer),
		    i ? "TLS_AES_128_GCM_SHA256"
		      : "ECDHE-ECDSA-AES128-GCM-SHA256");
		assert_int_equal(fix_write_text(l.t, "welcome"), 7);
		assert_string_equal(fix_peer_text(&l), "welcome");
		fix_unlink(&l);
		SSL_CTX_free(p);
	}
	tls_ctx_free(&c);
	assert_null(c);
}

/* The context is gone, its connections go on. */
static void
test_context_replaced(void **state)
{
	struct tls_ctx *c = fix_server(NULL, NULL);
	SSL_CTX *p = fix_peer_ctx(&alice, 0);
	struct link l = fix_link(c, p, NULL);

	(void)state;
	tls_ctx_free(&c);
	assert_int_equal(fix_handshake(&l, 100), 1);
	assert_int_equal(fix_write_text(l.t, "x"), 1);
	assert_string_equal(fix_peer_text(&l), "x");
	fix_unlink(&l);
	SSL_CTX_free(p);
}

static void
test_rsa_server(void **state)
{
	struct tls_files f = fix_files(NULL);
	struct made m = fix_make(
	    &(struct wish){
		.cn = "rsa", .serial = 9, .use = "serverAuth", .rsa = true},
	    &ca);
	SSL_CTX *p = fix_peer_ctx(&m, 0);
	char err[TLS_ERR_MAX];
	struct tls_ctx *c;
	struct link l;

	(void)state;
	fix_write("rsa", &m);
	f.cert = fix_path("rsa", ".pem");
	f.key = fix_path("rsa", ".key");
	c = tls_server(&f, NULL, err);
	assert_non_null(c);
	l = fix_link(c, p, NULL);
	assert_int_equal(fix_handshake(&l, 65536), -1);
	assert_string_equal(l.why, "not for clients");
	fix_unlink(&l);
	SSL_CTX_free(p);

	p = fix_peer_ctx(&alice, TLS1_2_VERSION);
	l = fix_link(c, p, NULL);
	assert_int_equal(fix_handshake(&l, 65536), 1);
	assert_string_equal(
	    SSL_get_cipher_name(l.peer), "ECDHE-RSA-AES128-GCM-SHA256");
	fix_unlink(&l);
	SSL_CTX_free(p);
	fix_free(&m);
	tls_ctx_free(&c);
}

/* The handshake with a client that shows m; what the client is told. */
static void
refused(struct tls_ctx *c, const struct made *m, int version, const char *why,
    int alert)
{
	SSL_CTX *p = fix_peer_ctx(m, version);
	struct link l = fix_link(c, p, NULL);
	struct tls_peer who;
	char byte;
	bool out;

	assert_int_equal(fix_handshake(&l, 65536), -1);
	assert_string_equal(l.why, why);
	assert_int_equal(tls_handshake(l.t, &out), -1);
	assert_int_equal(
	    tls_read(l.t, (char[TLS_READ_MIN]){0}, TLS_READ_MIN), -1);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(fix_write_text(l.t, "x"), -1);
	if (m) {
		(void)tls_peer(l.t, &who);
		assert_int_not_equal(who.serial[0], '\0');
	}
	fix_settle(&l);
	ERR_clear_error();
	assert_true(SSL_read(l.peer, &byte, 1) <= 0);
	assert_int_equal(
	    ERR_GET_REASON(ERR_peek_error()), SSL_AD_REASON_OFFSET + alert);
	ERR_clear_error();
	fix_unlink(&l);
	SSL_CTX_free(p);
}

static void
test_refused(void **state)
{
	struct wish w = {.cn = "bob", .serial = 7, .use = "clientAuth"};
	struct tls_ctx *c = fix_server(NULL, NULL);
	struct wish shop = {.cn = "shop", .serial = 8, .use = "serverAuth"};
	struct made m;
	int v;

	(void)state;
	refused(c, NULL, TLS1_3_VERSION, "no certificate",
	    SSL_AD_CERTIFICATE_REQUIRED);
	refused(c, NULL, TLS1_2_VERSION, "no certificate",
	    SSL_AD_HANDSHAKE_FAILURE);
	for (v = TLS1_2_VERSION; v <= TLS1_3_VERSION; v++) {
		m = fix_make(&w, &other);
		refused(c, &m, v, "unknown CA", SSL_AD_UNKNOWN_CA);
		fix_free(&m);
		m = fix_make(&w, NULL);
		refused(c, &m, v, "unknown CA", SSL_AD_UNKNOWN_CA);
		fix_free(&m);
		m = fix_make(&shop, &ca);
		refused(c, &m, v, "not for clients",
		    SSL_AD_UNSUPPORTED_CERTIFICATE);
		fix_free(&m);
	}
	w.from = -2 * DAY;
	w.to = -DAY;
	m = fix_make(&w, &ca);
	refused(c, &m, 0, "expired certificate", SSL_AD_CERTIFICATE_EXPIRED);
	fix_free(&m);
	w.from = DAY;
	w.to = 2 * DAY;
	m = fix_make(&w, &ca);
	refused(c, &m, 0, "certificate not yet valid", SSL_AD_BAD_CERTIFICATE);
	fix_free(&m);
	tls_ctx_free(&c);
}

/* Somebody else's name in the signature of ours. */
static void
test_forged(void **state)
{
	struct made fake = {.key = other.key, .cert = ca.cert};
	struct made m = fix_make(
	    &(struct wish){.cn = "eve", .serial = 6, .use = "clientAuth"},
	    &fake);
	struct tls_ctx *c = fix_server(NULL, NULL);

	(void)state;
	refused(
	    c, &m, 0, "bad signature of the certificate", SSL_AD_DECRYPT_ERROR);
	fix_free(&m);
	tls_ctx_free(&c);
}

/* What is no TLS, sent to a server. */
static void
test_not_tls(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *why;
	} cases[] = {
	    {"GET / HTTP/1.1\r\n\r\n", 18, "not TLS"},
	    {"<event version=\"2.0\"/>", 22, "not TLS"},
	    {"\xbf\x01\xbf\x01\xbf\x01\xbf", 7, "not TLS"},
	    {"\x16\x03\x01\xff\xff garbage", 13, "not TLS"},
	    {"\x17\x03\x03\x00\x02xx", 7, "not TLS"},
	    {"\x16\x03\x01\x00\x04\x02\x00\x00\x00", 9, "not TLS"},
	};
	struct tls_ctx *c = fix_server(NULL, NULL);
	size_t i, at;
	bool out;
	int fd[2], r;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tls *t;

		fix_sockets(fd);
		t = tls_accept(c, fd[0]);
		assert_non_null(t);
		for (r = 0, at = 0; r == 0 && at < cases[i].n; at++) {
			assert_int_equal(
			    send(fd[1], cases[i].bytes + at, 1, 0), 1);
			r = tls_handshake(t, &out);
			assert_false(out);
		}
		if (r == 0) { /* it would go on: now it cannot */
			shutdown(fd[1], SHUT_WR);
			r = tls_handshake(t, &out);
		}
		assert_int_equal(r, -1);
		assert_string_equal(tls_why(t), cases[i].why);
		tls_free(&t);
		close(fd[0]);
		close(fd[1]);
	}
	tls_ctx_free(&c);
}

static void
test_old_version(void **state)
{
	struct tls_ctx *c = fix_server(NULL, NULL);
	SSL_CTX *p = fix_peer_ctx(&alice, 0);
	struct link l;

	(void)state;
	SSL_CTX_set_min_proto_version(p, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(p, TLS1_1_VERSION);
	SSL_CTX_set_security_level(p, 0);
	l = fix_link(c, p, NULL);
	assert_int_equal(fix_handshake(&l, 65536), -1);
	assert_string_equal(l.why, "version too old");
	fix_unlink(&l);
	SSL_CTX_free(p);
	tls_ctx_free(&c);
}

/* A handshake that ends after each number of bytes. */
static void
test_half(void **state)
{
	struct tls_ctx *c = fix_server(NULL, NULL);
	SSL_CTX *p = fix_peer_ctx(&alice, 0);
	size_t stop, sent, n;
	bool out;
	int r;

	(void)state;
	for (stop = 0; stop < 2000; stop += stop < 20 ? 1 : 97) {
		struct link l = fix_link(c, p, NULL);

		for (sent = 0, n = 1, r = 0; r == 0 && n;) {
			(void)SSL_do_handshake(l.peer);
			n = fix_carry_in(&l, stop - sent);
			sent += n;
			r = tls_handshake(l.t, &out);
			n += fix_carry_out(&l, 65536);
		}
		ERR_clear_error();
		if (r == 0) {
			shutdown(l.far, SHUT_WR);
			assert_int_equal(tls_handshake(l.t, &out), -1);
			assert_string_equal(tls_why(l.t), "closed");
		}
		fix_unlink(&l);
	}
	SSL_CTX_free(p);
	tls_ctx_free(&c);
}

/* ---- facts ---- */

static int
facts(struct tls_ctx *c, const struct wish *w, struct tls_peer *who)
{
	struct made m = fix_make(w, &ca);
	SSL_CTX *p = fix_peer_ctx(&m, 0);
	struct link l = fix_link(c, p, NULL);
	int r, err;

	assert_int_equal(fix_handshake(&l, 65536), 1);
	errno = 0;
	r = tls_peer(l.t, who);
	err = errno;
	fix_unlink(&l);
	SSL_CTX_free(p);
	fix_free(&m);
	errno = err;
	return r;
}

static void
test_peer_facts(void **state)
{
#define CN64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	static const struct {
		struct wish w;
		const char *user, *serial; /* user NULL: EBADMSG */
	} cases[] = {
	    {{.serial = 1}, "", "1"},
	    {{.cn = CN64, .serial = 0x100}, CN64, "100"},
	    {{.cn = "J\xc3\xb6rg \"x\"", .serial = 0xffffffffffffffff},
		"J\xc3\xb6rg \"x\"", "ffffffffffffffff"},
	    {{.cn = "a\nb", .serial = 3}, NULL, NULL},
	    {{.cn = "a\x7f", .serial = 3}, NULL, NULL},
	    {{.cn = "a", .cn2 = "b", .serial = 3}, NULL, NULL},
	};
	struct tls_ctx *c = fix_server(NULL, NULL);
	uint64_t issuer = 0;
	struct tls_peer who;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		int r = facts(c, &cases[i].w, &who);

		if (!cases[i].user) {
			assert_int_equal(r, -1);
			assert_int_equal(errno, EBADMSG);
			continue;
		}
		assert_int_equal(r, 0);
		assert_string_equal(who.user, cases[i].user);
		assert_string_equal(who.serial, cases[i].serial);
		assert_true(issuer == 0 || issuer == who.issuer);
		issuer = who.issuer;
	}
	assert_true(issuer != 0);
	tls_ctx_free(&c);
}

static void
test_peer_chain(void **state)
{
	struct tls_ctx *c = fix_server(NULL, NULL);
	SSL_CTX *p = fix_peer_ctx(&alice, 0);
	struct buf pem = {.max = 65536};
	struct link l;
	BIO *b;
	X509 *x;

	(void)state;
	assert_int_equal(SSL_CTX_add1_chain_cert(p, ca.cert), 1);
	l = fix_link(c, p, NULL);
	assert_int_equal(tls_peer_chain(l.t, &pem, 9), 0);
	assert_int_equal(fix_handshake(&l, 65536), 1);
	assert_int_equal(tls_peer_chain(l.t, &pem, 1), 1);
	buf_clear(&pem);
	assert_int_equal(tls_peer_chain(l.t, &pem, 9), 2);
	b = BIO_new_mem_buf(buf_data(&pem), (int)buf_size(&pem));
	x = PEM_read_bio_X509(b, NULL, NULL, NULL);
	assert_int_equal(X509_cmp(x, alice.cert), 0);
	X509_free(x);
	x = PEM_read_bio_X509(b, NULL, NULL, NULL);
	assert_int_equal(X509_cmp(x, ca.cert), 0);
	X509_free(x);
	BIO_free(b);
	buf_fini(&pem);
	fix_unlink(&l);
	SSL_CTX_free(p);
	tls_ctx_free(&c);
}

/* The file of trust has an issuing CA alone, whose root nobody knows. */
static void
test_partial_chain(void **state)
{
	struct made issuing = fix_make(
	    &(struct wish){.cn = "Issuing", .serial = 5, .ca = true}, &other);
	struct made m = fix_make(
	    &(struct wish){.cn = "carl", .serial = 8, .use = "clientAuth"},
	    &issuing);
	struct tls_files f = fix_files(NULL);
	SSL_CTX *p = fix_peer_ctx(&m, 0);
	char err[TLS_ERR_MAX];
	struct tls_ctx *c;
	struct link l;

	(void)state;
	fix_write("issuing", &issuing);
	f.ca = fix_path("issuing", ".pem");
	c = tls_server(&f, NULL, err);
	assert_non_null(c);
	l = fix_link(c, p, NULL);
	assert_int_equal(fix_handshake(&l, 65536), 1);
	fix_unlink(&l);
	SSL_CTX_free(p);
	refused(c, &alice, 0, "unknown CA", SSL_AD_UNKNOWN_CA);
	tls_ctx_free(&c);
	fix_free(&m);
	fix_free(&issuing);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_handshake),
	    cmocka_unit_test(test_context_replaced),
	    cmocka_unit_test(test_rsa_server),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_forged),
	    cmocka_unit_test(test_not_tls),
	    cmocka_unit_test(test_old_version),
	    cmocka_unit_test(test_half),
	    cmocka_unit_test(test_peer_facts),
	    cmocka_unit_test(test_peer_chain),
	    cmocka_unit_test(test_partial_chain),
	};

	return cmocka_run_group_tests(tests, fix_setup, fix_teardown);
}
