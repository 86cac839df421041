#include "server.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "die.h"
#include "door.h"
#include "log.h"
#include "notify.h"
#include "output.h"
#include "report.h"

#define MUCH     64 /* messages of one turn */
#define DRAIN_US ((uint64_t)5000000)
#define TELL_US  ((uint64_t)2000000) /* of it: we still say what we do */
#define QUIET_US ((uint64_t)300000)

static void
stamp(struct server *s)
{
	listen_time(&s->core, loop_now(&s->loop), clock_wall_us());
	udp_time(s);
}

/* ---- closing ---- */

static void
close_doomed(struct server *s)
{
	struct client *c;
	struct conn *k;

	while ((c = s->core.doomed)) {
		k = (struct conn *)(void *)c;
		/* What was sent to it before the order to hang up. */
		if (slice_is(slice_of(c->why), "hangup") && !c->blocked)
			output_last(s, k);
		report_close(c);
		loop_del(&s->inputs, &k->in);
		loop_del(&s->loop, &k->out);
		listen_leave(&s->core, c, c->why);
		k->link.ops->close(&k->link);
		free(k);
	}
}

/* The end of the process: a TLS stream that just breaks off looks cut. */
static void
part(struct server *s)
{
	struct conn *k;
	uint32_t i;

	for (i = 0; i < s->core.slots.cap; i++) {
		k = s->core.slots.obj[i];
		if (k)
			k->link.ops->close(&k->link);
	}
}

/* ---- reading ---- */

/* Clients are read unless the next program is full, or they were just read. */
static void
watch_inputs(struct server *s)
{
	(void)loop_mod(
	    &s->loop, &s->inputs_io, s->pressed || s->gathering ? 0 : LOOP_IN);
}

void
server_press(struct server *s, bool on)
{
	if (s->pressed == on || s->draining)
		return;
	s->pressed = on;
	watch_inputs(s);
	log_kv(on ? LOG_PRESSURE : LOG_PRESSURE_END, NULL);
}

static void
on_gathered(void *arg)
{
	struct server *s = arg;

	s->gathering = false;
	watch_inputs(s);
}

void
server_read(struct conn *k)
{
	struct server *s = k->s;
	ssize_t n = k->link.ops->read(&k->link, s->chunk, LINK_READ);

	if (n > 0)
		(void)listen_input(&s->core, &k->c, s->chunk, (size_t)n);
	else if (n == 0)
		listen_doom(&s->core, &k->c, "eof");
	else if (errno != EAGAIN && errno != EINTR)
		listen_doom(&s->core, &k->c,
		    errno == ETIMEDOUT    ? "timeout"
			: errno == EPROTO ? "tls"
					  : "reset");
	if (k->link.ops->holds(&k->link) && !k->c.doomed)
		output_block(s, k);
}

static void
readable(void *arg, uint32_t events)
{
	struct conn *k = arg;

	(void)events;
	if (k->c.doomed)
		return;
	if (wire_out_full(&k->s->out))
		server_press(k->s, true);
	else
		server_read(k);
}

struct conn *
server_admit(
    struct server *s, struct link link, const char *peer, struct identity *who)
{
	struct conn *k = calloc(1, sizeof *k);

	if (!k || listen_join(&s->core, &k->c, link.ops->via, peer, who) < 0) {
		report_refuse(link.ops->via, peer, who,
		    k && errno == ENFILE ? "--max-clients" : "no memory");
		free(k);
		free(who);
		link.ops->close(&link);
		return NULL;
	}
	k->s = s;
	k->link = link;
	report_accept(&k->c);
	if (who)
		secure_admitted(&s->secure, &who->peer);
	listen_offer(&s->core, &k->c);
	if (loop_add(&s->inputs, &k->in, link.fd, LOOP_IN, readable, k) < 0)
		listen_doom(&s->core, &k->c, "no-memory");
	return k;
}

static void
inputs_ready(void *arg, uint32_t events)
{
	struct server *s = arg;
	uint64_t before = s->core.n.messages, now = loop_now(&s->loop), at;

	(void)events;
	stamp(s);
	if (loop_once(&s->inputs, 0) < 0)
		die_sys(EXIT_TEMP, "unable to wait for clients");
	at = gather_read_at(&s->gather[LISTEN_ACTIVE], now,
	    s->core.n.messages - before >= MUCH);
	if (at > now && loop_timer_set(&s->loop, &s->gathered, at) == 0) {
		s->gathering = true;
		watch_inputs(s);
	}
}

/* ---- the wires ---- */

static void
on_record(void *arg, const struct rec *r)
{
	struct server *s = arg;

	if (s->core.now != loop_now(&s->loop))
		stamp(s);
	listen_record(&s->core, r);
}

static void
on_batch(void *arg)
{
	struct server *s = arg;

	s->quiet_until = loop_now(&s->loop) + QUIET_US;
	if (s->in.bad != s->bad_told)
		log_kv(LOG_BAD_RECORD, "why", "torn or malformed", NULL);
	s->bad_told = s->in.bad;
}

static void
in_ended(void *arg, int err)
{
	(void)arg;
	if (err)
		log_kv(LOG_SYSTEM, "call", "read standard input", "error",
		    strerror(err), NULL);
}

/* No more comes from us. */
static void
shut_out(struct server *s)
{
	wire_out_close(&s->out);
	close(STDOUT_FILENO);
	s->out_shut = true;
	s->core.out = &s->core.scratch; /* nobody reads it any more */
}

static void
out_ended(void *arg, int err)
{
	struct server *s = arg;

	if (s->draining) {
		shut_out(s); /* all are told to stop */
		return;
	}
	errno = err;
	die_sys(EXIT_TEMP, "unable to write to standard output");
}

static void
out_has_room(void *arg)
{
	server_press(arg, false);
}

/* ---- stopping ---- */

static void
on_stop(void *arg, int signo)
{
	struct server *s = arg;

	(void)signo;
	if (s->draining)
		_exit(0);
	server_press(s, false);
	s->draining = true;
	s->deadline = loop_now(&s->loop) + DRAIN_US;
	s->quiet_until = loop_now(&s->loop) + QUIET_US;
	log_kv(LOG_DRAIN, NULL);
	loop_del(&s->loop, &s->inputs_io);
	door_shut(s);
	enter_end(&s->enter);
	if (s->asks)
		auth_close(&s->auth);
}

/* What clients sent goes out, comes back and is delivered; that it was is said,
 * too. When the ring is quiet, the next program is told that no more comes, and
 * what follows from that is delivered. Where nobody closes the ring (FIFOs held
 * open), some quiet must do again. */
static void
drain(struct server *s)
{
	uint64_t now = loop_now(&s->loop);
	bool quiet = s->in.ended || now >= s->quiet_until;

	if (!s->out_shut &&
	    (quiet || now + DRAIN_US - TELL_US >= s->deadline)) {
		output_rest(s);
		wire_out_flush(&s->out);
		if (!s->out_shut && buf_size(&s->out.q) == 0)
			shut_out(s);
		if (s->out_shut)
			s->quiet_until = now + QUIET_US;
		quiet = s->in.ended;
	}
	if (now >= s->deadline || (s->out_shut && quiet))
		loop_stop(&s->loop);
}

static void
on_reload(void *arg, int signo)
{
	struct server *s = arg;

	(void)signo;
	if (!s->draining)
		secure_reload(&s->secure);
}

static void
on_report(void *arg, int signo)
{
	struct server *s = arg;

	(void)signo;
	report_counters(s, true);
}

/* ---- the loop ---- */

static void
turn(struct server *s)
{
	if (!s->draining)
		enter_turn(&s->enter);
	if (s->asks && !s->draining)
		auth_turn(&s->auth);
	if (s->core.telling && !s->out_shut)
		listen_tell(&s->core, s->out.high);
	if (!s->out_shut)
		wire_out_flush(&s->out);
	output_relieve(s);
	output_due(s);
	if (s->core.doomed)
		close_doomed(s);
	/* What writing to clients, and closing them, made to be said. */
	if (!s->out_shut && buf_size(&s->out.q))
		wire_out_flush(&s->out);
	if (s->draining)
		drain(s);
}

static uint64_t
next_wait(const struct server *s)
{
	uint64_t wait = output_wait(s);

	if ((s->core.telling || enter_busy(&s->enter)) && !s->out_shut &&
	    !wire_out_full(&s->out))
		return 0;
	if (s->draining && wait > QUIET_US / 10)
		return QUIET_US / 10;
	return wait;
}

static void
say_ready(struct server *s, int ready_fd)
{
	char text[NET_TEXT_MAX];
	int i;

	for (i = 0; i < s->n_listeners; i++)
		if (net_text(&s->listener[i].addr, text) > 0)
			log_kv(LOG_LISTEN, "via", s->listener[i].ops->via,
			    "addr", text, NULL);
	udp_report(s);
	notify_ready(ready_fd);
}

int
server_run(struct server *s, int ready_fd)
{
	loop_timer_init(&s->gathered, on_gathered, s);
	loop_timer_init(&s->rested, door_rested, s);
	s->in.on_record = on_record;
	s->in.on_batch = on_batch;
	s->in.on_end = in_ended;
	s->in.arg = s;
	s->out.on_room = out_has_room;
	s->out.on_end = out_ended;
	s->out.arg = s;
	if (loop_add(&s->loop, &s->inputs_io, s->inputs.ep, LOOP_IN,
		inputs_ready, s) < 0 ||
	    loop_signal(&s->loop, SIGTERM, on_stop, s) < 0 ||
	    loop_signal(&s->loop, SIGINT, on_stop, s) < 0 ||
	    loop_signal(&s->loop, SIGHUP, on_reload, s) < 0 ||
	    loop_signal(&s->loop, SIGUSR1, on_report, s) < 0)
		die_sys(EXIT_TEMP, "unable to set up the event loop");
	if (s->secure.ctx && secure_watch(&s->secure, &s->loop) < 0)
		die_sys(EXIT_TEMP, "unable to watch the files of TLS");
	if (rec_hello(&s->out.q, "ots-listen", s->core.cfg.node, 0,
		clock_wall_us()) < 0)
		die_sys(EXIT_TEMP, "unable to say hello");
	stamp(s);
	if (udp_start(s) < 0)
		die_sys(errno == ENFILE ? EXIT_USAGE : EXIT_TEMP,
		    "unable to serve --udp and --mcast");
	say_ready(s, ready_fd);
	while (!s->loop.stop) {
		stamp(s);
		turn(s);
		if (s->loop.stop)
			break;
		if (loop_once(&s->loop, next_wait(s)) < 0)
			die_sys(EXIT_TEMP, "unable to wait for events");
	}
	output_rest(s);
	report_counters(s, false);
	part(s);
	log_kv(LOG_STOP, NULL);
	return 0;
}
