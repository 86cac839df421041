/* TLS: the client's side. */
#include "tls_fix.h"

#include <openssl/pkcs12.h>
#include <openssl/provider.h>

/* Both ends are ours, one in the role of a client. */
struct pair {
	struct tls *s, *c;
	int fd[2];
};

static int
pair_up(struct pair *p, struct tls_ctx *sc, struct tls_ctx *cc,
    const char *name, bool check)
{
	int rs = 0, rc = 0, i;
	bool out;

	fix_sockets(p->fd);
	p->s = tls_accept(sc, p->fd[0]);
	p->c = tls_connect(cc, p->fd[1], name, check);
	assert_non_null(p->s);
	assert_non_null(p->c);
	for (i = 0; i < 100 && rs >= 0 && rc >= 0 && rs + rc < 2; i++) {
		rc = tls_handshake(p->c, &out);
		rs = tls_handshake(p->s, &out);
	}
	return rc < 0 ? -1 : rs;
}

static void
pair_down(struct pair *p)
{
	tls_free(&p->s);
	tls_free(&p->c);
	close(p->fd[0]);
	close(p->fd[1]);
}

static struct tls_ctx *
client(const struct tls_client *want)
{
	char err[TLS_ERR_MAX] = "";
	struct tls_ctx *c = tls_client(want, err);

	assert_string_equal(err, "");
	return c;
}

static void
test_client_verifies(void **state)
{
	static const struct {
		const char *ca, *name;
		bool check, anyone;
		const char *why; /* NULL: fine */
	} cases[] = {
	    {"ca", NULL, false, false, NULL},
	    {"ca", "elsewhere.example", false, false, NULL},
	    {"ca", "tak.example", true, false, NULL},
	    {"ca", "192.0.2.1", true, false, NULL},
	    {"ca", "elsewhere.example", true, false, "wrong name"},
	    {"ca", "192.0.2.2", true, false, "wrong name"},
	    {"other", NULL, false, false, "unknown CA"},
	    {"other", NULL, false, true, NULL},
	    {NULL, NULL, false, true, NULL},
	    {NULL, NULL, false, false, "unknown CA"},
	};
	struct tls_ctx *sc = fix_server(NULL, NULL), *cc;
	struct tls_peer who;
	struct pair p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tls_client want = {.anyone = cases[i].anyone,
		    .files = {.cert = fix_path("alice", ".pem"),
			.key = fix_path("alice", ".key")}};

		if (cases[i].ca)
			want.files.ca = fix_path(cases[i].ca, ".pem");
		cc = client(&want);
		assert_int_equal(
		    pair_up(&p, sc, cc, cases[i].name, cases[i].check),
		    cases[i].why ? -1 : 1);
		if (cases[i].why)
			assert_string_equal(tls_why(p.c), cases[i].why);
		assert_int_equal(tls_peer(p.c, &who), 0);
		assert_string_equal(who.user, "server");
		pair_down(&p);
		tls_ctx_free(&cc);
	}
	tls_ctx_free(&sc);
}

/* In TLS 1.3 a client hears only later that it is not wanted. */
static void
test_client_refused(void **state)
{
	struct tls_client want = {.files = {.ca = fix_path("ca", ".pem")}};
	struct tls_ctx *sc = fix_server(NULL, NULL), *cc = client(&want);
	static char room[TLS_READ_MIN];
	struct pair p;

	(void)state;
	(void)pair_up(&p, sc, cc, NULL, false);
	assert_string_equal(tls_why(p.s), "no certificate");
	assert_int_equal(tls_read(p.c, room, sizeof room), -1);
	assert_int_equal(errno, EPROTO);
	assert_string_equal(tls_why(p.c), "alert: no certificate");
	pair_down(&p);
	tls_ctx_free(&sc);
	tls_ctx_free(&cc);
}

/* What a client meets at the other ports of a server. */
static void
test_client_not_tls(void **state)
{
	struct tls_client want = {.anyone = true};
	struct tls_ctx *c = client(&want);
	struct tls *t;
	bool out;
	int fd[2];

	(void)state;
	fix_sockets(fd);
	t = tls_connect(c, fd[0], NULL, false);
	assert_int_equal(tls_handshake(t, &out), 0);
	assert_int_equal(send(fd[1], "<event version=\"2.0\"", 20, 0), 20);
	assert_int_equal(tls_handshake(t, &out), -1);
	assert_string_equal(tls_why(t), "not TLS");
	tls_free(&t);
	close(fd[0]);
	close(fd[1]);
	tls_ctx_free(&c);
}

/* A server whose tickets come in small records. */
static struct link
ticket_link(struct tls_ctx *c, SSL_CTX *sc)
{
	struct link l = {0};
	int fd[2];
	bool out;

	fix_sockets(fd);
	l.fd = fd[0];
	l.far = fd[1];
	l.t = tls_connect(c, l.fd, NULL, false);
	l.peer = SSL_new(sc);
	SSL_set_bio(l.peer, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(l.peer), -1);
	SSL_set_accept_state(l.peer);
	while (tls_handshake(l.t, &out) == 0) {
		while (fix_carry_out(&l, 65536))
			;
		(void)SSL_do_handshake(l.peer);
		fix_carry_in(&l, 65536);
	}
	while (fix_carry_out(&l, 65536))
		;
	ERR_clear_error();
	assert_int_equal(SSL_do_handshake(l.peer), 1);
	return l;
}

/* Tickets that are cut somewhere: for a while the client may not be able to
 * write, but nothing gets lost. */
static void
test_client_half_ticket(void **state)
{
	struct tls_client want = {.anyone = true,
	    .files = {.cert = fix_path("alice", ".pem"),
		.key = fix_path("alice", ".key")}};
	struct tls_ctx *c = client(&want);
	SSL_CTX *sc = SSL_CTX_new(TLS_server_method());
	static char room[TLS_READ_MIN];
	size_t cut, waits = 0;

	(void)state;
	SSL_CTX_use_cert_and_key(sc, server.cert, server.key, NULL, 1);
	SSL_CTX_set_verify(sc, SSL_VERIFY_PEER, fix_quiet);
	SSL_CTX_set_session_id_context(sc, (const unsigned char *)"x", 1);
	SSL_CTX_set_max_send_fragment(sc, 512);
	for (cut = 0; cut < 2000; cut += 50) {
		struct link l = ticket_link(c, sc);

		assert_int_equal(SSL_write(l.peer, "data", 4), 4);
		fix_carry_in(&l, cut);
		(void)tls_read(l.t, room, sizeof room);
		if (fix_write_text(l.t, "hello") < 0) {
			assert_int_equal(errno, EAGAIN);
			assert_int_equal(tls_held(l.t), 0);
			waits++;
			fix_carry_in(&l, 65536);
			assert_int_equal(tls_read(l.t, room, sizeof room), 4);
			assert_int_equal(fix_write_text(l.t, "hello"), 5);
		}
		assert_string_equal(fix_peer_text(&l), "hello");
		fix_unlink(&l);
	}
	assert_true(waits > 0);
	SSL_CTX_free(sc);
	tls_ctx_free(&c);
}

/* ---- PKCS#12 ---- */

/* NULL: OpenSSL cannot make it here. */
static unsigned char *
make_p12(const struct made *m, bool with_ca, int cipher, int *n)
{
	STACK_OF(X509) *cas = sk_X509_new_null();
	unsigned char *der = NULL;
	PKCS12 *p12;

	if (with_ca)
		sk_X509_push(cas, ca.cert);
	p12 = PKCS12_create("atakatak", "x", m ? m->key : NULL,
	    m ? m->cert : NULL, cas, cipher, cipher, 0, 0, 0);
	if (p12)
		*n = i2d_PKCS12(p12, &der);
	PKCS12_free(p12);
	sk_X509_free(cas);
	ERR_clear_error();
	return der;
}

static void
p12_case(const unsigned char *der, int n, const char *password, const char *why)
{
	struct tls_client want = {
	    .p12 = der, .p12_n = (size_t)n, .p12_password = password};
	char err[TLS_ERR_MAX] = "";
	struct tls_ctx *cc = tls_client(&want, err), *sc;
	struct pair p;

	assert_string_equal(err, why);
	if (!cc)
		return;
	sc = fix_server(NULL, NULL);
	assert_int_equal(pair_up(&p, sc, cc, NULL, false), 1);
	pair_down(&p);
	tls_ctx_free(&sc);
	tls_ctx_free(&cc);
}

static void
test_p12(void **state)
{
	int n = 0, tdes = NID_pbe_WithSHA1And3_Key_TripleDES_CBC;
	unsigned char *der = make_p12(&alice, true, tdes, &n);

	(void)state;
	assert_non_null(der);
	p12_case(der, n, "atakatak", "");
	p12_case(der, n, "wrong", "PKCS#12: wrong password");
	p12_case(der, n, NULL, "PKCS#12: wrong password");
	p12_case(der, n / 2, "atakatak", "PKCS#12: not a PKCS#12 file");
	p12_case((const unsigned char *)"x", 1, "",
	    "PKCS#12: not a PKCS#12 "
	    "file");
	OPENSSL_free(der);
	der = make_p12(&alice, true, NID_aes_256_cbc, &n);
	assert_non_null(der);
	p12_case(der, n, "atakatak", "");
	OPENSSL_free(der);
}

/* As TAK Server writes them. */
static void
test_p12_old(void **state)
{
	OSSL_PROVIDER *old = OSSL_PROVIDER_try_load(NULL, "legacy", 1);
	unsigned char *der;
	int n = 0;

	(void)state;
	if (!old) {
		print_message("# OpenSSL has no legacy provider here\n");
		return;
	}
	der = make_p12(&alice, true, NID_pbe_WithSHA1And40BitRC2_CBC, &n);
	OSSL_PROVIDER_unload(old);
	assert_non_null(der);
	p12_case(der, n, "atakatak", "");
	OPENSSL_free(der);
}

/* The CA of the file is trusted, unless another is given. */
static void
test_p12_trust(void **state)
{
	int n = 0, tdes = NID_pbe_WithSHA1And3_Key_TripleDES_CBC;
	unsigned char *store = make_p12(NULL, true, tdes, &n);
	struct tls_client want = {.p12 = store,
	    .p12_n = (size_t)n,
	    .p12_password = "atakatak",
	    .files = {.cert = fix_path("alice", ".pem"),
		.key = fix_path("alice", ".key")}};
	struct tls_ctx *sc = fix_server(NULL, NULL), *cc;
	struct pair p;

	(void)state;
	cc = client(&want);
	assert_int_equal(pair_up(&p, sc, cc, NULL, false), 1);
	pair_down(&p);
	tls_ctx_free(&cc);
	want.files.ca = fix_path("other", ".pem");
	cc = client(&want);
	assert_int_equal(pair_up(&p, sc, cc, NULL, false), -1);
	assert_string_equal(tls_why(p.c), "unknown CA");
	pair_down(&p);
	tls_ctx_free(&cc);
	tls_ctx_free(&sc);
	OPENSSL_free(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_client_verifies),
	    cmocka_unit_test(test_client_refused),
	    cmocka_unit_test(test_client_not_tls),
	    cmocka_unit_test(test_client_half_ticket),
	    cmocka_unit_test(test_p12),
	    cmocka_unit_test(test_p12_old),
	    cmocka_unit_test(test_p12_trust),
	};

	return cmocka_run_group_tests(tests, fix_setup, fix_teardown);
}
