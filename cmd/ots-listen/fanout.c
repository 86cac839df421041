#include "fanout_own.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES  ((uint32_t)256 << 10)
#define CHUNK_EVENTS 512
#define SPARE_MAX    4
#define LIVE_MAX     256 /* chunks: 64 MiB */

void
fan_init(struct fan *f)
{
	*f = (struct fan){0};
}

static void
chunk_free(struct fan_chunk *c)
{
	if (!c)
		return;
	free(c->ev);
	free(c->data);
	free(c);
}

void
fan_fini(struct fan *f)
{
	struct fan_chunk *c;
	int i;

	for (i = 0; i < FAN_KINDS; i++)
		chunk_free(f->cur[i]);
	while ((c = f->spare)) {
		f->spare = c->next_spare;
		chunk_free(c);
	}
	fan_init(f);
}

/* ---- chunks ---- */

static struct fan_chunk *
chunk_new(uint32_t bytes, uint32_t events)
{
	struct fan_chunk *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->data = malloc(bytes);
	c->ev = reallocarray(NULL, events, sizeof *c->ev);
	if (!c->data || !c->ev) {
		chunk_free(c);
		errno = ENOMEM;
		return NULL;
	}
	c->cap = bytes;
	c->cap_ev = events;
	return c;
}

/* Nobody refers to it any more. */
static void
chunk_done(struct fan *f, struct fan_chunk *c)
{
	if (!c->own)
		f->live--;
	if (c->own || c->cap != CHUNK_BYTES || f->n_spare >= SPARE_MAX) {
		chunk_free(c);
		return;
	}
	c->n = c->used = 0;
	c->next_spare = f->spare;
	f->spare = c;
	f->n_spare++;
}

static void
chunk_unref(struct fan *f, struct fan_chunk *c)
{
	if (--c->refs == 0 && c != f->cur[FAN_XML] && c != f->cur[FAN_PB] &&
	    c != f->cur[FAN_DECLARED])
		chunk_done(f, c);
}

/* A chunk for new deliveries, the first of which needs n bytes. */
static struct fan_chunk *
chunk_next(struct fan *f, uint32_t n)
{
	struct fan_chunk *c = f->spare;

	if (c && n <= c->cap) {
		f->spare = c->next_spare;
		f->n_spare--;
	} else {
		c = chunk_new(n > CHUNK_BYTES ? n : CHUNK_BYTES, CHUNK_EVENTS);
		if (!c)
			return NULL;
	}
	f->live++;
	return c;
}

char *
fan_reserve(struct fan *f, enum fan_kind kind, size_t n)
{
	struct fan_chunk *c = f->cur[kind], *next;

	if (n > INT32_MAX) {
		errno = ENOBUFS;
		return NULL;
	}
	/* Nobody waits for what it holds: use its warm memory again. */
	if (c && c->refs == 0)
		c->n = c->used = 0;
	if (!c || c->cap - c->used < n || c->n == c->cap_ev) {
		next = chunk_next(f, (uint32_t)n);
		if (!next)
			return NULL;
		f->cur[kind] = next;
		if (c && c->refs == 0)
			chunk_done(f, c);
		c = next;
	}
	return c->data + c->used;
}

struct fan_ref
fan_commit(struct fan *f, enum fan_kind kind, size_t len, enum fan_class class,
    uint64_t uid)
{
	struct fan_chunk *c = f->cur[kind];
	struct fan_ref ref = {c, c->n, (uint32_t)len};

	c->ev[c->n++] = (struct fan_event){
	    .uid = uid, .off = c->used, .len = ref.len, .class = class};
	c->used += ref.len;
	f->added_bytes += len;
	return ref;
}

/* ---- queues ---- */

static int
push_range(
    struct fan_queue *q, struct fan_chunk *c, uint32_t first, uint32_t end)
{
	uint32_t cap;
	void *p;

	if (q->head + q->n == q->cap) {
		if (q->r && q->head >= 4 && q->head >= q->n) {
			memmove(q->r, q->r + q->head, q->n * sizeof *q->r);
			q->head = 0;
		} else {
			cap = q->cap ? q->cap * 2 : 4;
			p = reallocarray(q->r, cap, sizeof *q->r);
			if (!p)
				return -1;
			q->r = p;
			q->cap = cap;
		}
	}
	assert(q->r); /* there is room, so there is memory */
	q->r[q->head + q->n++] = (struct fan_range){c, first, end};
	c->refs++;
	return 0;
}

int
fan_push(struct fan_queue *q, struct fan_ref ref)
{
	struct fan_range *tail = q->n ? &q->r[q->head + q->n - 1] : NULL;

	if (tail && tail->c == ref.c) {
		if (tail->end == ref.i + 1)
			return 0;
		if (tail->end == ref.i) {
			tail->end++;
			q->bytes += ref.len;
			return 1;
		}
	}
	if (push_range(q, ref.c, ref.i, ref.i + 1) < 0)
		return -1;
	q->bytes += ref.len;
	return 1;
}

/* The bytes of a range: deliveries lie end to end. */
static struct iovec
range_bytes(const struct fan_range *r, uint32_t skip)
{
	const struct fan_event *a = &r->c->ev[r->first],
			       *z = &r->c->ev[r->end - 1];

	return (struct iovec){
	    r->c->data + a->off + skip, z->off + z->len - a->off - skip};
}

int
fan_iov(const struct fan_queue *q, struct iovec *iov, int max, size_t budget)
{
	size_t sum = 0;
	uint32_t i;
	int n = 0;

	for (i = 0; i < q->n && n < max && sum < budget; i++) {
		iov[n] = range_bytes(&q->r[q->head + i], i ? 0 : q->skip);
		if (iov[n].iov_len > budget - sum)
			iov[n].iov_len = budget - sum;
		sum += iov[n++].iov_len;
	}
	return n;
}

int
fan_each(const struct fan_queue *q, struct iovec *iov, int max)
{
	const struct fan_range *r;
	const struct fan_event *e;
	uint32_t i, k;
	int n = 0;

	for (i = 0; i < q->n && n < max; i++) {
		r = &q->r[q->head + i];
		for (k = r->first; k < r->end && n < max; k++) {
			e = &r->c->ev[k];
			iov[n++] = (struct iovec){r->c->data + e->off, e->len};
		}
	}
	return n;
}

static void
pop_range(struct fan *f, struct fan_queue *q)
{
	struct fan_chunk *c = q->r[q->head].c;

	q->head++;
	q->n--;
	if (q->n == 0)
		q->head = 0;
	chunk_unref(f, c);
}

void
fan_sent(struct fan *f, struct fan_queue *q, size_t n)
{
	struct fan_range *r;
	size_t len;

	if (q->receipts)
		fan_receipts_sent(f, q, n);
	q->bytes -= n;
	while (q->n) {
		r = &q->r[q->head];
		len = range_bytes(r, q->skip).iov_len;
		if (n >= len) {
			n -= len;
			q->skip = 0;
			pop_range(f, q);
			continue;
		}
		/* Somewhere inside: whole deliveries first. */
		while (n >= (len = r->c->ev[r->first].len - q->skip)) {
			n -= len;
			q->skip = 0;
			r->first++;
		}
		q->skip += (uint32_t)n;
		break;
	}
	/* A queue that once was long gives its memory back. */
	if (q->n == 0 && q->cap > 64) {
		free(q->r);
		q->r = NULL;
		q->cap = 0;
	}
}

void
fan_clear(struct fan *f, struct fan_queue *q)
{
	if (q->receipts)
		fan_receipts_lost(f, q);
	while (q->n)
		pop_range(f, q);
	free(q->r);
	q->r = NULL;
	q->cap = q->head = q->skip = 0;
	q->bytes = 0;
}

/* ---- the policy ---- */

/* The deliveries of a queue, one by one, and which of them stay. */
struct list {
	struct entry {
		const struct fan_chunk *c;
		uint32_t i;
		bool stay;
	} * e;
	size_t n;
	size_t bytes; /* of those that stay */
};

static const struct fan_event *
event_of(const struct entry *e)
{
	return &e->c->ev[e->i];
}

static int
list_make(struct list *l, const struct fan_queue *q)
{
	size_t n = 0;
	uint32_t k, i;

	for (k = 0; k < q->n; k++)
		n += q->r[q->head + k].end - q->r[q->head + k].first;
	*l = (struct list){.bytes = q->bytes};
	l->e = reallocarray(NULL, n ? n : 1, sizeof *l->e);
	if (!l->e)
		return -1;
	for (k = 0; k < q->n; k++) {
		const struct fan_range *r = &q->r[q->head + k];

		for (i = r->first; i < r->end; i++)
			l->e[l->n++] = (struct entry){r->c, i, true};
	}
	return 0;
}

/* Is the hash in the table? Puts it there. Size is a power of two. */
static bool
seen(uint64_t *table, size_t size, uint64_t uid)
{
	size_t i = (size_t)uid & (size - 1);

	uid |= 1; /* 0 is "free" */
	for (; table[i]; i = (i + 1) & (size - 1))
		if (table[i] == uid)
			return true;
	table[i] = uid;
	return false;
}

static void
leave(struct list *l, struct entry *e, uint64_t *count)
{
	e->stay = false;
	l->bytes -= event_of(e)->len;
	++*count;
}

/* From the newest to the oldest: only the first of each uid stays. The very
 * first delivery is not touched when a part of it is on its way. */
static int
drop_replaced(struct list *l, size_t first, uint64_t *count)
{
	size_t size = 16, i;
	uint64_t *table;

	while (size < 2 * l->n)
		size *= 2;
	table = calloc(size, sizeof *table);
	if (!table)
		return -1;
	for (i = l->n; i-- > first;) {
		enum fan_class class = event_of(&l->e[i])->class;

		if ((class == FAN_POSITION || class == FAN_ITEM) &&
		    seen(table, size, event_of(&l->e[i])->uid))
			leave(l, &l->e[i], count);
	}
	free(table);
	return 0;
}

static void
drop_positions(struct list *l, size_t first, size_t target, uint64_t *count)
{
	size_t i;

	for (i = first; i < l->n && l->bytes > target; i++)
		if (l->e[i].stay && event_of(&l->e[i])->class == FAN_POSITION)
			leave(l, &l->e[i], count);
}

/* The receipts of those that do not stay. */
static void
lose_receipts(struct fan *f, struct fan_queue *q, const struct list *l)
{
	size_t i;

	for (i = 0; q->receipts && i < l->n; i++) {
		struct receipt *r = event_of(&l->e[i])->receipt;

		if (l->e[i].stay || !r)
			continue;
		q->receipts--;
		f->on_receipt(f->arg, q, r, false);
	}
}

/* Make the queue refer to a chunk of its own with what stays. */
static int
rebuild(struct fan *f, struct fan_queue *q, const struct list *l)
{
	size_t bytes = l->bytes + q->skip, i, n = 0;
	uint32_t skip = q->skip;
	struct fan_chunk *c;
	struct fan_queue fresh = {
	    .replaced = q->replaced, .dropped = q->dropped};

	for (i = 0; i < l->n; i++)
		n += l->e[i].stay;
	if (n == 0) {
		fan_clear(f, q);
		return 0;
	}
	if (bytes > INT32_MAX || !(c = chunk_new((uint32_t)bytes, (uint32_t)n)))
		return -1;
	c->own = true;
	for (i = 0; i < l->n; i++) {
		const struct fan_event *e = event_of(&l->e[i]);

		if (!l->e[i].stay)
			continue;
		memcpy(c->data + c->used, l->e[i].c->data + e->off, e->len);
		c->ev[c->n] = *e;
		c->ev[c->n++].off = c->used;
		c->used += e->len;
	}
	if (push_range(&fresh, c, 0, c->n) < 0) {
		chunk_free(c);
		return -1;
	}
	lose_receipts(f, q, l);
	fresh.receipts = q->receipts;
	q->receipts = 0; /* the others have moved */
	fan_clear(f, q);
	fresh.skip = skip;
	fresh.bytes = l->bytes;
	*q = fresh;
	return 0;
}

int
fan_shrink(struct fan *f, struct fan_queue *q, size_t target)
{
	struct list l;
	size_t first = q->skip ? 1 : 0;
	int r = -1;

	if (list_make(&l, q) < 0)
		return -1;
	if (drop_replaced(&l, first, &q->replaced) < 0)
		goto out;
	drop_positions(&l, first, target, &q->dropped);
	if (l.bytes > target) {
		errno = ENOBUFS;
		goto out;
	}
	r = rebuild(f, q, &l);
out:
	free(l.e);
	return r;
}

bool
fan_crowded(const struct fan *f)
{
	return f->live > LIVE_MAX;
}

int
fan_detach(struct fan *f, struct fan_queue *q)
{
	struct list l;
	uint32_t k;
	int r;

	for (k = 0; k < q->n && q->r[q->head + k].c->own; k++)
		;
	if (k == q->n)
		return 0;
	if (list_make(&l, q) < 0)
		return -1;
	r = rebuild(f, q, &l);
	free(l.e);
	return r;
}
