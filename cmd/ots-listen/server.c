#include "server.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "die.h"
#include "log.h"
#include "notify.h"
#include "output.h"
#include "report.h"

#define ACCEPT_MAX     256             /* clients taken per turn */
#define READ_MAX       ((size_t)65536) /* bytes of a client per turn */
#define MUCH           64              /* messages of one turn */
#define DRAIN_US       ((uint64_t)5000000)
#define QUIET_US       ((uint64_t)300000)
#define ACCEPT_REST_US ((uint64_t)100000)

static void
stamp(struct server *s)
{
	listen_time(&s->core, loop_now(&s->loop), clock_wall_us());
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

/* ---- reading ---- */

/* Clients are read unless the next program is full, or they were just read. */
static void
watch_inputs(struct server *s)
{
	(void)loop_mod(
	    &s->loop, &s->inputs_io, s->pressed || s->gathering ? 0 : LOOP_IN);
}

static void
press(struct server *s, bool on)
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

static void
readable(void *arg, uint32_t events)
{
	struct conn *k = arg;
	struct server *s = k->s;
	ssize_t n;

	(void)events;
	if (k->c.doomed)
		return;
	if (wire_out_full(&s->out)) {
		press(s, true);
		return;
	}
	n = k->link.ops->read(&k->link, s->chunk, READ_MAX);
	if (n > 0)
		(void)listen_input(&s->core, &k->c, s->chunk, (size_t)n);
	else if (n == 0)
		listen_doom(&s->core, &k->c, "eof");
	else if (errno != EAGAIN && errno != EINTR)
		listen_doom(
		    &s->core, &k->c, errno == ETIMEDOUT ? "timeout" : "reset");
}

static void
admit(struct listener *li, int fd, const struct net_addr *peer)
{
	struct server *s = li->s;
	char text[NET_TEXT_MAX];
	struct conn *k = calloc(1, sizeof *k);

	if (net_text(peer, text) < 0)
		text[0] = '\0';
	if (!k || listen_join(&s->core, &k->c, li->ops->via, text) < 0) {
		log_kv(LOG_REFUSE, "peer", text, "why",
		    k && errno == ENFILE ? "--max-clients" : "no memory", NULL);
		free(k);
		close(fd);
		return;
	}
	k->s = s;
	k->link = (struct link){li->ops, fd};
	log_kv(LOG_ACCEPT, "conn", k->c.conn, "peer", text, NULL);
	if (loop_add(&s->inputs, &k->in, fd, LOOP_IN, readable, k) < 0)
		listen_doom(&s->core, &k->c, "no-memory");
}

/* Out of descriptors or memory: clients wait in the backlog for a while, for
 * trying again at once would only spin. */
static void
rest(struct server *s, bool on)
{
	int i;

	for (i = 0; i < s->n_listeners; i++)
		(void)loop_mod(
		    &s->inputs, &s->listener[i].io, on ? 0 : LOOP_IN);
	if (on &&
	    loop_timer_set(
		&s->loop, &s->rested, loop_now(&s->loop) + ACCEPT_REST_US) < 0)
		die_sys(EXIT_TEMP, "unable to set a timer");
}

static void
on_rested(void *arg)
{
	rest(arg, false);
}

static void
acceptable(void *arg, uint32_t events)
{
	struct listener *li = arg;
	struct net_addr peer;
	int i, fd;

	(void)events;
	for (i = 0; i < ACCEPT_MAX; i++) {
		if (wire_out_full(&li->s->out)) {
			press(li->s, true);
			return;
		}
		fd = net_accept_tcp(li->io.fd, &peer, li->s->dead_ms);
		if (fd >= 0) {
			admit(li, fd, &peer);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS) {
			log_kv(LOG_SYSTEM, "call", "accept", "error",
			    strerror(errno), NULL);
			rest(li->s, true);
			return;
		}
		if (errno != ECONNABORTED && errno != EINTR)
			return;
	}
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

int
server_listen(
    struct server *s, const struct link_ops *ops, const struct net_addr *addr)
{
	struct listener *li = &s->listener[s->n_listeners];
	int fd;

	if (s->n_listeners == SERVER_LISTENERS_MAX) {
		errno = E2BIG;
		return -1;
	}
	fd = net_listen_tcp(addr, &li->addr);
	if (fd < 0)
		return -1;
	li->s = s;
	li->ops = ops;
	if (loop_add(&s->inputs, &li->io, fd, LOOP_IN, acceptable, li) < 0) {
		close(fd);
		return -1;
	}
	s->n_listeners++;
	return 0;
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

static void
out_ended(void *arg, int err)
{
	(void)arg;
	errno = err;
	die_sys(EXIT_TEMP, "unable to write to standard output");
}

static void
out_has_room(void *arg)
{
	press(arg, false);
}

/* ---- stopping ---- */

static void
on_stop(void *arg, int signo)
{
	struct server *s = arg;
	int i;

	(void)signo;
	if (s->draining)
		_exit(0);
	press(s, false);
	s->draining = true;
	s->deadline = loop_now(&s->loop) + DRAIN_US;
	s->quiet_until = loop_now(&s->loop) + QUIET_US;
	log_kv(LOG_DRAIN, NULL);
	loop_del(&s->loop, &s->inputs_io);
	for (i = 0; i < s->n_listeners; i++)
		close(s->listener[i].io.fd);
}

/* When what clients sent has gone out, the next program is told that no more
 * comes; what it still has comes back and is delivered. Where nobody closes
 * the ring (FIFOs held open), some quiet must do. */
static void
drain(struct server *s)
{
	uint64_t now = loop_now(&s->loop);

	if (!s->out_shut && buf_size(&s->out.q) == 0) {
		wire_out_close(&s->out);
		close(STDOUT_FILENO);
		s->out_shut = true;
		s->core.out = &s->core.scratch; /* nobody reads it any more */
	}
	if (now >= s->deadline ||
	    (s->out_shut && (s->in.ended || now >= s->quiet_until)))
		loop_stop(&s->loop);
}

static void
on_report(void *arg, int signo)
{
	struct server *s = arg;

	(void)signo;
	report_counters(&s->core, s->in.bad, true);
}

/* ---- the loop ---- */

static void
turn(struct server *s)
{
	if (s->core.telling && !s->out_shut)
		listen_tell(&s->core, s->out.high);
	if (!s->out_shut)
		wire_out_flush(&s->out);
	output_relieve(s);
	output_due(s);
	if (s->core.doomed) {
		close_doomed(s);
		if (!s->out_shut)
			wire_out_flush(&s->out);
	}
	if (s->draining)
		drain(s);
}

static uint64_t
next_wait(const struct server *s)
{
	uint64_t wait = output_wait(s);

	if (s->core.telling && !s->out_shut && !wire_out_full(&s->out))
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
	notify_ready(ready_fd);
}

int
server_run(struct server *s, int ready_fd)
{
	loop_timer_init(&s->gathered, on_gathered, s);
	loop_timer_init(&s->rested, on_rested, s);
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
	    loop_signal(&s->loop, SIGUSR1, on_report, s) < 0)
		die_sys(EXIT_TEMP, "unable to set up the event loop");
	if (rec_hello(&s->out.q, "ots-listen", s->core.cfg.node, 0) < 0)
		die_sys(EXIT_TEMP, "unable to say hello");
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
	report_counters(&s->core, s->in.bad, false);
	log_kv(LOG_STOP, NULL);
	return 0;
}
