#include "run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "conn.h"
#include "dgram.h"
#include "die.h"
#include "link.h"
#include "log.h"
#include "login.h"
#include "loop.h"
#include "notify.h"
#include "wire.h"

#define QUEUE_HIGH ((size_t)1 << 20)
#define TX_MAX     ((size_t)64 << 20)
#define OUT_MAX    ((size_t)256 << 20) /* one event of line feeds on one line */
#define READ_IN    ((size_t)64 << 10)
#define READ_NET   ((size_t)256 << 10)
#define DATAGRAMS  64 /* read at most per turn */
#define LINGER_US  1000000

struct run {
	struct run_config *cfg;
	struct loop loop;
	struct cat cat;
	struct link link;
	struct loop_io in_io, rx_io, tx_io;
	bool in_on, rx_on; /* watched now */
	bool in_open, rx_open, connected;
	bool unsent; /* there was something to send when the socket broke */
	struct conn conn;
	struct wire_out out;
	struct buf datagrams;
	struct loop_timer wait, timeout, interval, linger;
	bool waiting, lingering, shut, over, give_up;
	int code, signals;
	char *chunk;
};

static bool
streams(const struct run *r)
{
	return r->cat.wire != CAT_DATAGRAMS;
}

static struct buf *
tx_queue(struct run *r)
{
	return streams(r) ? &r->conn.q : &r->datagrams;
}

static void
finish(struct run *r, int code)
{
	if (!r->over)
		r->code = code;
	r->over = true;
}

/* ---- out --------------------------------------------------------------- */

static void
out_end(void *arg, int err)
{
	struct run *r = arg;

	/* A reader that has seen enough (head, grep -q) is no news. */
	if (err != EPIPE) {
		errno = err;
		warn_sys("unable to write to standard output");
	}
	finish(r, EXIT_TEMP);
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

/* A socket that broke has emptied its queue. */
static bool
all_sent(struct run *r)
{
	if (!streams(r))
		return buf_size(&r->datagrams) == 0;
	return r->conn.broken ? !r->unsent : conn_sent(&r->conn);
}

static void
server_gone(struct run *r, int err)
{
	bool done = all_sent(r) && input_over(r);

	r->rx_open = false;
	if (r->conn.tls && err == EPROTO) {
		finish(r,
		    secure_failed(&r->cfg->link.secure, r->link.peer,
			tls_why(r->conn.tls)));
		return;
	}
	if (r->lingering || (err == 0 && done && !r->cfg->count)) {
		finish(r, r->code);
		return;
	}
	errno = err;
	if (err)
		warn_sys("lost the connection to %s", r->link.peer);
	else
		warnx_line("%s closed the connection", r->link.peer);
	finish(r, EXIT_NO);
}

static void
send_datagrams(struct run *r)
{
	int done = dgram_send(r->link.tx, &r->datagrams, &r->cat.bad);

	if (done < 0 && errno != EAGAIN)
		die_sys(EXIT_TEMP, "unable to send to %s", r->link.peer);
	loop_mod(&r->loop, &r->tx_io, done < 0 ? LOOP_OUT : 0);
}

static void
flush_tx(struct run *r)
{
	if (!streams(r)) {
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

/* ---- in ---------------------------------------------------------------- */

static void
on_stdin(void *arg, uint32_t events)
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
		wrong = cat_input(&r->cat, r->chunk, (size_t)n, tx_queue(r));
	} else {
		cat_input_end(&r->cat);
		r->in_open = false;
	}
	if (wrong) {
		warnx_line("standard input: %s", wrong);
		finish(r, EXIT_USAGE);
		return;
	}
	flush_tx(r);
}

static void
net_bytes(struct run *r, size_t n, const char *peer)
{
	const char *wrong =
	    cat_net(&r->cat, r->chunk, n, peer, clock_wall_us(), &r->out.q);

	if (wrong) {
		warnx_line(
		    "%s sent what cannot go on: %s", r->link.peer, wrong);
		finish(r, EXIT_NO);
	}
}

static void
on_stream(void *arg)
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

static void
on_datagrams(void *arg, uint32_t events)
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

/* ---- beginning --------------------------------------------------------- */

static void
say_self(void *arg)
{
	struct run *r = arg;
	struct buf event;

	if (buf_size(tx_queue(r)) < QUEUE_HIGH) {
		buf_init(&event, CAT_MESSAGE_MAX);
		if (self_put(&event, &r->cfg->self,
			(int64_t)(clock_wall_us() / 1000)) == 0)
			cat_send(&r->cat, buf_slice(&event), tx_queue(r));
		buf_fini(&event);
		flush_tx(r);
	}
	if (r->cfg->self.interval_us)
		loop_timer_set(&r->loop, &r->interval,
		    loop_now(&r->loop) + r->cfg->self.interval_us);
}

/* The secret leaves no copy behind. */
static void
say_user(struct run *r)
{
	struct run_config *cfg = r->cfg;

	if (!cfg->user.n)
		return;
	r->conn.q.wipe = true;
	if (login_put(&r->conn.q, cfg->user, buf_slice(&cfg->password),
		cfg->self.uid) < 0)
		die(EXIT_TEMP, "no memory");
	buf_fini(&cfg->password);
}

static void
connected(void *arg)
{
	struct run *r = arg;
	const struct run_config *cfg = r->cfg;

	r->connected = r->rx_open = true;
	r->in_open = !cfg->link.listens;
	if (streams(r)) {
		conn_open(&r->conn, r->link.rx, r->link.tls);
	} else if (r->link.tx >= 0 &&
	    loop_add(&r->loop, &r->tx_io, r->link.tx, 0, on_tx_ready, r) < 0) {
		die_sys(EXIT_TEMP, "unable to watch the socket");
	}
	say_user(r);
	cat_begin(&r->cat, tx_queue(r), &r->out.q);
	wire_out_flush(&r->out);
	flush_tx(r);
	if (cfg->self.callsign.n)
		say_self(r);
	notify_ready(cfg->ready_fd);
}

/* ---- going on ---------------------------------------------------------- */

static void
on_wait(void *arg)
{
	struct run *r = arg;

	r->lingering = true;
}

static void
on_timeout(void *arg)
{
	struct run *r = arg;

	if (!r->over)
		warnx_line("timeout: %s", r->link.peer);
	r->give_up = true;
	finish(r, EXIT_NO);
}

static void
on_linger(void *arg)
{
	struct run *r = arg;

	r->give_up = r->signals > 0;
	finish(r, 0);
}

static void
on_signal(void *arg, int signo)
{
	struct run *r = arg;

	(void)signo;
	if (++r->signals > 1)
		_exit(0);
	loop_timer_set(&r->loop, &r->linger, loop_now(&r->loop) + LINGER_US);
	finish(r, 0);
}

/* Watch fd or not. Not watched at all, because with no events wanted epoll
 * still tells of a hang-up, for ever. */
static void
watch(struct run *r, struct loop_io *io, bool *on, bool want, int fd,
    void (*fn)(void *arg, uint32_t events))
{
	if (*on == want)
		return;
	*on = want;
	if (!want)
		loop_del(&r->loop, io);
	else if (loop_add(&r->loop, io, fd, LOOP_IN, fn, r) < 0)
		die_sys(EXIT_TEMP, "unable to watch descriptor %d", fd);
}

/* Enough was received, or the time to wait is over: tell the server that
 * nothing more comes and read until it closes too. To close at once with bytes
 * unread would reset the connection, and could cost what the server has not
 * read yet. A server of TLS 1.3 refuses our certificate only now. */
static void
linger(struct run *r, bool sent)
{
	r->lingering = true;
	r->in_open = false;
	loop_timer_clear(&r->loop, &r->interval);
	if (!streams(r) || (r->cat.sent == 0 && !r->conn.tls)) {
		finish(r, 0);
		return;
	}
	if (r->linger.at == LOOP_NEVER)
		loop_timer_set(
		    &r->loop, &r->linger, loop_now(&r->loop) + LINGER_US);
	if (sent && !r->shut) {
		r->shut = true;
		conn_shut(&r->conn);
	}
}

static void
advance(struct run *r)
{
	bool sent = r->connected && all_sent(r);
	bool out_full = wire_out_full(&r->out);

	if (!r->conn.broken)
		r->unsent = !all_sent(r);
	if (sent && !r->in_open && !r->cfg->link.listens && !r->waiting &&
	    r->cfg->wait_us != RUN_NEVER) {
		r->waiting = true;
		loop_timer_set(
		    &r->loop, &r->wait, loop_now(&r->loop) + r->cfg->wait_us);
		if (r->cfg->wait_us == 0)
			r->lingering = true;
	}
	if (r->connected && (r->lingering || cat_enough(&r->cat)))
		linger(r, sent);
	watch(r, &r->in_io, &r->in_on,
	    r->in_open && !r->over && !r->conn.broken &&
		buf_size(tx_queue(r)) < QUEUE_HIGH,
	    0, on_stdin);
	if (streams(r))
		conn_reads(&r->conn, r->rx_open && !r->over && !out_full);
	else
		watch(r, &r->rx_io, &r->rx_on,
		    r->rx_open && !r->over && !out_full, r->link.rx,
		    on_datagrams);
}

static void
set_up(struct run *r)
{
	const struct run_config *cfg = r->cfg;
	bool datagrams = cfg->link.target.kind == TARGET_UDP ||
	    cfg->link.target.kind == TARGET_MCAST;
	bool local = cfg->link.target.kind == TARGET_UNIX;

	r->chunk = malloc(READ_NET);
	if (!r->chunk || loop_init(&r->loop) < 0 ||
	    loop_signal(&r->loop, SIGTERM, on_signal, r) < 0 ||
	    loop_signal(&r->loop, SIGINT, on_signal, r) < 0)
		die_sys(EXIT_TEMP, "unable to begin");
	cat_init(&r->cat,
	    local           ? CAT_RECORDS
		: datagrams ? CAT_DATAGRAMS
			    : CAT_STREAM,
	    cfg->format,
	    local               ? "local"
		: datagrams     ? "udp"
		: cfg->link.tls ? "tls"
				: "tcp");
	r->cat.count = cfg->count;
	buf_init(&r->datagrams, TX_MAX);
	conn_init(&r->conn, &r->loop, TX_MAX);
	r->conn.on_readable = on_stream;
	r->conn.arg = r;
	r->out.on_end = out_end;
	r->out.arg = r;
	if (wire_out_open(&r->out, &r->loop, 1, QUEUE_HIGH, OUT_MAX) < 0)
		die_sys(EXIT_TEMP, "unable to write to standard output");
	loop_timer_init(&r->wait, on_wait, r);
	loop_timer_init(&r->timeout, on_timeout, r);
	loop_timer_init(&r->interval, say_self, r);
	loop_timer_init(&r->linger, on_linger, r);
	if (cfg->timeout_us != RUN_NEVER)
		loop_timer_set(&r->loop, &r->timeout,
		    loop_now(&r->loop) + cfg->timeout_us);
}

/* What is queued still goes out, unless nobody takes it until the timeout, or
 * for a second after a signal; a second signal ends it at once. */
static void
drain(struct run *r)
{
	wire_out_flush(&r->out);
	while (buf_size(&r->out.q) && !r->give_up)
		if (loop_once(&r->loop, LOOP_NEVER) < 0)
			return;
}

static void
say_totals(const struct cat *c)
{
	struct log_line l;

	log_open(&l, LOG_COUNTERS);
	log_u64(&l, "sent", c->sent);
	log_u64(&l, "received", c->received);
	log_u64(&l, "skipped", c->skipped);
	log_u64(&l, "bad", c->bad);
	log_send(&l);
}

int
run(struct run_config *cfg)
{
	struct run run = {.cfg = cfg}, *r = &run;

	set_up(r);
	link_open(&r->link, &r->loop, &cfg->link, connected, r);
	for (advance(r); !r->over; advance(r))
		if (loop_once(&r->loop, LOOP_NEVER) < 0)
			die_sys(EXIT_TEMP, "unable to wait");
	drain(r);
	if (cfg->verbose || r->cat.skipped || r->cat.bad)
		say_totals(&r->cat);
	wire_out_close(&r->out);
	conn_close(&r->conn);
	tls_ctx_free(&cfg->link.tls);
	buf_fini(&cfg->password);
	loop_fini(&r->loop);
	cat_fini(&r->cat);
	buf_fini(&r->datagrams);
	free(r->chunk);
	return r->code;
}
