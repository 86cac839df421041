/* Growing rows of ids become one: a heap of cursors. */
#include <errno.h>
#include <stdlib.h>

#include "store_query_own.h"

/* Ids of all cursors together, about; of one cursor. */
#define IDS_MAX  ((size_t)1 << 16)
#define PAGE_MIN 16
#define PAGE_MAX 512
/* What a page costs beside its ids. */
#define PAGE_COST 64

static void
swap(struct query_cursor *a, struct query_cursor *b)
{
	struct query_cursor t = *a;

	*a = *b;
	*b = t;
}

static void
up(struct query_merge *m, size_t i)
{
	while (i && m->heap[i].head < m->heap[(i - 1) / 2].head) {
		swap(&m->heap[i], &m->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
}

static void
down(struct query_merge *m)
{
	size_t i = 0, least;

	for (;;) {
		least = 2 * i + 1;
		if (least >= m->n)
			return;
		if (least + 1 < m->n &&
		    m->heap[least + 1].head < m->heap[least].head)
			least++;
		if (m->heap[i].head <= m->heap[least].head)
			return;
		swap(&m->heap[i], &m->heap[least]);
		i = least;
	}
}

int
query_merge_add(struct query_merge *m, int64_t key, int64_t head)
{
	struct query_cursor *heap;
	size_t cap;

	if (m->n == m->cap) {
		cap = m->cap ? 2 * m->cap : 16;
		heap = reallocarray(m->heap, cap, sizeof *heap);
		if (!heap)
			return -1;
		m->heap = heap;
		m->cap = cap;
	}
	m->heap[m->n] =
	    (struct query_cursor){.key = key, .head = head, .more = true};
	up(m, m->n++);
	return 0;
}

/* More ids behind that one. 1, 0: there are none, -1. */
static int
fill(struct query_merge *m, struct query_cursor *c, int64_t after)
{
	size_t size = IDS_MAX / m->n;
	int got;

	if (!c->ids) {
		c->size = size < PAGE_MIN ? PAGE_MIN
		    : size > PAGE_MAX     ? PAGE_MAX
					  : size;
		c->ask = c->size;
		c->ids = calloc(c->size, sizeof *c->ids);
		if (!c->ids)
			return -1;
	}
	got = m->page(m->arg, c->key, after, c->ids, c->ask);
	if (got < 0)
		return -1;
	c->at = 0;
	c->n = (size_t)got;
	c->more = c->n == c->ask;
	m->cost += PAGE_COST + c->n;
	return got > 0;
}

/* The first cursor goes on to its next id, or goes. */
static int
step(struct query_merge *m, int64_t after)
{
	struct query_cursor *c = &m->heap[0];
	int got = c->at < c->n;

	if (!got && c->more)
		got = fill(m, c, after);
	if (got < 0)
		return -1;
	if (got) {
		c->head = c->ids[c->at++];
	} else {
		free(c->ids);
		m->n--;
		*c = m->heap[m->n];
		m->heap[m->n] = (struct query_cursor){0};
	}
	down(m);
	return 0;
}

int
query_merge_next(struct query_merge *m, int64_t *id)
{
	if (!m->n)
		return 0;
	*id = m->heap[0].head;
	return step(m, *id) < 0 ? -1 : 1;
}

/* What is before id was not wanted. If that was most of a page, the next one is
 * smaller. */
static void
pass(struct query_cursor *c, int64_t id)
{
	size_t from = c->at;

	while (c->at < c->n && c->ids[c->at] < id)
		c->at++;
	if (c->at < c->n || !c->ids)
		return;
	if (c->at - from > c->n / 2 && c->ask > PAGE_MIN)
		c->ask /= 2;
	else if (c->at - from <= c->n / 8 && c->ask < c->size)
		c->ask = c->ask * 2 < c->size ? c->ask * 2 : c->size;
}

int
query_merge_seek(struct query_merge *m, int64_t id)
{
	while (m->n && m->heap[0].head < id) {
		pass(&m->heap[0], id);
		if (step(m, id - 1) < 0)
			return -1;
	}
	return m->n && m->heap[0].head == id;
}

void
query_merge_fini(struct query_merge *m)
{
	while (m->n)
		free(m->heap[--m->n].ids);
	free(m->heap);
	*m = (struct query_merge){0};
}
