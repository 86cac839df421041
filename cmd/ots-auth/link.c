#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accounts.h"
#include "child.h"
#include "die.h"
#include "log.h"
#include "secret.h"
#include "wire.h"

#define QUEUE_MAX ((size_t)1 << 20)
#define AGAIN_US  ((uint64_t)1000000)

struct link {
	struct link_config cfg;
	struct child child;
	struct wire_in in;
	struct wire_out out;
	struct snap_in snap;
	int fd_out;
	/* Due: to start it (no child), to end it (ended), or to look whether
	 * it has been silent. */
	struct loop_timer timer;
	uint64_t heard;
	bool wired, ended;
	bool keeper_up; /* as it said itself */
	bool told, up;  /* as the caller knows */
	struct link_counts counts;
};

static void
tell(struct link *l, bool up, const char *why)
{
	if (l->told && l->up == up)
		return;
	l->told = true;
	l->up = up;
	l->cfg.on_state(l->cfg.arg, up, why);
}

static void
due(struct link *l, uint64_t in)
{
	(void)loop_timer_set(
	    l->cfg.loop, &l->timer, loop_now(l->cfg.loop) + in);
}

/* --- records of the keeper --- */

static void
on_snap(struct link *l, const struct rec *r)
{
	struct snap *s = NULL;
	int n = snap_in_feed(&l->snap, r, &s);

	if (n < 0)
		l->counts.bad++;
	if (n != 1)
		return;
	l->counts.snaps++;
	l->cfg.on_snap(l->cfg.arg, s);
	snap_drop(&s);
}

static void
on_hash(struct link *l, const struct rec *r)
{
	char hash[ACCOUNT_HASH_MAX] = "";
	struct slice raw;
	uint64_t id;

	if (rec_u64(r, "id", UINT64_MAX, &id) < 0) {
		l->counts.bad++;
		return;
	}
	if (rec_is(r, "nohash")) {
		l->cfg.on_hash(l->cfg.arg, id, NULL);
		return;
	}
	if (rec_raw(r, "hash", &raw) && raw.n < sizeof hash)
		hash[rec_unescape_into(hash, raw)] = '\0';
	l->cfg.on_hash(l->cfg.arg, id, hash);
	secret_wipe(hash, sizeof hash);
}

static void
on_database(struct link *l, const struct rec *r)
{
	char why[256] = "it does not say why";
	struct slice raw;

	l->keeper_up = rec_raw(r, "state", &raw) && slice_is(raw, "up");
	if (l->keeper_up) {
		l->cfg.keeper->was_up = true;
		return;
	}
	if (rec_raw(r, "why", &raw) && raw.n < sizeof why)
		why[rec_unescape_into(why, raw)] = '\0';
	tell(l, false, why);
}

static void
on_record(void *arg, const struct rec *r)
{
	struct link *l = arg;

	l->heard = loop_now(l->cfg.loop);
	if (rec_is(r, "hash") || rec_is(r, "nohash"))
		on_hash(l, r);
	else if (rec_is(r, "database"))
		on_database(l, r);
	else if (!rec_is(r, "alive"))
		on_snap(l, r);
	/* Again, if it has only been silent. */
	if (l->keeper_up)
		tell(l, true, NULL);
}

/* --- its life --- */

static void
ended(struct link *l)
{
	l->ended = true;
	due(l, 0);
}

static void
on_in_end(void *arg, int err)
{
	(void)err;
	ended(arg);
}

static void
on_out_end(void *arg, int err)
{
	(void)err;
	ended(arg);
}

static int
wires(struct link *l)
{
	l->in = (struct wire_in){
	    .on_record = on_record, .on_end = on_in_end, .arg = l};
	l->out = (struct wire_out){.on_end = on_out_end, .arg = l};
	l->fd_out = fcntl(l->child.fd, F_DUPFD_CLOEXEC, 3);
	if (l->fd_out < 0)
		return -1;
	l->wired = true;
	if (wire_out_open(&l->out, l->cfg.loop, l->fd_out, QUEUE_MAX / 2,
		QUEUE_MAX) < 0 ||
	    wire_in_open(&l->in, l->cfg.loop, l->child.fd, l->cfg.chunk,
		KEEPER_LINE_MAX) < 0)
		return -1;
	return 0;
}

/* Its status. */
static int
stop(struct link *l)
{
	if (l->wired) {
		wire_in_close(&l->in);
		wire_out_close(&l->out);
	}
	l->wired = l->ended = false;
	if (l->fd_out >= 0)
		close(l->fd_out);
	l->fd_out = -1;
	snap_in_fini(&l->snap);
	return child_end(&l->child);
}

static int
keeper(void *arg)
{
	struct link *l = arg;

	l->cfg.in_child(l->cfg.arg);
	return keeper_run(l->cfg.keeper);
}

static int
start(struct link *l)
{
	int err;

	snap_in_init(&l->snap);
	l->keeper_up = false;
	l->heard = loop_now(l->cfg.loop);
	if (child_start(&l->child, SOCK_STREAM, "auth-database", keeper, l) ==
		0 &&
	    wires(l) == 0) {
		due(l, LINK_SILENT_US);
		return 0;
	}
	err = errno;
	(void)stop(l);
	errno = err;
	return -1;
}

static void
lost(struct link *l, const char *why)
{
	int status = stop(l);

	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_USAGE) {
		l->cfg.on_fatal(l->cfg.arg);
		return;
	}
	log_kv(LOG_CHILD, "what", "database", "why", why, NULL);
	l->counts.restarts++;
	tell(l, false, why);
	due(l, AGAIN_US);
}

static void
on_timer(void *arg)
{
	struct link *l = arg;
	uint64_t silent = loop_now(l->cfg.loop) - l->heard;

	if (l->child.pid == 0) {
		if (start(l) < 0)
			due(l, AGAIN_US);
	} else if (l->ended) {
		lost(l, "it died");
	} else if (silent >= LINK_LOST_US) {
		lost(l, "it does not answer");
	} else if (silent >= LINK_SILENT_US) {
		tell(l, false, "it does not answer");
		due(l, LINK_SILENT_US);
	} else {
		due(l, LINK_SILENT_US - silent);
	}
}

struct link *
link_open(const struct link_config *cfg)
{
	struct link *l = calloc(1, sizeof *l);
	int err;

	if (l == NULL)
		return NULL;
	l->cfg = *cfg;
	l->fd_out = -1;
	loop_timer_init(&l->timer, on_timer, l);
	if (start(l) == 0)
		return l;
	err = errno;
	link_close(&l);
	errno = err;
	return NULL;
}

void
link_close(struct link **lp)
{
	struct link *l = *lp;

	*lp = NULL;
	if (l == NULL)
		return;
	loop_timer_clear(l->cfg.loop, &l->timer);
	(void)stop(l);
	free(l);
}

void
link_lookup(struct link *l, uint64_t id, const char *name)
{
	struct rec_writer w;

	if (!l->wired || l->ended)
		return;
	rec_begin(&w, &l->out.q, "lookup");
	rec_put_u64(&w, "id", id);
	rec_puts(&w, "name", name);
	(void)rec_end(&w); /* full: nobody answers, and time runs out */
}

void
link_flush(struct link *l)
{
	if (l->wired && !l->ended)
		wire_out_flush(&l->out);
}

struct link_counts
link_counts(const struct link *l)
{
	return l->counts;
}
