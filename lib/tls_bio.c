/* The two process-wide buffers of ciphertext: both are empty whenever no
 * function of tls is running, so that a connection at rest has none. */
#include "tls_ossl.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define IN_MAX ((size_t)256 << 10)
/* What tls_writev takes at once, with the overhead of its records. */
#define OUT_MAX ((size_t)160 << 10)

static char in_bytes[IN_MAX], out_bytes[OUT_MAX];
static size_t in_off, in_len, out_len;

/* ---- in ---- */

static ssize_t
receive(struct tls *t, void *p, size_t n)
{
	ssize_t got;

	do
		got = recv(t->fd, p, n, MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		t->eof = true;
	if (got < 0 && errno != EAGAIN)
		t->read_err = errno;
	return got;
}

ssize_t
tls_fill(struct tls *t, size_t n)
{
	ssize_t got = receive(t, in_bytes, n < IN_MAX ? n : IN_MAX);

	in_off = 0;
	in_len = got > 0 ? (size_t)got : 0;
	return got;
}

static ssize_t
take(char *p, size_t n)
{
	size_t left = in_len - in_off;

	if (left == 0) {
		errno = EAGAIN;
		return -1;
	}
	if (n > left)
		n = left;
	memcpy(p, in_bytes + in_off, n);
	in_off += n;
	return (ssize_t)n;
}

static int
bio_read(BIO *b, char *p, int n)
{
	struct tls *t = BIO_get_data(b);
	ssize_t got;

	BIO_clear_retry_flags(b);
	if (n <= 0)
		return 0;
	got = t->state == TLS_HANDSHAKE ? receive(t, p, (size_t)n)
					: take(p, (size_t)n);
	if (got < 0 && errno == EAGAIN)
		BIO_set_retry_read(b);
	return (int)got;
}

/* ---- out ---- */

static int
broken(struct tls *t, int err)
{
	t->write_err = err;
	buf_fini(&t->held);
	errno = err;
	return -1;
}

/* How much the socket took, maybe nothing; -1: it is broken. */
static ssize_t
transmit(struct tls *t, const char *p, size_t n)
{
	ssize_t done;

	do
		done = send(t->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (done < 0 && errno == EINTR);
	if (done < 0 && errno == EAGAIN)
		return 0;
	return done < 0 ? broken(t, errno) : done;
}

int
tls_flush(struct tls *t)
{
	ssize_t done;

	if (t->write_err) {
		errno = t->write_err;
		return -1;
	}
	while (buf_size(&t->held)) {
		done = transmit(t, buf_data(&t->held), buf_size(&t->held));
		if (done < 0)
			return -1;
		if (done == 0) {
			errno = EAGAIN;
			return -1;
		}
		buf_consume(&t->held, (size_t)done);
	}
	buf_fini(&t->held);
	return 0;
}

size_t
tls_held(const struct tls *t)
{
	return buf_size(&t->held);
}

int
tls_push(struct tls *t)
{
	size_t n = out_len;
	ssize_t done = 0;

	out_len = 0;
	if (n == 0)
		return 0;
	/* What is held goes first. */
	if (tls_flush(t) == 0)
		done = transmit(t, out_bytes, n);
	else if (errno != EAGAIN)
		return -1;
	if (done < 0)
		return -1;
	if ((size_t)done < n &&
	    buf_append(&t->held, out_bytes + done, n - (size_t)done) < 0)
		return broken(t, errno);
	return 0;
}

static int
bio_write(BIO *b, const char *p, int n)
{
	struct tls *t = BIO_get_data(b);
	size_t size = n > 0 ? (size_t)n : 0;

	BIO_clear_retry_flags(b);
	if (size > OUT_MAX - out_len)
		(void)tls_push(t);
	if (size > OUT_MAX)
		return -1; /* no record is so long */
	memcpy(out_bytes + out_len, p, size);
	out_len += size;
	return n;
}

/* ---- the BIO ---- */

static long
bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	const struct tls *t = BIO_get_data(b);

	(void)num;
	(void)ptr;
	if (cmd == BIO_CTRL_EOF)
		return t->eof;
	return cmd == BIO_CTRL_FLUSH;
}

/* Made once and kept until the end of the process. */
static const BIO_METHOD *
method(void)
{
	static BIO_METHOD *made;
	BIO_METHOD *m;

	if (made)
		return made;
	m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tls");
	if (!m)
		return NULL;
	if (!BIO_meth_set_read(m, bio_read) ||
	    !BIO_meth_set_write(m, bio_write) ||
	    !BIO_meth_set_ctrl(m, bio_ctrl)) {
		BIO_meth_free(m);
		return NULL;
	}
	return made = m;
}

BIO *
tls_bio(struct tls *t)
{
	const BIO_METHOD *m = method();
	BIO *b = m ? BIO_new(m) : NULL;

	if (!b)
		return NULL;
	BIO_set_data(b, t);
	BIO_set_init(b, 1);
	return b;
}
