/* Memory of a batch of store.h. */
#include <stdlib.h>
#include <string.h>

#include "store_db.h"

#define PIECE ((size_t)256 << 10)
#define ALIGN _Alignof(max_align_t)

struct store_piece {
	struct store_piece *next;
	size_t size, used;
	_Alignas(max_align_t) char data[];
};

/* The first piece is the one that is being filled. */
static struct store_piece *
piece_put(struct store_mem *m, struct store_piece *p, bool behind)
{
	struct store_piece **at =
	    behind && m->first ? &m->first->next : &m->first;

	p->used = 0;
	p->next = *at;
	*at = p;
	return p;
}

static struct store_piece *
piece_new(struct store_mem *m, size_t n)
{
	size_t size = n > PIECE ? n : PIECE;
	struct store_piece *p = m->spare;

	if (size == PIECE && p) {
		m->spare = p->next;
	} else {
		p = malloc(sizeof *p + size);
		if (!p)
			return NULL;
		p->size = size;
	}
	/* One that is full at once goes behind. */
	return piece_put(m, p, size > PIECE);
}

void *
store_mem_take(struct store_mem *m, size_t n)
{
	struct store_piece *p = m->first;
	void *at;

	if (n > SIZE_MAX / 2)
		return NULL;
	n = (n + ALIGN - 1) & ~(ALIGN - 1);
	if (!p || p->size - p->used < n)
		p = piece_new(m, n);
	if (!p)
		return NULL;
	at = p->data + p->used;
	p->used += n;
	m->used += n;
	return at;
}

/* Is it a copy already, with its NUL? Not all are found. */
static bool
is_ours(const struct store_mem *m, struct slice s)
{
	const struct store_piece *p = m->first;
	uintptr_t at = (uintptr_t)s.p, from = p ? (uintptr_t)p->data : 0;

	return p && at >= from && at - from < p->used &&
	    s.n < p->used - (at - from) && s.p[s.n] == '\0';
}

bool
store_mem_copy(struct store_mem *m, struct slice *s)
{
	char *p;

	if (!s->p || is_ours(m, *s))
		return true;
	if (s->n == 0) {
		s->p = "";
		return true;
	}
	p = store_mem_take(m, s->n + 1);
	if (!p)
		return false;
	memcpy(p, s->p, s->n);
	p[s->n] = '\0';
	s->p = p;
	return true;
}

static void
free_pieces(struct store_piece **list)
{
	struct store_piece *p;

	while ((p = *list)) {
		*list = p->next;
		free(p);
	}
}

/* As much as this batch had is kept for the next one: a page that is new costs
 * more than what is written to it. */
void
store_mem_reset(struct store_mem *m)
{
	struct store_mem next = {.first = NULL};
	struct store_piece *p, *after;

	if (!m->first)
		return;
	free_pieces(&m->spare);
	for (p = m->first; p; p = after) {
		after = p->next;
		if (p->size > PIECE) {
			free(p);
			continue;
		}
		p->next = next.spare;
		next.spare = p;
	}
	*m = next;
}

void
store_mem_fini(struct store_mem *m)
{
	free_pieces(&m->first);
	free_pieces(&m->spare);
}
