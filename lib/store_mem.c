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
piece_new(struct store_mem *m, size_t n)
{
	size_t size = n > PIECE ? n : PIECE;
	struct store_piece *p = malloc(sizeof *p + size);

	if (!p)
		return NULL;
	p->size = size;
	p->used = 0;
	/* One that is full at once goes behind. */
	if (size > PIECE && m->first) {
		p->next = m->first->next;
		m->first->next = p;
	} else {
		p->next = m->first;
		m->first = p;
	}
	return p;
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

bool
store_mem_copy(struct store_mem *m, struct slice *s)
{
	char *p;

	if (!s->p)
		return true;
	if (s->n == 0) {
		s->p = "";
		return true;
	}
	p = store_mem_take(m, s->n);
	if (!p)
		return false;
	memcpy(p, s->p, s->n);
	s->p = p;
	return true;
}

void
store_mem_reset(struct store_mem *m)
{
	struct store_piece *p = m->first, *next;

	for (; p; p = next) {
		next = p->next;
		free(p);
	}
	*m = (struct store_mem){0};
}
