#include "record.h"

#include <errno.h>

#include "num.h"

static int
fail(int err)
{
	errno = err;
	return -1;
}

/* ---- escapes ---- */

/* One table for both directions: what a byte becomes behind a backslash. */
static char
escape_of(char c)
{
	switch (c) {
	case '\t':
		return 't';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\\':
		return '\\';
	default:
		return 0;
	}
}

static char
unescape_of(char c)
{
	switch (c) {
	case 't':
		return '\t';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case '\\':
		return '\\';
	default:
		return 0;
	}
}

/* Is one of the 8 bytes below 0x20 or a backslash? Exact for "none". */
static bool
word_special(const char *p)
{
	const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
	uint64_t w, x;

	memcpy(&w, p, 8);
	x = w ^ (ones * '\\');
	return (((w - ones * 0x20) & ~w) | ((x - ones) & ~x)) & high;
}

/* How many bytes from the front need no escape. */
static size_t
plain_run(struct slice s)
{
	size_t i = 0;

	for (;;) {
		while (s.n - i >= 8 && !word_special(s.p + i))
			i += 8;
		/* The word holds a special byte, or is the last, short one. */
		for (size_t k = 0; i < s.n && k < 8; i++, k++)
			if (s.p[i] == '\0' || escape_of(s.p[i]))
				return i;
		if (i == s.n)
			return i;
	}
}

int
rec_escape(struct buf *out, struct slice v)
{
	size_t n;
	char pair[2] = {'\\', 0};

	while (v.n) {
		n = plain_run(v);
		if (buf_append(out, v.p, n) < 0)
			return -1;
		v.p += n;
		v.n -= n;
		if (v.n == 0)
			break;
		pair[1] = escape_of(v.p[0]);
		if (!pair[1])
			return fail(EILSEQ);
		if (buf_append(out, pair, 2) < 0)
			return -1;
		v.p++;
		v.n--;
	}
	return out->failed ? -1 : 0;
}

int
rec_unescape(struct buf *out, struct slice raw)
{
	const char *at;
	size_t n;
	char c;

	while (raw.n) {
		at = memchr(raw.p, '\\', raw.n);
		n = at ? (size_t)(at - raw.p) : raw.n;
		if (buf_append(out, raw.p, n) < 0)
			return -1;
		if (!at)
			break;
		if (raw.n - n < 2 || !(c = unescape_of(at[1])))
			return fail(EBADMSG);
		if (buf_putc(out, c) < 0)
			return -1;
		raw.p += n + 2;
		raw.n -= n + 2;
	}
	return out->failed ? -1 : 0;
}

size_t
rec_unescape_into(char *to, struct slice raw)
{
	const char *p = raw.p, *end = raw.p + raw.n, *at;
	char *start = to;

	while (p < end && (at = memchr(p, '\\', (size_t)(end - p)))) {
		memcpy(to, p, (size_t)(at - p));
		to += at - p;
		*to++ = unescape_of(at[1]);
		p = at + 2;
	}
	memcpy(to, p, (size_t)(end - p));
	return (size_t)(to - start) + (size_t)(end - p);
}

/* ---- reading ---- */

static bool
label_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* Length of the label that p begins with (a colon follows), 0: none. */
static size_t
label_len(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && i <= REC_LABEL_MAX && label_byte(p[i]))
		i++;
	return i && i <= REC_LABEL_MAX && i < n && p[i] == ':' ? i : 0;
}

/* Every backslash begins one of the four escapes. */
static bool
escapes_valid(struct slice raw)
{
	const char *p = raw.p, *end = raw.p + raw.n;

	while ((p = memchr(p, '\\', (size_t)(end - p)))) {
		if (end - p < 2 || !unescape_of(p[1]))
			return false;
		p += 2;
	}
	return true;
}

int
rec_parse(struct rec *r, struct slice line)
{
	const char *p = line.p, *end = line.p + line.n, *tab;
	struct rec_field *f;
	size_t n;

	r->line = line;
	r->escaped = false;
	r->n = 0;
	r->kind = (struct slice){"", 0};
	if (line.n == 0 || slice_is(line, "\t"))
		return 0;
	if (line.n > REC_LINE_MAX)
		return fail(E2BIG);
	/* A few looks at the whole line rather than at each field. */
	if (memchr(p, '\0', line.n) || memchr(p, '\r', line.n))
		return fail(EBADMSG);
	r->escaped = memchr(p, '\\', line.n) != NULL;
	for (;; p = tab + 1) {
		tab = memchr(p, '\t', (size_t)(end - p));
		n = tab ? (size_t)(tab - p) : (size_t)(end - p);
		if (r->n == REC_FIELDS_MAX)
			return fail(E2BIG);
		f = &r->f[r->n++];
		f->label = (struct slice){p, label_len(p, n)};
		if (f->label.n == 0)
			return fail(EBADMSG);
		f->raw = (struct slice){p + f->label.n + 1, n - f->label.n - 1};
		if (r->escaped && !escapes_valid(f->raw))
			return fail(EBADMSG);
		if (!tab)
			break;
	}
	if (!slice_is(r->f[0].label, "ev") || r->f[0].raw.n == 0 ||
	    r->f[0].raw.n > REC_LABEL_MAX)
		return fail(EBADMSG);
	r->kind = r->f[0].raw;
	return 1;
}

bool
rec_is(const struct rec *r, const char *kind)
{
	return slice_is(r->kind, kind);
}

bool
rec_next(const struct rec *r, const char *label, size_t *pos, struct slice *raw)
{
	struct slice want = slice_of(label);

	while (*pos < r->n) {
		const struct rec_field *f = &r->f[(*pos)++];

		if (slice_eq(f->label, want)) {
			*raw = f->raw;
			return true;
		}
	}
	return false;
}

bool
rec_raw(const struct rec *r, const char *label, struct slice *raw)
{
	size_t pos = 1;

	return rec_next(r, label, &pos, raw);
}

bool
rec_value(const struct rec *r, const char *label, struct buf *scratch,
    struct slice *value)
{
	struct slice raw;
	size_t start;

	if (!rec_raw(r, label, &raw))
		return false;
	if (raw.n == 0 || !memchr(raw.p, '\\', raw.n)) {
		*value = raw;
		return true;
	}
	start = buf_size(scratch);
	if (rec_unescape(scratch, raw) < 0)
		return false;
	*value = (struct slice){
	    buf_data(scratch) + start, buf_size(scratch) - start};
	return true;
}

int
rec_u64(const struct rec *r, const char *label, uint64_t max, uint64_t *out)
{
	struct slice raw;

	if (!rec_raw(r, label, &raw))
		return fail(ENOENT);
	return num_u64(raw, max, out);
}

/* ---- writing ---- */

void
rec_begin(struct rec_writer *w, struct buf *b, const char *kind)
{
	*w = (struct rec_writer){.b = b, .start = buf_size(b)};
	rec_puts(w, "ev", kind);
}

static bool
put_label(struct rec_writer *w, const char *label)
{
	size_t n = strlen(label), i;

	if (w->err)
		return false;
	for (i = 0; i < n && label_byte(label[i]); i++)
		;
	if (i != n || n == 0 || n > REC_LABEL_MAX) {
		w->err = EINVAL;
		return false;
	}
	if ((buf_size(w->b) > w->start && buf_putc(w->b, '\t') < 0) ||
	    buf_append(w->b, label, n) < 0 || buf_putc(w->b, ':') < 0)
		w->err = errno;
	return !w->err;
}

void
rec_put(struct rec_writer *w, const char *label, struct slice value)
{
	if (put_label(w, label) && rec_escape(w->b, value) < 0)
		w->err = errno;
}

void
rec_puts(struct rec_writer *w, const char *label, const char *value)
{
	rec_put(w, label, slice_of(value));
}

void
rec_put_u64(struct rec_writer *w, const char *label, uint64_t value)
{
	if (put_label(w, label) && buf_put_u64(w->b, value) < 0)
		w->err = errno;
}

void
rec_put_raw(struct rec_writer *w, const char *label, struct slice raw)
{
	if (put_label(w, label) && buf_put(w->b, raw) < 0)
		w->err = errno;
}

void
rec_put_fields(
    struct rec_writer *w, const struct rec *r, const char *const *skip)
{
	const char *const *s;
	size_t i;

	for (i = 1; i < r->n && !w->err; i++) {
		for (s = skip; s && *s && !slice_is(r->f[i].label, *s); s++)
			;
		if (s && *s)
			continue;
		/* A label and value as they stand in the line. */
		if (buf_putc(w->b, '\t') < 0 ||
		    buf_append(w->b, r->f[i].label.p,
			r->f[i].label.n + 1 + r->f[i].raw.n) < 0)
			w->err = errno;
	}
}

int
rec_end(struct rec_writer *w)
{
	if (!w->err && buf_size(w->b) - w->start > REC_LINE_MAX)
		w->err = E2BIG;
	if (!w->err && buf_putc(w->b, '\n') < 0)
		w->err = errno;
	if (!w->err)
		return 0;
	buf_truncate(w->b, w->start);
	w->b->failed = false;
	return fail(w->err);
}

int
rec_hello(struct buf *b, const char *program, const char *node, uint64_t round,
    uint64_t t)
{
	struct rec_writer w;

	if (buf_putc(b, '\n') < 0)
		return -1;
	rec_begin(&w, b, "hello");
	rec_put_u64(&w, "version", REC_VERSION);
	rec_puts(&w, "program", program);
	rec_puts(&w, "node", node);
	if (round)
		rec_put_u64(&w, "round", round);
	if (t)
		rec_put_u64(&w, "t", t);
	return rec_end(&w);
}

/* ---- lines ---- */

void
rec_lines_init(struct rec_lines *l, size_t line_max)
{
	*l = (struct rec_lines){0};
	buf_init(&l->keep, line_max);
}

void
rec_lines_fini(struct rec_lines *l)
{
	buf_fini(&l->keep);
}

void
rec_lines_feed(struct rec_lines *l, const char *p, size_t n)
{
	l->p = p;
	l->n = n;
}

static void
skip_line(struct rec_lines *l)
{
	l->skipping = true;
	l->dropped++;
	buf_clear(&l->keep);
	buf_release(&l->keep);
}

/* The borrowed bytes up to the LF belong to the line begun in keep. */
static bool
end_kept_line(struct rec_lines *l, size_t n, struct slice *line)
{
	if (buf_append(&l->keep, l->p, n) < 0) {
		skip_line(l);
		return false;
	}
	*line = buf_slice(&l->keep);
	l->spent = true;
	return true;
}

int
rec_lines_next(struct rec_lines *l, struct slice *line)
{
	const char *lf;
	size_t n;
	bool got;

	if (l->spent) {
		l->spent = false;
		buf_clear(&l->keep);
		if (l->keep.cap > 65536)
			buf_release(&l->keep);
	}
	while (l->n && (lf = memchr(l->p, '\n', l->n))) {
		n = (size_t)(lf - l->p);
		*line = (struct slice){l->p, n};
		got = !l->skipping && n <= l->keep.max;
		if (!got && !l->skipping)
			skip_line(l);
		else if (got && buf_size(&l->keep))
			got = end_kept_line(l, n, line);
		l->skipping = false;
		l->p += n + 1;
		l->n -= n + 1;
		if (got)
			return 1;
	}
	if (l->n && !l->skipping && buf_append(&l->keep, l->p, l->n) < 0)
		skip_line(l);
	l->n = 0;
	return 0;
}

bool
rec_lines_open(const struct rec_lines *l)
{
	return !l->skipping && buf_size(&l->keep) > 0;
}

int
rec_lines_end(struct rec_lines *l)
{
	int torn = l->skipping || buf_size(&l->keep) > 0;

	l->skipping = false;
	buf_clear(&l->keep);
	return torn;
}
