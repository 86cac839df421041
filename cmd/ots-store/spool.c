#include "spool_own.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Zeroed in steps of this size, ahead of what is read. */
#define STEP ((uint64_t)64 << 10)
/* Behind what is read: what spool_cut writes, and a NUL. */
#define TAIL 3
/* A line that is longer goes on in parts. */
#define HOLD ((uint64_t)1 << 20)

static const char cut[2] = "\t\n";

int
spool_map(struct spool *s, uint64_t number, int fd)
{
	size_t slot = number % SPOOL_RING, n = s->seg;
	char *at = s->ring + slot * n;
	const int prot = PROT_READ | PROT_WRITE, how = MAP_SHARED | MAP_FIXED;

	if (mmap(at, n, prot, how, fd, 0) == MAP_FAILED ||
	    (slot == 0 &&
		mmap(at + SPOOL_RING * n, n, prot, how, fd, 0) == MAP_FAILED))
		return -1;
	/* A child has no use for them. */
	(void)madvise(at, n, MADV_DONTFORK);
	if (slot == 0)
		(void)madvise(at + SPOOL_RING * n, n, MADV_DONTFORK);
	if (s->fd[slot] >= 0)
		close(s->fd[slot]);
	s->fd[slot] = fd;
	s->number[slot] = number;
	return 0;
}

struct count {
	uint64_t from, to, n;
};

static void
count_one(void *arg, uint64_t number)
{
	struct count *c = arg;

	if (number >= c->from && number < c->to)
		c->n++;
}

/* Segments that there would be with this one, those in use. The gap is the only
 * hole that we know; if it seems too much we look. */
static uint64_t
in_use(const struct spool *s, uint64_t number)
{
	uint64_t from = place_get(&s->st->gap_from) / s->seg + 1,
		 to = place_get(&s->st->gap_to) / s->seg, n;
	struct count c = {spool_bound(s->st), number, 1};

	n = number + 1 - c.from;
	if (from < to && c.from < to && number + 1 >= to)
		n -= to - (c.from > from ? c.from : from);
	if (n > s->max && segment_each(s->dir, count_one, &c) == 0)
		n = least(n, c.n);
	return n;
}

/* One that is committed, under a new number: its memory is at hand, and there
 * is nothing to allocate. */
static bool
use_again(struct spool *s, uint64_t number)
{
	return number >= SPOOL_RING &&
	    number - SPOOL_RING < spool_bound(s->st) &&
	    segment_rename(s->dir, number - SPOOL_RING, number) == 0;
}

static int
attach(struct spool *s)
{
	uint64_t number = s->end / s->seg;
	size_t slot = number % SPOOL_RING;
	bool made;
	int fd;

	s->why = SPOOL_AT_MAX;
	if (in_use(s, number) > s->max)
		return -1;
	s->why = SPOOL_DISK;
	if (!use_again(s, number) || s->fd[slot] < 0 ||
	    s->number[slot] + SPOOL_RING != number) {
		fd = segment_make(s->dir, number, s->seg, &made);
		if (fd < 0 || spool_map(s, number, fd) < 0) {
			s->err = errno;
			if (fd >= 0)
				close(fd);
			return -1;
		}
	}
	s->why = SPOOL_ROOM;
	s->number[slot] = number;
	s->end += s->seg;
	place_set(&s->st->end, s->end);
	return 0;
}

/* Zero up to that place, and further. */
static int
prepare(struct spool *s, uint64_t to)
{
	uint64_t part, at;

	to = least(s->end, (to / STEP + 1) * STEP);
	while (s->ready < to) {
		at = s->ready % s->seg;
		part = least(to - s->ready, s->seg - at);
		if (segment_zero(s->fd[s->ready / s->seg % SPOOL_RING], at,
			at + part) < 0) {
			s->why = SPOOL_DISK;
			s->err = errno;
			return -1;
		}
		s->ready += part;
		place_set(&s->st->ready, s->ready);
	}
	return 0;
}

static uint64_t
room(const struct spool *s)
{
	return s->end > s->w + TAIL ? s->end - s->w - TAIL : 0;
}

/* What follows is no longer known to be zero. */
static void
unready(struct spool *s)
{
	s->ready = s->w;
	place_set(&s->st->ready, s->ready);
}

void
spool_unread(struct spool *s)
{
	s->why = SPOOL_DISK;
	s->err = errno == EFAULT ? ENOSPC : errno;
	unready(s);
}

/* Behind what is there; it must be ready, and be less than a segment. */
static int
put(struct spool *s, const char *p, size_t n)
{
	uint64_t at = s->w % s->seg;
	size_t part = (size_t)least(n, s->seg - at);
	const int *fd = s->fd;

	if (segment_put(fd[s->w / s->seg % SPOOL_RING], at, p, part) < 0 ||
	    (part < n &&
		segment_put(fd[(s->w / s->seg + 1) % SPOOL_RING], 0, p + part,
		    n - part) < 0)) {
		spool_unread(s);
		return -1;
	}
	spool_wrote(s, n);
	return 0;
}

static void
set_border(struct spool *s, uint64_t border)
{
	s->border = border;
	place_set(&s->st->border, border);
}

/* There is room for it behind that for reading, unless nothing was read. */
static bool
cut_line(struct spool *s)
{
	if ((s->end < s->w + TAIL && attach(s) < 0) ||
	    (s->ready < s->w + TAIL && prepare(s, s->w + TAIL) < 0) ||
	    put(s, cut, sizeof cut) < 0)
		return false;
	s->cut = false;
	s->f = s->w;
	set_border(s, s->w);
	return true;
}

char *
spool_room(struct spool *s, size_t want, size_t *n)
{
	*n = 0;
	if (s->cut && !cut_line(s))
		return NULL;
	while (room(s) < want && s->end < (s->w / s->seg + 2) * s->seg)
		if (attach(s) < 0)
			break;
	*n = (size_t)least(room(s), want);
	if (*n == 0)
		return NULL;
	if (s->w + *n + TAIL > s->ready && prepare(s, s->w + *n + TAIL) < 0)
		return NULL;
	return spool_at(s, s->w);
}

enum spool_full
spool_why(const struct spool *s, int *err)
{
	*err = s->err;
	return s->why;
}

void
spool_wrote(struct spool *s, size_t n)
{
	const char *p = spool_at(s, s->w), *lf = memrchr(p, '\n', n);
	uint64_t one = 1;
	ssize_t r;

	if (lf)
		s->line = s->w + (uint64_t)(lf - p) + 1;
	s->w += n;
	/* A read that failed in the middle has told only what came before. */
	if (*spool_at(s, s->w))
		unready(s);
	/* In this order for all to see: the writer says that it waits, and
	 * looks once more. */
	atomic_store(&s->st->written, s->w);
	if (atomic_load(&s->st->waiting) && s->wake_fd >= 0) {
		r = write(s->wake_fd, &one, sizeof one);
		(void)r; /* at its maximum it wakes, too */
	}
}

int
spool_append(struct spool *s, const char *p, size_t n)
{
	size_t got;

	return spool_room(s, n, &got) && got == n ? put(s, p, n) : -1;
}

void
spool_cut(struct spool *s)
{
	s->flush = false;
	s->f = s->w;
	s->cut = s->border != s->w;
	if (s->cut)
		(void)cut_line(s);
}

/* As much as lies side by side in the ring. */
static struct slice
from_to(const struct spool *s, uint64_t from, uint64_t to)
{
	to = least(to, (from / s->seg + 2) * s->seg);
	return (struct slice){spool_at(s, from), (size_t)(to - from)};
}

struct slice
spool_pending(const struct spool *s)
{
	uint64_t to = s->line;

	if (s->flush || s->f > s->line ||
	    s->w - s->line > least(HOLD, s->seg / 2))
		to = s->w;
	return from_to(s, s->f, to);
}

struct slice
spool_tail(const struct spool *s)
{
	return from_to(s, s->f, s->w);
}

void
spool_flush(struct spool *s)
{
	s->flush = true;
}

bool
spool_begun(const struct spool *s)
{
	return s->w != s->line;
}

void
spool_forwarded(struct spool *s, size_t n)
{
	const char *p = spool_at(s, s->f), *lf = memrchr(p, '\n', n);

	s->f += n;
	if (lf)
		set_border(s, s->f - n + (uint64_t)(lf - p) + 1);
	else if (s->f - s->border > s->seg)
		set_border(s, s->f); /* no line is that long */
}

void
spool_missed(struct spool *s, uint64_t records, uint64_t bytes)
{
	(void)atomic_fetch_add(&s->st->missed_records, records);
	(void)atomic_fetch_add(&s->st->missed_bytes, bytes);
}

void
spool_ask(struct spool *s, enum spool_ask ask)
{
	uint64_t one = 1;
	ssize_t r;

	atomic_store(&s->st->ask, (uint32_t)ask);
	if (s->wake_fd >= 0) {
		r = write(s->wake_fd, &one, sizeof one);
		(void)r;
	}
}

struct spool_places
spool_places(const struct spool *s)
{
	struct spool_state *st = s->st;
	uint64_t from = place_get(&st->gap_from), to = place_get(&st->gap_to),
		 released = place_get(&st->released);
	struct spool_places p = {
	    .written = s->w,
	    .forwarded = s->border,
	    .released = released,
	    .waiting = s->w - released,
	    .files = s->end ? in_use(s, s->end / s->seg - 1) * s->seg : 0,
	    .missed_records = place_get(&st->missed_records),
	    .missed_bytes = place_get(&st->missed_bytes),
	};

	if (released < to)
		p.waiting -= to - (released > from ? released : from);
	return p;
}

enum spool_found
spool_found(const struct spool *s)
{
	return s->found;
}
