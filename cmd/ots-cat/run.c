#include "run.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "die.h"
#include "log.h"
#include "notify.h"
#include "run_own.h"

#define TX_MAX    ((size_t)64 << 20)
#define OUT_MAX   ((size_t)256 << 20) /* one event of line feeds on one line */
#define LINGER_US 1000000

void
run_finish(struct run *r, int code)
{
	if (!r->over)
		r->code = code;
	r->over = true;
}

static void
connected(void *arg)
{
	struct run *r = arg;

	r->connected = r->rx_open = true;
	r->in_open = !r->cfg->link.listens;
	if (run_streams(r))
		conn_open(&r->conn, r->link.rx, r->link.tls);
	else
		run_watch_tx(r);
	run_say_first(r);
	notify_ready(r->cfg->ready_fd);
}

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
	struct proto *p = &r->cat.proto;
	bool mute = r->connected && proto_is_mute(p);

	if (mute)
		proto_late(p);
	if (!r->over)
		warnx_line("timeout: %s%s%s", r->link.peer, mute ? " " : "",
		    mute ? p->why : "");
	r->give_up = true;
	run_finish(r, EXIT_NO);
}

static void
on_linger(void *arg)
{
	struct run *r = arg;

	r->give_up = r->signals > 0;
	run_finish(r, 0);
}

static void
on_signal(void *arg, int signo)
{
	struct run *r = arg;

	(void)signo;
	if (++r->signals > 1)
		_exit(0);
	loop_timer_set(&r->loop, &r->linger, loop_now(&r->loop) + LINGER_US);
	run_finish(r, 0);
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
	if (!run_streams(r) || (r->cat.sent == 0 && !r->conn.tls)) {
		run_finish(r, 0);
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
	bool out_full = wire_out_full(&r->out), sent;

	run_negotiate(r);
	sent = r->connected && run_all_sent(r);
	if (!r->conn.broken)
		r->unsent = !run_all_sent(r);
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
		!proto_is_mute(&r->cat.proto) &&
		buf_size(run_tx(r)) < QUEUE_HIGH,
	    0, run_on_stdin);
	if (run_streams(r))
		conn_reads(&r->conn, r->rx_open && !r->over && !out_full);
	else
		watch(r, &r->rx_io, &r->rx_on,
		    r->rx_open && !r->over && !out_full, r->link.rx,
		    run_on_datagrams);
}

static void
on_bad(void *arg, const char *from, const char *why)
{
	(void)arg;
	log_kv(LOG_BAD_MESSAGE, "why", why, "from",
	    from ? from : "standard input", NULL);
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
	    cfg->format, cfg->proto,
	    local               ? "local"
		: datagrams     ? "udp"
		: cfg->link.tls ? "tls"
				: "tcp");
	r->cat.count = cfg->count;
	r->cat.on_bad = on_bad;
	r->seen = r->cat.proto.state;
	buf_init(&r->datagrams, TX_MAX);
	conn_init(&r->conn, &r->loop, TX_MAX);
	r->conn.on_readable = run_on_stream;
	r->conn.arg = r;
	r->out.on_end = run_on_out_end;
	r->out.arg = r;
	if (wire_out_open(&r->out, &r->loop, 1, QUEUE_HIGH, OUT_MAX) < 0)
		die_sys(EXIT_TEMP, "unable to write to standard output");
	loop_timer_init(&r->wait, on_wait, r);
	loop_timer_init(&r->timeout, on_timeout, r);
	run_say_init(r);
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
