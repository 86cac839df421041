#include "cotwalk.h"

void
cotwalk_init(struct cotwalk *w, struct slice xml)
{
	w->at = xml.p;
	w->end = xml.n ? xml.p + xml.n : xml.p;
	w->token = COTWALK_DONE;
	w->name = w->text = (struct slice){NULL, 0};
	w->empty = false;
	w->depth = 0;
	w->n_attr = 0;
}

static enum cotwalk_token
bad(struct cotwalk *w)
{
	w->at = w->end;
	w->depth = 0;
	w->n_attr = 0;
	return w->token = COTWALK_BAD;
}

static bool
name_byte(char c)
{
	/* Nearly all are letters, which are above these. */
	return (unsigned char)c > '=' ||
	    (c > ' ' && c != '=' && c != '"' && c != '\'' && c != '/' &&
		c != '&');
}

/* Behind the name that begins there. */
static const char *
name_end(const char *p, const char *end)
{
	while (p < end && name_byte(*p))
		p++;
	return p;
}

static struct slice
between(const char *from, const char *to)
{
	return (struct slice){from, (size_t)(to - from)};
}

/* One name="value" behind a blank, in a tag that ends at `end`: behind it;
 * NULL: it is none. */
static const char *
take_attr(struct cotwalk *w, const char *p, const char *end)
{
	const char *name, *value, *close;

	if (*p != ' ' || w->n_attr == COTWALK_ATTRS_MAX)
		return NULL;
	name = p + 1;
	p = name_end(name, end);
	if (p == name || end - p < 2 || p[0] != '=' || p[1] != '"')
		return NULL;
	value = p + 2;
	close = memchr(value, '"', (size_t)(end - value));
	if (!close)
		return NULL;
	w->attr[w->n_attr++] =
	    (struct cotwalk_attr){between(name, p), between(value, close)};
	return close + 1;
}

/* </name>, without its brackets and the slash. */
static enum cotwalk_token
end_tag(struct cotwalk *w, struct slice tag)
{
	if (w->depth == 0 || !slice_eq(tag, w->open[w->depth - 1]))
		return bad(w);
	w->name = tag;
	w->depth--;
	return w->token = COTWALK_END;
}

static enum cotwalk_token
start_tag(struct cotwalk *w, const char *name, const char *end)
{
	const char *p;

	w->empty = name < end && end[-1] == '/';
	end -= w->empty;
	p = name_end(name, end);
	if (p == name || w->depth == COTWALK_DEPTH_MAX)
		return bad(w);
	w->name = between(name, p);
	while (p < end) {
		p = take_attr(w, p, end);
		if (!p)
			return bad(w);
	}
	w->open[w->depth++] = w->name;
	return w->token = COTWALK_START;
}

static enum cotwalk_token
take_tag(struct cotwalk *w)
{
	const char *p = w->at + 1, *end = memchr(p, '>', (size_t)(w->end - p));

	if (!end || memchr(p, '<', (size_t)(end - p)))
		return bad(w);
	w->at = end + 1;
	w->n_attr = 0;
	if (p < end && *p == '/')
		return end_tag(w, between(p + 1, end));
	return start_tag(w, p, end);
}

/* Within the root element, up to the next tag. */
static enum cotwalk_token
take_text(struct cotwalk *w)
{
	const char *tag = memchr(w->at, '<', (size_t)(w->end - w->at));

	if (!tag)
		return bad(w);
	w->text = (struct slice){w->at, (size_t)(tag - w->at)};
	if (memchr(w->text.p, '>', w->text.n))
		return bad(w);
	w->at = tag;
	return w->token = COTWALK_TEXT;
}

enum cotwalk_token
cotwalk_next(struct cotwalk *w)
{
	bool begun = w->name.p != NULL;

	if (w->token == COTWALK_BAD)
		return w->token;
	if (w->token == COTWALK_START && w->empty) {
		w->empty = false;
		w->n_attr = 0;
		w->depth--;
		return w->token = COTWALK_END;
	}
	if (begun && w->depth == 0)
		return w->at == w->end ? (w->token = COTWALK_DONE) : bad(w);
	if (w->at == w->end)
		return bad(w);
	if (*w->at == '<')
		return take_tag(w);
	return begun ? take_text(w) : bad(w);
}

bool
cotwalk_skip(struct cotwalk *w)
{
	unsigned depth = w->depth;

	if (w->empty)
		return cotwalk_next(w) == COTWALK_END;
	while (cotwalk_next(w) != COTWALK_END || w->depth >= depth)
		if (w->token == COTWALK_BAD)
			return false;
	return true;
}

struct slice
cotwalk_attr(const struct cotwalk *w, const char *name)
{
	unsigned i;

	for (i = 0; i < w->n_attr; i++)
		if (slice_is(w->attr[i].name, name))
			return w->attr[i].value;
	return (struct slice){NULL, 0};
}

/* The references that canonical XML has (cotmake_escape). */
static char
reference(struct slice s, size_t *n)
{
	static const struct {
		struct slice text;
		char is;
	} all[] = {{{"&amp;", 5}, '&'}, {{"&lt;", 4}, '<'}, {{"&gt;", 4}, '>'},
	    {{"&quot;", 6}, '"'}, {{"&apos;", 6}, '\''}, {{"&#9;", 4}, '\t'},
	    {{"&#10;", 5}, '\n'}, {{"&#13;", 5}, '\r'}};
	size_t i;

	for (i = 0; i < sizeof all / sizeof all[0]; i++) {
		*n = all[i].text.n;
		if (s.n >= *n && memcmp(s.p, all[i].text.p, *n) == 0)
			return all[i].is;
	}
	*n = 1;
	return '&';
}

size_t
cotwalk_undo(char *to, struct slice raw)
{
	const char *p = raw.p, *end = raw.n ? raw.p + raw.n : raw.p, *at;
	char *start = to;
	size_t n;

	while (p < end && (at = memchr(p, '&', (size_t)(end - p)))) {
		memcpy(to, p, (size_t)(at - p));
		to += at - p;
		*to++ = reference((struct slice){at, (size_t)(end - at)}, &n);
		p = at + n;
	}
	if (p < end)
		memcpy(to, p, (size_t)(end - p));
	return (size_t)(to - start) + (size_t)(end - p);
}
