#include "writer_own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "die.h"
#include "log.h"

#define GRANTS_US   SECOND /* how often the groups of users are asked for */
#define IDLE_US     SECOND
#define OUT_MAX     ((size_t)64 << 20)
#define PIPE_SIZE   (1 << 20)     /* the most that everybody may ask for */
#define SAY_US      (60 * SECOND) /* the database is still away */
#define WAIT_MIN_US (SECOND / 10)
#define WAIT_MAX_US (5 * SECOND)
/* Records younger than this are as good as all that there are. */
#define FRESH_US ((int64_t)2000000)

void
writer_defaults(struct writer_config *c)
{
	c->mail = (struct mail_config){
	    .mode = MAIL_DIRECT, .age_us = 7 * 86400 * SECOND, .max = 1000};
	retain_defaults(&c->retain);
}

const char *
writer_mailbox(void *mail_config, const char *text)
{
	static const char *const names[] = {"off", "direct", "all"};
	struct mail_config *c = mail_config;
	size_t i;

	for (i = 0; i < 3; i++)
		if (strcmp(text, names[i]) == 0) {
			c->mode = (enum mail_mode)i;
			return NULL;
		}
	return "is off, direct or all";
}

/* ---- is the database there? ---- */

static void
say_away(struct writer *w, const char *why)
{
	uint64_t now = clock_mono_us();
	struct log_line l;

	if (w->away_said && now - w->away_said < SAY_US)
		return;
	w->away_said = now;
	log_open(&l, LOG_DATABASE_AWAY);
	log_s(&l, "why", why);
	log_u64(&l, "seconds", (now - w->away_since) / SECOND);
	log_send(&l);
}

static void
tell_state(const struct writer *w, uint32_t state)
{
	atomic_store(&w->cfg->stats->since, clock_wall_us());
	atomic_store(&w->cfg->stats->database, state);
}

int
writer_away(struct writer *w, const char *why)
{
	uint64_t wait = WAIT_MIN_US << w->tries;

	if (!w->away) {
		w->away = true;
		w->away_since = clock_mono_us();
		w->away_said = 0;
		tell_state(w, STORE_DB_AWAY);
	}
	say_away(w, why);
	if (wait < WAIT_MAX_US)
		w->tries++;
	else
		wait = WAIT_MAX_US;
	if (!spool_pause(w->spool, wait))
		return 0;
	errno = ECANCELED;
	return -1;
}

void
writer_back(struct writer *w)
{
	struct log_line l;

	if (w->away) {
		log_open(&l, LOG_DATABASE);
		log_u64(&l, "away-seconds",
		    (clock_mono_us() - w->away_since) / SECOND);
		log_send(&l);
	}
	if (w->away || atomic_load(&w->cfg->stats->database) != STORE_DB_UP)
		tell_state(w, STORE_DB_UP);
	w->away = false;
	w->tries = 0;
}

/* ---- the start ---- */

/* An error that waiting does not help is left to the caller. */
static int
again(struct writer *w, const char *why)
{
	return errno == EAGAIN ? writer_away(w, why) : -1;
}

static void
log_hopeless(const char *why)
{
	log_kv(LOG_DATABASE_AWAY, "why", why, NULL);
}

static int
open_store(struct writer *w)
{
	char why[256] = "";

	while (!(w->store = store_open(w->cfg->uri, why)))
		if (again(w, why) < 0) {
			log_hopeless(why);
			return -1;
		}
	origin_note(&w->origin, w->cfg->uri);
	(void)store_heavy(w->store);
	return 0;
}

static int
open_accounts(struct writer *w)
{
	char why[256] = "";

	while (!(w->accounts = accounts_open(w->cfg->uri, why)))
		if (again(w, why) < 0) {
			log_hopeless(why);
			return -1;
		}
	while (grants_refresh(&w->rows.grants, w->accounts) < 0)
		if (again(w, accounts_why(w->accounts)) < 0) {
			log_hopeless(accounts_why(w->accounts));
			return -1;
		}
	return 0;
}

/* Where the database is, and what it knows. */
static int
load(struct writer *w)
{
	struct store_place place;
	uint64_t seed[2];

	w->rows.store = w->rows.latest.store = w->store;
	clock_seed(seed);
	mail_init(&w->rows.mail, w->store, &w->cfg->mail, seed);
	while (store_place(w->store, spool_id(w->spool), &place) < 0)
		if (again(w, store_why(w->store)) < 0)
			return -1;
	spool_seek(w->spool, place.offset);
	w->from = w->end = spool_place(w->spool);
	while (rows_load(&w->rows, (int64_t)clock_wall_us()) < 0)
		if (again(w, store_why(w->store)) < 0)
			return -1;
	/* The writer before us may not have told all. */
	latest_wanted(&w->rows.latest);
	writer_back(w);
	return 0;
}

/* ---- what is done beside ---- */

/* What has no room in the pipe waits. */
static void
flush(struct writer *w)
{
	ssize_t n;

	while (buf_size(&w->out) && w->cfg->inject_fd >= 0) {
		n = write(
		    w->cfg->inject_fd, buf_data(&w->out), buf_size(&w->out));
		if (n <= 0)
			return;
		buf_consume(&w->out, (size_t)n);
	}
	buf_clear(&w->out);
	buf_release(&w->out);
}

/* It may be away now and then: what was known stays. */
static void
refresh(struct writer *w, uint64_t now)
{
	if (now < w->grants_at)
		return;
	w->grants_at = now + GRANTS_US;
	(void)grants_refresh(&w->rows.grants, w->accounts);
}

static void
send_mail(struct writer *w, int64_t upto, int64_t now)
{
	struct mail *m = &w->rows.mail;
	uint64_t before = m->n_sent;
	struct log_line l;

	if (mail_due(m) > upto)
		return;
	/* What fails is tried again next time. */
	(void)mail_send(m, &w->rows.conns, &w->out, upto, now);
	if (m->n_sent == before)
		return;
	stats_add(&w->cfg->stats->mail, m->n_sent - before);
	log_open(&l, LOG_MAIL);
	log_u64(&l, "sent", m->n_sent - before);
	log_send(&l);
}

/* What needs that the database has all that came in: `all`: nothing is left in
 * the spool. */
static void
tell(struct writer *w, bool all)
{
	int64_t now = (int64_t)clock_wall_us();

	if (!all && w->rows.last_t < now - FRESH_US)
		return;
	/* What fails is tried again next time. */
	if (w->cfg->inject_fd >= 0)
		(void)latest_send(&w->rows.latest, &w->out, now);
	if (w->cfg->inject_fd >= 0)
		send_mail(w, all ? now : w->rows.last_t, now);
}

/* Between two batches. */
static void
beside(struct writer *w, bool all)
{
	uint64_t lost = spool_lost(w->spool);

	refresh(w, clock_mono_us());
	tell(w, all);
	flush(w);
	(void)retain_step(&w->retain, w->store, (int64_t)clock_wall_us());
	stats_add(
	    &w->cfg->stats->mail_full, w->rows.mail.n_full - w->mail_full);
	w->mail_full = w->rows.mail.n_full;
	stats_add(&w->cfg->stats->skipped, lost - w->lost);
	w->lost = lost;
}

/* ---- the batch ---- */

static void
take_lines(struct writer *w, struct slice lines)
{
	uint64_t place = spool_place(w->spool) - lines.n;
	const char *p = lines.p, *end = p + lines.n, *lf;
	struct writer_line *more;

	w->bytes += lines.n;
	w->end = place + lines.n;
	for (; p < end && (lf = memchr(p, '\n', (size_t)(end - p)));
	     p = lf + 1) {
		if (lf == p)
			continue;
		if (w->n == w->cap) {
			w->cap = w->cap ? 2 * w->cap : w->most;
			more = reallocarray(w->line, w->cap, sizeof *more);
			if (!more)
				die(EXIT_TEMP, "no memory");
			w->line = more;
		}
		w->line[w->n++] = (struct writer_line){
		    {p, (size_t)(lf - p)}, place + (size_t)(lf + 1 - lines.p)};
	}
}

/* So many bytes at once that the limits are kept by and large. */
static size_t
next_bytes(const struct writer *w)
{
	size_t each = w->n ? w->bytes / w->n + 1 : 1024,
	       most = (w->most - w->n) * each;

	if (most > w->most * BATCH_EACH - w->bytes)
		most = w->most * BATCH_EACH - w->bytes;
	return most < 65536 ? 65536 : most;
}

/* Until the batch is full, or its time is over, or there is nothing. */
static enum spool_got
gather(struct writer *w)
{
	uint64_t until = 0, now;
	struct slice lines;
	enum spool_got got;

	w->n = w->bytes = 0;
	w->end = w->from;
	while (w->n < w->most && w->bytes < w->most * BATCH_EACH) {
		got = spool_next(w->spool, next_bytes(w), &lines);
		now = clock_mono_us();
		if (got == SPOOL_RECORDS)
			take_lines(w, lines);
		if (!until)
			until = now + BATCH_US;
		if ((got != SPOOL_NOTHING && got != SPOOL_RECORDS) ||
		    w->bytes == 0 || now >= until)
			return got;
		if (got == SPOOL_NOTHING)
			(void)spool_pause(w->spool, until - now);
	}
	return SPOOL_RECORDS;
}

/* How long there may be nothing to do. */
static uint64_t
idle(const struct writer *w)
{
	uint64_t now = clock_mono_us(), due = retain_due(&w->retain),
		 us = IDLE_US;
	int64_t mail = mail_due(&w->rows.mail), wall = (int64_t)clock_wall_us();

	if (due < now + us)
		us = due > now ? due - now : 0;
	if (mail < wall + (int64_t)us)
		us = mail > wall ? (uint64_t)(mail - wall) : 0;
	/* Its other end has room now and then; and there may be more. */
	if ((buf_size(&w->out) || w->rows.latest.wanted) && us > WAIT_MIN_US)
		us = WAIT_MIN_US;
	return us < SECOND / 100 ? SECOND / 100 : us;
}

/* 0 at the end, -1. */
static int
work(struct writer *w)
{
	enum spool_got got;
	uint64_t from;

	for (;;) {
		got = gather(w);
		if (w->bytes) {
			from = clock_mono_us();
			if (writer_batch(w) < 0)
				return -1;
			spool_release(w->spool, w->end);
			w->most = writer_next(w->most, got == SPOOL_RECORDS,
			    clock_mono_us() - from);
		}
		if (got == SPOOL_END)
			return 0;
		beside(w, got == SPOOL_NOTHING);
		if (got == SPOOL_NOTHING && !w->bytes)
			(void)spool_wait(w->spool, idle(w));
	}
}

static void
writer_fini(struct writer *w)
{
	rows_fini(&w->rows);
	buf_fini(&w->out);
	free(w->line);
	accounts_close(&w->accounts);
	store_close(&w->store);
	spool_reader_close(&w->spool);
}

static int
code_of(struct writer *w, int err)
{
	switch (err) {
	case ECANCELED:
		return 0;
	case EACCES:
	case EPROTO:
	case EINVAL:
		return EXIT_USAGE;
	case ESTALE:
		if (origin_now(&w->origin, clock_wall_us()) == ORIGIN_OTHER) {
			log_hopeless("another file is there: to be opened");
			return EXIT_TEMP;
		} /* fall through */
	default:
		if (w->store)
			log_hopeless(store_why(w->store));
		return EXIT_TEMP;
	}
}

int
writer_run(const struct writer_config *c)
{
	struct writer w = {
	    .cfg = c, .out = {.max = OUT_MAX}, .most = BATCH_RECORDS};
	uint64_t seed[2];
	int code = 0;

	clock_seed(seed);
	rows_init(&w.rows, seed);
	retain_init(&w.retain, &c->retain);
	if (c->inject_fd >= 0) {
		(void)fcntl(c->inject_fd, F_SETFL, O_NONBLOCK);
		(void)fcntl(c->inject_fd, F_SETPIPE_SZ, PIPE_SIZE);
	}
	w.spool = spool_reader_open(c->spool, c->wake_fd);
	if (!w.spool) {
		log_kv(LOG_SYSTEM, "what", "the spool cannot be read", NULL);
		code = EXIT_TEMP;
	} else if (open_store(&w) < 0 || open_accounts(&w) < 0 ||
	    load(&w) < 0 || work(&w) < 0) {
		code = code_of(&w, errno);
	}
	writer_fini(&w);
	return code;
}
