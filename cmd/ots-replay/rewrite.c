#include "rewrite.h"

#include <string.h>

#include "cotmake.h"
#include "cotscan.h"
#include "timetext.h"

#define FLOW "_flow-tags_"

struct walk {
	struct rewrite *w;
	struct slice xml;
	size_t i;    /* the byte looked at */
	size_t done; /* what is before was put out, or left out */
	size_t *marks, n_marks, mark;
	struct buf *out;
	size_t start; /* size of out at the beginning */
	bool root;    /* the next start tag is the first one */
};

/* ---- places ------------------------------------------------------------ */

/* Everything up to `to` comes out as it is. */
static void
copy_to(struct walk *k, size_t to)
{
	size_t at = buf_size(k->out) - k->start;

	for (; k->mark < k->n_marks && k->marks[k->mark] <= to; k->mark++)
		k->marks[k->mark] = at + (k->marks[k->mark] - k->done);
	buf_append(k->out, k->xml.p + k->done, to - k->done);
	k->done = to;
}

/* Everything up to `to` was replaced by what was appended. */
static void
skip_to(struct walk *k, size_t to)
{
	for (; k->mark < k->n_marks && k->marks[k->mark] < to; k->mark++)
		k->marks[k->mark] = buf_size(k->out) - k->start;
	k->done = to;
}

static struct slice
rest(const struct walk *k)
{
	return (struct slice){k->xml.p + k->i, k->xml.n - k->i};
}

/* Behind the next occurrence of `end`; false: there is none. */
static bool
pass(struct walk *k, const char *end)
{
	const char *p = slice_find(rest(k), slice_of(end));

	if (!p)
		return false;
	k->i = (size_t)(p - k->xml.p) + strlen(end);
	return true;
}

/* ---- values ------------------------------------------------------------ */

static void
put_utf8(struct buf *out, uint32_t c)
{
	char b[4];
	size_t n;

	if (c < 0x80) {
		b[0] = (char)c;
		n = 1;
	} else if (c < 0x800) {
		b[0] = (char)(0xc0 | c >> 6);
		b[1] = (char)(0x80 | (c & 63));
		n = 2;
	} else if (c < 0x10000) {
		b[0] = (char)(0xe0 | c >> 12);
		b[1] = (char)(0x80 | (c >> 6 & 63));
		b[2] = (char)(0x80 | (c & 63));
		n = 3;
	} else {
		b[0] = (char)(0xf0 | c >> 18);
		b[1] = (char)(0x80 | (c >> 12 & 63));
		b[2] = (char)(0x80 | (c >> 6 & 63));
		b[3] = (char)(0x80 | (c & 63));
		n = 4;
	}
	buf_append(out, b, n);
}

/* The number of &#...; without what is around it; 0: not a character. */
static uint32_t
reference(struct slice s)
{
	uint32_t v = 0, base = 10, digit;

	if (s.n && s.p[0] == 'x') {
		base = 16;
		s.p++;
		s.n--;
	}
	for (; s.n && v < 0x110000; s.p++, s.n--) {
		if (s.p[0] >= '0' && s.p[0] <= '9')
			digit = (uint32_t)(s.p[0] - '0');
		else if (base == 16 && (s.p[0] | 32) >= 'a' &&
		    (s.p[0] | 32) <= 'f')
			digit = (uint32_t)((s.p[0] | 32) - 'a') + 10;
		else
			return 0;
		v = v * base + digit;
	}
	return v < 0x110000 ? v : 0;
}

static uint32_t
entity(struct slice s)
{
	static const struct {
		const char *name;
		char c;
	} names[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'},
	    {"apos", '\''}};
	size_t i;

	if (s.n > 1 && s.p[0] == '#')
		return reference((struct slice){s.p + 1, s.n - 1});
	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_is(s, names[i].name))
			return (uint32_t)names[i].c;
	return 0;
}

void
rewrite_plain(struct buf *out, struct slice raw)
{
	const char *amp, *end;
	uint32_t c;
	size_t n;

	while (raw.n) {
		amp = memchr(raw.p, '&', raw.n);
		n = amp ? (size_t)(amp - raw.p) : raw.n;
		buf_append(out, raw.p, n);
		raw.p += n;
		raw.n -= n;
		if (!amp)
			break;
		end = memchr(raw.p, ';', raw.n < 12 ? raw.n : 12);
		n = end ? (size_t)(end - raw.p) + 1 : 1;
		c = end ? entity((struct slice){raw.p + 1, n - 2}) : 0;
		if (c)
			put_utf8(out, c);
		else
			buf_append(out, raw.p, n);
		raw.p += n;
		raw.n -= n;
	}
}

/* Attributes that hold ids: uid, senderUid, uid0, id, to ... Elsewhere the
 * same text is a coincidence (a uid of "5" and a course of "5"). */
static bool
holds_id(struct slice name)
{
	static const char *const others[] = {
	    "id", "to", "source", "sourceID", "parent"};
	size_t i;

	for (i = 0; i < sizeof others / sizeof *others; i++)
		if (slice_is(name, others[i]))
			return true;
	while (name.n && name.p[name.n - 1] >= '0' && name.p[name.n - 1] <= '9')
		name.n--;
	return slice_is(name, "uid") || slice_ends(name, "Uid") ||
	    slice_ends(name, "UID");
}

static void
edit_id(struct walk *k, struct slice value, bool own)
{
	struct rewrite *w = k->w;
	struct slice id = value;
	size_t at = (size_t)(value.p - k->xml.p);

	if (value.n > 4 * RENAME_UID_MAX)
		return;
	buf_clear(&w->plain);
	buf_clear(&w->fresh);
	if (memchr(value.p, '&', value.n)) {
		rewrite_plain(&w->plain, value);
		id = buf_slice(&w->plain);
	}
	if (!rename_id(w->names, id, own, &w->fresh) || w->fresh.failed)
		return;
	copy_to(k, at);
	cotmake_escape(k->out, buf_slice(&w->fresh));
	skip_to(k, at + value.n);
}

static bool
edit_time(struct walk *k, struct slice name, struct slice value)
{
	const struct rewrite_times *t = k->w->times;
	char text[TIMETEXT_LEN + 1];
	size_t at = (size_t)(value.p - k->xml.p);
	int64_t ms;

	if (slice_is(name, "time"))
		ms = t->time_ms;
	else if (slice_is(name, "start"))
		ms = t->start_ms;
	else if (slice_is(name, "stale"))
		ms = t->stale_ms;
	else
		return false;
	timetext_format(ms, text);
	copy_to(k, at);
	buf_append(k->out, text, TIMETEXT_LEN);
	skip_to(k, at + value.n);
	return true;
}

/* ---- the walk ---------------------------------------------------------- */

/* At the '<' of a start tag; afterwards behind its '>'. */
static bool
start_tag(struct walk *k)
{
	bool root = k->root;
	size_t open = k->i++;
	struct slice tag = cotscan_name(k->xml, &k->i), name, value;
	bool flow = k->w->times && slice_is(tag, FLOW);

	k->root = false;
	while (cotscan_next(k->xml, &k->i, &name, &value)) {
		if (flow || (root && k->w->times && edit_time(k, name, value)))
			continue;
		if (k->w->names && holds_id(name))
			edit_id(k, value, root && slice_is(name, "uid"));
	}
	if (!pass(k, ">"))
		return false;
	if (!flow)
		return true;
	if (k->xml.p[k->i - 2] != '/' && (!pass(k, "</" FLOW) || !pass(k, ">")))
		return false;
	copy_to(k, open);
	skip_to(k, k->i);
	return true;
}

static bool
markup(struct walk *k)
{
	if (slice_starts(rest(k), "<!--"))
		return pass(k, "-->");
	if (slice_starts(rest(k), "<![CDATA["))
		return pass(k, "]]>");
	if (slice_starts(rest(k), "<?"))
		return pass(k, "?>");
	if (slice_starts(rest(k), "</") || slice_starts(rest(k), "<!"))
		return pass(k, ">");
	return start_tag(k);
}

int
rewrite_event(struct rewrite *w, struct slice xml, size_t *marks,
    size_t n_marks, struct buf *out)
{
	struct walk k = {.w = w,
	    .xml = xml,
	    .marks = marks,
	    .n_marks = n_marks,
	    .out = out,
	    .start = buf_size(out),
	    .root = true};
	const char *p;

	while (k.i < xml.n && (p = memchr(xml.p + k.i, '<', xml.n - k.i))) {
		k.i = (size_t)(p - xml.p);
		if (!markup(&k))
			break;
	}
	copy_to(&k, xml.n);
	return out->failed ? -1 : 0;
}

static int64_t
time_of(struct slice xml, const char *name, int64_t otherwise)
{
	struct slice raw;
	int64_t ms;

	if (!cotscan_attr(xml, name, &raw) || timetext_parse(raw, &ms) < 0)
		return otherwise;
	return ms;
}

bool
rewrite_shift(struct slice xml, int64_t now_ms, struct rewrite_times *times)
{
	int64_t base = time_of(xml, "time", INT64_MIN);

	if (base == INT64_MIN)
		return false;
	times->time_ms = now_ms;
	times->start_ms = now_ms + (time_of(xml, "start", base) - base);
	times->stale_ms = now_ms + (time_of(xml, "stale", base) - base);
	return true;
}
