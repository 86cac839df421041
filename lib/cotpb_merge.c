#include "cotpb_merge.h"

#include <errno.h>

enum { WIRE_VARINT, WIRE_64, WIRE_BYTES, WIRE_32 = 5 };

/* The way to the typed elements: fields of TakMessage and of CotEvent; the
 * typed elements are fields of Detail. Numbers: lib/tak.proto. */
enum { EVENT = 2, DETAIL = 15, TYPED_FIRST = 2, TYPED_LAST = 7 };

struct field {
	uint32_t number;
	unsigned wire;
	struct slice whole;   /* with its tag */
	struct slice payload; /* of WIRE_BYTES */
};

static bool
take(struct slice *s, size_t n)
{
	if (n > s->n)
		return false;
	s->p += n;
	s->n -= n;
	return true;
}

static bool
varint(struct slice *s, size_t bytes, uint64_t *v)
{
	size_t i;

	*v = 0;
	for (i = 0; i < bytes && i < s->n; i++) {
		unsigned char c = (unsigned char)s->p[i];

		*v |= (uint64_t)(c & 0x7f) << 7 * i;
		if (!(c & 0x80))
			return take(s, i + 1);
	}
	return false;
}

/* The next field of *s, which moves behind it. False at the end, or if it is
 * malformed: then *s is not empty. */
static bool
next(struct slice *s, struct field *f)
{
	struct slice rest = *s;
	uint64_t tag, n = 0;
	bool ok;

	if (s->n == 0 || !varint(&rest, 5, &tag))
		return false;
	f->number = (uint32_t)(tag >> 3);
	f->wire = tag & 7;
	if (f->wire == WIRE_VARINT)
		ok = varint(&rest, 10, &n);
	else if (f->wire == WIRE_BYTES)
		ok = varint(&rest, 5, &n) && n <= rest.n;
	else
		ok = f->wire == WIRE_64 || f->wire == WIRE_32;
	f->payload = (struct slice){rest.p, f->wire == WIRE_BYTES ? n : 0};
	if (f->wire != WIRE_VARINT)
		ok = ok &&
		    take(&rest,
			f->wire == WIRE_64       ? 8
			    : f->wire == WIRE_32 ? 4
						 : n);
	f->whole = (struct slice){s->p, (size_t)(rest.p - s->p)};
	if (ok)
		*s = rest;
	return ok;
}

/* Does a field of these numbers come more than once in msg? If not, *inner is
 * the payload of the first number. */
static bool
again(struct slice msg, uint32_t first, uint32_t last, struct slice *inner)
{
	struct field f;
	uint32_t seen = 0;

	*inner = (struct slice){NULL, 0};
	while (next(&msg, &f)) {
		if (f.number < first || f.number > last)
			continue;
		if (seen & UINT32_C(1) << f.number)
			return true;
		seen |= UINT32_C(1) << f.number;
		if (f.number == first)
			*inner = f.payload;
	}
	return false;
}

bool
cotpb_repeats(struct slice msg)
{
	struct slice event, detail, inner;

	return again(msg, EVENT, EVENT, &event) ||
	    again(event, DETAIL, DETAIL, &detail) ||
	    again(detail, TYPED_FIRST, TYPED_LAST, &inner);
}

/* Append the payloads of all fields of one number. How many there are, or -1
 * if msg is malformed. */
static int
gather(struct buf *out, struct slice msg, uint32_t number)
{
	struct field f;
	int n = 0;

	while (next(&msg, &f)) {
		if (f.number != number)
			continue;
		if (f.wire != WIRE_BYTES)
			return -1;
		(void)buf_put(out, f.payload);
		n = 1;
	}
	return msg.n ? -1 : n;
}

/* Append the fields of all other numbers as they are. */
static void
others(struct buf *out, struct slice msg, uint32_t first, uint32_t last)
{
	struct field f;

	while (next(&msg, &f))
		if (f.number < first || f.number > last)
			(void)buf_put(out, f.whole);
}

static void
put_field(struct buf *out, uint32_t number, struct slice payload)
{
	size_t n = payload.n;

	/* No number here is above 15, so a tag is one byte. */
	(void)buf_putc(out, (char)(number << 3 | WIRE_BYTES));
	for (; n > 0x7f; n >>= 7)
		(void)buf_putc(out, (char)(n | 0x80));
	(void)buf_putc(out, (char)n);
	(void)buf_put(out, payload);
}

/* The typed elements of a detail, each once. */
static int
merge_detail(struct buf *out, struct slice detail, struct buf *one)
{
	uint32_t i;
	int n;

	others(out, detail, TYPED_FIRST, TYPED_LAST);
	for (i = TYPED_FIRST; i <= TYPED_LAST; i++) {
		buf_clear(one);
		n = gather(one, detail, i);
		if (n < 0)
			return -1;
		if (n)
			put_field(out, i, buf_slice(one));
	}
	return 0;
}

static int
merge(struct buf *out, struct slice msg, struct buf b[4])
{
	int detail = 0, event;

	event = gather(&b[0], msg, EVENT);
	if (event > 0)
		detail = gather(&b[1], buf_slice(&b[0]), DETAIL);
	if (event < 0 || detail < 0)
		return -1;
	if (detail && merge_detail(&b[2], buf_slice(&b[1]), &b[3]) < 0)
		return -1;
	buf_clear(&b[1]);
	others(&b[1], buf_slice(&b[0]), DETAIL, DETAIL);
	if (detail)
		put_field(&b[1], DETAIL, buf_slice(&b[2]));
	others(out, msg, EVENT, EVENT);
	if (event)
		put_field(out, EVENT, buf_slice(&b[1]));
	return 0;
}

int
cotpb_merge(struct buf *out, struct slice msg)
{
	struct buf b[4];
	int err, i;

	/* Together they are shorter, but that a length may need a byte more. */
	for (i = 0; i < 4; i++)
		buf_init(&b[i], msg.n + 64);
	err = merge(out, msg, b) < 0 ? EBADMSG : 0;
	for (i = 0; i < 4; i++) {
		if (b[i].failed)
			err = ENOMEM;
		buf_fini(&b[i]);
	}
	if (!err && out->failed)
		err = out->no_memory ? ENOMEM : ENOBUFS;
	if (err)
		errno = err;
	return err ? -1 : 0;
}
