/* What comes in and goes out: run_own.h. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "clock.h"
#include "dgram.h"
#include "die.h"
#include "run_own.h"

#define READ_IN   ((size_t)64 << 10)
#define DATAGRAMS 64 /* read at most per turn */

/* ---- out --------------------------------------------------------------- */

struct buf *
run_tx(struct run *r)
{
	return run_streams(r) ? &r->conn.q : &r->datagrams;
}

void
run_on_out_end(void *arg, int err)
{
	struct run *r = arg;

	/* A reader that has seen enough (head, grep -q) is no news. */
	if (err != EPIPE) {
		errno = err;
		warn_sys("unable to write to standard output");
	}
	run_finish(r, EXIT_TEMP);
}

/* Its end may be there and not seen yet. If it is not the end, a byte more or
 * less that nobody sends any more is no matter. */
static bool
input_over(const struct run *r)
{
	struct pollfd p = {.fd = 0, .events = POLLIN};
	char c;

	return !r->in_open || (poll(&p, 1, 0) == 1 && read(0, &c, 1) == 0);
}

bool
run_all_sent(struct run *r)
{
	if (!run_streams(r))
		return buf_size(&r->datagrams) == 0;
	return r->conn.broken ? !r->unsent : conn_sent(&r->conn);
}

static void
server_gone(struct run *r, int err)
{
	bool mute = proto_is_mute(&r->cat.proto);
	bool done = !mute && run_all_sent(r) && input_over(r);

	r->rx_open = false;
	if (r->conn.tls && err == EPROTO) {
		run_finish(r,
		    secure_failed(&r->cfg->link.secure, r->link.peer,
			tls_why(r->conn.tls)));
		return;
	}
	if (r->lingering || (err == 0 && done && !r->cfg->count)) {
		run_finish(r, r->code);
		return;
	}
	errno = err;
	if (err)
		warn_sys("lost the connection to %s", r->link.peer);
	else
		warnx_line("%s closed the connection%s", r->link.peer,
		    mute ? " before protobuf was agreed on" : "");
	run_finish(r, EXIT_NO);
}

static void
send_datagrams(struct run *r)
{
	int done = dgram_send(r->link.tx, &r->datagrams, &r->cat.bad);

	if (done < 0 && errno != EAGAIN)
		die_sys(EXIT_TEMP, "unable to send to %s", r->link.peer);
	loop_mod(&r->loop, &r->tx_io, done < 0 ? LOOP_OUT : 0);
}

void
run_flush(struct run *r)
{
	if (!run_streams(r)) {
		send_datagrams(r);
		return;
	}
	r->unsent |= buf_size(&r->conn.q) > 0;
	conn_flush(&r->conn);
}

static void
on_tx_ready(void *arg, uint32_t events)
{
	(void)events;
	send_datagrams(arg);
}

void
run_watch_tx(struct run *r)
{
	if (r->link.tx >= 0 &&
	    loop_add(&r->loop, &r->tx_io, r->link.tx, 0, on_tx_ready, r) < 0)
		die_sys(EXIT_TEMP, "unable to watch the socket");
}

/* ---- in ---------------------------------------------------------------- */

void
run_on_stdin(void *arg, uint32_t events)
{
	struct run *r = arg;
	ssize_t n = read(0, r->chunk, READ_IN);
	const char *wrong = NULL;

	(void)events;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0)
		die_sys(EXIT_TEMP, "unable to read standard input");
	if (n > 0) {
		wrong = cat_input(&r->cat, r->chunk, (size_t)n, run_tx(r));
	} else {
		cat_input_end(&r->cat);
		r->in_open = false;
	}
	if (wrong) {
		warnx_line("standard input: %s", wrong);
		run_finish(r, EXIT_USAGE);
		return;
	}
	run_flush(r);
}

static void
net_bytes(struct run *r, size_t n, const char *peer)
{
	const char *wrong =
	    cat_net(&r->cat, r->chunk, n, peer, clock_wall_us(), &r->out.q);

	if (wrong) {
		warnx_line(
		    "%s sent what cannot go on: %s", r->link.peer, wrong);
		run_finish(r, EXIT_NO);
	}
}

void
run_on_stream(void *arg)
{
	struct run *r = arg;
	ssize_t n = conn_read(&r->conn, r->chunk, READ_NET);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0)
		net_bytes(r, (size_t)n, r->link.peer);
	else
		server_gone(r, n < 0 ? errno : 0);
	wire_out_flush(&r->out);
}

void
run_on_datagrams(void *arg, uint32_t events)
{
	struct run *r = arg;
	char from[NET_TEXT_MAX];
	ssize_t n;
	int i;

	(void)events;
	for (i = 0; i < DATAGRAMS && !r->over; i++) {
		n = dgram_receive(&r->link, r->chunk, READ_NET, from);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n < 0)
			die_sys(EXIT_TEMP, "unable to receive from %s",
			    r->link.peer);
		net_bytes(r, (size_t)n, from);
	}
	wire_out_flush(&r->out);
}
