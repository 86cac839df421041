#include "cotpb.h"

#include <errno.h>
#include <stdlib.h>

#include "cotpb_in.h"
#include "cotpb_merge.h"

#define MAX_MAX ((size_t)64 << 20)

#define FIELD_MAX 536870911 /* the greatest field number */

/* What a message of n bytes may take of the arena. One of text needs about n;
 * what is made of many tiny fields needs far more, and is refused. */
#define ARENA_MIN   ((size_t)64 << 10)
#define ARENA_OF(n) (ARENA_MIN + 4 * (n))
#define ARENA_ALIGN _Alignof(max_align_t)

/* ---- memory ---- */

static void *
arena_alloc(void *arg, size_t n)
{
	struct cotpb *x = arg;
	size_t at = (x->used + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;

	if (at > x->limit || n > x->limit - at) {
		x->full = true;
		return NULL;
	}
	x->used = at + n;
	return x->arena + at;
}

static void
arena_free(void *arg, void *p)
{
	(void)arg;
	(void)p;
}

/* An empty arena for a message of n bytes. What was in it is gone. */
static int
arena_begin(struct cotpb *x, size_t n)
{
	x->last = NULL;
	x->used = 0;
	x->full = false;
	x->limit = ARENA_OF(n);
	if (x->limit <= x->cap &&
	    (x->cap <= COTPB_KEEP || x->limit > COTPB_KEEP))
		return 0;
	free(x->arena);
	/* In steps, so that a somewhat longer message finds it long enough. */
	x->cap = (x->limit / ARENA_MIN + 1) * ARENA_MIN;
	x->arena = malloc(x->cap);
	if (!x->arena)
		x->cap = 0;
	return x->arena ? 0 : -1;
}

struct cotpb *
cotpb_new(size_t max)
{
	struct cotpb *x;

	if (max == 0 || max > MAX_MAX) {
		errno = EINVAL;
		return NULL;
	}
	x = calloc(1, sizeof *x);
	if (!x)
		return NULL;
	x->max = max;
	x->allocator = (ProtobufCAllocator){
	    .alloc = arena_alloc, .free = arena_free, .allocator_data = x};
	buf_init(&x->merged, max + 64);
	buf_init(&x->texts, 2 * max);
	buf_init(&x->detail, 2 * max);
	return x;
}

void
cotpb_free(struct cotpb **px)
{
	struct cotpb *x = *px;

	*px = NULL;
	if (!x)
		return;
	free(x->arena);
	buf_fini(&x->merged);
	buf_fini(&x->texts);
	buf_fini(&x->detail);
	free(x);
}

/* ---- a stranger's message ---- */

static struct slice
slice_from(const ProtobufCBinaryData *b)
{
	return (struct slice){(const char *)b->data, b->len};
}

static void
read_value(struct cotparts_value *v, enum cotparts_kind kind, const void *at)
{
	if (kind == PART_UINT)
		v->number = *(const uint32_t *)at;
	else if (kind == PART_DOUBLE)
		v->number = *(const double *)at;
	else
		v->text = slice_from(at);
}

static void
read_detail(Tak__Detail *d, struct cotparts *parts)
{
	enum cotparts_element i;
	ProtobufCMessage *m;
	unsigned k;

	parts->detail = slice_from(&d->xml_detail);
	for (i = 0; i < PART_ELEMENT_COUNT; i++) {
		m = *cotpb_element(d, i);
		parts->has[i] = m != NULL;
		for (k = 0; m && k < cotparts_shape[i].n; k++)
			read_value(&parts->value[i][k],
			    cotparts_shape[i].attr[k].kind,
			    cotpb_value(m, i, k));
	}
}

static void
read_event(Tak__CotEvent *e, struct cotparts *parts)
{
	enum cotparts_text t;
	int i;

	memset(parts, 0, sizeof *parts);
	for (t = 0; t < PART_TEXT_COUNT; t++)
		parts->text[t] = slice_from(cotpb_text(e, t));
	for (i = 0; i < 3; i++)
		parts->ms[i] = *cotpb_ms(e, i);
	for (i = 0; i < 5; i++)
		parts->point[i] = *cotpb_coord(e, i);
	if (e->detail)
		read_detail(e->detail, parts);
}

/* Field numbers that protobuf-c lets through and others refuse: we must not
 * pass them on. */
static bool
unknown_legal(const ProtobufCMessage *m)
{
	unsigned i;

	for (i = 0; m && i < m->n_unknown_fields; i++)
		if (m->unknown_fields[i].tag == 0 ||
		    m->unknown_fields[i].tag > FIELD_MAX)
			return false;
	return true;
}

static bool
all_legal(Tak__TakMessage *m)
{
	Tak__Detail *d = m->cot_event->detail;
	enum cotparts_element i;

	if (!unknown_legal(&m->base) || !unknown_legal(&m->cot_event->base))
		return false;
	if (!d)
		return true;
	for (i = 0; i < PART_ELEMENT_COUNT; i++)
		if (!unknown_legal(*cotpb_element(d, i)))
			return false;
	return unknown_legal(&d->base);
}

/* Parts that are repeated are brought together. */
static enum cot_why
unify(struct cotpb *x, struct slice *msg)
{
	if (x->merged.cap > COTPB_KEEP) {
		buf_clear(&x->merged);
		buf_release(&x->merged);
	}
	if (!cotpb_repeats(*msg))
		return COT_OK;
	buf_clear(&x->merged);
	if (cotpb_merge(&x->merged, *msg) < 0)
		return errno == EBADMSG ? COT_PROTOBUF
		    : errno == ENOMEM   ? COT_MEMORY
					: COT_TOO_BIG;
	*msg = buf_slice(&x->merged);
	return COT_OK;
}

enum cot_why
cotpb_decode(struct cotpb *x, struct slice msg, struct cotparts *parts)
{
	enum cot_why why;

	x->last = NULL;
	if (msg.n == 0)
		return COT_EMPTY;
	if (msg.n > x->max)
		return COT_TOO_BIG;
	why = unify(x, &msg);
	if (why)
		return why;
	if (arena_begin(x, msg.n) < 0)
		return COT_MEMORY;
	x->last = tak__tak_message__unpack(
	    &x->allocator, msg.n, (const uint8_t *)msg.p);
	if (!x->last)
		return x->full ? COT_TOO_BIG : COT_PROTOBUF;
	if (!x->last->cot_event)
		return COT_EMPTY;
	if (!all_legal(x->last)) {
		x->last = NULL;
		return COT_PROTOBUF;
	}
	read_event(x->last->cot_event, parts);
	return COT_OK;
}
