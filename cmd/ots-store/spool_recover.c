#include "spool_own.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What is lost when the machine goes down is of unknown length: a place that
 * the database may know must not come again. */
#define JUMP (UINT64_C(1) << 40)

/* The segments from that place up to the end. */
static int
map_from(struct spool *s, uint64_t place)
{
	uint64_t n;
	bool made;
	int fd;

	for (n = place / s->seg; n < s->end / s->seg; n++) {
		fd = segment_open(s->dir, n, s->seg);
		if (fd < 0)
			return -1;
		close(fd);
		fd = segment_make(s->dir, n, s->seg, &made);
		if (fd < 0)
			return -1;
		if (spool_map(s, n, fd) < 0) {
			close(fd);
			return -1;
		}
	}
	return 0;
}

/* What the last read has put behind the written end. */
static void
find_end(struct spool *s)
{
	const char *p = spool_at(s, s->w);
	size_t n = (size_t)(s->ready - s->w);

	while (n && p[n - 1] == '\0')
		n--;
	s->w += n;
}

struct gone {
	int dir;
	uint64_t from;
};

static void
unlink_from(void *arg, uint64_t number)
{
	const struct gone *g = arg;

	if (number >= g->from)
		(void)segment_unlink(g->dir, number);
}

/* Go on at a place that nobody can know, since all that was before was lower:
 * what is behind `from` is lost. The written place comes last: without it the
 * others of a new state make no sense yet. */
static int
jump(struct spool *s, uint64_t from)
{
	struct spool_state *st = s->st;
	struct gone g = {.dir = s->dir, .from = from / s->seg + 1};

	s->w = ((s->end + JUMP) / s->seg + 1) * s->seg;
	s->end = s->ready = s->border = s->w;
	place_set(&st->gap_from, from);
	place_set(&st->gap_to, s->w);
	place_set(&st->end, s->end);
	place_set(&st->ready, s->w);
	place_set(&st->border, s->w);
	place_set(&st->written, s->w);
	return segment_each(s->dir, unlink_from, &g);
}

/* Of what was not synced, anything may be on the disk: also records that were
 * there long before. */
static int
after_crash(struct spool *s)
{
	struct spool_state *st = s->st;
	uint64_t from = spool_kept(st);

	if (s->end > SPOOL_PLACE_MAX || s->w > s->end || from > s->w) {
		errno = EBADMSG;
		return -1;
	}
	if (place_get(&st->released) < place_get(&st->gap_to))
		from = place_get(&st->gap_from); /* one gap is all we know */
	s->found = SPOOL_CRASHED;
	return jump(s, from);
}

int
spool_recover(struct spool *s)
{
	struct spool_state *st = s->st;
	char boot[40];
	bool open = atomic_load(&st->open) != 0;

	s->w = place_get(&st->written);
	s->ready = place_get(&st->ready);
	s->border = place_get(&st->border);
	s->end = place_get(&st->end);
	state_boot(boot);
	s->found = open ? SPOOL_KILLED : SPOOL_CLEAN;
	if (memcmp(boot, st->boot, sizeof boot) != 0 &&
	    (open || spool_kept(st) < s->w))
		return after_crash(s);
	errno = EBADMSG;
	if (!state_sane(st))
		return -1;
	if (map_from(s, s->border) < 0) {
		if (errno == ENOENT)
			errno = EBADMSG;
		return -1;
	}
	if (s->found == SPOOL_KILLED)
		find_end(s);
	return 0;
}

/* ---- without a state ---- */

struct range {
	uint64_t low, high;
	bool any;
};

static void
widen(void *arg, uint64_t number)
{
	struct range *r = arg;

	if (!r->any || number < r->low)
		r->low = number;
	if (!r->any || number > r->high)
		r->high = number;
	r->any = true;
}

/* The offset of the first NUL in that segment, -1: none. */
static int64_t
first_nul(const struct spool *s, uint64_t number)
{
	int fd = segment_open(s->dir, number, s->seg);
	const char *at;
	char *p;
	int64_t off = -1;

	if (fd < 0)
		return -1;
	p = mmap(NULL, s->seg, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return -1;
	at = memchr(p, '\0', s->seg);
	if (at)
		off = at - p;
	munmap(p, s->seg);
	return off;
}

static bool
there(const struct spool *s, uint64_t number)
{
	int fd = segment_open(s->dir, number, s->seg);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* A NUL always stands at the written end, and nowhere before it. Files without
 * a hole between them, up to the newest, are looked at. */
static uint64_t
guess_end(const struct spool *s, const struct range *r)
{
	uint64_t n = r->high;
	int64_t at;

	while (n > r->low && there(s, n - 1))
		n--;
	for (; n <= r->high; n++) {
		at = first_nul(s, n);
		if (at >= 0)
			return n * s->seg + (uint64_t)at;
	}
	return n * s->seg;
}

/* Where that is wrong, for what is damaged too, the database may know places
 * behind it. */
int
spool_rebuild(struct spool *s)
{
	struct range r = {0};
	uint64_t low;

	s->found = SPOOL_REBUILT;
	s->w = s->end = s->border = s->ready = 0;
	if (segment_each(s->dir, widen, &r) < 0)
		return -1;
	/* Its name stands for places that may come again. */
	if (!r.any)
		return state_new_id(s->dir);
	low = r.low * s->seg;
	place_set(&s->st->released, low);
	place_set(&s->st->synced, low);
	s->end = (r.high + 1) * s->seg;
	return jump(s, guess_end(s, &r));
}
