#include "arena.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>

#define BLOCK ((size_t)256 << 10)

struct arena_block {
	struct arena_block *before;
	size_t size, used;
	alignas(max_align_t) char mem[];
};

static struct arena_block *
more(struct arena *a, size_t n)
{
	size_t size = n > BLOCK ? n : BLOCK;
	struct arena_block *b = malloc(sizeof *b + size);

	if (!b)
		return NULL;
	b->before = a->last;
	b->size = size;
	b->used = 0;
	a->last = b;
	return b;
}

void *
arena_take(struct arena *a, size_t n)
{
	struct arena_block *b = a->last;
	char *p;

	if (n > a->max - a->taken || a->max - a->taken - n < 16) {
		errno = ENOBUFS;
		return NULL;
	}
	n = (n + 15) & ~(size_t)15;
	if ((!b || n > b->size - b->used) && !(b = more(a, n)))
		return NULL;
	p = b->mem + b->used;
	b->used += n;
	a->taken += n;
	return p;
}

struct slice
arena_copy(struct arena *a, struct slice s)
{
	char *p = arena_take(a, s.n);

	if (!p)
		return (struct slice){NULL, 0};
	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct slice){p, s.n};
}

void
arena_clear(struct arena *a)
{
	struct arena_block *b;

	while ((b = a->last) && (b->before || b->size > BLOCK)) {
		a->last = b->before;
		free(b);
	}
	if (b)
		b->used = 0;
	a->taken = 0;
}

void
arena_fini(struct arena *a)
{
	arena_clear(a);
	free(a->last);
	a->last = NULL;
}
