#include "run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "auth.h"
#include "clock.h"
#include "die.h"
#include "log.h"
#include "loop.h"
#include "notify.h"
#include "taps.h"
#include "wire.h"

#define OUT_HIGH ((size_t)1 << 20)
#define OUT_MAX  ((size_t)256 << 20) /* a batch grows while it is routed */
#define FLUSH_US 5000000
#define LAST_US  1000000
/* So long nothing is read for want of a table of users: a restart under load
 * need not lose what it could not say who sent. */
#define USERS_US 3000000

struct server {
	struct loop loop;
	struct wire_in in;
	struct wire_out out;
	struct route *route;
	struct taps *taps;
	struct auth *auth;
	struct loop_timer alerts, patience;
	struct loop_task again;
	char *chunk;
	bool stop, eof;
	bool patient; /* waits for the table of users */
};

static struct route_now
now(const struct server *s)
{
	return (struct route_now){loop_now(&s->loop), clock_wall_us()};
}

/* After every batch of input, and when there is room again. */
static void
batch(void *arg)
{
	struct server *s = arg;
	bool full;

	route_batch_end(s->route, now(s));
	if (loop_timer_set(&s->loop, &s->alerts, route_deadline(s->route)) < 0)
		die_sys(EXIT_TEMP, "unable to set a timer");
	wire_out_flush(&s->out);
	taps_flush(s->taps);
	full = wire_out_full(&s->out) || s->stop;
	wire_in_pause(&s->in, full || s->patient);
	taps_pause(s->taps, full);
}

static void
on_record(void *arg, const struct rec *rec)
{
	struct server *s = arg;

	taps_show(s->taps, rec);
	route_record(s->route, rec, now(s));
}

static void
on_in_end(void *arg, int err)
{
	struct server *s = arg;

	if (err != 0)
		die(EXIT_TEMP, "unable to read: %s", strerror(err));
	log_kv(LOG_STOP, "why", "end of input", NULL);
	s->stop = s->eof = true;
	batch(s);
}

static void
on_room(void *arg)
{
	struct server *s = arg;

	loop_later(&s->loop, &s->again, batch, s);
}

static void
on_out_end(void *arg, int err)
{
	(void)arg;
	die(EXIT_TEMP, "unable to write: %s", strerror(err));
}

/* The table of users has come, or changed. */
static void
on_users(void *arg)
{
	struct server *s = arg;

	s->patient = false;
	loop_timer_clear(&s->loop, &s->patience);
	batch(s);
}

static void
on_patience(void *arg)
{
	struct server *s = arg;

	log_kv(LOG_AUTH_AWAY, "why",
	    "no table of users: clients that have one must wait", NULL);
	s->patient = false;
	batch(s);
}

static void
on_alerts(void *arg)
{
	struct server *s = arg;

	route_tick(s->route, now(s));
	batch(s);
}

static void
counters(const struct server *s)
{
	struct route_gauges g = route_gauges(s->route);
	struct log_line l;

	log_open(&l, LOG_COUNTERS);
	for (int c = 0; c < ROUTE_COUNTER_MAX; c++)
		log_u64(&l, route_counter_name((enum route_counter)c),
		    route_count(s->route, (enum route_counter)c));
	log_u64(&l, "torn", s->in.bad);
	log_u64(&l, "conns", g.conns);
	log_u64(&l, "uids", g.uids);
	log_u64(&l, "latest-bytes", g.latest_bytes);
	log_u64(&l, "active-alerts", g.alerts);
	log_u64(&l, "users", g.users);
	log_u64(&l, "users-bad", g.users_bad);
	log_u64(&l, "users-torn", g.users_torn);
	log_u64(&l, "bytes-out", s->out.bytes);
	log_u64(&l, "queued", buf_size(&s->out.q));
	log_send(&l);
}

static void
on_signal(void *arg, int signo)
{
	struct server *s = arg;

	if (signo == SIGUSR1) {
		counters(s);
		return;
	}
	if (s->stop)
		_exit(0); /* the second one */
	log_kv(LOG_DRAIN, "why", strsignal(signo), NULL);
	s->stop = true;
}

/* The end of input: everything that follows from it goes out. A signal: what
 * is queued, as far as it goes in five seconds, and the record in the middle
 * of which it came: its rest would mean nothing to a successor. */
static void
drain(struct server *s)
{
	uint64_t until = s->eof ? LOOP_NEVER : loop_now(&s->loop) + FLUSH_US;
	uint64_t left = LOOP_NEVER;

	wire_in_last(&s->in, LAST_US);
	wire_in_pause(&s->in, true);
	taps_pause(s->taps, true);
	loop_timer_clear(&s->loop, &s->alerts);
	loop_timer_clear(&s->loop, &s->patience);
	auth_close(&s->auth);
	wire_out_flush(&s->out);
	while (buf_size(&s->out.q) > 0 || (s->eof && route_pending(s->route))) {
		if (until != LOOP_NEVER && loop_now(&s->loop) >= until)
			break;
		if (until != LOOP_NEVER)
			left = until - loop_now(&s->loop);
		if (loop_once(&s->loop, left) < 0)
			die_sys(EXIT_TEMP, "unable to wait");
	}
}

static void
wires_open(struct server *s)
{
	s->in.on_record = on_record;
	s->in.on_batch = batch;
	s->in.on_end = on_in_end;
	s->in.arg = s;
	s->out.on_room = on_room;
	s->out.on_end = on_out_end;
	s->out.arg = s;
	if (wire_out_open(&s->out, &s->loop, 1, OUT_HIGH, OUT_MAX) < 0)
		die_sys(EXIT_TEMP, "unable to write to standard output");
	if (wire_in_open(&s->in, &s->loop, 0, s->chunk, REC_LINE_MAX) < 0)
		die_sys(EXIT_TEMP, "unable to read standard input");
}

static void
signals_open(struct server *s)
{
	if (loop_signals(&s->loop, on_signal, s) < 0)
		die_sys(EXIT_TEMP, "unable to catch signals");
}

static void
auth_start(struct server *s, const struct run_config *cfg)
{
	struct auth_config auth = {
	    .path = cfg->auth,
	    .node = cfg->route.node,
	    .loop = &s->loop,
	    .route = s->route,
	    .chunk = s->chunk,
	    .on_users = on_users,
	    .arg = s,
	};

	loop_timer_init(&s->patience, on_patience, s);
	if (cfg->auth == NULL)
		return;
	s->auth = auth_open(&auth);
	if (s->auth == NULL ||
	    loop_timer_set(
		&s->loop, &s->patience, loop_now(&s->loop) + USERS_US) < 0)
		die_sys(EXIT_TEMP, "unable to start");
	s->patient = true;
}

static void
server_open(struct server *s, const struct run_config *cfg)
{
	struct route_config route = cfg->route;
	struct taps_config taps = {
	    .path = cfg->socket,
	    .mode = cfg->mode,
	    .node = cfg->route.node,
	    .loop = &s->loop,
	    .on_batch = batch,
	    .arg = s,
	};

	s->chunk = malloc(WIRE_READ);
	if (s->chunk == NULL || loop_init(&s->loop) < 0)
		die_sys(EXIT_TEMP, "unable to start");
	signals_open(s);
	wires_open(s);
	loop_timer_init(&s->alerts, on_alerts, s);
	clock_seed(route.seed);
	route.uuid = clock_uuid;
	route.out = &s->out.q;
	route.out_high = OUT_HIGH;
	route.auth = cfg->auth != NULL;
	s->route = route_new(&route, now(s));
	if (s->route == NULL)
		die_sys(EXIT_TEMP, "unable to start");
	auth_start(s, cfg);
	if (cfg->socket == NULL)
		return;
	taps.route = s->route;
	taps.chunk = s->chunk;
	s->taps = taps_open(&taps);
	if (s->taps == NULL)
		die_sys(EXIT_TEMP, "unable to listen on %s", cfg->socket);
}

int
run(const struct run_config *cfg)
{
	struct server s = {.chunk = NULL};

	server_open(&s, cfg);
	batch(&s); /* hello goes out at once */
	notify_ready(cfg->ready_fd);
	log_kv(LOG_START, "node", cfg->route.node, "socket",
	    cfg->socket != NULL ? cfg->socket : "-", "auth",
	    cfg->auth != NULL ? cfg->auth : "-", NULL);
	while (!s.stop) {
		if (loop_once(&s.loop, LOOP_NEVER) < 0)
			die_sys(EXIT_TEMP, "unable to wait");
	}
	drain(&s);
	counters(&s);
	taps_close(&s.taps);
	route_free(&s.route);
	wire_in_close(&s.in);
	wire_out_close(&s.out);
	loop_fini(&s.loop);
	free(s.chunk);
	return 0;
}
