#include "fanout_own.h"

void
fan_ask(struct fan_ref ref, struct receipt *receipt)
{
	ref.c->ev[ref.i].receipt = receipt;
}

/* Of one range, as far as *n bytes go. False: they end within it. */
static bool
range_sent(
    struct fan *f, struct fan_queue *q, const struct fan_range *r, size_t *n)
{
	const struct fan_event *e;
	uint32_t i;

	for (i = r->first; i < r->end; i++) {
		e = &r->c->ev[i];
		if (e->len > *n)
			return false;
		*n -= e->len;
		if (!e->receipt)
			continue;
		q->receipts--;
		f->on_receipt(f->arg, q, e->receipt, true);
	}
	return true;
}

void
fan_receipts_sent(struct fan *f, struct fan_queue *q, size_t n)
{
	uint32_t k;

	n += q->skip;
	for (k = 0; k < q->n && q->receipts; k++)
		if (!range_sent(f, q, &q->r[q->head + k], &n))
			break;
}

void
fan_receipts_lost(struct fan *f, struct fan_queue *q)
{
	const struct fan_range *r;
	uint32_t k, i;

	for (k = 0; k < q->n; k++) {
		r = &q->r[q->head + k];
		for (i = r->first; i < r->end; i++)
			if (r->c->ev[i].receipt)
				f->on_receipt(
				    f->arg, q, r->c->ev[i].receipt, false);
	}
	q->receipts = 0;
}
