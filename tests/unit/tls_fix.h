/* tls_fix.h - what the tests of lib/tls share: certificates made on the spot, a
 * peer that is plain OpenSSL over memory, and a wire between the two that
 * carries as many bytes at a time as the test likes. */
#ifndef TLS_FIX_H
#define TLS_FIX_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "buf.h"
#include "str.h"
#include "tls.h"

#define DAY  86400L
#define ROOM ((size_t)1 << 20)

/* ---- certificates ---- */

struct made {
	EVP_PKEY *key;
	X509 *cert;
};

struct wish {
	const char *cn, *cn2; /* NULL: none */
	uint64_t serial;
	const char *use; /* extended key usage, NULL: none */
	const char *san;
	bool ca, rsa;
	long from, to; /* seconds from now; both 0: a day around now */
};

static char fix_dir[] = "/tmp/test_tls.XXXXXX";

static inline const char *
fix_path(const char *name, const char *suffix)
{
	static char paths[64][64];
	static unsigned turn;
	char *p = paths[turn++ % 64];

	assert_true(str_fmt(p, 64, "%s/%s%s", fix_dir, name, suffix) > 0);
	return p;
}

static inline void
fix_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static inline void
fix_name(X509 *x, const char *cn)
{
	if (cn)
		assert_int_equal(
		    X509_NAME_add_entry_by_NID(X509_get_subject_name(x),
			NID_commonName, MBSTRING_UTF8,
			(const unsigned char *)cn, -1, -1, 0),
		    1);
}

static inline void
fix_dates(X509 *x, const struct wish *w)
{
	long from = w->from || w->to ? w->from : -DAY;
	long to = w->from || w->to ? w->to : DAY;

	X509_gmtime_adj(X509_getm_notBefore(x), from);
	X509_gmtime_adj(X509_getm_notAfter(x), to);
}

/* issuer NULL: self-signed. */
static inline struct made
fix_make(const struct wish *w, const struct made *issuer)
{
	struct made m = {.cert = X509_new()};
	const struct made *by = issuer ? issuer : &m;

	m.key = w->rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	assert_non_null(m.key);
	X509_set_version(m.cert, X509_VERSION_3);
	ASN1_INTEGER_set_uint64(X509_get_serialNumber(m.cert), w->serial);
	fix_name(m.cert, w->cn);
	fix_name(m.cert, w->cn2);
	fix_dates(m.cert, w);
	X509_set_issuer_name(m.cert, X509_get_subject_name(by->cert));
	X509_set_pubkey(m.cert, m.key);
	fix_extension(m.cert, by->cert, NID_basic_constraints,
	    w->ca ? "critical,CA:TRUE" : "CA:FALSE");
	if (w->use)
		fix_extension(m.cert, by->cert, NID_ext_key_usage, w->use);
	if (w->san)
		fix_extension(m.cert, by->cert, NID_subject_alt_name, w->san);
	assert_true(X509_sign(m.cert, by->key, EVP_sha256()) > 0);
	return m;
}

static inline void
fix_free(struct made *m)
{
	EVP_PKEY_free(m->key);
	X509_free(m->cert);
	*m = (struct made){0};
}

static inline void
fix_write(const char *name, const struct made *m)
{
	FILE *f = fopen(fix_path(name, ".pem"), "w");

	assert_non_null(f);
	assert_int_equal(PEM_write_X509(f, m->cert), 1);
	assert_int_equal(fclose(f), 0);
	f = fopen(fix_path(name, ".key"), "w");
	assert_non_null(f);
	assert_int_equal(
	    PEM_write_PrivateKey(f, m->key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(fclose(f), 0);
}

static inline void
fix_text(const char *path, const char *mode, const char *text)
{
	FILE *f = fopen(path, mode);

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* Appends a CRL of `ca`, signed with `key`, that names serials. */
static inline void
fix_crl(const char *path, const char *mode, const struct made *ca,
    EVP_PKEY *key, const uint64_t *serials, size_t n, long next)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *t = ASN1_TIME_new();
	FILE *f = fopen(path, mode);
	size_t i;

	assert_non_null(f);
	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->cert));
	X509_gmtime_adj(t, -DAY);
	X509_CRL_set1_lastUpdate(crl, t);
	for (i = 0; i < n; i++) {
		X509_REVOKED *r = X509_REVOKED_new();
		ASN1_INTEGER *serial = ASN1_INTEGER_new();

		ASN1_INTEGER_set_uint64(serial, serials[i]);
		X509_REVOKED_set_serialNumber(r, serial);
		X509_REVOKED_set_revocationDate(r, t);
		assert_int_equal(X509_CRL_add0_revoked(crl, r), 1);
		ASN1_INTEGER_free(serial);
	}
	X509_gmtime_adj(t, next);
	X509_CRL_set1_nextUpdate(crl, t);
	X509_CRL_sort(crl);
	assert_true(X509_CRL_sign(crl, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_X509_CRL(f, crl), 1);
	assert_int_equal(fclose(f), 0);
	ASN1_TIME_free(t);
	X509_CRL_free(crl);
}

/* ---- the world of most tests ---- */

static struct made ca, other, server, alice;

static inline int
fix_setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(fix_dir));
	ca = fix_make(
	    &(struct wish){.cn = "Test CA", .serial = 1, .ca = true}, NULL);
	other = fix_make(
	    &(struct wish){.cn = "Other CA", .serial = 1, .ca = true}, NULL);
	server = fix_make(&(struct wish){.cn = "server",
			      .serial = 2,
			      .use = "serverAuth,clientAuth",
			      .san = "DNS:tak.example,IP:192.0.2.1"},
	    &ca);
	alice = fix_make(
	    &(struct wish){
		.cn = "alice", .serial = 0xa11ce, .use = "clientAuth"},
	    &ca);
	fix_write("ca", &ca);
	fix_write("other", &other);
	fix_write("server", &server);
	fix_write("alice", &alice);
	return 0;
}

static inline int
fix_teardown(void **state)
{
	struct dirent *e;
	DIR *d;

	(void)state;
	fix_free(&ca);
	fix_free(&other);
	fix_free(&server);
	fix_free(&alice);
	d = opendir(fix_dir);
	assert_non_null(d);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			assert_int_equal(unlinkat(dirfd(d), e->d_name, 0), 0);
	closedir(d);
	return rmdir(fix_dir);
}

static inline struct tls_files
fix_files(const char *crl)
{
	return (struct tls_files){
	    .cert = fix_path("server", ".pem"),
	    .key = fix_path("server", ".key"),
	    .ca = fix_path("ca", ".pem"),
	    .crl = crl,
	};
}

static inline struct tls_ctx *
fix_server(const char *crl, const struct tls_ctx *before)
{
	struct tls_files f = fix_files(crl);
	char err[TLS_ERR_MAX] = "";
	struct tls_ctx *c = tls_server(&f, before, err);

	assert_string_equal(err, "");
	assert_non_null(c);
	return c;
}

/* ---- the wire ---- */

/* Ours is a struct tls on one end of a socketpair; theirs is an SSL over
 * memory, and the test carries its bytes to and from the other end. */
struct link {
	struct tls *t;
	SSL *peer;
	int fd, far;
	char why[64];
};

static inline int
fix_quiet(int ok, X509_STORE_CTX *ctx)
{
	(void)ok;
	(void)ctx;
	return 1;
}

/* An OpenSSL client that shows m, or nothing; versions 0: any. */
static inline SSL_CTX *
fix_peer_ctx(const struct made *m, int version)
{
	SSL_CTX *c = SSL_CTX_new(TLS_client_method());

	assert_non_null(c);
	SSL_CTX_set_verify(c, SSL_VERIFY_PEER, fix_quiet);
	SSL_CTX_set_min_proto_version(c, version);
	SSL_CTX_set_max_proto_version(c, version);
	if (m)
		assert_int_equal(
		    SSL_CTX_use_cert_and_key(c, m->cert, m->key, NULL, 1), 1);
	return c;
}

static inline void
fix_sockets(int fd[2])
{
	assert_int_equal(socketpair(AF_UNIX,
			     SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd),
	    0);
}

static inline struct link
fix_link(struct tls_ctx *ours, SSL_CTX *theirs, SSL_SESSION *session)
{
	struct link l = {0};
	int fd[2];

	fix_sockets(fd);
	l.fd = fd[0];
	l.far = fd[1];
	l.t = tls_accept(ours, l.fd);
	assert_non_null(l.t);
	l.peer = SSL_new(theirs);
	assert_non_null(l.peer);
	SSL_set_bio(l.peer, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	BIO_set_mem_eof_return(SSL_get_rbio(l.peer), -1);
	SSL_set_connect_state(l.peer);
	if (session)
		assert_int_equal(SSL_set_session(l.peer, session), 1);
	return l;
}

static inline void
fix_unlink(struct link *l)
{
	tls_free(&l->t);
	SSL_free(l->peer);
	close(l->fd);
	close(l->far);
}

/* At most n bytes from the peer to us: how many went. */
static inline size_t
fix_carry_in(struct link *l, size_t n)
{
	BIO *b = SSL_get_wbio(l->peer);
	char *p;
	long have = BIO_get_mem_data(b, &p);
	char trash[4096];
	ssize_t done;
	size_t left;

	if (have <= 0)
		return 0;
	if (n > (size_t)have)
		n = (size_t)have;
	done = send(l->far, p, n, MSG_NOSIGNAL);
	if (done <= 0)
		return 0;
	for (left = (size_t)done; left;)
		left -= (size_t)BIO_read(
		    b, trash, (int)(left < sizeof trash ? left : sizeof trash));
	return (size_t)done;
}

/* And the other way. */
static inline size_t
fix_carry_out(struct link *l, size_t n)
{
	static char p[65536];
	ssize_t got =
	    recv(l->far, p, n < sizeof p ? n : sizeof p, MSG_DONTWAIT);

	if (got <= 0)
		return 0;
	assert_int_equal(BIO_write(SSL_get_rbio(l->peer), p, (int)got), got);
	return (size_t)got;
}

/* Shake hands, n bytes at a time: 1, or -1 (l->why). */
static inline int
fix_handshake(struct link *l, size_t n)
{
	bool out;
	int r = 0, i;

	for (i = 0; i < 100000; i++) {
		ERR_clear_error();
		(void)SSL_do_handshake(l->peer);
		if (r == 0)
			r = tls_handshake(l->t, &out);
		(void)fix_carry_in(l, n);
		(void)fix_carry_out(l, n);
		if (r < 0 || (r == 1 && SSL_is_init_finished(l->peer)))
			break;
	}
	if (r < 0)
		(void)str_fmt(l->why, sizeof l->why, "%s", tls_why(l->t));
	return r;
}

static inline bool
fix_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

/* Everything that is under way to the peer. */
static inline void
fix_settle(struct link *l)
{
	do
		(void)tls_flush(l->t);
	while (fix_carry_out(l, 65536));
}

/* All that the peer can read now, as text. */
static inline const char *
fix_peer_text(struct link *l)
{
	static char text[4096];
	size_t n = 0, got;

	fix_settle(l);
	while (n < sizeof text - 1 &&
	    SSL_read_ex(l->peer, text + n, sizeof text - 1 - n, &got) == 1)
		n += got;
	text[n] = '\0';
	return text;
}

static inline void
fix_peer_says(struct link *l, const void *p, size_t n)
{
	size_t done;

	assert_int_equal(SSL_write_ex(l->peer, p, n, &done), 1);
	assert_int_equal(done, n);
	while (fix_carry_in(l, 1 << 20))
		;
}

static inline ssize_t
fix_write_text(struct tls *t, const char *text)
{
	struct iovec v = {(char *)(uintptr_t)text, strlen(text)};

	return tls_writev(t, &v, 1);
}

#endif
