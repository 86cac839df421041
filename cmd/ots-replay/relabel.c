#include "relabel.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "num.h"
#include "timetext.h"

struct ranges {
	size_t at[2 * RELABEL_MARTI]; /* begin, end, begin, end ... */
	size_t n;
};

/* "OFFSET+LENGTH" within size bytes and behind what came before. */
static int
parse_range(struct slice s, size_t size, struct ranges *m)
{
	const char *plus = s.n ? memchr(s.p, '+', s.n) : NULL;
	size_t least = m->n ? m->at[m->n - 1] : 0;
	uint64_t at, len;
	struct slice a, b;

	if (!plus || m->n == 2 * RELABEL_MARTI)
		return -1;
	a = (struct slice){s.p, (size_t)(plus - s.p)};
	b = (struct slice){plus + 1, s.n - a.n - 1};
	if (num_u64(a, size, &at) < 0 || num_u64(b, size - at, &len) < 0 ||
	    at < least)
		return -1;
	m->at[m->n++] = (size_t)at;
	m->at[m->n++] = (size_t)(at + len);
	return 0;
}

/* All of them or, if one makes no sense, none. */
static void
read_ranges(const struct rec *r, size_t size, struct ranges *m)
{
	struct slice raw;
	size_t pos = 1;

	m->n = 0;
	while (rec_next(r, "marti", &pos, &raw))
		if (parse_range(raw, size, m) < 0) {
			m->n = 0;
			return;
		}
}

static void
put_range(struct rec_writer *w, const size_t *range)
{
	char text[48];

	if (range[1] > range[0] &&
	    str_fmt(text, sizeof text, "%zu+%zu", range[0],
		range[1] - range[0]) > 0)
		rec_puts(w, "marti", text);
}

static void
put_time(struct rec_writer *w, const char *label, int64_t ms)
{
	char text[TIMETEXT_LEN + 1];

	timetext_format(ms, text);
	rec_puts(w, label, text);
}

static bool
put_new_time(struct relabel *l, struct rec_writer *w, struct slice label)
{
	const struct rewrite_times *t = l->rewrite->times;

	if (l->move_t && slice_is(label, "t")) {
		rec_put_u64(w, "t", l->t_us);
		return true;
	}
	if (!t)
		return false;
	if (slice_is(label, "time"))
		put_time(w, "time", t->time_ms);
	else if (slice_is(label, "start"))
		put_time(w, "start", t->start_ms);
	else if (slice_is(label, "stale"))
		put_time(w, "stale", t->stale_ms);
	else
		return false;
	return true;
}

/* How many bytes of the value stand before the id; -1: it holds none. */
static int
id_offset(struct slice label, struct slice raw)
{
	static const char *const ids[] = {
	    "uid", "link-uid", "dest-uid", "chat-id", "chat-parent"};
	static const char *const keys[] = {"to", "only", "key"};
	size_t i;

	for (i = 0; i < sizeof ids / sizeof *ids; i++)
		if (slice_is(label, ids[i]))
			return 0;
	for (i = 0; i < sizeof keys / sizeof *keys; i++)
		if (slice_is(label, keys[i]) && slice_starts(raw, "uid:"))
			return 4;
	return -1;
}

static bool
put_new_id(struct relabel *l, struct rec_writer *w, const struct rec_field *f)
{
	const struct rename *names = l->rewrite->names;
	int skip = names ? id_offset(f->label, f->raw) : -1;
	struct buf *fresh = &l->rewrite->fresh;
	char label[REC_LABEL_MAX + 1];
	struct slice id;

	if (skip < 0)
		return false;
	buf_clear(&l->value);
	buf_clear(fresh);
	if (rec_unescape(&l->value, f->raw) < 0)
		return false;
	id = buf_slice(&l->value);
	id.p += skip;
	id.n -= (size_t)skip;
	buf_append(fresh, l->value.p, (size_t)skip);
	if (!rename_id(names, id, slice_is(f->label, "uid"), fresh) ||
	    fresh->failed)
		return false;
	memcpy(label, f->label.p, f->label.n);
	label[f->label.n] = '\0';
	rec_put(w, label, buf_slice(fresh));
	return true;
}

/* As it stands in the line. */
static void
put_same(struct rec_writer *w, const struct rec_field *f)
{
	char label[REC_LABEL_MAX + 1];

	memcpy(label, f->label.p, f->label.n);
	label[f->label.n] = '\0';
	rec_put_raw(w, label, f->raw);
}

/* The event: as xml, also where there was only pb. */
static void
put_event(const struct relabel *l, struct rec_writer *w,
    const struct rec_field *f, bool known, bool has_xml)
{
	if (known && (!has_xml || slice_is(f->label, "xml")))
		rec_put(w, "xml", buf_slice(&l->fresh));
	else if (!has_xml || slice_is(f->label, "xml"))
		put_same(w, f);
}

int
relabel_put(
    struct relabel *l, const struct rec *r, struct slice xml, struct buf *out)
{
	char kind[REC_LABEL_MAX + 1];
	struct ranges marti;
	struct rec_writer w;
	struct slice raw;
	bool has_xml = rec_raw(r, "xml", &raw);
	size_t i, range = 0;

	read_ranges(r, xml.n, &marti);
	buf_clear(&l->fresh);
	if (rewrite_event(l->rewrite, xml, marti.at, marti.n, &l->fresh) < 0)
		return -1;
	memcpy(kind, r->kind.p, r->kind.n);
	kind[r->kind.n] = '\0';
	rec_begin(&w, out, kind);
	for (i = 1; i < r->n; i++) {
		const struct rec_field *f = &r->f[i];

		if (put_new_time(l, &w, f->label) || put_new_id(l, &w, f))
			continue;
		if (slice_is(f->label, "xml") || slice_is(f->label, "pb")) {
			put_event(l, &w, f, xml.n > 0, has_xml);
		} else if (xml.n && slice_is(f->label, "marti")) {
			if (range + 2 <= marti.n)
				put_range(&w, &marti.at[range]);
			range += 2;
		} else {
			put_same(&w, f);
		}
	}
	return rec_end(&w);
}
