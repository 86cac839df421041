/* Any bytes as a stream of records: whole and in pieces it must give the same
 * lines; what is a record can be written again and is the same then. The
 * first byte says how long the pieces are. */
#include "fuzz.h"
#include "record.h"

#define LINE_MAX_HERE ((size_t)4096)

/* Field by field through the reader and the writer. */
static void
rewrite(const struct rec *r)
{
	static char kind[REC_LABEL_MAX + 1], label[REC_LABEL_MAX + 1];
	struct buf out = {.max = 1 << 20}, value = {.max = 1 << 20};
	struct rec_writer w;
	struct slice s;
	size_t i;

	memcpy(kind, r->kind.p, r->kind.n);
	kind[r->kind.n] = '\0';
	rec_begin(&w, &out, kind);
	for (i = 1; i < r->n; i++) {
		memcpy(label, r->f[i].label.p, r->f[i].label.n);
		label[r->f[i].label.n] = '\0';
		buf_clear(&value);
		must(rec_unescape(&value, r->f[i].raw) == 0);
		rec_put(&w, label, buf_slice(&value));
	}
	must(rec_end(&w) == 0);
	s = buf_slice(&out);
	s.n--;
	/* The kind is written escaped: it may look otherwise. */
	if (!memchr(kind, '\\', r->kind.n))
		must(slice_eq(s, r->line));
	buf_fini(&out);
	buf_fini(&value);
}

static void
run(const char *p, size_t n, size_t piece, struct buf *out)
{
	static struct rec rec;
	struct rec_lines lines;
	struct slice line;
	size_t step;

	rec_lines_init(&lines, LINE_MAX_HERE);
	while (n) {
		step = n < piece ? n : piece;
		rec_lines_feed(&lines, p, step);
		p += step;
		n -= step;
		while (rec_lines_next(&lines, &line)) {
			must(line.n <= LINE_MAX_HERE);
			(void)buf_put(out, line);
			(void)buf_putc(out, '\n');
			if (rec_parse(&rec, line) == 1)
				rewrite(&rec);
		}
	}
	(void)buf_put_u64(out, lines.dropped);
	(void)buf_putc(out, rec_lines_end(&lines) ? 'T' : '-');
	rec_lines_fini(&lines);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = {.max = 1 << 24}, pieces = {.max = 1 << 24};
	const char *p = (const char *)data;

	if (size < 2 || size > 1 << 17)
		return 0;
	run(p + 1, size - 1, size, &whole);
	run(p + 1, size - 1, (size_t)data[0] + 1, &pieces);
	must(slice_eq(buf_slice(&whole), buf_slice(&pieces)));
	buf_fini(&whole);
	buf_fini(&pieces);
	return 0;
}
