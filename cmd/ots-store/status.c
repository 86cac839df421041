#include "status.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "record.h"

#define FILE_SIZE 2048

static const char *const database_text[] = {"unknown", "up", "away"};

struct number {
	const char *name;
	uint64_t value;
};

#define NUMBERS 48

/* Those of this process, and behind them those of the writer. */
static size_t
numbers(const struct status *s, uint64_t now, struct number out[NUMBERS])
{
	struct spool_places p = spool_places(s->spool);
	const struct number own[] = {{"bytes", s->pass->bytes},
	    {"reads", s->pass->reads}, {"written", p.written},
	    {"forwarded", p.forwarded}, {"stored", p.released},
	    {"waiting-bytes", status_done(s) ? 0 : p.waiting},
	    {"lag-ms", status_lag(s, now) / 1000}, {"spool-bytes", p.files},
	    {"missed", p.missed_records}, {"missed-bytes", p.missed_bytes},
	    {"injected", s->pass->own_records}, {"restarts", s->restarts},
#define X(id, text) {text, stats_get(&s->stats->id)},
	    STORE_COUNTS(X)
#undef X
	};

	_Static_assert(sizeof own / sizeof *own <= NUMBERS, "room");
	memcpy(out, own, sizeof own);
	return sizeof own / sizeof *own;
}

static const char *
database(const struct status *s)
{
	uint32_t state = atomic_load(&s->stats->database);

	return database_text[state < 3 ? state : 0];
}

int
status_open(struct status *s, const char *dir)
{
	int at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	s->fd = -1;
	if (at < 0)
		return -1;
	s->fd = openat(
	    at, "status", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
	close(at);
	return s->fd < 0 ? -1 : 0;
}

void
status_close(struct status *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

void
status_mark(struct status *s, uint64_t now)
{
	lag_mark(&s->lag, now, spool_places(s->spool).forwarded);
}

bool
status_done(const struct status *s)
{
	struct spool_places p = spool_places(s->spool);

	return p.released >= p.forwarded;
}

uint64_t
status_lag(const struct status *s, uint64_t now)
{
	if (status_done(s))
		return 0;
	return lag_of(&s->lag, now, spool_places(s->spool).released);
}

void
status_log(const struct status *s, uint64_t now)
{
	struct number list[NUMBERS];
	size_t n = numbers(s, now, list), i;
	struct log_line l;

	log_open(&l, LOG_COUNTERS);
	log_s(&l, "database", database(s));
	for (i = 0; i < n; i++)
		log_u64(&l, list[i].name, list[i].value);
	log_send(&l);
}

/* In place: a reader of one page gets all of the old or all of the new one. */
static void
put_file(const struct status *s, const struct buf *b)
{
	char page[FILE_SIZE];
	size_t n = buf_size(b);
	ssize_t r;

	if (n >= sizeof page)
		return;
	memset(page, '\n', sizeof page);
	memcpy(page, buf_data(b), n);
	r = pwrite(s->fd, page, sizeof page, 0);
	(void)r; /* next time */
}

void
status_write(struct status *s, uint64_t now)
{
	struct number list[NUMBERS];
	size_t n = numbers(s, now, list), i;
	struct buf b = {.max = FILE_SIZE};
	uint64_t sum = atomic_load(&s->stats->database) + 1;
	struct rec_writer w;

	for (i = 0; i < n; i++)
		sum = sum * 31 + list[i].value;
	if (s->fd < 0 || sum == s->told)
		return;
	s->told = sum;
	rec_begin(&w, &b, "status");
	rec_put_u64(&w, "t", clock_wall_us());
	rec_puts(&w, "database", database(s));
	rec_put_u64(&w, "since", stats_get(&s->stats->since));
	for (i = 0; i < n; i++)
		rec_put_u64(&w, list[i].name, list[i].value);
	if (rec_end(&w) == 0)
		put_file(s, &b);
	buf_fini(&b);
}
