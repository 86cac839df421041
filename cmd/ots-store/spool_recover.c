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

/* Of what was not synced, anything may be on the disk: also records that were
 * there long before. */
static int
after_crash(struct spool *s)
{
	struct spool_state *st = s->st;
	uint64_t released = place_get(&st->released),
		 synced = place_get(&st->synced),
		 from = synced > released ? synced : released;
	struct gone g = {.dir = s->dir};

	if (s->end > UINT64_MAX / 4 || s->w > s->end || from > s->w) {
		errno = EBADMSG;
		return -1;
	}
	if (released < place_get(&st->gap_to))
		from = place_get(&st->gap_from); /* one gap is all we know */
	g.from = from / s->seg + 1;
	s->w = ((s->end + JUMP) / s->seg + 1) * s->seg;
	s->end = s->ready = s->border = s->w;
	place_set(&st->end, s->end);
	place_set(&st->ready, s->w);
	place_set(&st->written, s->w);
	place_set(&st->border, s->w);
	place_set(&st->gap_from, from);
	place_set(&st->gap_to, s->w);
	s->found = SPOOL_CRASHED;
	return segment_each(s->dir, unlink_from, &g);
}

int
spool_recover(struct spool *s)
{
	struct spool_state *st = s->st;
	char boot[40];

	s->w = place_get(&st->written);
	s->ready = place_get(&st->ready);
	s->border = place_get(&st->border);
	s->end = place_get(&st->end);
	state_boot(boot);
	s->found = SPOOL_CLEAN;
	if (atomic_load(&st->open)) {
		if (memcmp(boot, st->boot, sizeof boot) != 0)
			return after_crash(s);
		s->found = SPOOL_KILLED;
	}
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

/* In the first n bytes of that segment: the first NUL, or the last LF, as an
 * offset; -1: none. */
static int64_t
look(const struct spool *s, uint64_t number, size_t n, bool nul)
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
	at = nul ? memchr(p, '\0', n) : memrchr(p, '\n', n);
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

/* Where the line that ends at s->w, or is unfinished there, begins. */
static uint64_t
line_start(const struct spool *s)
{
	uint64_t n = s->w / s->seg;
	int64_t at = look(s, n, s->w % s->seg, false);

	if (at < 0 && n > 0)
		at = look(s, --n, s->seg, false);
	return at < 0 ? s->w : n * s->seg + (uint64_t)at + 1;
}

/* A NUL always stands at the written end, and nowhere before it. Files without
 * a hole between them, up to the newest, are looked at. */
static void
guess_places(struct spool *s, const struct range *r)
{
	uint64_t n = r->high;
	int64_t at = -1;

	while (n > r->low && there(s, n - 1))
		n--;
	for (; n <= r->high; n++) {
		at = look(s, n, s->seg, true);
		if (at >= 0)
			break;
	}
	s->w = n * s->seg + (at < 0 ? 0 : (uint64_t)at);
	s->end = (n + (at >= 0)) * s->seg;
	s->border = line_start(s);
}

int
spool_rebuild(struct spool *s)
{
	struct range r = {0};
	struct gone g = {s->dir, 0};
	uint64_t low;

	s->found = SPOOL_REBUILT;
	s->w = s->end = s->border = s->ready = 0;
	if (segment_each(s->dir, widen, &r) < 0)
		return -1;
	if (!r.any)
		return 0;
	guess_places(s, &r);
	g.from = s->end / s->seg;
	if (segment_each(s->dir, unlink_from, &g) < 0)
		return -1;
	low = least(r.low * s->seg, s->border);
	place_set(&s->st->released, low);
	place_set(&s->st->synced, low);
	return map_from(s, s->border);
}
