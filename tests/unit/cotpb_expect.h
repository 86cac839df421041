/* cotpb_expect.h - what an event is behind protobuf, by cot-streaming 5.2 and
 * 5.3, told without the code that is tested: canonical XML is cut into a tree
 * here, sorted, and written again. */
#ifndef COTPB_EXPECT_H
#define COTPB_EXPECT_H

#include "cotpb_fix.h"

#include <math.h>

#define TREE_ATTRS    256
#define TREE_CHILDREN 4096

/* A start tag. */
struct tag {
	struct slice name;
	struct slice attr[TREE_ATTRS], value[TREE_ATTRS]; /* raw */
	unsigned n;
	bool empty; /* <name/> */
};

/* A child of detail; name.n 0: text. */
struct piece {
	struct slice whole, name;
};

static inline bool
tree_name(char c)
{
	return !strchr(" =\"/<>", c);
}

/* The tag at *p, which moves behind it. */
static inline void
tree_tag(const char **p, struct tag *t)
{
	const char *s = *p, *from;

	assert_int_equal(*s++, '<');
	for (from = s; tree_name(*s); s++)
		;
	t->name = (struct slice){from, (size_t)(s - from)};
	for (t->n = 0; *s == ' '; t->n++) {
		assert_true(t->n < TREE_ATTRS);
		for (from = ++s; tree_name(*s); s++)
			;
		t->attr[t->n] = (struct slice){from, (size_t)(s - from)};
		assert_memory_equal(s, "=\"", 2);
		for (from = s += 2; *s != '"'; s++)
			;
		t->value[t->n] = (struct slice){from, (size_t)(s++ - from)};
	}
	t->empty = *s == '/';
	s += t->empty;
	assert_int_equal(*s++, '>');
	*p = s;
}

/* Behind the element at p. */
static inline const char *
tree_behind(const char *p)
{
	static struct tag t;
	int depth = 0;

	do {
		if (*p != '<') {
			p++;
		} else if (p[1] == '/') {
			depth--;
			p = strchr(p, '>') + 1;
		} else {
			tree_tag(&p, &t);
			depth += !t.empty;
		}
	} while (depth);
	return p;
}

/* The children of detail from p on. */
static inline unsigned
tree_children(const char *p, struct piece *c)
{
	static struct tag t;
	const char *from, *tag;
	unsigned n;

	for (n = 0; p[0] != '<' || p[1] != '/'; n++) {
		assert_true(n < TREE_CHILDREN);
		from = tag = p;
		if (*p == '<') {
			tree_tag(&tag, &t);
			p = tree_behind(p);
			c[n].name = t.name;
		} else {
			p = strchr(p, '<');
			c[n].name = SLICE("");
		}
		c[n].whole = (struct slice){from, (size_t)(p - from)};
	}
	return n;
}

static inline const struct slice *
tree_value(const struct tag *t, const char *name)
{
	unsigned i;

	for (i = 0; i < t->n; i++)
		if (slice_is(t->attr[i], name))
			return &t->value[i];
	return NULL;
}

/* ---- the rules ---- */

/* Names, and attributes: ? may be missing, # battery, % a double. */
static const char *const expect_shape[6][5] = {
    {"contact", "?endpoint", "callsign", "?altendpoints"},
    {"__group", "name", "role"}, {"precisionlocation", "geopointsrc", "altsrc"},
    {"status", "#battery"}, {"takv", "device", "platform", "os", "version"},
    {"track", "%speed", "%course"}};

static inline bool
expect_double(struct slice text, double *v)
{
	char copy[65], *end;

	if (text.n == 0 || text.n > 64)
		return false;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	if (copy[strspn(copy, "0123456789+-.eE")] != '\0')
		return false;
	*v = strtod(copy, &end);
	return *end == '\0' && isfinite(*v);
}

static inline bool
expect_battery(struct slice text, double *v)
{
	size_t i;

	*v = 0;
	for (i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		*v = *v * 10 + (text.p[i] - '0');
	}
	return text.n && *v <= 2147483647;
}

static inline void
expect_number(struct buf *to, double v)
{
	char text[64];

	assert_true(str_fmt(text, sizeof text,
			fabs(v) < 1e40 ? "%.8f" : "%.17g", v) > 0);
	(void)buf_puts(to, text + (strcmp(text, "-0.00000000") == 0));
}

/* One attribute of a typed element: how it is written behind protobuf. *n
 * counts those that were there. */
static inline bool
expect_attr(const struct tag *t, const char *shape, struct buf *to, unsigned *n)
{
	const char *name = shape + strspn(shape, "?#%");
	const struct slice *value = tree_value(t, name);
	double v;

	if (!value)
		return shape[0] == '?';
	++*n;
	if (shape[0] == '?' && value->n == 0)
		return false;
	(void)buf_fmt(to, " %s=\"", name);
	if (shape[0] == '#') {
		if (!expect_battery(*value, &v))
			return false;
		(void)buf_fmt(to, "%.0f", v);
	} else if (shape[0] == '%') {
		if (!expect_double(*value, &v))
			return false;
		expect_number(to, v);
	} else {
		(void)buf_put(to, *value);
	}
	(void)buf_putc(to, '"');
	return true;
}

/* Is the child typed? Then *to becomes what it is behind protobuf. */
static inline bool
expect_typed(const struct piece *c, unsigned n, int element, struct slice whole,
    struct buf *to)
{
	static struct tag t;
	const char *const *shape = expect_shape[element], *p = whole.p;
	unsigned i, same = 0, found = 0;

	for (i = 0; i < n; i++)
		same += slice_is(c[i].name, shape[0]);
	tree_tag(&p, &t);
	buf_clear(to);
	(void)buf_fmt(to, "<%s", shape[0]);
	for (i = 1; i < 5 && shape[i]; i++)
		if (!expect_attr(&t, shape[i], to, &found))
			return false;
	(void)buf_puts(to, "/>");
	return same == 1 && t.empty && found == t.n;
}

static inline void
expect_detail(
    const struct piece *c, unsigned n, struct buf *to, unsigned *typed)
{
	struct buf e[6];
	unsigned i;
	int k;

	*typed = 0;
	for (k = 0; k < 6; k++)
		buf_init(&e[k], FIX_MAX);
	for (i = 0; i < n; i++) {
		for (k = 0; k < 6; k++)
			if (slice_is(c[i].name, expect_shape[k][0]) &&
			    expect_typed(c, n, k, c[i].whole, &e[k]))
				break;
		if (k < 6)
			*typed |= 1U << k;
		else
			(void)buf_put(to, c[i].whole);
	}
	for (k = 0; k < 6; k++) {
		if (*typed & 1U << k)
			(void)buf_put(to, buf_slice(&e[k]));
		buf_fini(&e[k]);
	}
}

static inline void
expect_event_tag(const struct tag *t, struct buf *to)
{
	static const char *const known[] = {
	    "access", "qos", "opex", "caveat", "releasableTo"};
	const struct slice *v;
	unsigned i;

	(void)buf_puts(to, "<event");
	for (i = 0; i < 7; i++)
		(void)buf_fmt(to, " %.*s=\"%.*s\"", (int)t->attr[i].n,
		    t->attr[i].p, (int)t->value[i].n, t->value[i].p);
	for (i = 0; i < 5; i++) {
		v = tree_value(t, known[i]);
		if (v && v->n)
			(void)buf_fmt(
			    to, " %s=\"%.*s\"", known[i], (int)v->n, v->p);
		else if (i == 0)
			(void)buf_puts(to, " access=\"Undefined\"");
	}
	(void)buf_putc(to, '>');
}

static inline void
expect_point(const struct tag *t, struct buf *to)
{
	static const char *const names[] = {"lat", "lon", "hae", "ce", "le"};
	double v = 0;
	int i;

	(void)buf_puts(to, "<point");
	for (i = 0; i < 5; i++) {
		assert_true(expect_double(*tree_value(t, names[i]), &v));
		(void)buf_fmt(to, " %s=\"", names[i]);
		if (i >= 2 && v == 9999999)
			(void)buf_puts(to, "9999999");
		else
			expect_number(to, v);
		(void)buf_putc(to, '"');
	}
	(void)buf_puts(to, "/>");
}

/* *to becomes what a canonical event (with a NUL behind it) is behind
 * protobuf, *typed the elements that are typed on the way: bits. */
static inline void
expect_event(const char *canon, struct buf *to, unsigned *typed)
{
	static struct piece child[TREE_CHILDREN];
	static struct tag t;
	const char *p = canon;
	unsigned n;
	size_t was;

	buf_clear(to);
	tree_tag(&p, &t);
	expect_event_tag(&t, to);
	tree_tag(&p, &t);
	expect_point(&t, to);
	if (!t.empty) /* what point holds is lost */
		p = strstr(p, "</point>") + strlen("</point>");
	tree_tag(&p, &t);
	assert_true(slice_is(t.name, "detail"));
	n = t.empty ? 0 : tree_children(p, child);
	(void)buf_puts(to, "<detail");
	was = buf_size(to);
	(void)buf_putc(to, '>');
	expect_detail(child, n, to, typed);
	if (buf_size(to) == was + 1) {
		buf_truncate(to, was);
		(void)buf_puts(to, "/></event>");
	} else {
		(void)buf_puts(to, "</detail></event>");
	}
	assert_false(to->failed);
}

#endif
