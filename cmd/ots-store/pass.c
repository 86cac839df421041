#include "pass.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "record.h"

/* More of the writer is not taken while so much waits. */
#define OWN_ENOUGH ((size_t)256 << 10)

int
pass_init(struct pass *p, struct spool *spool, int in, int out)
{
	*p = (struct pass){.in = in, .out = out, .spool = spool};
	buf_init(&p->own, 2 * REC_LINE_MAX);
	p->side = malloc(PASS_CHUNK);
	p->out_border = true; /* ours comes first, and begins with an LF */
	p->in_border = !spool_begun(spool);
	return p->side ? 0 : -1;
}

void
pass_fini(struct pass *p)
{
	buf_fini(&p->own);
	free(p->side);
	p->side = NULL;
}

/* ---- the writer's records ---- */

/* Bytes of whole lines. */
static size_t
whole_lines(struct slice s)
{
	const char *lf = s.n ? memrchr(s.p, '\n', s.n) : NULL;

	return lf ? (size_t)(lf - s.p) + 1 : 0;
}

static size_t
own_lines(const struct pass *p)
{
	return whole_lines(buf_slice(&p->own));
}

char *
pass_own_room(struct pass *p, size_t *n)
{
	*n = PASS_CHUNK;
	if (buf_size(&p->own) >= OWN_ENOUGH && own_lines(p) > 0)
		return NULL;
	if (buf_size(&p->own) > REC_LINE_MAX) /* it is no record */
		buf_clear(&p->own);
	return buf_reserve(&p->own, *n);
}

void
pass_own_commit(struct pass *p, size_t n)
{
	buf_commit(&p->own, n);
}

void
pass_own_torn(struct pass *p)
{
	buf_truncate(&p->own, own_lines(p));
}

/* ---- out ---- */

static size_t
count_lines(struct slice s)
{
	const char *end = s.p + s.n, *lf;
	size_t n = 0;

	while (s.p < end && (lf = memchr(s.p, '\n', (size_t)(end - s.p)))) {
		n++;
		s.p = lf + 1;
	}
	return n;
}

/* At most a piece, and whole lines if one ends in it. */
static struct slice
piece(struct slice s)
{
	const char *lf;

	if (s.n <= PASS_PIECE)
		return s;
	s.n = PASS_PIECE;
	lf = memrchr(s.p, '\n', s.n);
	if (lf)
		s.n = (size_t)(lf - s.p) + 1;
	return s;
}

static struct slice
of_stream(const struct pass *p)
{
	if (p->side_at < p->side_to)
		return (struct slice){
		    p->side + p->side_at, p->side_to - p->side_at};
	return spool_pending(p->spool);
}

static void
forwarded(struct pass *p, struct slice s)
{
	size_t lines;

	p->out_border = s.p[s.n - 1] == '\n';
	if (p->side_at < p->side_to) {
		p->side_at += s.n;
		lines = count_lines(s);
		p->side_records += lines;
		p->side_bytes += s.n;
		spool_missed(p->spool, lines, s.n);
	} else {
		spool_forwarded(p->spool, s.n);
	}
}

static void
own_written(struct pass *p, struct slice s)
{
	p->own_open = s.p[s.n - 1] != '\n';
	p->own_records += count_lines(s);
	buf_consume(&p->own, s.n);
	if (buf_size(&p->own) == 0)
		buf_release(&p->own);
}

/* What comes next; *own: whose it is. */
static struct slice
choose(const struct pass *p, bool *own)
{
	size_t lines = buf_size(&p->own) ? own_lines(p) : 0;

	*own = p->own_open || (lines > 0 && p->out_border);
	if (*own)
		return (struct slice){buf_data(&p->own), lines};
	return of_stream(p);
}

enum pass_got
pass_write(struct pass *p)
{
	struct slice s;
	ssize_t n;
	bool own;

	for (;;) {
		s = piece(choose(p, &own));
		if (s.n == 0)
			return PASS_EMPTY;
		n = write(p->out, s.p, s.n);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return PASS_BLOCKED;
		if (n <= 0)
			return PASS_FAILED;
		s.n = (size_t)n;
		if (own)
			own_written(p, s);
		else
			forwarded(p, s);
	}
}

/* ---- in ---- */

static enum pass_got
result(struct pass *p, const char *to, ssize_t n, size_t asked)
{
	if (n > 0) {
		p->reads++;
		p->bytes += (uint64_t)n;
		p->in_border = to[n - 1] == '\n';
		return (size_t)n < asked ? PASS_EMPTY : PASS_MORE;
	}
	if (n == 0)
		return PASS_END;
	return errno == EAGAIN || errno == EINTR ? PASS_BLOCKED : PASS_FAILED;
}

/* Takes the beginning of the record that came last along, if it is short; else
 * that goes ahead first: false, and again when it is out. */
static bool
step_aside(struct pass *p)
{
	struct slice s = spool_tail(p->spool);

	if (s.n > PASS_CHUNK / 2) {
		spool_flush(p->spool);
		return false;
	}
	memcpy(p->side, s.p, s.n);
	p->side_at = p->side_to = 0;
	p->side_n = s.n;
	spool_cut(p->spool);
	p->beside = true;
	p->side_records = p->side_bytes = 0;
	return true;
}

static enum pass_got
read_beside(struct pass *p, size_t max)
{
	size_t lines, room;
	ssize_t n;
	char *to;

	memmove(p->side, p->side + p->side_to, p->side_n - p->side_to);
	p->side_n -= p->side_to;
	p->side_at = p->side_to = 0;
	room = PASS_CHUNK - p->side_n;
	if (max > room)
		max = room;
	to = p->side + p->side_n;
	n = read(p->in, to, max);
	if (n > 0) {
		p->side_n += (size_t)n;
		lines = whole_lines((struct slice){p->side, p->side_n});
		/* What is longer than all of this goes on in parts. */
		p->side_to =
		    lines || p->side_n < PASS_CHUNK ? lines : p->side_n;
	}
	return result(p, to, n, max);
}

enum pass_got
pass_read(struct pass *p, size_t max)
{
	size_t n, want = max < PASS_CHUNK ? max : PASS_CHUNK;
	ssize_t got;
	char *to;

	if (p->beside)
		return read_beside(p, max);
	to = spool_room(p->spool, want, &n);
	if (!to && p->patient)
		return PASS_FULL;
	if (!to || (n < want && !p->patient))
		return step_aside(p) ? read_beside(p, max) : PASS_MORE;
	got = read(p->in, to, n);
	if (got > 0)
		spool_wrote(p->spool, (size_t)got);
	/* A file system that has no room after all. */
	if (got < 0 && errno == EFAULT) {
		spool_unread(p->spool);
		(void)step_aside(p);
		return PASS_MORE;
	}
	return result(p, to, got, n);
}

/* The record that was begun beside the spool goes into it, if its beginning is
 * at hand. */
void
pass_try_spool(struct pass *p)
{
	struct slice tail = {p->side + p->side_to, p->side_n - p->side_to};
	bool start =
	    p->side_to > 0 ? p->side[p->side_to - 1] == '\n' : p->out_border;
	size_t n;

	if (!p->beside || !start || !spool_room(p->spool, PASS_CHUNK, &n) ||
	    n < PASS_CHUNK)
		return;
	if (tail.n && spool_append(p->spool, tail.p, tail.n) < 0)
		return;
	p->side_n = p->side_to;
	p->beside = false;
}

bool
pass_torn(struct pass *p)
{
	if (p->in_border)
		return false;
	p->side_n = p->side_to;
	if (!p->beside)
		spool_cut(p->spool);
	return true;
}
