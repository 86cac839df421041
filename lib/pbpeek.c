#include "pbpeek.h"

#include <stdbool.h>
#include <stdint.h>

/* Of TakMessage, of CotEvent (cot-streaming 5.1). */
#define COT_EVENT  2
#define EVENT_TYPE 1

enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

struct field {
	uint64_t number;
	enum wire wire;
	struct slice bytes; /* of BYTES */
};

/* A number at the front of *s, of at most `most` bytes. */
static bool
varint(struct slice *s, size_t most, uint64_t *v)
{
	size_t i;

	*v = 0;
	for (i = 0; i < s->n && i < most; i++) {
		*v |= (uint64_t)((unsigned char)s->p[i] & 0x7f) << (7 * i);
		if (!((unsigned char)s->p[i] & 0x80)) {
			s->p += i + 1;
			s->n -= i + 1;
			return true;
		}
	}
	return false;
}

static bool
take(struct slice *s, uint64_t n, struct slice *taken)
{
	if (n > s->n)
		return false;
	*taken = (struct slice){s->p, (size_t)n};
	s->p += n;
	s->n -= (size_t)n;
	return true;
}

/* The field at the front of *s, which is not empty. Number 0 is an unknown one
 * to protobuf-c, so it is to us. */
static bool
next(struct slice *s, struct field *f)
{
	uint64_t v;

	if (!varint(s, 5, &v))
		return false;
	f->number = v >> 3;
	f->wire = (enum wire)(v & 7);
	switch (f->wire) {
	case VARINT:
		return varint(s, 10, &v);
	case FIXED64:
		return take(s, 8, &f->bytes);
	case FIXED32:
		return take(s, 4, &f->bytes);
	case BYTES:
		return varint(s, 5, &v) && take(s, v, &f->bytes);
	}
	return false;
}

/* The last one counts; an event without one leaves that of an earlier part. */
static bool
event_type(struct slice event, struct slice *type)
{
	struct field f;

	while (event.n) {
		if (!next(&event, &f))
			return false;
		if (f.number == EVENT_TYPE && f.wire == BYTES)
			*type = f.bytes;
	}
	return true;
}

enum pbpeek
pbpeek_type(struct slice msg, struct slice *type)
{
	enum pbpeek there = PBPEEK_NONE;
	struct field f;

	*type = (struct slice){0};
	while (msg.n) {
		if (!next(&msg, &f))
			return PBPEEK_MALFORMED;
		if (f.number != COT_EVENT || f.wire != BYTES)
			continue;
		if (!event_type(f.bytes, type))
			return PBPEEK_MALFORMED;
		there = PBPEEK_EVENT;
	}
	return there;
}
