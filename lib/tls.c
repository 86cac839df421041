#include "tls_ossl.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Plain bytes that one tls_writev takes, in whole records: see OUT_MAX of
 * tls_bio.c. */
#define TAKE_MAX (8 * TLS_RECORD_MAX)
/* Of the held bytes: those, and what the library itself has to say. */
#define HELD_MAX ((size_t)512 << 10)

struct tls *
tls_of(const SSL *ssl)
{
	return SSL_get_app_data(ssl);
}

static struct tls *
connection(struct tls_ctx *c, int fd)
{
	struct tls *t = calloc(1, sizeof *t);
	BIO *b;

	ERR_clear_error();
	if (!t)
		return NULL;
	t->ctx = c;
	t->fd = fd;
	buf_init(&t->held, HELD_MAX);
	c->refs++;
	t->ssl = SSL_new(c->ssl);
	b = t->ssl ? tls_bio(t) : NULL;
	if (!b) {
		tls_free(&t);
		return NULL;
	}
	SSL_set_bio(t->ssl, b, b);
	SSL_set_app_data(t->ssl, t);
	return t;
}

struct tls *
tls_accept(struct tls_ctx *c, int fd)
{
	struct tls *t = connection(c, fd);

	if (t)
		SSL_set_accept_state(t->ssl);
	return t;
}

static bool
is_address(const char *name)
{
	unsigned char a[16];

	return inet_pton(AF_INET, name, a) == 1 ||
	    inet_pton(AF_INET6, name, a) == 1;
}

/* Server name indication is for names only (RFC 6066 3). */
static bool
set_name(SSL *ssl, const char *name, bool check)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	bool address = is_address(name);

	if (!address &&
	    SSL_set_tlsext_host_name(ssl, (char *)(uintptr_t)name) != 1)
		return false;
	if (!check)
		return true;
	return address ? X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1
		       : X509_VERIFY_PARAM_set1_host(param, name, 0) == 1;
}

struct tls *
tls_connect(struct tls_ctx *c, int fd, const char *name, bool check_name)
{
	struct tls *t = connection(c, fd);

	if (!t)
		return NULL;
	SSL_set_connect_state(t->ssl);
	if (name && !set_name(t->ssl, name, check_name))
		tls_free(&t);
	return t;
}

static bool
may_write(const struct tls *t)
{
	return (t->state == TLS_OPEN || t->state == TLS_ENDED) &&
	    !(SSL_get_shutdown(t->ssl) & SSL_SENT_SHUTDOWN);
}

int
tls_goodbye(struct tls *t)
{
	if (!may_write(t)) {
		errno = EPROTO;
		return -1;
	}
	ERR_clear_error();
	(void)SSL_shutdown(t->ssl);
	ERR_clear_error();
	return tls_push(t);
}

void
tls_free(struct tls **tp)
{
	struct tls *t = *tp;

	if (!t)
		return;
	*tp = NULL;
	if (may_write(t) && tls_held(t) == 0 && !t->write_err)
		(void)tls_goodbye(t);
	SSL_free(t->ssl);
	X509_free(t->refused);
	buf_fini(&t->held);
	tls_ctx_drop(t->ctx);
	free(t);
	ERR_clear_error();
}

const char *
tls_why(const struct tls *t)
{
	return t->why ? t->why : "closed";
}

static void
failed(struct tls *t, int code)
{
	/* A code without an error of the library's is the socket's. */
	t->why = t->eof || t->read_err ? "closed" : tls_why_of(t->ssl, code);
	t->state = TLS_FAILED;
	ERR_clear_error();
	(void)tls_push(t); /* the alert */
}

/* ---- handshake ---- */

static int
handshake_done(struct tls *t, bool *out)
{
	if (tls_flush(t) == 0) {
		t->state = TLS_OPEN;
		return 1;
	}
	*out = true;
	if (errno == EAGAIN)
		return 0;
	t->why = "closed";
	t->state = TLS_FAILED;
	return -1;
}

int
tls_handshake(struct tls *t, bool *out)
{
	int r, code;

	*out = false;
	if (t->state != TLS_HANDSHAKE)
		return t->state == TLS_FAILED ? -1 : 1;
	ERR_clear_error();
	r = SSL_do_handshake(t->ssl);
	code = SSL_get_error(t->ssl, r);
	if (r != 1 && code != SSL_ERROR_WANT_READ) {
		failed(t, code);
		return -1;
	}
	if (tls_push(t) < 0) {
		t->why = "closed";
		t->state = TLS_FAILED;
		return -1;
	}
	if (r == 1)
		return handshake_done(t, out);
	*out = tls_held(t) > 0;
	if (*out && tls_flush(t) == 0)
		*out = false;
	return 0;
}

/* ---- reading ---- */

/* The last word of the reading side. */
static ssize_t
end_of(const struct tls *t)
{
	if (t->state == TLS_ENDED)
		return 0;
	errno = t->read_err ? t->read_err : EPROTO;
	return -1;
}

/* The end was found behind bytes that are handed out now. The descriptor must
 * stay readable, or nobody would come and ask. */
static ssize_t
end_behind(struct tls *t, size_t got)
{
	if (got == 0)
		return end_of(t);
	(void)shutdown(t->fd, SHUT_RD);
	return (ssize_t)got;
}

/* All records that tls_fill has completed: n has room for them. */
static ssize_t
decrypt(struct tls *t, char *p, size_t n)
{
	size_t got = 0, part;
	int code;

	ERR_clear_error();
	while (got < n && SSL_read_ex(t->ssl, p + got, n - got, &part) == 1)
		got += part;
	code = SSL_get_error(t->ssl, 0);
	if (code == SSL_ERROR_WANT_READ) {
		errno = EAGAIN;
		return got ? (ssize_t)got : -1;
	}
	if (code == SSL_ERROR_ZERO_RETURN)
		t->state = TLS_ENDED;
	else
		failed(t, code);
	return end_behind(t, got);
}

/* What has been read never exceeds n, for the plain text is shorter than the
 * ciphertext, save one record that had arrived in part before. */
ssize_t
tls_read(struct tls *t, void *p, size_t n)
{
	ssize_t got;
	int err;

	if (t->state != TLS_OPEN)
		return end_of(t);
	got = tls_fill(t, n - TLS_RECORD_MAX - 1);
	if (got < 0)
		return -1;
	/* An end without a goodbye is one, too: the clients of the field just
	 * close. */
	if (got == 0) {
		t->state = TLS_ENDED;
		return 0;
	}
	got = decrypt(t, p, n);
	err = errno;
	(void)tls_push(t); /* tls_writev finds what is wrong */
	errno = err;
	return got;
}

/* ---- writing ---- */

/* Where in the caller's pieces the next record begins. */
struct cursor {
	const struct iovec *iov;
	int n;
	size_t off;
};

static void
skip_empty(struct cursor *c)
{
	while (c->n > 0 && c->iov->iov_len == c->off) {
		c->iov++;
		c->n--;
		c->off = 0;
	}
}

static size_t
take(struct cursor *c, char *to, size_t n)
{
	size_t rest = c->iov->iov_len - c->off;

	if (n > rest)
		n = rest;
	if (to)
		memcpy(to, (const char *)c->iov->iov_base + c->off, n);
	c->off += n;
	skip_empty(c);
	return n;
}

/* The next record; only one that spans pieces is copied together. */
static struct slice
next_record(struct cursor *c)
{
	static char gather[TLS_RECORD_MAX];
	const char *p;
	size_t n = 0;

	skip_empty(c);
	if (c->n == 0)
		return (struct slice){0};
	p = (const char *)c->iov->iov_base + c->off;
	if (c->n == 1 || c->iov->iov_len - c->off >= sizeof gather)
		return (struct slice){p, take(c, NULL, sizeof gather)};
	while (c->n > 0 && n < sizeof gather)
		n += take(c, gather + n, sizeof gather - n);
	return (struct slice){gather, n};
}

/* 0, or -1 with errno. A write never waits for the socket here; it waits for
 * the other side only if that has sent a message of the handshake in several
 * records (TCP's pieces do not matter). A server's long tickets may come so.
 * The one message that a client may send has five bytes: who cuts that in two
 * only wants to be waited for. */
static int
encrypt(struct tls *t, struct slice record)
{
	size_t done;
	int code;

	ERR_clear_error();
	if (SSL_write_ex(t->ssl, record.p, record.n, &done) == 1)
		return 0;
	code = SSL_get_error(t->ssl, 0);
	if (code == SSL_ERROR_WANT_READ && !t->ctx->server) {
		errno = EAGAIN;
		return -1;
	}
	failed(t, code);
	if (code == SSL_ERROR_WANT_READ)
		t->why = "message of the handshake in pieces";
	errno = EPROTO;
	return -1;
}

ssize_t
tls_writev(struct tls *t, const struct iovec *iov, int n)
{
	struct cursor c = {iov, n, 0};
	size_t taken = 0;
	struct slice record;
	int err = 0;

	if (!may_write(t)) {
		errno = EPROTO;
		return -1;
	}
	if (tls_flush(t) < 0)
		return -1;
	while (taken < TAKE_MAX && (record = next_record(&c)).n) {
		if (encrypt(t, record) < 0) {
			err = errno;
			break;
		}
		taken += record.n;
	}
	if (tls_push(t) < 0)
		return -1;
	errno = err;
	return taken || !err ? (ssize_t)taken : -1;
}
