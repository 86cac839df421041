#include "load.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"

#define OUT_MAX        ((size_t)4 << 20)
#define FRAME_MAX      ((size_t)8 << 20)
#define READS_A_TURN   4
#define STOPPER_RCVBUF 65536

void
client_up(struct client *c)
{
	struct load *l = c->load;

	c->state = CLIENT_UP;
	l->up++;
	if (c->idle)
		return;
	/* Who it is: counts as an event before the measured phase. */
	if (event_position(l, c->idx, 'w', 0, clock_mono_us()) == 0)
		(void)client_send(c);
}

/* Connected, and let in. */
static void
joined(struct client *c)
{
	(void)loop_mod(c->loop, &c->io, LOOP_IN);
	c->state = CLIENT_ASKING;
	if (!c->asks)
		client_up(c);
}

void
client_close(struct client *c, bool expected)
{
	struct load *l = c->load;

	if (c->state == CLIENT_NEW || c->state == CLIENT_GONE)
		return;
	if (c->state == CLIENT_CONNECTING || c->state == CLIENT_SHAKING ||
	    c->state == CLIENT_ASKING)
		l->res.connect_failed += !expected;
	else if (c->stopper && !expected)
		l->res.stopped_gone++;
	else if (!expected)
		l->res.disconnected++;
	secure_end(c);
	if (c->state == CLIENT_UP)
		l->up--;
	c->state = CLIENT_GONE;
	loop_del(c->loop, &c->io);
	close(c->io.fd);
	buf_fini(&c->out);
	if (c->framed)
		framer_fini(&c->framer);
}

void
client_reset(struct client *c)
{
	client_close(c, true);
	c->state = CLIENT_NEW;
	c->n_carry = 0;
	c->stopped = false;
	c->probed = false;
	c->frames_in = false;
	c->frames_out = c->load->conf.frames;
}

/* ---- sending ---- */

static void
watch(struct client *c)
{
	uint32_t events = c->stopped ? 0 : LOOP_IN;

	if (buf_size(&c->out) > 0)
		events |= LOOP_OUT;
	if (events != c->io.events)
		(void)loop_mod(c->loop, &c->io, events);
}

/* All events queued are now in the kernel's hands. */
static void
flushed(struct client *c)
{
	struct load *l = c->load;
	uint64_t now = clock_mono_us();

	for (; c->flushed < c->next_seq; c->flushed++)
		l->sent[(size_t)c->idx * l->max_seq + c->flushed].at = now;
}

static void
flush(struct client *c)
{
	ssize_t n;

	while (buf_size(&c->out) > 0) {
		n = c->ssl
		    ? secure_send(c, buf_data(&c->out), buf_size(&c->out))
		    : send(c->io.fd, buf_data(&c->out), buf_size(&c->out),
			  MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n < 0) {
			client_close(c, false);
			return;
		}
		c->load->out_bytes += (size_t)n;
		buf_consume(&c->out, (size_t)n);
	}
	if (buf_size(&c->out) == 0) {
		buf_release(&c->out);
		flushed(c);
	}
	watch(c);
}

bool
client_send(struct client *c)
{
	struct buf *text = &c->load->text;
	bool waiting = buf_size(&c->out) > 0;

	if ((c->state != CLIENT_UP && c->state != CLIENT_ASKING) ||
	    buf_size(&c->out) + buf_size(text) > OUT_MAX ||
	    buf_put(&c->out, buf_slice(text)) != 0)
		return false;
	if (!waiting)
		flush(c);
	return true;
}

/* ---- receiving ---- */

static void
receive(struct client *c)
{
	struct load *l = c->load;
	char *to = l->chunk + MARK_MAX;
	uint64_t now;
	ssize_t n;

	for (int i = 0; i < READS_A_TURN &&
	     (c->state == CLIENT_UP || c->state == CLIENT_ASKING);
	     i++) {
		n = c->ssl ? secure_recv(c, to, CHUNK - MARK_MAX)
			   : recv(c->io.fd, to, CHUNK - MARK_MAX, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			client_close(c, l->phase == PHASE_DONE);
			return;
		}
		l->in_bytes += (uint64_t)n;
		now = clock_mono_us();
		if (c->framed)
			hear_messages(c, to, (size_t)n, now);
		else
			hear_bytes(c, to, (size_t)n, now);
		if ((size_t)n < CHUNK - MARK_MAX)
			return;
	}
}

static void
shake(struct client *c)
{
	bool out = false;

	switch (secure_shake(c, &out)) {
	case 1:
		joined(c);
		break;
	case 0:
		(void)loop_mod(c->loop, &c->io, out ? LOOP_OUT : LOOP_IN);
		break;
	default:
		client_close(c, false);
	}
}

static void
connected(struct client *c)
{
	int err = 0;
	socklen_t len = sizeof(err);

	(void)getsockopt(c->io.fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err != 0 || (c->load->tls && secure_begin(c) != 0)) {
		client_close(c, false);
	} else if (c->load->tls) {
		c->state = CLIENT_SHAKING;
		shake(c);
	} else {
		joined(c);
	}
}

static void
ready(void *arg, uint32_t events)
{
	struct client *c = arg;

	if (c->state == CLIENT_CONNECTING) {
		connected(c);
		return;
	}
	if (c->state == CLIENT_SHAKING) {
		shake(c);
		return;
	}
	if (events & LOOP_OUT)
		flush(c);
	if (c->state == CLIENT_GONE)
		return;
	if (!c->stopped)
		receive(c);
	else if (events & (EPOLLHUP | EPOLLERR))
		client_close(c, false);
}

/* Each source address has its own 28,000 ports. */
static int
bind_source(int fd, const struct client *c)
{
	struct load *l = c->load;
	struct sockaddr_in a = {.sin_family = AF_INET};
	int one = 1;

	if (l->conf.sources == 0 || l->conf.server.ss.ss_family != AF_INET)
		return 0;
	a.sin_addr.s_addr =
	    htonl(0x7f010001u + c->idx % (uint32_t)l->conf.sources);
	if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
		sizeof(one)) != 0)
		return -1;
	return bind(fd, (const struct sockaddr *)&a, sizeof(a));
}

int
client_open(struct client *c)
{
	struct load *l = c->load;
	const struct sockaddr *to = (const struct sockaddr *)&l->conf.server.ss;
	int fd, one = 1, small = STOPPER_RCVBUF;

	fd = socket(
	    to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	buf_init(&c->out, OUT_MAX);
	if (c->framed)
		framer_init(&c->framer, FRAME_MAX);
	c->state = CLIENT_CONNECTING;
	c->began = clock_mono_us();
	c->io.fd = fd;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0 ||
	    (c->stopper &&
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) !=
		    0) ||
	    bind_source(fd, c) != 0)
		goto fail;
	if (connect(fd, to, l->conf.server.len) != 0 && errno != EINPROGRESS)
		goto fail;
	if (loop_add(c->loop, &c->io, fd, LOOP_OUT, ready, c) != 0)
		goto fail;
	return 0;
fail:
	client_close(c, false);
	return -1;
}

void
client_stop_reading(struct client *c, bool stop)
{
	if (c->state != CLIENT_UP || c->stopped == stop)
		return;
	c->stopped = stop;
	watch(c);
}
