/* spool_fix.h - a spool of small segments, in a folder of its own, and lines
 * to put through it: the n-th line is always the same. */
#ifndef OTS_SPOOL_FIX_H
#define OTS_SPOOL_FIX_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../cmd/ots-store/spool_own.h"

#define SEG ((size_t)16384)

struct fix {
	char dir[40];
	struct spool *s;
	struct spool_reader *r;
	uint64_t max;   /* for fix_open */
	unsigned n;     /* lines put in */
	unsigned got;   /* lines read */
	char line[SEG]; /* of fix_line */
};

/* The n-th line: its length. 13 to 2,300 bytes without NUL, LF at the end. */
static inline size_t
fix_line(struct fix *f, unsigned n)
{
	size_t len = 13 + n * 2654435761u % (n % 7 ? 300 : 2288), i;
	int k = snprintf(f->line, sizeof f->line, "%010u\t", n);

	for (i = (size_t)k; i < len - 1; i++)
		f->line[i] = (char)('a' + (n + i) % 26);
	f->line[len - 1] = '\n';
	return len;
}

static inline void
fix_open_error(struct fix *f, int err, const char *text)
{
	const struct spool_config c = {
	    .dir = f->dir, .max = f->max, .segment = SEG, .wake_fd = -1};
	char why[SPOOL_WHY_MAX];

	assert_null(spool_open(&c, why));
	assert_int_equal(errno, err);
	if (!strstr(why, text))
		fail_msg("%s: not %s", why, text);
}

static inline void
fix_open(struct fix *f)
{
	const struct spool_config c = {
	    .dir = f->dir, .max = f->max, .segment = SEG, .wake_fd = -1};
	char why[SPOOL_WHY_MAX];

	f->s = spool_open(&c, why);
	if (!f->s)
		fail_msg("%s", why);
}

static inline void
fix_reader(struct fix *f)
{
	f->r = spool_reader_open(f->dir, -1);
	assert_non_null(f->r);
}

static inline int
fix_new(void **state)
{
	struct fix *f = calloc(1, sizeof *f);

	*state = f;
	if (!f || str_fmt(f->dir, sizeof f->dir, "/tmp/ots-spool-XXXXXX") < 0 ||
	    !mkdtemp(f->dir))
		return -1;
	f->max = 1000 * SEG;
	return 0;
}

static inline void
fix_each_file(const struct fix *f, int (*fn)(int dir, const char *name))
{
	DIR *d = opendir(f->dir);
	const struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			(void)fn(dirfd(d), e->d_name);
	closedir(d);
}

static inline int
fix_unlink(int dir, const char *name)
{
	return unlinkat(dir, name, 0);
}

/* An empty folder again. */
static inline void
fix_clear(struct fix *f)
{
	spool_reader_close(&f->r);
	spool_close(&f->s);
	fix_each_file(f, fix_unlink);
	f->n = f->got = 0;
}

static inline int
fix_free(void **state)
{
	struct fix *f = *state;

	fix_clear(f);
	(void)rmdir(f->dir);
	free(f);
	return 0;
}

/* All that waits is forwarded. */
static inline void
fix_forward(struct fix *f)
{
	struct slice p;

	while ((p = spool_pending(f->s)).n)
		spool_forwarded(f->s, p.n);
}

/* n bytes come in; there must be room. */
static inline void
fix_put(struct fix *f, const char *p, size_t n)
{
	size_t got;
	char *to;

	while (n) {
		to = spool_room(f->s, n, &got);
		assert_non_null(to);
		assert_true(got >= 1 && got <= n);
		memcpy(to, p, got);
		spool_wrote(f->s, got);
		p += got;
		n -= got;
	}
}

/* Lines up to that number (exclusive) come in and go on. */
static inline void
fix_fill(struct fix *f, unsigned to)
{
	size_t len;

	for (; f->n < to; f->n++) {
		len = fix_line(f, f->n);
		fix_put(f, f->line, len);
		fix_forward(f);
	}
}

/* These bytes are the next lines: lines of others may stand between. */
static inline void
fix_take(struct fix *f, struct slice s)
{
	size_t len;

	while (s.n) {
		len = fix_line(f, f->got);
		assert_true(s.n >= len);
		assert_memory_equal(s.p, f->line, len);
		f->got++;
		s.p += len;
		s.n -= len;
	}
}

/* All that is there is read and released; batches of max bytes. */
static inline void
fix_drain(struct fix *f, size_t max)
{
	struct slice s;
	enum spool_got got;

	while ((got = spool_next(f->r, max, &s)) != SPOOL_NOTHING) {
		if (got == SPOOL_COMMIT)
			spool_release(f->r, spool_place(f->r));
		else
			assert_int_equal(got, SPOOL_RECORDS);
		fix_take(f, s);
	}
	spool_release(f->r, spool_place(f->r));
}

/* Lines up to that number are read and released; behind it no line is to
 * be had at once. */
static inline void
fix_until(struct fix *f, unsigned to)
{
	struct slice s;

	while (f->got < to) {
		if (spool_next(f->r, 3000, &s) == SPOOL_COMMIT)
			spool_release(f->r, spool_place(f->r));
		fix_take(f, s);
	}
	assert_int_equal(f->got, to);
	spool_release(f->r, spool_place(f->r));
}

/* fn runs in a process that is killed at its end. */
static inline void
fix_killed(struct fix *f, void (*fn)(struct fix *f))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		fn(f);
		(void)kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

#endif
