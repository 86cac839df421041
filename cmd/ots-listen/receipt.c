#include "receipt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fanout.h"

#define MANY 64 /* an array that has been longer gives its memory back */

struct receipt *
receipt_new(struct slice raw)
{
	struct receipt *r;

	if (raw.n > RECEIPT_MAX) {
		errno = EINVAL;
		return NULL;
	}
	r = malloc(sizeof *r + raw.n);
	if (!r)
		return NULL;
	r->refs = 1;
	r->n = (uint32_t)raw.n;
	memcpy(r->text, raw.p, raw.n);
	return r;
}

void
receipt_unref(struct receipt *r)
{
	if (r && --r->refs == 0)
		free(r);
}

void
receipt_wait(struct fan_queue *q, struct receipt *r)
{
	r->refs++;
	q->receipts++;
}

bool
receipts_add(struct receipts *all, struct receipt *r)
{
	uint32_t cap = all->cap ? all->cap * 2 : 4;
	struct receipt **v;

	if (all->n == all->cap) {
		v = reallocarray(all->v, cap, sizeof(struct receipt *));
		if (!v) {
			receipt_unref(r);
			return false;
		}
		all->v = v;
		all->cap = cap;
	}
	all->v[all->n++] = r;
	return true;
}

void
receipts_clear(struct receipts *all)
{
	while (all->n)
		receipt_unref(all->v[--all->n]);
	if (all->cap <= MANY)
		return;
	free(all->v);
	*all = (struct receipts){0};
}
