#include "buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void
buf_fini(struct buf *b)
{
	bool wipe = b->wipe;

	if (wipe && b->p)
		explicit_bzero(b->p, b->cap);
	free(b->p);
	buf_init(b, b->max);
	b->wipe = wipe;
}

static int
fail(struct buf *b, int err)
{
	b->failed = true;
	b->no_memory = err == ENOMEM;
	errno = err;
	return -1;
}

/* As the first time. */
static int
fail_again(struct buf *b)
{
	return fail(b, b->no_memory ? ENOMEM : ENOBUFS);
}

static char *
move(struct buf *b, size_t cap)
{
	char *p;

	if (!b->wipe)
		return realloc(b->p, cap);
	p = malloc(cap);
	if (p && b->p) {
		memcpy(p, b->p, b->len);
		explicit_bzero(b->p, b->cap);
		free(b->p);
	}
	return p;
}

/* Room for n more bytes: slide to the front if that gives half of the space
 * back, else grow by half as much again. */
static int
make_room(struct buf *b, size_t n)
{
	size_t size = buf_size(b), want, cap;
	char *p;

	if (n > b->max || size > b->max - n)
		return fail(b, ENOBUFS);
	want = size + n;
	if (b->off && (b->off >= b->cap / 2 || size == 0) && want <= b->cap) {
		memmove(b->p, b->p + b->off, size);
		b->off = 0;
		b->len = size;
		return 0;
	}
	want += b->off;
	cap = b->cap + b->cap / 2;
	if (cap < want)
		cap = want;
	if (cap < 64)
		cap = 64;
	p = move(b, cap);
	if (!p)
		return fail(b, ENOMEM);
	b->p = p;
	b->cap = cap;
	return 0;
}

char *
buf_reserve(struct buf *b, size_t n)
{
	if (b->failed) {
		fail_again(b);
		return NULL;
	}
	if (b->cap - b->len < n || buf_size(b) + n > b->max)
		if (make_room(b, n) < 0)
			return NULL;
	return b->p + b->len;
}

int
buf_append(struct buf *b, const void *p, size_t n)
{
	char *to;

	if (n == 0)
		return b->failed ? fail_again(b) : 0;
	to = buf_reserve(b, n);
	if (!to)
		return -1;
	memcpy(to, p, n);
	b->len += n;
	return 0;
}

int
buf_putc(struct buf *b, char c)
{
	return buf_append(b, &c, 1);
}

int
buf_puts(struct buf *b, const char *s)
{
	return buf_append(b, s, strlen(s));
}

int
buf_put(struct buf *b, struct slice s)
{
	return buf_append(b, s.p, s.n);
}

int
buf_put_u64(struct buf *b, uint64_t v)
{
	char text[20];
	size_t i = sizeof text;

	do {
		text[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	return buf_append(b, text + i, sizeof text - i);
}

int
buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *to;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return fail(b, EINVAL);
	to = buf_reserve(b, (size_t)n + 1);
	if (!to)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(to, (size_t)n + 1, fmt, ap); /* fits: just measured */
	va_end(ap);
	b->len += (size_t)n;
	return 0;
}

void
buf_consume(struct buf *b, size_t n)
{
	b->off += n;
	if (b->off >= b->len)
		b->off = b->len = 0;
}

void
buf_truncate(struct buf *b, size_t size)
{
	b->len = b->off + size;
}

void
buf_clear(struct buf *b)
{
	b->off = b->len = 0;
	b->failed = b->no_memory = false;
}

void
buf_release(struct buf *b)
{
	if (buf_size(b) == 0)
		buf_fini(b);
}

void
buf_wipe_rest(struct buf *b)
{
	if (!b->p)
		return;
	explicit_bzero(b->p, b->off);
	explicit_bzero(b->p + b->len, b->cap - b->len);
}
