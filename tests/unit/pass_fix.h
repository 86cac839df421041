/* pass_fix.h - a stream of lines through ots-store's pass, between two pipes,
 * in pieces of any size. */
#ifndef OTS_PASS_FIX_H
#define OTS_PASS_FIX_H

#include <fcntl.h>

#include "spool_fix.h"

#include "../../cmd/ots-store/pass.h"

#define BIG   ((size_t)524288) /* a segment */
#define LINES 3000

struct stream {
	struct fix f; /* lines, the spool and its reader */
	struct pass p;
	int to, from;        /* our ends of the pipes */
	char *all;           /* what is sent */
	size_t n, sent;      /* its bytes; those sent */
	struct buf out;      /* what came */
	struct buf kept;     /* what the writer got */
	unsigned own;        /* records of the writer that were put in */
	struct buf own_todo; /* their bytes that are to be put in */
	uint64_t seed;
	bool longer;
};

static inline unsigned
any(struct stream *s, unsigned below)
{
	s->seed = s->seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(s->seed >> 33) % below;
}

/* The n-th line: some are longer than what is held, or than the buffer. */
static inline void
put_line(struct stream *s, struct buf *to, unsigned n)
{
	size_t len = 30000 + n * 997 % 270000;
	char *at;

	if (!s->longer || n % 60) {
		(void)buf_append(to, s->f.line, fix_line(&s->f, n));
		return;
	}
	(void)buf_fmt(to, "%010u\t", n);
	at = buf_reserve(to, len);
	memset(at, 'L', len);
	at[len - 1] = '\n';
	buf_commit(to, len);
}

static inline void
make_all(struct stream *s, bool longer)
{
	struct buf all = {.max = SIZE_MAX / 2};
	unsigned i;

	s->longer = longer;
	for (i = 0; i < LINES; i++)
		put_line(s, &all, i);
	free(s->all);
	s->all = all.p;
	s->n = all.len;
}

static inline int
set_up(void **state)
{
	struct stream *s = calloc(1, sizeof *s);
	int in[2], out[2];

	if (!s)
		return -1;
	*state = s;
	if (pipe2(in, O_NONBLOCK) < 0 || pipe2(out, O_NONBLOCK) < 0 ||
	    str_fmt(s->f.dir, sizeof s->f.dir, "/tmp/ots-spool-XXXXXX") < 0 ||
	    !mkdtemp(s->f.dir))
		return -1;
	make_all(s, false);
	s->out.max = s->kept.max = s->own_todo.max = SIZE_MAX / 2;
	s->to = in[1];
	s->from = out[0];
	s->p.in = in[0];
	s->p.out = out[1];
	s->seed = 1;
	return 0;
}

static inline void
start(struct stream *s, unsigned segments)
{
	const struct spool_config c = {.dir = s->f.dir,
	    .max = segments * BIG,
	    .segment = BIG,
	    .wake_fd = -1};
	char why[SPOOL_WHY_MAX];

	s->f.s = spool_open(&c, why);
	assert_non_null(s->f.s);
	assert_int_equal(pass_init(&s->p, s->f.s, s->p.in, s->p.out), 0);
	s->f.r = spool_reader_open(s->f.dir, -1);
	assert_non_null(s->f.r);
}

static inline int
tear_down(void **state)
{
	struct stream *s = *state;

	close(s->from);
	if (s->to >= 0)
		close(s->to);
	close(s->p.in);
	close(s->p.out);
	pass_fini(&s->p);
	spool_reader_close(&s->f.r);
	spool_close(&s->f.s);
	fix_each_file(&s->f, fix_unlink);
	(void)rmdir(s->f.dir);
	buf_fini(&s->out);
	buf_fini(&s->kept);
	buf_fini(&s->own_todo);
	free(s->all);
	free(s);
	return 0;
}

/* Some bytes go in, and some come out. */
static inline void
some_in(struct stream *s, unsigned max)
{
	size_t n = 1 + any(s, max);
	ssize_t r;

	if (n > s->n - s->sent)
		n = s->n - s->sent;
	r = n ? write(s->to, s->all + s->sent, n) : 0;
	s->sent += r > 0 ? (size_t)r : 0;
}

static inline void
some_out(struct stream *s, unsigned max)
{
	size_t n = 1 + any(s, max);
	char *to = buf_reserve(&s->out, n);
	ssize_t r = read(s->from, to, n);

	if (r > 0)
		buf_commit(&s->out, (size_t)r);
}

static inline void
some_own(struct stream *s)
{
	size_t room, n;
	char *to;

	if (buf_size(&s->own_todo) < 100)
		(void)buf_fmt(&s->own_todo, "own %u %0*u\n", s->own++,
		    (int)any(s, 300), 7);
	n = 1 + any(s, (unsigned)buf_size(&s->own_todo));
	to = pass_own_room(&s->p, &room);
	assert_non_null(to);
	memcpy(to, buf_data(&s->own_todo), n);
	pass_own_commit(&s->p, n);
	buf_consume(&s->own_todo, n);
}

/* What the writer takes: max bytes or so. */
static inline void
some_kept(struct stream *s, size_t max)
{
	struct slice lines;

	if (spool_next(s->f.r, max, &lines) == SPOOL_RECORDS)
		(void)buf_put(&s->kept, lines);
	spool_release(s->f.r, spool_place(s->f.r));
}

static inline enum pass_got
step(struct stream *s)
{
	enum pass_got got = pass_write(&s->p);

	assert_true(got != PASS_FAILED);
	if (got != PASS_EMPTY)
		return got;
	got = pass_read(&s->p, 1 + any(s, 70000));
	assert_true(got != PASS_FAILED);
	return got;
}

/* To the end of the stream; flags: what happens besides. */
enum { OWN = 1, KEEP = 2, BACK = 4 };

static inline void
flow(struct stream *s, int flags)
{
	enum pass_got got;

	do {
		some_in(s, 20000);
		if (s->sent == s->n && s->to >= 0) {
			close(s->to);
			s->to = -1;
		}
		if (flags & OWN)
			some_own(s);
		got = step(s);
		if (flags & KEEP)
			some_kept(s, any(s, 40000));
		if (flags & BACK && s->p.beside && any(s, 20) == 0)
			pass_try_spool(&s->p);
		some_out(s, 100000);
	} while (got != PASS_END);
	while (pass_write(&s->p) == PASS_BLOCKED)
		some_out(s, 100000);
	some_out(s, 100000);
	some_out(s, 100000);
}

static inline void
keep_all(struct stream *s)
{
	size_t before;

	do {
		before = buf_size(&s->kept);
		some_kept(s, 10000);
		some_kept(s, 10000);
	} while (buf_size(&s->kept) > before);
}

static inline void
is_all(const struct stream *s, const struct buf *b)
{
	assert_int_equal(buf_size(b), s->n);
	assert_memory_equal(buf_data(b), s->all, s->n);
}

#endif
