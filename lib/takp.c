#include "takp.h"

#include "cotmake.h"
#include "cotscan.h"

#define STALE_MS 60000

/* ---- reading ---- */

static const struct {
	const char *type, *element, *attr, *yes;
} kinds[] = {
    [TAKP_OFFER] = {"t-x-takp-v", "TakProtocolSupport", "version", "1"},
    [TAKP_REQUEST] = {"t-x-takp-q", "TakRequest", "version", "1"},
    [TAKP_ANSWER] = {"t-x-takp-r", "TakResponse", "status", "true"},
};

/* Where what matters stands: detail, TakControl, and one more. */
#define PATH 3

struct walk {
	struct slice xml;
	size_t i;
	uint64_t depth, on_path; /* elements open; of them on the path */
	enum takp_kind kind;
	uint64_t said, yes; /* elements that say something; that say yes */
};

static enum takp_kind
kind_of(struct slice type)
{
	int k;

	for (k = TAKP_OFFER; k <= TAKP_ANSWER; k++)
		if (slice_is(type, kinds[k].type))
			return (enum takp_kind)k;
	return TAKP_NONE;
}

static void
skip_blanks(struct walk *w)
{
	while (w->i < w->xml.n && is_blank(w->xml.p[w->i]))
		w->i++;
}

static bool
ahead(const struct walk *w, const char *text)
{
	return slice_starts(
	    (struct slice){w->xml.p + w->i, w->xml.n - w->i}, text);
}

/* Behind the end mark of something that begins with n bytes. */
static bool
pass(struct walk *w, size_t n, struct slice mark)
{
	struct slice rest = {w->xml.p + w->i + n, w->xml.n - w->i - n};
	const char *at = slice_find(rest, mark);

	if (!at)
		return false;
	w->i = (size_t)(at - w->xml.p) + mark.n;
	return true;
}

/* The end of a start tag; is the element empty? */
static bool
tag_end(struct walk *w, bool *empty)
{
	skip_blanks(w);
	*empty = ahead(w, "/>");
	if (!*empty && !ahead(w, ">"))
		return false;
	w->i += *empty ? 2 : 1;
	return true;
}

static bool
is_next_on_path(const struct walk *w, struct slice name)
{
	const char *path[PATH] = {
	    "detail", "TakControl", kinds[w->kind].element};

	return w->on_path == w->depth && w->depth < PATH &&
	    slice_is(name, path[w->depth]);
}

static bool
start_tag(struct walk *w)
{
	struct slice name, attr, value;
	bool on_path, says, empty;

	w->i++;
	name = cotscan_name(w->xml, &w->i);
	if (name.n == 0)
		return false;
	on_path = is_next_on_path(w, name);
	says = on_path && w->depth == PATH - 1;
	w->said += says;
	while (cotscan_next(w->xml, &w->i, &attr, &value))
		if (says && slice_is(attr, kinds[w->kind].attr))
			w->yes += slice_is(value, kinds[w->kind].yes);
	if (!tag_end(w, &empty))
		return false;
	if (!empty) {
		w->depth++;
		w->on_path += on_path;
	}
	return true;
}

static bool
end_tag(struct walk *w)
{
	w->depth--;
	if (w->on_path > w->depth)
		w->on_path = w->depth;
	return pass(w, 2, SLICE(">"));
}

/* Go to the next markup. False: there is no more, or it ends the event. */
static bool
more(struct walk *w)
{
	const char *lt = memchr(w->xml.p + w->i, '<', w->xml.n - w->i);

	if (lt)
		w->i = (size_t)(lt - w->xml.p);
	return lt && (w->depth || !ahead(w, "</"));
}

/* Go past it. False: it makes no sense. */
static bool
step(struct walk *w)
{
	if (ahead(w, "</"))
		return end_tag(w);
	if (ahead(w, "<!--"))
		return pass(w, 4, SLICE("-->"));
	if (ahead(w, "<![CDATA["))
		return pass(w, 9, SLICE("]]>"));
	if (ahead(w, "<?"))
		return pass(w, 2, SLICE("?>"));
	return start_tag(w);
}

/* An offer may name other versions too; a request or an answer that also says
 * something else says nothing. */
static bool
says_yes(struct walk *w)
{
	bool empty;

	if (!tag_end(w, &empty))
		return false;
	while (!empty && more(w))
		if (!step(w))
			return false;
	return w->yes && (w->kind == TAKP_OFFER || w->yes == w->said);
}

/* ---- the uid ---- */

static bool
is_char_number(uint32_t c)
{
	return c == 9 || c == 10 || c == 13 || (c >= 0x20 && c < 0xd800) ||
	    (c >= 0xe000 && c < 0xfffe) || (c >= 0x10000 && c < 0x110000);
}

/* Of a character reference, between &# and ; */
static bool
is_char_reference(struct slice s)
{
	uint32_t base = 10, c = 0, digit;
	size_t i = 0;

	if (slice_starts(s, "x")) {
		base = 16;
		i = 1;
	}
	if (i == s.n || s.n > 8)
		return false;
	for (; i < s.n; i++) {
		if (s.p[i] >= '0' && s.p[i] <= '9')
			digit = (uint32_t)(s.p[i] - '0');
		else if ((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'f')
			digit = (uint32_t)((s.p[i] | 0x20) - 'a') + 10;
		else
			return false;
		if (digit >= base)
			return false;
		c = c * base + digit;
	}
	return is_char_number(c);
}

/* Of any reference, between & and ; */
static bool
is_reference(struct slice s)
{
	static const char *const names[] = {"amp", "lt", "gt", "quot", "apos"};
	size_t i;

	if (slice_starts(s, "#"))
		return is_char_reference((struct slice){s.p + 1, s.n - 1});
	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (slice_is(s, names[i]))
			return true;
	return false;
}

/* May it be repeated as it stands? */
static bool
is_repeatable(struct slice uid)
{
	const char *end;
	size_t i;

	if (uid.n > TAKP_UID_MAX || !utf8_valid(uid.p, uid.n) ||
	    slice_find(uid, SLICE("\xef\xbf\xbe")) ||
	    slice_find(uid, SLICE("\xef\xbf\xbf"))) /* no characters */
		return false;
	for (i = 0; i < uid.n; i++) {
		if ((unsigned char)uid.p[i] < 0x20 || uid.p[i] == '<')
			return false;
		if (uid.p[i] != '&')
			continue;
		end = memchr(uid.p + i, ';', uid.n - i);
		if (!end ||
		    !is_reference((struct slice){
			uid.p + i + 1, (size_t)(end - uid.p) - i - 1}))
			return false;
	}
	return true;
}

enum takp_kind
takp_read(struct slice xml, struct takp *t)
{
	struct walk w = {.xml = xml, .i = 6};
	struct slice raw;

	*t = (struct takp){0};
	if (!cotscan_attr(xml, "type", &raw))
		return TAKP_NONE;
	t->kind = w.kind = kind_of(raw);
	if (t->kind == TAKP_NONE)
		return TAKP_NONE;
	if (cotscan_attr(xml, "uid", &raw) && is_repeatable(raw))
		t->uid = raw;
	while (cotscan_next(xml, &w.i, &raw, &raw))
		;
	t->yes = says_yes(&w);
	return t->kind;
}

/* ---- writing ---- */

/* Raw, but that it may have come between other quotes. */
static void
put_uid(struct buf *out, struct slice uid)
{
	size_t i;

	(void)buf_puts(out, " uid=\"");
	for (i = 0; i < uid.n; i++)
		if (uid.p[i] == '"')
			(void)buf_puts(out, "&quot;");
		else
			(void)buf_putc(out, uid.p[i]);
	(void)buf_putc(out, '"');
}

static void
head(struct buf *out, int64_t now_ms, enum takp_kind kind, struct slice uid)
{
	(void)buf_puts(out, "<event version=\"2.0\"");
	put_uid(out, uid);
	(void)cotmake_attr(out, "type", slice_of(kinds[kind].type));
	if (kind == TAKP_REQUEST)
		(void)cotmake_attr(out, "access", SLICE("Undefined"));
	(void)cotmake_time(out, "time", now_ms);
	(void)cotmake_time(out, "start", now_ms);
	(void)cotmake_time(out, "stale", now_ms + STALE_MS);
	(void)buf_puts(out, " how=\"m-g\">");
}

/* The dummy point of servers, and that of clients (cot-streaming 4.1). */
#define SERVER_POINT                                                           \
	"<point lat=\"0.0\" lon=\"0.0\" hae=\"0.0\" ce=\"999999\""             \
	" le=\"999999\"/>"
#define CLIENT_POINT                                                           \
	"<point lat=\"0.00000000\" lon=\"0.00000000\" hae=\"0.00000000\""      \
	" ce=\"9999999\" le=\"9999999\"/>"
#define OPEN  "<detail><TakControl>"
#define CLOSE "</TakControl></detail></event>"

int
takp_offer(struct buf *out, int64_t now_ms, struct slice uid)
{
	head(out, now_ms, TAKP_OFFER, uid);
	return buf_puts(out,
	    SERVER_POINT OPEN
	    "<TakProtocolSupport version=\"1\"/>"
	    "<TakServerVersionInfo serverVersion=\"ots " OTS_VERSION
	    "\" apiVersion=\"3\"/>" CLOSE);
}

int
takp_request(struct buf *out, int64_t now_ms, struct slice uid)
{
	head(out, now_ms, TAKP_REQUEST, uid);
	return buf_puts(
	    out, CLIENT_POINT OPEN "<TakRequest version=\"1\"/>" CLOSE);
}

int
takp_answer(struct buf *out, int64_t now_ms, struct slice uid, bool yes)
{
	head(out, now_ms, TAKP_ANSWER, uid);
	(void)buf_puts(out, SERVER_POINT OPEN "<TakResponse status=\"");
	(void)buf_puts(out, yes ? "true" : "false");
	return buf_puts(out, "\"/>" CLOSE);
}
