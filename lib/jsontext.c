#include "jsontext.h"

/* Bytes of the UTF-8 character that s begins with; 0: it is none. */
static size_t
utf8_char(struct slice s)
{
	size_t n;

	for (n = 1; n <= 4 && n <= s.n; n++)
		if (utf8_valid(s.p, n))
			return n;
	return 0;
}

static int
put_ascii(struct buf *out, unsigned char c)
{
	if (c == '"' || c == '\\')
		(void)buf_putc(out, '\\');
	if (c < 0x20 || c == 0x7f)
		return buf_fmt(out, "\\u%04x", c);
	return buf_putc(out, (char)c);
}

int
json_str(struct buf *out, struct slice s)
{
	size_t n;

	(void)buf_putc(out, '"');
	while (s.n) {
		unsigned char c = (unsigned char)*s.p;

		n = c < 0x80 ? 1 : utf8_char(s);
		if (c < 0x80)
			(void)put_ascii(out, c);
		else if (n)
			(void)buf_append(out, s.p, n);
		else
			(void)buf_puts(out, "\\ufffd");
		if (n == 0)
			n = 1;
		s.p += n;
		s.n -= n;
	}
	return buf_putc(out, '"');
}

static void
put_name(struct buf *out, const char *name)
{
	if (buf_size(out) && buf_data(out)[buf_size(out) - 1] != '{')
		(void)buf_putc(out, ',');
	(void)json_str(out, slice_of(name));
	(void)buf_putc(out, ':');
}

int
json_put(struct buf *out, const char *name, struct slice value)
{
	put_name(out, name);
	return json_str(out, value);
}

int
json_puts(struct buf *out, const char *name, const char *value)
{
	return json_put(out, name, slice_of(value));
}

int
json_put_u64(struct buf *out, const char *name, uint64_t value)
{
	put_name(out, name);
	return buf_put_u64(out, value);
}

int
json_put_bool(struct buf *out, const char *name, bool value)
{
	put_name(out, name);
	return buf_puts(out, value ? "true" : "false");
}
