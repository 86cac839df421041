#include "format.h"

static const char hex[] = "0123456789abcdef";

/* Length of the longest piece from the front that is UTF-8 and needs no
 * escape; at least that of one whole character. */
static size_t
plain(struct slice t)
{
	size_t i = 0, n;

	while (i < t.n) {
		unsigned char c = (unsigned char)t.p[i];

		if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
			break;
		if (c < 0x80) {
			i++;
			continue;
		}
		for (n = 2; n <= 4 && n <= t.n - i; n++)
			if (utf8_valid(t.p + i, n))
				break;
		if (n > 4 || n > t.n - i)
			break;
		i += n;
	}
	return i;
}

static void
put_escaped(struct buf *out, unsigned char c)
{
	char u[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

	switch (c) {
	case '"':
	case '\\':
		(void)buf_putc(out, '\\');
		(void)buf_putc(out, (char)c);
		break;
	case '\n':
		(void)buf_puts(out, "\\n");
		break;
	case '\r':
		(void)buf_puts(out, "\\r");
		break;
	case '\t':
		(void)buf_puts(out, "\\t");
		break;
	default:
		if (c < 0x80)
			(void)buf_append(out, u, sizeof u);
		else
			(void)buf_puts(out, "\xEF\xBF\xBD");
	}
}

int
format_json_string(struct buf *out, struct slice text)
{
	size_t n;

	(void)buf_putc(out, '"');
	while (text.n) {
		n = plain(text);
		(void)buf_append(out, text.p, n);
		if (n == text.n)
			break;
		put_escaped(out, (unsigned char)text.p[n]);
		text.p += n + 1;
		text.n -= n + 1;
	}
	return buf_putc(out, '"');
}

static void
put_value(struct buf *out, struct slice raw, struct buf *scratch)
{
	buf_clear(scratch);
	/* rec_parse has checked the escapes, so only memory can fail. */
	if (rec_unescape(scratch, raw) < 0)
		out->failed = true;
	else
		(void)format_json_string(out, buf_slice(scratch));
}

/* Has the label of field i stood in an earlier field? */
static bool
repeated(const struct rec *r, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (slice_eq(r->f[k].label, r->f[i].label))
			return true;
	return false;
}

static void
put_member(struct buf *out, const struct rec *r, size_t i, struct buf *scratch)
{
	size_t k, n = 0;

	for (k = i; k < r->n; k++)
		n += slice_eq(r->f[k].label, r->f[i].label);
	(void)format_json_string(out, r->f[i].label);
	(void)buf_putc(out, ':');
	if (n > 1)
		(void)buf_putc(out, '[');
	put_value(out, r->f[i].raw, scratch);
	for (k = i + 1; n > 1 && k < r->n; k++) {
		if (!slice_eq(r->f[k].label, r->f[i].label))
			continue;
		(void)buf_putc(out, ',');
		put_value(out, r->f[k].raw, scratch);
	}
	if (n > 1)
		(void)buf_putc(out, ']');
}

int
format_json(struct buf *out, const struct rec *r)
{
	struct buf scratch = {.max = REC_LINE_MAX};
	size_t i, start = buf_size(out);

	for (i = 0; i < r->n; i++) {
		if (repeated(r, i) || slice_is(r->f[i].label, "pb"))
			continue;
		(void)buf_putc(out, i ? ',' : '{');
		put_member(out, r, i, &scratch);
	}
	buf_fini(&scratch);
	if (buf_puts(out, "}\n") == 0)
		return 0;
	buf_truncate(out, start);
	out->failed = false;
	return -1;
}
