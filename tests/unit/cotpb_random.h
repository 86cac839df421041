/* cotpb_random.h - event documents that no client would send, but any could:
 * all accepted, each other than the one before. */
#ifndef COTPB_RANDOM_H
#define COTPB_RANDOM_H

#include "cotpb_fix.h"

static uint64_t random_state = 88172645463325252u;

static inline unsigned
below(unsigned n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state >> 33) % n;
}

#define PICK(list) ((list)[below(sizeof(list) / sizeof((list)[0]))])

static inline void
gen_blank(struct buf *b)
{
	static const char *const blanks[] = {" ", " ", " ", "\n", "\t ", "  "};

	(void)buf_puts(b, PICK(blanks));
}

static inline void
gen_text(struct buf *b, bool content)
{
	static const char *const pieces[] = {"a", "Team Member", "9", "-1",
	    "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "&amp;", "&lt;",
	    "&gt;", "&quot;", "&apos;", "&#9;", "&#10;", "&#13;", "&#x41;",
	    "&#8364;", "&amp;amp;", "&#38;#38;", " ", "  ", "\t", "\n", ">",
	    "/", "=", "*:-1:stcp", "\xEF\xBF\xBD"};
	static const char *const more[] = {"<![CDATA[<x>&\"']]>", "<!-- c -->",
	    "<?p i?>", "\"", "'", "<![CDATA[ ]]>", "\r\n"};
	unsigned n = below(5);

	while (n--)
		(void)buf_puts(
		    b, content && below(4) == 0 ? PICK(more) : PICK(pieces));
}

static inline void
gen_attr(struct buf *b, const char *name, const char *value)
{
	char quote = below(2) ? '"' : '\'';

	gen_blank(b);
	(void)buf_puts(b, name);
	if (below(8) == 0)
		(void)buf_putc(b, ' ');
	(void)buf_putc(b, '=');
	if (below(8) == 0)
		(void)buf_putc(b, ' ');
	(void)buf_putc(b, quote);
	if (value)
		(void)buf_puts(b, value);
	else
		gen_text(b, false);
	(void)buf_putc(b, quote);
}

static inline const char *
gen_number(void)
{
	static char text[64];
	static const char *const odd[] = {"0", "-0", "0.0", "9999999",
	    "9999999.0", "999999", "1.0E-5", "-22.22983896651138", "1e300",
	    "-1e-12", "+7", "5.", ".5", "0.000000005", "0.123456785",
	    "12345678901234567890.5", "4.9e-324", "NaN", "x", "", " 1", "87%",
	    "2147483647", "2147483648", "007", "1e-400", "1e400",
	    "1.79769313486231570e308", "123456789.123456789123456789"};

	if (below(2))
		return PICK(odd);
	assert_true(str_fmt(text, sizeof text, "%.*f", (int)below(12),
			((double)below(2000000) - 1000000) / 77.7) > 0);
	return text;
}

/* In range: a point must be. */
static inline const char *
gen_degrees(void)
{
	static char text[64];
	static const char *const odd[] = {"0", "-0.0", "90", "-90.000",
	    "1.0E-5", "-22.22983896651138", "+45", ".5", "-1e-12",
	    "89.999999999"};

	if (below(3) == 0)
		return PICK(odd);
	assert_true(str_fmt(text, sizeof text, "%.*f", (int)below(16),
			((double)below(1800000000) - 900000000) / 1e7) > 0);
	return text;
}

static inline const char *
gen_time(void)
{
	static const char *const times[] = {"2024-05-06T07:08:09Z",
	    "2024-05-06T07:08:09.5Z", "2024-05-06T07:08:09.123456789Z",
	    "2024-02-29T23:59:60.999+02:00", "1970-01-01T00:00:00.000Z",
	    "1969-12-31T23:00:00.000Z", "2106-02-07T06:28:16Z",
	    "9999-12-31T23:59:59-14:00"};

	return PICK(times);
}

/* ---- elements ---- */

static inline void
gen_content(struct buf *b, const char *name, int depth)
{
	static const char *const names[] = {
	    "a", "contact", "track", "x:y", "\xC3\xA9", "dest", "detail"};
	const char *inner;
	unsigned n = below(3);

	if (below(2)) {
		(void)buf_puts(b, "/>");
		return;
	}
	(void)buf_putc(b, '>');
	while (n--) {
		gen_text(b, true);
		if (depth == 0 || below(2))
			continue;
		inner = PICK(names);
		(void)buf_fmt(b, "<%s", inner);
		if (below(2))
			gen_attr(b, "v", NULL);
		gen_content(b, inner, depth - 1);
	}
	(void)buf_fmt(b, "</%s>", name);
}

/* One of the typed elements, more often than not as it must be. */
static inline void
gen_typed(struct buf *b)
{
	static const struct {
		const char *name, *attr[5];
	} shapes[] = {{"contact", {"callsign", "endpoint", "altendpoints"}},
	    {"__group", {"name", "role"}},
	    {"precisionlocation", {"geopointsrc", "altsrc"}},
	    {"status", {"battery"}},
	    {"takv", {"device", "platform", "os", "version"}},
	    {"track", {"speed", "course"}}};
	static const char *const extra[] = {
	    "phone", "exrole", "readiness", "x:callsign", "xmlns"};
	unsigned i = below(6), k, first, n, mapped = 0;
	bool number = i == 3 || i == 5;

	while (mapped < 5 && shapes[i].attr[mapped])
		mapped++;
	(void)buf_fmt(b, "<%s", shapes[i].name);
	n = i == 0 ? 1 + below(3) : mapped;
	if (below(8) == 0)
		n = below(n + 1);
	/* A contact's first n, whatever their order; those of others from any
	 * on. */
	first = i == 0 ? 0 : below(mapped);
	for (k = 0; k < n; k++)
		gen_attr(b, shapes[i].attr[(first + k) % mapped],
		    number && below(8) ? gen_number() : NULL);
	if (below(8) == 0)
		gen_attr(b, PICK(extra), "urn:x");
	if (below(8) == 0)
		gen_content(b, shapes[i].name, 1);
	else
		(void)buf_puts(b, below(2) ? "/>" : " />");
}

static inline void
gen_other(struct buf *b)
{
	static const char *const names[] = {"uid", "remarks", "link", "marti",
	    "_flow-tags_", "x:contact", "Status", "color", "\xC3\xA9l"};
	const char *name = PICK(names);

	(void)buf_fmt(b, "<%s", name);
	if (below(2))
		gen_attr(b, "b", NULL);
	if (below(3) == 0)
		gen_attr(b, "c", NULL);
	if (below(8) == 0)
		gen_attr(b, "xmlns:x", "urn:x");
	gen_content(b, name, 3);
}

static inline void
gen_detail(struct buf *b)
{
	unsigned n = below(9);

	(void)buf_puts(b, "<detail");
	if (below(8) == 0)
		gen_attr(b, "lost", NULL);
	if (n == 0 && below(2)) {
		(void)buf_puts(b, "/>");
		return;
	}
	(void)buf_putc(b, '>');
	while (n--) {
		if (below(4) == 0)
			gen_text(b, true);
		if (below(3))
			gen_typed(b);
		else
			gen_other(b);
	}
	if (below(4) == 0)
		gen_text(b, true);
	(void)buf_puts(b, "</detail>");
}

static inline void
gen_point(struct buf *b)
{
	(void)buf_puts(b, "<point");
	gen_attr(b, "lat", gen_degrees());
	if (below(8) == 0)
		gen_attr(b, "lost", NULL);
	gen_attr(b, "lon", gen_degrees());
	if (below(8))
		gen_attr(b, "le", gen_number());
	if (below(8))
		gen_attr(b, "hae", gen_number());
	if (below(8))
		gen_attr(b, "ce", gen_number());
	(void)buf_puts(b, below(16) ? "/>" : "><lost a='b'/>x</point>");
}

/* *b becomes a document. */
static inline void
gen_event(struct buf *b)
{
	static const char *const optional[] = {
	    "access", "qos", "opex", "caveat", "releasableTo", "lost", "x:qos"};
	bool detail_first = below(4) == 0;
	unsigned i;

	buf_clear(b);
	if (below(4) == 0)
		(void)buf_puts(b, "<?xml version='1.0'?>\n");
	(void)buf_puts(b, "<event");
	gen_attr(b, "stale", gen_time());
	gen_attr(b, "uid", below(2) ? "ANDROID-1" : "a&lt;&#10;\xC3\xA9");
	for (i = 0; i < 7; i++)
		if (below(4) == 0)
			gen_attr(b, optional[i], below(2) ? "Undefined" : NULL);
	gen_attr(b, "time", gen_time());
	if (below(8))
		gen_attr(b, "how", below(2) ? "m-g" : NULL);
	gen_attr(b, "type", below(2) ? "a-f-G-U-C" : "b-t-f&amp;");
	gen_attr(b, "start", gen_time());
	if (below(8))
		gen_attr(b, "version", "2.0");
	(void)buf_putc(b, '>');
	if (detail_first && below(8))
		gen_detail(b);
	gen_point(b);
	if (!detail_first && below(8))
		gen_detail(b);
	if (below(16) == 0)
		(void)buf_puts(b, "<lost><detail/></lost>");
	(void)buf_puts(b, "</event>");
	assert_false(b->failed);
}

#endif
