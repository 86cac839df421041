#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "accounts.h"
#include "child.h"
#include "clock.h"
#include "db.h"
#include "die.h"
#include "log.h"
#include "mirror.h"
#include "publish.h"
#include "secret.h"
#include "wire.h"

#define OUT_HIGH ((size_t)1 << 20)
#define OUT_MAX  (2 * SNAP_MAX)
#define AGAIN_US ((uint64_t)1000000) /* after the database has failed */
/* After it did not take something of the ledger, which is no reason to do
 * without the rest. */
#define LEDGER_AGAIN_US ((uint64_t)10000000)
#define SAVE_AGAIN_US   ((uint64_t)10000000)
#define REPLACED_S      2 /* since the last write */

struct keeper {
	const struct keeper_config *cfg;
	struct loop loop;
	struct wire_in in;
	struct wire_out out;
	struct loop_timer poll;
	struct accounts *accounts;
	struct mirror *mirror;
	char *chunk;
	bool was_up, told_away, published, stop;
	uint64_t revision, alive_at, ledger_at, save_at, cut;
	struct stat file; /* of a database that is one, when it was opened */
};

/* --- what is told --- */

static void
say(struct keeper *k, struct rec_writer *w)
{
	if (rec_end(w) < 0)
		die(EXIT_TEMP, "unable to queue a record: %s", strerror(errno));
	(void)k;
}

static void
say_state(struct keeper *k, const char *state, const char *why)
{
	struct rec_writer w;

	rec_begin(&w, &k->out.q, "database");
	rec_puts(&w, "state", state);
	if (why != NULL)
		rec_puts(&w, "why", why);
	say(k, &w);
}

static void
say_alive(struct keeper *k)
{
	struct rec_writer w;

	if (loop_now(&k->loop) < k->alive_at)
		return;
	k->alive_at = loop_now(&k->loop) + KEEPER_ALIVE_US;
	rec_begin(&w, &k->out.q, "alive");
	say(k, &w);
}

/* --- the database --- */

static void
away(struct keeper *k, const char *why)
{
	if (!k->told_away)
		say_state(k, "away", why);
	k->told_away = true;
	accounts_close(&k->accounts);
}

/* Somebody has put another file in the place of the database: SQLite would go
 * on with the old one for ever. While none is there, or one that is still being
 * written, the old one is all we have. */
static bool
replaced(const struct keeper *k)
{
	const char *path = db_sqlite_path(k->cfg->uri);
	struct stat st;
	time_t age;

	if (path == NULL || stat(path, &st) < 0 ||
	    (st.st_dev == k->file.st_dev && st.st_ino == k->file.st_ino))
		return false;
	age = (time_t)(clock_wall_us() / 1000000) - st.st_mtim.tv_sec;
	return st.st_size > 0 && (age < 0 || age > REPLACED_S);
}

static void
opened(struct keeper *k)
{
	const char *path = db_sqlite_path(k->cfg->uri);

	if (path != NULL && stat(path, &k->file) < 0)
		k->file = (struct stat){.st_ino = 0};
	/* It may be another one, of the same revision. */
	k->published = false;
}

static bool
up(struct keeper *k)
{
	char why[256];

	if (k->accounts != NULL && !replaced(k))
		return true;
	accounts_close(&k->accounts);
	k->accounts = accounts_open(k->cfg->uri, why);
	if (k->accounts != NULL) {
		opened(k);
		return true;
	}
	/* What is wrong at the start is a mistake; later it may be half of a
	 * database that somebody is just restoring. */
	if (errno != EAGAIN && !k->was_up && !k->cfg->was_up)
		die(EXIT_USAGE, "%s", why);
	away(k, why);
	return false;
}

/* A list that is not kept, as on a full disk, leaves an old one there, with old
 * rights: so try again. */
static void
save(struct keeper *k, struct slice records)
{
	struct log_line l;
	int err;

	k->save_at = UINT64_MAX;
	if (k->cfg->snapshot == NULL ||
	    publish_save(k->cfg->snapshot, records) == 0)
		return;
	err = errno;
	k->save_at = loop_now(&k->loop) + SAVE_AGAIN_US;
	log_open(&l, LOG_SYSTEM);
	log_s(&l, "call", "write");
	log_s(&l, "path", k->cfg->snapshot);
	log_errno(&l, err);
	log_send(&l);
}

static void
log_cut(struct keeper *k, uint64_t cut)
{
	struct log_line l;

	if (cut == k->cut)
		return;
	k->cut = cut;
	log_open(&l, LOG_USERS);
	log_s(&l, "why", "users with too many groups: some are left out");
	log_u64(&l, "groups", cut);
	log_send(&l);
}

/* 0, or -1: the database failed. */
static int
users(struct keeper *k)
{
	struct publish_result res;
	size_t before = buf_size(&k->out.q);
	struct slice all;
	uint64_t revision;
	char *copy;

	if (accounts_revision(k->accounts, &revision) < 0)
		return -1;
	if (k->published && revision == k->revision &&
	    loop_now(&k->loop) < k->save_at)
		return 0;
	/* The front has not even taken the one before. */
	if (wire_out_full(&k->out))
		return 0;
	if (publish(k->accounts, &k->out.q, &res) < 0)
		return -1;
	k->published = true;
	k->revision = res.revision;
	log_cut(k, res.cut);
	all = buf_slice(&k->out.q);
	all = (struct slice){all.p + before, all.n - before};
	copy = slice_dup(all);
	if (copy != NULL) {
		all.p = copy;
		wire_out_flush(&k->out); /* nobody waits for our disk */
	}
	save(k, all);
	free(copy);
	return 0;
}

static void
log_ledger(const struct keeper *k, const char *what, int err)
{
	struct mirror_counts n = mirror_counts(k->mirror);
	struct log_line l;

	log_open(&l, LOG_LEDGER);
	log_s(&l, "what", what);
	log_s(&l, "path", k->cfg->ledger);
	log_u64(&l, "certificates", n.certs);
	log_u64(&l, "revoked", n.revoked);
	log_u64(&l, "bad", n.bad);
	if (err != 0)
		log_errno(&l, err);
	log_send(&l);
}

/* 1: more is there; 0. */
static int
ledger(struct keeper *k)
{
	if (k->mirror == NULL || loop_now(&k->loop) < k->ledger_at)
		return 0;
	switch (mirror_step(k->mirror, k->accounts)) {
	case MIRROR_MORE:
		return 1;
	case MIRROR_DONE:
		log_ledger(k, "mirrored", 0);
		return 0;
	case MIRROR_ABSENT:
		log_ledger(k, "absent", 0);
		return 0;
	case MIRROR_FAIL:
		log_ledger(k, "unreadable", errno);
		return 0;
	case MIRROR_AWAY:
		/* Somebody else writes, or it is away, which the next look at
		 * the users will tell. */
		k->ledger_at = loop_now(&k->loop) + AGAIN_US;
		if (errno == EAGAIN)
			return 0;
		log_ledger(k, accounts_why(k->accounts), errno);
		k->ledger_at = loop_now(&k->loop) + LEDGER_AGAIN_US;
		return 0;
	case MIRROR_SAME:
	default:
		return 0;
	}
}

/* When to come again. */
static uint64_t
work(struct keeper *k)
{
	if (!up(k))
		return AGAIN_US;
	if (users(k) < 0) {
		away(k,
		    errno == ENOBUFS ? "the list of users is too long"
				     : accounts_why(k->accounts));
		return AGAIN_US;
	}
	if (k->told_away || !k->was_up)
		say_state(k, "up", NULL);
	k->was_up = true;
	k->told_away = false;
	return ledger(k) ? 0 : KEEPER_POLL_US;
}

static void
on_poll(void *arg)
{
	struct keeper *k = arg;
	uint64_t wait = work(k);

	say_alive(k);
	wire_out_flush(&k->out);
	if (loop_timer_set(&k->loop, &k->poll, clock_mono_us() + wait) < 0)
		die_sys(EXIT_TEMP, "unable to set a timer");
}

/* --- lookups --- */

static void
answer(struct keeper *k, struct slice id, const char *hash)
{
	struct rec_writer w;

	rec_begin(&w, &k->out.q, hash != NULL ? "hash" : "nohash");
	rec_put_raw(&w, "id", id);
	if (hash != NULL && *hash != '\0')
		rec_puts(&w, "hash", hash);
	say(k, &w);
}

static void
lookup(struct keeper *k, struct slice id, const char *name)
{
	char hash[ACCOUNT_HASH_MAX] = "";

	/* What is away is tried again by the poll, not by each of these. */
	if (k->accounts == NULL) {
		answer(k, id, NULL);
		return;
	}
	if (accounts_hash(k->accounts, name, hash) == 0) {
		answer(k, id, hash);
	} else if (errno == ENOENT || errno == EINVAL) {
		answer(k, id, "");
	} else {
		away(k, accounts_why(k->accounts));
		answer(k, id, NULL);
	}
	secret_wipe(hash, sizeof hash);
}

static void
on_record(void *arg, const struct rec *r)
{
	struct keeper *k = arg;
	char name[ACCOUNT_NAME_MAX];
	struct slice id, raw;

	if (!rec_is(r, "lookup") || !rec_raw(r, "id", &id) ||
	    !rec_raw(r, "name", &raw))
		return;
	if (raw.n >= sizeof name) {
		answer(k, id, "");
		return;
	}
	name[rec_unescape_into(name, raw)] = '\0';
	lookup(k, id, name);
}

static void
on_batch(void *arg)
{
	struct keeper *k = arg;

	wire_out_flush(&k->out);
}

static void
on_end(void *arg, int err)
{
	struct keeper *k = arg;

	(void)err;
	k->stop = true;
}

static void
begin(struct keeper *k)
{
	int fd = fcntl(CHILD_FD, F_DUPFD_CLOEXEC, CHILD_FD);

	k->in = (struct wire_in){.on_record = on_record,
	    .on_batch = on_batch,
	    .on_end = on_end,
	    .arg = k};
	k->out = (struct wire_out){.on_end = on_end, .arg = k};
	k->chunk = malloc(WIRE_READ);
	if (fd < 0 || k->chunk == NULL || signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    loop_init(&k->loop) < 0 ||
	    wire_out_open(&k->out, &k->loop, fd, OUT_HIGH, OUT_MAX) < 0 ||
	    wire_in_open(
		&k->in, &k->loop, CHILD_FD, k->chunk, KEEPER_LINE_MAX) < 0)
		die_sys(EXIT_TEMP, "unable to start");
	if (k->cfg->ledger != NULL) {
		k->mirror = mirror_new(k->cfg->ledger, k->cfg->seed);
		if (k->mirror == NULL)
			die_sys(EXIT_TEMP, "unable to start");
	}
	loop_timer_init(&k->poll, on_poll, k);
	if (loop_timer_set(&k->loop, &k->poll, 0) < 0)
		die_sys(EXIT_TEMP, "unable to start");
}

int
keeper_run(void *arg)
{
	struct keeper k = {.cfg = arg};

	begin(&k);
	while (!k.stop) {
		if (loop_once(&k.loop, LOOP_NEVER) < 0)
			die_sys(EXIT_TEMP, "unable to wait");
	}
	accounts_close(&k.accounts);
	return 0;
}
