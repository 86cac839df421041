#include "spool_own.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "record.h"

/* Mapped at a time: what is handed out and not released is in there. */
#define WINDOW  3
#define POLL_US ((uint64_t)20000)
/* Look at least so often whether something is to be synced. */
#define DOZE_US ((uint64_t)5000000)
/* So many files are tried one by one. */
#define FEW 64

struct spool_reader {
	int dir, lock, state_fd, wake_fd;
	struct spool_state *st;
	uint64_t seg;
	char id[SPOOL_ID_MAX];
	char *win;
	void *whole;
	size_t whole_size;
	uint64_t first; /* segment at the beginning of the window */
	uint64_t n;     /* mapped */
	uint64_t place, released, seen, lost;
	uint64_t oldest; /* no file has a lower number */
	struct sync_pace pace;
	bool torn;   /* the line at place has lost its beginning */
	bool failed; /* a file is there, and cannot be mapped */
};

/* ---- the window ---- */

/* Forget what is mapped, and begin where all is released. */
static void
slide(struct spool_reader *r)
{
	void *p;

	if (r->n) {
		p = mmap(r->win, r->n * r->seg, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
		    0);
		if (p == MAP_FAILED)
			abort();
	}
	r->n = 0;
	r->first = r->released / r->seg;
}

/* Map up to that place, as far as the window and the files go: where the
 * mapping ends. */
static uint64_t
map_to(struct spool_reader *r, uint64_t to)
{
	void *p;
	int fd;

	while (r->n < WINDOW && (r->first + r->n) * r->seg < to) {
		fd = segment_open(r->dir, r->first + r->n, r->seg);
		r->failed = fd < 0 && errno != ENOENT;
		if (fd < 0)
			break;
		p = mmap(r->win + r->n * r->seg, r->seg, PROT_READ,
		    MAP_SHARED | MAP_FIXED, fd, 0);
		close(fd);
		r->failed = p == MAP_FAILED;
		if (r->failed)
			break;
		r->n++;
	}
	return least(to, (r->first + r->n) * r->seg);
}

static const char *
at(const struct spool_reader *r, uint64_t place)
{
	return r->win + (place - r->first * r->seg);
}

/* ---- files that are done with ---- */

/* Up to here (exclusive) they are removed; SPOOL_RING are used again. */
static uint64_t
removable(const struct spool_reader *r)
{
	uint64_t next = place_get(&r->st->end) / r->seg;

	return least(
	    spool_bound(r->st), next < SPOOL_RING ? 0 : next - SPOOL_RING);
}

static void
remove_one(void *arg, uint64_t number)
{
	const struct spool_reader *r = arg;

	if (number < r->oldest)
		(void)segment_unlink(r->dir, number);
}

/* Between two of them may be nothing for long. */
static void
remove_old(struct spool_reader *r)
{
	uint64_t to = removable(r);

	for (; r->oldest < to && to - r->oldest < FEW; r->oldest++)
		(void)segment_unlink(r->dir, r->oldest);
	if (r->oldest >= to)
		return;
	r->oldest = to;
	(void)segment_each(r->dir, remove_one, r);
}

/* ---- life ---- */

static int
reader_start(struct spool_reader *r, const char *dir)
{
	bool fresh;

	r->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir < 0)
		return -1;
	r->lock = state_lock(r->dir, "writer.lock", UINT64_MAX);
	if (r->lock < 0 || state_id(r->dir, false, r->id) < 0)
		return -1;
	r->st = state_open(r->dir, false, 0, &fresh, &r->state_fd);
	if (!r->st)
		return -1;
	r->seg = r->st->segment;
	r->win = segment_reserve(WINDOW * r->seg, &r->whole, &r->whole_size);
	return r->win ? 0 : -1;
}

struct spool_reader *
spool_reader_open(const char *dir, int wake_fd)
{
	struct spool_reader *r = calloc(1, sizeof *r);
	int err;

	if (!r)
		return NULL;
	r->dir = r->lock = r->state_fd = -1;
	r->wake_fd = wake_fd;
	if (reader_start(r, dir) < 0) {
		err = errno;
		spool_reader_close(&r);
		errno = err;
		return NULL;
	}
	spool_seek(r, 0);
	r->oldest = removable(r);
	(void)segment_each(r->dir, remove_one, r);
	return r;
}

void
spool_reader_close(struct spool_reader **reader)
{
	struct spool_reader *r = *reader;

	if (!r)
		return;
	if (r->st)
		state_close(&r->st, r->state_fd);
	if (r->whole)
		munmap(r->whole, r->whole_size);
	if (r->lock >= 0)
		close(r->lock);
	if (r->dir >= 0)
		close(r->dir);
	free(r);
	*reader = NULL;
}

const char *
spool_id(const struct spool_reader *r)
{
	return r->id;
}

uint64_t
spool_place(const struct spool_reader *r)
{
	return r->place;
}

uint64_t
spool_lost(const struct spool_reader *r)
{
	return r->lost;
}

/* ---- reading ---- */

/* What is not in the database yet, to the disk: so much can be lost when the
 * machine goes down. What fails is tried again. */
static void
sync_files(struct spool_reader *r)
{
	if (sync_due(&r->pace, clock_mono_us(), r->st))
		(void)spool_sync(r->dir, r->st, r->state_fd);
}

void
spool_seek(struct spool_reader *r, uint64_t committed)
{
	uint64_t released = place_get(&r->st->released);

	if (committed > released && committed <= place_get(&r->st->written))
		released = committed;
	r->place = r->released = released;
	place_set(&r->st->released, released);
	slide(r);
}

void
spool_release(struct spool_reader *r, uint64_t place)
{
	if (place <= r->released || place > r->place)
		return;
	r->released = place;
	place_set(&r->st->released, place);
	if (place / r->seg != r->first)
		slide(r);
	remove_old(r);
	sync_files(r);
}

/* Go on at a place further on, without what is between. */
static enum spool_got
leap(struct spool_reader *r, uint64_t to, uint64_t lost)
{
	if (r->place != r->released)
		return SPOOL_COMMIT;
	r->lost += lost;
	r->place = r->released = to;
	place_set(&r->st->released, to);
	slide(r);
	return SPOOL_RECORDS;
}

struct after {
	uint64_t number, next; /* next: the lowest above number */
};

static void
see_next(void *arg, uint64_t number)
{
	struct after *a = arg;

	if (number > a->number && number < a->next)
		a->next = number;
}

/* The file at place has gone: to the next one that is there. */
static enum spool_got
leap_file(struct spool_reader *r, uint64_t limit)
{
	struct after a = {.next = r->place / r->seg};
	int fd;

	do {
		a.number = a.next;
		a.next = limit / r->seg + 1;
		if (segment_each(r->dir, see_next, &a) < 0)
			return SPOOL_NOTHING; /* later */
		fd = segment_open(r->dir, a.next, r->seg);
	} while (fd < 0 && a.next * r->seg < limit);
	if (fd >= 0)
		close(fd);
	r->torn = true;
	limit = least(a.next * r->seg, limit);
	return leap(r, limit, limit - r->place);
}

/* How many bytes of the n at p are whole lines, max or so; 0: not one. */
static size_t
whole(const char *p, size_t n, size_t max)
{
	size_t some = n < max ? n : max;
	const char *lf = some ? memrchr(p, '\n', some) : NULL;

	if (!lf && n > some)
		lf = memchr(p + some, '\n', n - some);
	return lf ? (size_t)(lf - p) + 1 : 0;
}

/* The mapping ends before place, or before the line that begins there does. */
static enum spool_got
no_map(struct spool_reader *r, uint64_t limit)
{
	if (r->failed)
		return SPOOL_NOTHING;
	return r->n < WINDOW ? leap_file(r, limit) : SPOOL_COMMIT;
}

/* No line ends in what is there from place up to `to`. */
static enum spool_got
no_line(struct spool_reader *r, uint64_t to, uint64_t limit, bool gap)
{
	if (to - r->place > least(REC_LINE_MAX, r->seg)) {
		r->torn = true;
		return leap(r, to, to - r->place);
	}
	if (to < limit)
		return no_map(r, limit);
	if (!gap)
		return SPOOL_NOTHING;
	r->torn = false;
	return leap(r, place_get(&r->st->gap_to), to - r->place);
}

/* One try: SPOOL_RECORDS with nothing in *lines: try again. */
static enum spool_got
next(struct spool_reader *r, size_t max, struct slice *lines)
{
	uint64_t from = place_get(&r->st->gap_from),
		 gap_to = place_get(&r->st->gap_to), limit = r->seen, to;
	bool gap = r->place < gap_to;

	if (gap && r->place >= from) {
		r->torn = false; /* a record begins there */
		return leap(r, gap_to, 0);
	}
	if (gap)
		limit = from;
	if (r->place == limit)
		return SPOOL_NOTHING;
	to = map_to(r, limit);
	if (to <= r->place)
		return no_map(r, limit);
	lines->p = at(r, r->place);
	lines->n = whole(lines->p, (size_t)(to - r->place), r->torn ? 1 : max);
	if (lines->n == 0)
		return no_line(r, to, limit, gap);
	to = r->place + lines->n;
	if (r->torn) {
		r->torn = false;
		lines->n = 0;
		return leap(r, to, to - r->place);
	}
	r->place = to;
	return SPOOL_RECORDS;
}

enum spool_got
spool_next(struct spool_reader *r, size_t max, struct slice *lines)
{
	uint32_t ask = atomic_load(&r->st->ask);
	enum spool_got got;

	if (ask == SPOOL_STOP)
		return SPOOL_END;
	r->seen = place_get(&r->st->written);
	do {
		*lines = (struct slice){NULL, 0};
		got = next(r, max, lines);
	} while (got == SPOOL_RECORDS && lines->n == 0);
	if (got == SPOOL_NOTHING && ask == SPOOL_DRAIN)
		return r->place == r->released ? SPOOL_END : SPOOL_COMMIT;
	return got;
}

/* ---- waiting ---- */

static void
doze(struct spool_reader *r, uint64_t us)
{
	struct pollfd wake = {.fd = r->wake_fd, .events = POLLIN};
	struct timespec ts;
	uint64_t got;
	ssize_t n;

	if (r->wake_fd < 0 && us > POLL_US)
		us = POLL_US;
	ts.tv_sec = (time_t)(us / 1000000);
	ts.tv_nsec = (long)(us % 1000000) * 1000;
	if (ppoll(&wake, 1, &ts, NULL) > 0) {
		n = read(r->wake_fd, &got, sizeof got);
		(void)n;
	}
}

static bool
stopped(const struct spool_reader *r)
{
	return atomic_load(&r->st->ask) == SPOOL_STOP;
}

static bool
news(const struct spool_reader *r)
{
	return atomic_load(&r->st->ask) != SPOOL_GO_ON ||
	    atomic_load(&r->st->written) != r->seen;
}

static int
wait_for(struct spool_reader *r, uint64_t us,
    bool (*ready)(const struct spool_reader *))
{
	uint64_t now = clock_mono_us(), until = now + us;
	bool is;

	if (until < now)
		until = UINT64_MAX;
	sync_files(r);
	while (!(is = ready(r)) && now < until) {
		doze(r, least(until - now, DOZE_US));
		sync_files(r);
		now = clock_mono_us();
	}
	return is;
}

int
spool_wait(struct spool_reader *r, uint64_t us)
{
	int is;

	atomic_store(&r->st->waiting, 1);
	is = wait_for(r, us, news);
	atomic_store(&r->st->waiting, 0);
	return is;
}

int
spool_pause(struct spool_reader *r, uint64_t us)
{
	return wait_for(r, us, stopped);
}
