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
	return c != '=' && c != '"' && c != '\'' && c != '/' && c != '&' &&
	    (unsigned char)c > ' ';
}

/* A name at the front of the tag. */
static struct slice
take_name(struct slice *tag)
{
	struct slice name = {tag->p, 0};

	while (name.n < tag->n && name_byte(tag->p[name.n]))
		name.n++;
	tag->p += name.n;
	tag->n -= name.n;
	return name;
}

/* One name="value" behind a blank. */
static bool
take_attr(struct cotwalk *w, struct slice *tag)
{
	const char *close;
	struct slice name;

	if (tag->p[0] != ' ' || w->n_attr == COTWALK_ATTRS_MAX)
		return false;
	tag->p++;
	tag->n--;
	name = take_name(tag);
	if (name.n == 0 || !slice_starts(*tag, "=\""))
		return false;
	close = memchr(tag->p + 2, '"', tag->n - 2);
	if (!close)
		return false;
	w->attr[w->n_attr++] = (struct cotwalk_attr){
	    name, {tag->p + 2, (size_t)(close - tag->p) - 2}};
	tag->n -= (size_t)(close + 1 - tag->p);
	tag->p = close + 1;
	return true;
}

/* </name>, without its brackets and the slash. */
static enum cotwalk_token
end_tag(struct cotwalk *w, struct slice tag)
{
	struct slice name = take_name(&tag), open;

	if (tag.n || w->depth == 0 || name.n == 0)
		return bad(w);
	open = w->open[w->depth - 1];
	if (!open.p || !slice_eq(name, open))
		return bad(w);
	w->name = name;
	w->depth--;
	return w->token = COTWALK_END;
}

static enum cotwalk_token
start_tag(struct cotwalk *w, struct slice tag)
{
	w->empty = tag.n && tag.p[tag.n - 1] == '/';
	tag.n -= w->empty;
	w->name = take_name(&tag);
	if (w->name.n == 0 || w->depth == COTWALK_DEPTH_MAX)
		return bad(w);
	while (tag.n)
		if (!take_attr(w, &tag))
			return bad(w);
	w->open[w->depth++] = w->name;
	return w->token = COTWALK_START;
}

static enum cotwalk_token
take_tag(struct cotwalk *w)
{
	const char *close = memchr(w->at, '>', (size_t)(w->end - w->at));
	struct slice tag;

	if (!close)
		return bad(w);
	tag = (struct slice){w->at + 1, (size_t)(close - w->at) - 1};
	if (memchr(tag.p, '<', tag.n))
		return bad(w);
	w->at = close + 1;
	w->n_attr = 0;
	if (tag.n && tag.p[0] == '/')
		return end_tag(w, (struct slice){tag.p + 1, tag.n - 1});
	return start_tag(w, tag);
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
