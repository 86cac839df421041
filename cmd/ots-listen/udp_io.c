#include "udp.h"

#include <errno.h>

#include "log.h"
#include "server.h"

#define QUIET_US ((uint64_t)60000000) /* between two lines about one socket */

/* Read at a time: behind one socket are many devices, which nothing slows down,
 * and where many clients are written to, sockets are read every 20 ms only. */
#define BATCHES 16

/* ---- writing ---- */

void
udp_tell_unsent(struct udp *u, uint64_t now)
{
	struct log_line line;

	if (u->unsent == 0 || now < u->quiet_until)
		return;
	log_open(&line, LOG_UNSENT);
	log_s(&line, "peer", u->peer);
	log_errno(&line, u->error);
	log_u64(&line, "datagrams", u->unsent);
	log_send(&line);
	u->unsent = 0;
	u->quiet_until = now + QUIET_US;
}

static void
not_sent(struct udp *u, int err)
{
	u->s->udps.n_mesh.unsent++;
	u->unsent++;
	u->error = err;
	udp_tell_unsent(u, loop_now(&u->s->loop));
}

/* Datagrams made of deliveries. Those that are too long are left out. */
struct batch {
	struct mmsghdr m[NET_BATCH];
	struct iovec piece[NET_BATCH][MESH_PIECES];
	int of[NET_BATCH + 1]; /* the delivery that it is; behind: their end */
	int n;
};

static void
make_batch(struct batch *b, struct udp *u, const struct iovec *iov, int n)
{
	struct msghdr *h;
	int i, pieces;

	b->n = 0;
	for (i = 0; i < n && b->n < NET_BATCH; i++) {
		pieces =
		    mesh_pieces((struct slice){iov[i].iov_base, iov[i].iov_len},
			b->piece[b->n]);
		if (pieces == 0)
			continue;
		h = &b->m[b->n].msg_hdr;
		*h = (struct msghdr){.msg_name = &u->spec.addr.ss,
		    .msg_namelen = u->spec.addr.len,
		    .msg_iov = b->piece[b->n],
		    .msg_iovlen = (size_t)pieces};
		b->of[b->n++] = i;
	}
	b->of[b->n] = i;
}

/* How many of the deliveries are done with. */
static int
send_batch(struct batch *b, struct udp *u, bool *full)
{
	int sent = 0, failed = 0;

	if (b->n)
		sent = sendmmsg(
		    u->tx, b->m, (unsigned)b->n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0) {
		sent = 0;
		*full = errno == EAGAIN;
		if (!*full && errno != EINTR) {
			not_sent(u, errno);
			failed = 1;
		}
	}
	u->s->udps.n_mesh.sent += (uint64_t)sent;
	u->s->udps.n_mesh.too_long +=
	    (uint64_t)(b->of[sent + failed] - sent - failed);
	return b->of[sent + failed];
}

static ssize_t
udp_writev(struct link *k, const struct iovec *iov, int n, bool *full)
{
	struct udp *u = k->udp;
	struct batch b;
	ssize_t bytes = 0;
	int i;

	*full = false;
	if (u->tx < 0) {
		u->s->udps.n_mesh.nowhere += (uint64_t)n;
	} else {
		make_batch(&b, u, iov, n);
		n = send_batch(&b, u, full);
	}
	for (i = 0; i < n; i++)
		bytes += (ssize_t)iov[i].iov_len;
	return bytes;
}

/* Datagrams are not read by way of the link. */
static ssize_t
udp_read(struct link *k, void *p, size_t n)
{
	(void)k;
	(void)p;
	(void)n;
	errno = EAGAIN;
	return -1;
}

static int
udp_flush(struct link *k)
{
	(void)k;
	return 0;
}

static bool
udp_holds(const struct link *k)
{
	(void)k;
	return false;
}

/* The client ends, not the socket. */
static void
udp_close(struct link *k)
{
	k->udp->k = NULL;
}

const struct link_ops link_udp = {
    .via = "udp",
    .whole = true,
    .read = udp_read,
    .writev = udp_writev,
    .flush = udp_flush,
    .holds = udp_holds,
    .close = udp_close,
};

/* ---- reading ---- */

/* What we send to a group comes back to us. */
static bool
is_own(const struct server *s, const struct net_addr *from)
{
	int i;

	for (i = 0; i < s->udps.n; i++)
		if (s->udps.udp[i].tx >= 0 &&
		    s->udps.udp[i].port == net_port(from))
			return net_is_local(from);
	return false;
}

/* Whose it is: of the peer that we also send to, or of the socket. */
static struct udp *
owner(struct udp *u, const struct net_addr *from)
{
	struct server *s = u->s;
	struct udp *v;
	int i;

	for (i = 0; u->spec.role == UDP_IN && i < s->udps.n; i++) {
		v = &s->udps.udp[i];
		if (v->spec.role == UDP_OUT &&
		    net_same_peer(&v->spec.addr, from))
			return v;
	}
	return u;
}

static void
take(struct udp *u, const struct net_datagram *d)
{
	struct server *s = u->s;
	struct udp *v = owner(u, &d->from);
	char from[NET_TEXT_MAX];

	/* By another interface it is another socket's, or nobody's. */
	if (u->index && d->index && u->index != d->index)
		return;
	s->udps.n_mesh.read++;
	if (is_own(s, &d->from))
		s->udps.n_mesh.own++;
	else if (v->k && !v->k->c.doomed && net_text(&d->from, from) > 0)
		mesh_input(&v->mesh, &s->udps.n_mesh, &s->core, &v->k->c, d->p,
		    d->n, from);
}

/* How many were read, -1 for none. */
static int
read_batch(struct udp *u)
{
	struct server *s = u->s;
	struct net_datagram d[NET_BATCH];
	uint32_t lost = u->lost;
	int i, n;

	for (i = 0; i < NET_BATCH; i++) {
		d[i].p = s->udps.chunk + (size_t)i * UDP_DATAGRAM;
		d[i].n = UDP_DATAGRAM;
	}
	n = net_receive(u->rx, d, NET_BATCH, &lost);
	s->udps.n_mesh.lost += lost - u->lost;
	u->lost = lost;
	for (i = 0; i < n; i++)
		take(u, &d[i]);
	return n;
}

void
udp_readable(void *arg, uint32_t events)
{
	struct udp *u = arg;
	struct server *s = u->s;
	int i;

	(void)events;
	if (wire_out_full(&s->out)) {
		server_press(s, true);
		return;
	}
	for (i = 0; i < BATCHES && !wire_out_full(&s->out); i++)
		if (read_batch(u) < NET_BATCH)
			break;
}
