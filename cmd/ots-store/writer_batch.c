/* A batch into the database. */
#include "writer_own.h"

#include <errno.h>

#include "clock.h"
#include "log.h"

/* How much of an event is tried. */
enum much { ALL, EVENT_ONLY, NOTHING };

static void
log_refused(struct slice line, enum much kept, const char *why)
{
	struct log_line l;

	log_open(&l, LOG_NOT_STORED);
	log_s(&l, "kept", kept == EVENT_ONLY ? "event" : "nothing");
	log_s(&l, "why", why);
	if (line.n > 160)
		line.n = 160;
	log_str(&l, "record", line);
	log_send(&l);
}

static void
count(struct writer *w)
{
	struct store_stats *s = w->cfg->stats;
	const struct rows_tally *t = &w->rows.tally;

	stats_add(&s->records, t->records);
	stats_add(&s->bad, t->bad);
	stats_add(&s->events, t->events);
	stats_add(&s->batches, 1);
}

/* The lines lo to hi (exclusive) to the store: how many found room, all of them
 * if *err is 0. */
static size_t
add_lines(struct writer *w, size_t lo, size_t hi, enum much much, int *err)
{
	int64_t now = (int64_t)clock_wall_us();
	size_t i;

	*err = 0;
	w->rows.tally = (struct rows_tally){0};
	store_drop(w->store);
	if (mail_mark(&w->rows.mail, now) < 0) {
		*err = errno;
		return lo;
	}
	if (much == NOTHING) {
		w->rows.tally.records = hi - lo;
		return hi;
	}
	for (i = lo; i < hi; i++) {
		struct rows_tally before = w->rows.tally;

		if (rows_add(&w->rows, w->line[i].text, now,
			much == EVENT_ONLY) < 0) {
			*err = errno;
			w->rows.tally = before;
			return i;
		}
	}
	return hi;
}

/* One try. *why is good until the next. */
static int
try_commit(struct writer *w, const struct store_place *place, const char **why)
{
	int r;

	switch (origin_now(&w->origin, clock_wall_us())) {
	case ORIGIN_GONE:
		*why = "its file was removed: put it back, or restart "
		       "ots-store for a new one";
		errno = EAGAIN;
		return -1;
	case ORIGIN_OTHER:
		errno = ESTALE;
		return -1;
	case ORIGIN_SAME:
	default:
		r = store_commit(w->store, spool_id(w->spool), place);
		*why = store_why(w->store);
		return r;
	}
}

static int
commit(struct writer *w, uint64_t end)
{
	struct store_place place = {0, end};
	const char *why = "";

	while (try_commit(w, &place, &why) < 0)
		if (errno != EAGAIN || writer_away(w, why) < 0)
			return -1;
	writer_back(w);
	count(w);
	rows_done(&w->rows);
	w->from = end;
	return 0;
}

/* The place behind line i - 1, or behind the whole batch. */
static uint64_t
place_of(const struct writer *w, size_t i)
{
	return i == w->n ? w->end : w->line[i - 1].end;
}

/* Is it for what is in the batch? */
static bool
refused(int err)
{
	return err == EINVAL || err == EIO || err == EEXIST || err == ENOBUFS;
}

static int put(struct writer *w, size_t lo, size_t hi, enum much much);

/* One line that the database does not take. If it does not even take that there
 * was one, it is not for the line. */
static int
put_poison(struct writer *w, size_t i)
{
	int err = errno;
	enum much much;
	char why[256];

	do {
		(void)str_fmt(why, sizeof why, "%.200s",
		    *store_why(w->store) ? store_why(w->store) : strerror(err));
		for (much = EVENT_ONLY; much <= NOTHING; much++) {
			if (put(w, i, i + 1, much) == 0) {
				stats_add(&w->cfg->stats->refused, 1);
				log_refused(w->line[i].text, much, why);
				return 0;
			}
			if (!refused(errno))
				return -1;
		}
		if (writer_away(w, why) < 0)
			return -1;
		if (put(w, i, i + 1, ALL) == 0)
			return 0;
		err = errno;
	} while (refused(err));
	return -1;
}

/* Lines lo to hi. In one transaction, or in more if the store has not that much
 * room, or refuses a line at once. */
static int
put(struct writer *w, size_t lo, size_t hi, enum much much)
{
	size_t to;
	int err;

	while (lo < hi) {
		to = add_lines(w, lo, hi, much, &err);
		if (err == EAGAIN) {
			if (writer_away(w, store_why(w->store)) < 0)
				return -1;
			continue;
		}
		errno = err;
		/* But for want of room, some of that line may be in the batch.
		 */
		if (err && (err != ENOBUFS || hi - lo == 1))
			return -1;
		if (to > lo && commit(w, place_of(w, to)) < 0)
			return -1;
		errno = err;
		if (to == lo && put_poison(w, to++) < 0)
			return -1;
		lo = to;
	}
	return 0;
}

/* The first line from lo on that is not in the database. */
static size_t
not_in(const struct writer *w, size_t lo, size_t hi)
{
	while (lo < hi && w->line[lo].end <= w->from)
		lo++;
	return lo;
}

static int
put_halves(struct writer *w, size_t lo, size_t hi)
{
	size_t mid;

	lo = not_in(w, lo, hi);
	if (lo == hi || put(w, lo, hi, ALL) == 0)
		return 0;
	if (!refused(errno))
		return -1;
	if (hi - lo == 1)
		return put_poison(w, lo);
	/* Some of it may be in by now. */
	lo = not_in(w, lo, hi);
	mid = lo + (hi - lo) / 2;
	return put_halves(w, lo, mid) < 0 ? -1 : put_halves(w, mid, hi);
}

size_t
writer_next(size_t most, bool full, uint64_t us)
{
	if (us > BATCH_SLOW)
		return most / 2 > BATCH_LEAST ? most / 2 : BATCH_LEAST;
	if (!full || us > BATCH_QUICK)
		return most;
	return most < BATCH_MOST / 2 ? 2 * most : BATCH_MOST;
}

int
writer_batch(struct writer *w)
{
	if (put_halves(w, 0, w->n) < 0)
		return -1;
	if (w->end == w->from)
		return 0;
	/* Nothing but empty lines. */
	w->rows.tally = (struct rows_tally){0};
	return commit(w, w->end);
}
