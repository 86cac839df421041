#include "conn.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "die.h"

/* One send takes at most this much, so that reading gets its turn. */
#define SEND_MAX ((size_t)256 << 10)

static void ready(void *arg, uint32_t events);

/* Not watched at all where nothing is wanted, because with no events wanted
 * epoll still tells of a hang-up, for ever. */
static void
watch(struct conn *c)
{
	uint32_t want = (c->reads ? LOOP_IN : 0) |
	    (c->blocked && !c->broken ? LOOP_OUT : 0);
	int r = 0;

	if (c->fd < 0 || want == c->watched)
		return;
	if (want == 0)
		loop_del(c->loop, &c->io);
	else if (c->watched == 0)
		r = loop_add(c->loop, &c->io, c->fd, want, ready, c);
	else
		r = loop_mod(c->loop, &c->io, want);
	if (r < 0)
		die_sys(EXIT_TEMP, "unable to watch the socket");
	c->watched = want;
}

static void
ready(void *arg, uint32_t events)
{
	struct conn *c = arg;

	if (c->blocked && events & ~LOOP_IN)
		conn_flush(c);
	if (c->reads && events & ~LOOP_OUT)
		c->on_readable(c->arg);
}

void
conn_init(struct conn *c, struct loop *l, size_t max)
{
	c->loop = l;
	c->fd = -1;
	buf_init(&c->q, max);
}

void
conn_open(struct conn *c, int fd, struct tls *tls)
{
	c->fd = fd;
	c->tls = tls;
}

void
conn_close(struct conn *c)
{
	if (c->fd >= 0) {
		c->reads = c->blocked = false;
		watch(c);
		tls_free(&c->tls);
		close(c->fd);
		c->fd = -1;
	}
	buf_fini(&c->q);
}

void
conn_reads(struct conn *c, bool want)
{
	c->reads = want;
	watch(c);
}

/* A client's TLS may have to read before it can write. */
ssize_t
conn_read(struct conn *c, void *p, size_t n)
{
	ssize_t got;
	int err;

	if (!c->tls)
		return read(c->fd, p, n);
	got = tls_read(c->tls, p, n);
	err = errno;
	conn_flush(c);
	errno = err;
	return got;
}

/* ---- out ---- */

static bool
held(const struct conn *c)
{
	return c->tls && tls_held(c->tls) > 0;
}

bool
conn_sent(const struct conn *c)
{
	return buf_size(&c->q) == 0 && !held(c);
}

static ssize_t
put(struct conn *c)
{
	size_t n = buf_size(&c->q);
	struct iovec v = {(char *)(uintptr_t)buf_data(&c->q), n};

	if (c->tls)
		return tls_writev(c->tls, &v, 1);
	return send(c->fd, v.iov_base, n < SEND_MAX ? n : SEND_MAX,
	    MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
failed(struct conn *c)
{
	if (errno == EINTR)
		return;
	if (errno == EAGAIN) {
		/* Nothing held: the other side has to say something first. */
		c->blocked = !c->tls || held(c);
		return;
	}
	c->broken = true;
	c->blocked = false;
	buf_clear(&c->q);
}

static void
say_end(struct conn *c)
{
	if (c->tls)
		(void)tls_goodbye(c->tls);
	if (!held(c))
		(void)shutdown(c->fd, SHUT_WR);
}

void
conn_flush(struct conn *c)
{
	bool was_shut = c->shut && conn_sent(c), waits = false;
	ssize_t n;

	if (c->broken || c->fd < 0) {
		buf_clear(&c->q);
		return;
	}
	c->blocked = false;
	if (held(c) && tls_flush(c->tls) < 0)
		failed(c);
	while (!c->blocked && !c->broken && !waits && buf_size(&c->q)) {
		n = put(c);
		if (n >= 0)
			buf_consume(&c->q, (size_t)n);
		else
			failed(c);
		waits = n < 0 && errno == EAGAIN;
	}
	if (held(c))
		c->blocked = true;
	buf_release(&c->q);
	if (c->shut && !was_shut && conn_sent(c))
		say_end(c);
	watch(c);
}

void
conn_shut(struct conn *c)
{
	if (c->shut || c->broken || c->fd < 0)
		return;
	c->shut = true;
	if (conn_sent(c))
		say_end(c);
}
