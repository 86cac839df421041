#include "says.h"

#include "num.h"
#include "timetext.h"

#define PART_MAX ((size_t)1 << 20)

enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

/* ---- writing ---- */

static void
put_varint(struct buf *b, uint64_t v)
{
	for (; v > 127; v >>= 7)
		(void)buf_putc(b, (char)((v & 127) | 128));
	(void)buf_putc(b, (char)v);
}

static void
put_bytes(struct buf *b, unsigned number, struct slice s)
{
	put_varint(b, (uint64_t)number << 3 | BYTES);
	put_varint(b, s.n);
	(void)buf_put(b, s);
}

static void
put_double(struct buf *b, unsigned number, struct slice text)
{
	double v;

	if (num_double(text, &v) != 0 || v == 0)
		return;
	put_varint(b, (uint64_t)number << 3 | FIXED64);
	/* The bytes of a little endian machine. */
	(void)buf_append(b, &v, sizeof(v));
}

static void
put_value(struct buf *b, const struct pb_attr *a, struct slice text)
{
	uint64_t n = 0;
	int64_t ms = 0;

	switch (a->kind) {
	case 'd':
		put_double(b, a->number, text);
		return;
	case 's':
		if (text.n > 0)
			put_bytes(b, a->number, text);
		return;
	case 't':
		(void)timetext_parse(text, &ms);
		n = (uint64_t)ms;
		break;
	default:
		(void)num_u64(text, UINT32_MAX, &n);
	}
	if (n == 0)
		return;
	put_varint(b, (uint64_t)a->number << 3 | VARINT);
	put_varint(b, n);
}

static struct slice
attr_of(struct slice attrs, const char *wanted)
{
	struct slice name, value;

	while (attr_next(&attrs, &name, &value))
		if (slice_is(name, wanted))
			return value;
	return (struct slice){NULL, 0};
}

/* Up to NULL, or to the end of an array of five. */
static void
put_attrs(struct buf *b, const struct pb_attr *a, struct slice attrs)
{
	for (int i = 0; a[i].name; i++)
		put_value(b, &a[i], attr_of(attrs, a[i].name));
}

static const struct pb_element *
typed(struct slice name)
{
	const struct pb_element *e = pb_detail;

	while (e->name && !slice_is(name, e->name))
		e++;
	return e->name ? e : NULL;
}

/* An element of detail with all that is in it; *rest is cut behind it. */
static struct slice
whole(const struct tag *t, struct slice *rest)
{
	char end[64];
	const char *p = rest->p;

	if (!t->empty &&
	    str_fmt(end, sizeof(end), "</%.*s>", (int)t->name.n, t->name.p) > 0)
		p = slice_find(*rest, slice_of(end));
	if (!p)
		return (struct slice){NULL, 0};
	if (!t->empty)
		p += strlen(end);
	rest->n -= (size_t)(p - rest->p);
	rest->p = p;
	return (struct slice){t->at, (size_t)(p - t->at)};
}

/* The six that have a field, and all others as they are. */
static void
put_detail(struct buf *b, struct slice rest)
{
	const struct pb_element *e;
	struct buf xml, fields, one;
	struct tag t;

	buf_init(&xml, PART_MAX);
	buf_init(&fields, PART_MAX);
	buf_init(&one, PART_MAX);
	while (tag_next(&rest, &t)) {
		e = typed(t.name);
		if (!e) {
			(void)buf_put(&xml, whole(&t, &rest));
			continue;
		}
		buf_clear(&one);
		put_attrs(&one, e->attr, t.attrs);
		put_bytes(&fields, e->number, buf_slice(&one));
	}
	buf_clear(&one);
	if (buf_size(&xml) > 0)
		put_bytes(&one, 1, buf_slice(&xml));
	(void)buf_put(&one, buf_slice(&fields));
	put_bytes(b, 15, buf_slice(&one));
	b->failed |= xml.failed || fields.failed || one.failed;
	buf_fini(&xml);
	buf_fini(&fields);
	buf_fini(&one);
}

bool
pb_frame(struct slice xml, struct buf *out)
{
	struct buf event, message;
	struct tag t;
	bool good;

	buf_init(&event, PART_MAX);
	buf_init(&message, PART_MAX);
	while (tag_next(&xml, &t) && !slice_is(t.name, "detail"))
		put_attrs(&event,
		    slice_is(t.name, "event") ? pb_event : pb_point, t.attrs);
	put_detail(&event, xml);
	put_bytes(&message, 2, buf_slice(&event));
	(void)buf_putc(out, (char)0xbf);
	put_varint(out, buf_size(&message));
	(void)buf_put(out, buf_slice(&message));
	good = !event.failed && !message.failed && !out->failed;
	buf_fini(&event);
	buf_fini(&message);
	return good;
}

/* ---- reading ---- */

struct field {
	unsigned number;
	enum wire wire;
	uint64_t value;
	double real;
	struct slice bytes;
};

static bool
get_varint(struct slice *s, uint64_t *v)
{
	*v = 0;
	for (unsigned shift = 0; s->n > 0 && shift < 64; shift += 7) {
		unsigned char c = (unsigned char)*s->p;

		s->p++;
		s->n--;
		*v |= (uint64_t)(c & 127) << shift;
		if (c < 128)
			return true;
	}
	return false;
}

static bool
get_field(struct slice *s, struct field *f)
{
	uint64_t key, n = 0;

	*f = (struct field){0};
	if (!get_varint(s, &key))
		return false;
	f->number = (unsigned)(key >> 3);
	f->wire = (enum wire)(key & 7);
	if (f->wire == VARINT)
		return get_varint(s, &f->value);
	if (f->wire == BYTES && !get_varint(s, &n))
		return false;
	if (f->wire == FIXED64)
		n = 8;
	if (n > s->n || (f->wire != BYTES && f->wire != FIXED64))
		return false;
	f->bytes = (struct slice){s->p, (size_t)n};
	if (f->wire == FIXED64)
		memcpy(&f->real, s->p, sizeof(f->real));
	s->p += n;
	s->n -= (size_t)n;
	return true;
}

static struct slice
one_of(struct slice message, unsigned number)
{
	struct slice got = {NULL, 0};
	struct field f;

	while (get_field(&message, &f))
		if (f.number == number && f.wire == BYTES)
			got = f.bytes;
	return got;
}

static uint32_t
says_value(const char *element, const struct pb_attr *a, const struct field *f)
{
	struct slice name = slice_of(a->name);
	char text[TIMETEXT_LEN + 1];

	switch (a->kind) {
	case 'd':
		return says_number(element, name, f->real);
	case 'u':
		return says_number(element, name, (double)f->value);
	case 't':
		timetext_format((int64_t)f->value, text);
		return says_text(element, name, slice_of(text));
	default:
		if (f->bytes.n == 0 ||
		    (slice_is(name, "access") &&
			slice_is(f->bytes, "Undefined")))
			return 0;
		return says_text(element, name, f->bytes);
	}
}

/* All that a message says for these attributes: a number or a time that is not
 * there is zero. */
static uint32_t
says_attrs(const char *element, const struct pb_attr *a, struct slice message)
{
	struct slice rest;
	struct field f, last;
	uint32_t sum = 0;

	for (int i = 0; a[i].name; i++) {
		last = (struct field){0};
		for (rest = message; get_field(&rest, &f);)
			if (f.number == a[i].number)
				last = f;
		sum += says_value(element, &a[i], &last);
	}
	return sum;
}

static uint32_t
says_detail(struct slice detail)
{
	struct slice rest = detail;
	uint32_t sum = 0;
	struct field f;

	while (get_field(&rest, &f)) {
		if (f.number == 1) {
			sum += says_xml(f.bytes);
			continue;
		}
		for (const struct pb_element *e = pb_detail; e->name; e++)
			if (e->number == f.number)
				sum +=
				    says_text(e->name, SLICE(""), SLICE("")) +
				    says_attrs(e->name, e->attr, f.bytes);
	}
	return sum;
}

struct slice
pb_xml(struct slice message)
{
	return one_of(one_of(one_of(message, 2), 15), 1);
}

uint32_t
says_pb(struct slice message)
{
	struct slice event = one_of(message, 2);

	return says_text("point", SLICE(""), SLICE("")) +
	    says_attrs("event", pb_event, event) +
	    says_attrs("point", pb_point, event) +
	    says_detail(one_of(event, 15));
}
