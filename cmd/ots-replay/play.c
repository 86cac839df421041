#include "play.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "die.h"
#include "log.h"
#include "timetext.h"

#define CHUNK       ((size_t)256 << 10)
#define BATCH       ((size_t)256 << 10) /* written at most at once */
#define PROGRESS_US 1000000

struct player {
	const struct play_config *cfg;
	struct replay *r;
	char *chunk;
	uint64_t start_us, shown_us, at_us;
	bool progress, gone;
};

/* ---- out --------------------------------------------------------------- */

static void
show(struct player *p, uint64_t now_us)
{
	char text[TIMETEXT_LEN + 1];

	if (!p->progress || now_us < p->shown_us + PROGRESS_US)
		return;
	p->shown_us = now_us;
	timetext_format((int64_t)(p->at_us / 1000), text);
	fprintf(stderr, "\r%llu events, at %s ",
	    (unsigned long long)p->r->events, text);
}

/* The first n bytes of what is queued, in one write if the system likes. */
static void
put(struct player *p, size_t n)
{
	struct buf *out = &p->r->out;
	ssize_t done;

	while (n && !p->gone) {
		done = write(1, buf_data(out), n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && errno != EPIPE)
			die_sys(
			    EXIT_TEMP, "unable to write to standard output");
		if (done < 0) {
			p->gone = true;
			return;
		}
		buf_consume(out, (size_t)done);
		n -= (size_t)done;
	}
}

/* ---- pauses ------------------------------------------------------------ */

static void
sleep_until(uint64_t us)
{
	struct timespec ts = {.tv_sec = (time_t)(us / 1000000),
	    .tv_nsec = (long)(us % 1000000) * 1000};

	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static void
wait_for(struct player *p, uint64_t due_us)
{
	uint64_t at = p->start_us + due_us, now;

	while ((now = clock_mono_us()) < at && !p->gone) {
		show(p, now);
		sleep_until(p->progress && at - now > PROGRESS_US
			? now + PROGRESS_US
			: at);
	}
}

/* All items that were fed. What is due goes out in one write: an item waits in
 * the buffer until another is not due yet, or nothing is left to read. */
static int
play_fed(struct player *p)
{
	struct replay *r = p->r;
	struct replay_item item;
	size_t ready;
	int got;

	for (;;) {
		ready = buf_size(&r->out);
		got = replay_next(r, clock_wall_us(), &item);
		if (got <= 0)
			break;
		if (p->start_us + item.due_us > clock_mono_us()) {
			put(p, ready);
			wait_for(p, item.due_us);
		} else if (buf_size(&r->out) > BATCH) {
			put(p, buf_size(&r->out));
		}
		p->at_us = item.at_us;
		show(p, clock_mono_us());
		if (p->gone)
			return 0;
	}
	put(p, buf_size(&r->out));
	return got;
}

/* ---- files ------------------------------------------------------------- */

static bool
is_stdin(const char *name)
{
	return strcmp(name, "-") == 0;
}

static int
open_file(const char *name)
{
	int fd;

	if (is_stdin(name)) {
		(void)lseek(0, 0, SEEK_SET); /* a pipe does not mind */
		return 0;
	}
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die_sys(
		    errno == ENOENT || errno == EACCES ? EXIT_USAGE : EXIT_TEMP,
		    "unable to open %s", name);
	return fd;
}

static void
play_file(struct player *p, const char *name)
{
	int fd = open_file(name);
	ssize_t n;

	while (!p->gone) {
		n = read(fd, p->chunk, CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die_sys(EXIT_TEMP, "unable to read %s", name);
		if (n == 0)
			break;
		replay_feed(p->r, p->chunk, (size_t)n);
		if (play_fed(p) < 0)
			die(EXIT_USAGE, "%s: %s", name, p->r->why);
	}
	replay_file_end(p->r);
	if (fd != 0)
		close(fd);
}

static void
play_files(struct player *p)
{
	int i;

	for (i = 0; i < p->cfg->n_files && !p->gone; i++)
		play_file(p, p->cfg->files[i]);
}

/* Can everything be read more than once? */
static bool
rewindable(const struct play_config *cfg)
{
	struct stat st;
	int i, r;

	for (i = 0; i < cfg->n_files; i++) {
		r = is_stdin(cfg->files[i]) ? fstat(0, &st)
					    : stat(cfg->files[i], &st);
		if (r < 0 || !S_ISREG(st.st_mode))
			return false;
	}
	return true;
}

static void
say_totals(const struct replay *r)
{
	struct log_line l;

	log_open(&l, LOG_COUNTERS);
	log_u64(&l, "events", r->events);
	log_u64(&l, "skipped", r->skipped);
	log_u64(&l, "bad", r->bad);
	log_u64(&l, "unknown-uids", r->names.unknown);
	log_send(&l);
}

int
play(const struct play_config *cfg, struct replay *r)
{
	struct player p = {.cfg = cfg, .r = r, .chunk = malloc(CHUNK)};
	bool again = rewindable(cfg);
	uint64_t i;

	if (!p.chunk)
		die_sys(EXIT_TEMP, "unable to begin");
	if (cfg->loops != 1 && !again)
		die(EXIT_USAGE, "--loop needs files that can be read again");
	/* A uid may be mentioned before its own first event. */
	if (r->names.prefix.n && again) {
		replay_learn(r);
		play_files(&p);
		replay_again(r);
	}
	p.progress = isatty(2) == 1 && isatty(1) != 1;
	p.start_us = clock_mono_us();
	for (i = 0; (cfg->loops == 0 || i < cfg->loops) && !p.gone; i++) {
		play_files(&p);
		replay_again(r);
	}
	if (p.progress)
		fputc('\n', stderr);
	if (cfg->verbose || r->bad || r->skipped || r->names.unknown)
		say_totals(r);
	free(p.chunk);
	return p.gone ? EXIT_TEMP : 0;
}
