#include "run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "clock.h"
#include "die.h"
#include "link.h"
#include "log.h"
#include "loop.h"
#include "notify.h"
#include "passwd.h"
#include "publish.h"
#include "secret.h"
#include "serve.h"
#include "wire.h"
#include "worker.h"

/* A database that is there is quicker. */
#define FIRST_US ((uint64_t)3000000)

struct server {
	struct run_config *cfg;
	struct loop loop;
	struct serve *serve;
	struct link *link;
	struct workers *workers;
	struct check *check;
	struct loop_timer deadline, first;
	char *chunk;
	bool stop, ready, has_snap, up;
	int code;
	uint64_t revision, users;
};

static uint64_t
now(const struct server *s)
{
	return loop_now(&s->loop);
}

static void
set_deadline(struct server *s)
{
	uint64_t at = check_deadline(s->check);

	if (at == LOOP_NEVER)
		loop_timer_clear(&s->loop, &s->deadline);
	else if (loop_timer_set(&s->loop, &s->deadline, at) < 0)
		die_sys(EXIT_TEMP, "unable to set a timer");
}

/* At the end of whatever happened. */
static void
settle(struct server *s)
{
	set_deadline(s);
	link_flush(s->link);
	serve_flush(s->serve);
}

/* --- the list of users --- */

static void
use_snap(struct server *s, struct snap *snap, const char *from)
{
	struct log_line l;

	s->has_snap = true;
	s->revision = snap->revision;
	s->users = snap->count;
	check_revision(s->check, snap->revision);
	log_open(&l, LOG_USERS);
	log_u64(&l, "revision", snap->revision);
	log_u64(&l, "records", snap->count);
	log_s(&l, "from", from);
	log_send(&l);
	serve_snap(s->serve, snap);
	if (s->ready)
		return;
	s->ready = true;
	notify_ready(s->cfg->ready_fd);
	log_kv(LOG_START, "node", s->cfg->node, "socket", s->cfg->socket, NULL);
}

static void
on_snap(void *arg, struct snap *snap)
{
	use_snap(arg, snap, "database");
}

/* The database is away from the start: with what was known last. */
static void
use_file(struct server *s)
{
	const char *path = s->cfg->keeper.snapshot;
	struct snap *snap = NULL;
	struct log_line l;
	int r, err;

	loop_timer_clear(&s->loop, &s->first);
	if (s->has_snap || path == NULL)
		return;
	r = publish_load(path, &snap);
	err = errno;
	if (r == 1) {
		use_snap(s, snap, "file");
		snap_drop(&snap);
	} else if (r < 0) {
		log_open(&l, LOG_SYSTEM);
		log_s(&l, "call", "read");
		log_s(&l, "path", path);
		log_errno(&l, err);
		log_send(&l);
	}
}

static void
on_first(void *arg)
{
	use_file(arg);
}

static void
on_state(void *arg, bool up, const char *why)
{
	struct server *s = arg;

	s->up = up;
	if (up) {
		log_kv(LOG_DATABASE, NULL);
		return;
	}
	log_kv(LOG_DATABASE_AWAY, "why", why, NULL);
	use_file(s);
}

/* The keeper is made anew, out of a process that has seen passwords. */
static void
in_child(void *arg)
{
	struct server *s = arg;

	secret_wipe(s->chunk, WIRE_READ);
	serve_wipe(s->serve);
	check_free(&s->check);
}

static void
on_fatal(void *arg)
{
	struct server *s = arg;

	s->code = EXIT_USAGE; /* the keeper has said what is wrong */
	s->stop = true;
}

/* --- passwords --- */

static void
on_ask(void *arg, const struct check_ask *ask)
{
	struct server *s = arg;

	check_ask(s->check, ask, now(s));
}

static void
on_batch(void *arg)
{
	settle(arg);
}

static void
lookup(void *arg, uint64_t job, const char *name)
{
	struct server *s = arg;

	link_lookup(s->link, job, name);
}

static bool
work(void *arg, uint64_t job, const char *hash, struct slice secret)
{
	struct server *s = arg;

	return workers_give(s->workers, job, hash, secret);
}

static void
verdict(void *arg, const struct check_ask *ask, const char *why)
{
	struct server *s = arg;
	struct log_line l;

	log_open(&l, why == NULL ? LOG_PASSWORD : LOG_PASSWORD_BAD);
	log_str(&l, "user", ask->name);
	log_str(&l, "peer", ask->peer);
	if (why != NULL)
		log_s(&l, "why", why);
	log_send(&l);
	serve_verdict(s->serve, ask, why);
}

static void
on_hash(void *arg, uint64_t job, const char *hash)
{
	struct server *s = arg;

	check_hash(s->check, job, hash, now(s));
	settle(s);
}

static void
on_done(void *arg, uint64_t job, enum check_result result)
{
	struct server *s = arg;

	check_done(s->check, job, result, now(s));
	settle(s);
}

static void
on_more(void *arg)
{
	struct server *s = arg;

	check_more(s->check, now(s));
	settle(s);
}

static void
on_deadline(void *arg)
{
	struct server *s = arg;

	check_tick(s->check, now(s));
	settle(s);
}

/* --- the whole --- */

static void
counters(const struct server *s)
{
	struct serve_counts n = serve_counts(s->serve);
	struct link_counts k = link_counts(s->link);
	struct log_line l;

	log_open(&l, LOG_COUNTERS);
	for (int c = 0; c < CHECK_COUNTERS; c++)
		log_u64(&l, check_counter_name((enum check_counter)c),
		    check_count(s->check, (enum check_counter)c));
	log_u64(&l, "pending", check_pending(s->check));
	log_u64(&l, "clients", n.clients);
	log_u64(&l, "watchers", n.watchers);
	log_u64(&l, "records", n.records);
	log_u64(&l, "bad", n.bad);
	log_u64(&l, "refused", n.refused);
	log_u64(&l, "stuck", n.stuck);
	log_u64(&l, "lists", n.lists);
	log_u64(&l, "revision", s->revision);
	log_u64(&l, "users", s->users);
	log_s(&l, "database", s->up ? "up" : "away");
	log_u64(&l, "restarts", k.restarts + workers_lost(s->workers));
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
	log_kv(LOG_STOP, "why", strsignal(signo), NULL);
	s->stop = true;
}

/* Neither a core nor a debugger of the same user may show a password. */
static void
hide(void)
{
	if (secret_process() < 0)
		die_sys(EXIT_TEMP, "unable to forbid core dumps");
}

static void
signals_open(struct server *s)
{
	if (loop_signals(&s->loop, on_signal, s) < 0)
		die_sys(EXIT_TEMP, "unable to catch signals");
}

static void
socket_open(struct server *s)
{
	const struct serve_config cfg = {
	    .path = s->cfg->socket,
	    .mode = s->cfg->mode,
	    .node = s->cfg->node,
	    .loop = &s->loop,
	    .chunk = s->chunk,
	    .on_ask = on_ask,
	    .on_batch = on_batch,
	    .arg = s,
	};

	s->serve = serve_open(&cfg);
	if (s->serve == NULL)
		die_sys(EXIT_TEMP, "unable to listen on %s", cfg.path);
}

static void
processes_open(struct server *s)
{
	const struct workers_config workers = {
	    .loop = &s->loop,
	    .n = s->cfg->workers,
	    .on_done = on_done,
	    .on_more = on_more,
	    .arg = s,
	};
	const struct link_config keeper = {
	    .loop = &s->loop,
	    .keeper = &s->cfg->keeper,
	    .chunk = s->chunk,
	    .on_snap = on_snap,
	    .on_hash = on_hash,
	    .on_state = on_state,
	    .on_fatal = on_fatal,
	    .in_child = in_child,
	    .arg = s,
	};

	s->workers = workers_start(&workers);
	if (s->workers != NULL)
		s->link = link_open(&keeper);
	if (s->link == NULL)
		die_sys(EXIT_TEMP, "unable to start a process");
}

static void
server_open(struct server *s)
{
	struct check_config check = {
	    .workers = s->cfg->workers,
	    .lookup = lookup,
	    .work = work,
	    .verdict = verdict,
	    .arg = s,
	};

	hide();
	s->chunk = malloc(WIRE_READ);
	if (s->chunk == NULL || passwd_init() < 0 || loop_init(&s->loop) < 0)
		die_sys(EXIT_TEMP, "unable to start");
	signals_open(s);
	clock_seed(check.seed);
	memcpy(s->cfg->keeper.seed, check.seed, sizeof check.seed);
	s->check = check_new(&check);
	if (s->check == NULL)
		die_sys(EXIT_TEMP, "unable to start");
	socket_open(s);
	processes_open(s);
	loop_timer_init(&s->deadline, on_deadline, s);
	loop_timer_init(&s->first, on_first, s);
	if (loop_timer_set(&s->loop, &s->first, now(s) + FIRST_US) < 0)
		die_sys(EXIT_TEMP, "unable to set a timer");
}

int
run(struct run_config *cfg)
{
	struct server s = {.cfg = cfg};

	server_open(&s);
	while (!s.stop) {
		if (loop_once(&s.loop, LOOP_NEVER) < 0)
			die_sys(EXIT_TEMP, "unable to wait");
	}
	counters(&s);
	link_close(&s.link);
	workers_end(&s.workers);
	serve_close(&s.serve);
	check_free(&s.check);
	loop_fini(&s.loop);
	secret_wipe(s.chunk, WIRE_READ);
	free(s.chunk);
	return s.code;
}
