#include "cotline.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum where { TEXT, TAG, COMMENT, CDATA, INSTRUCTION };

struct scan {
	struct slice xml;
	size_t i;     /* the byte looked at */
	size_t start; /* where the present tag, comment ... began */
	enum where where;
	char quote; /* in a tag: the quote that is open, or 0 */
	bool blank; /* in text: white space only, up to the next tag */
};

static bool
at(const struct scan *s, const char *word)
{
	struct slice rest = {s->xml.p + s->i, s->xml.n - s->i};

	return slice_starts(rest, word);
}

/* Each text is looked at once when it begins, so the whole stays linear. */
static void
enter_text(struct scan *s)
{
	size_t j = s->i + 1;

	while (j < s->xml.n && is_blank(s->xml.p[j]))
		j++;
	s->blank = j == s->xml.n || s->xml.p[j] == '<';
	s->where = TEXT;
}

static void
leave_text(struct scan *s)
{
	s->start = s->i;
	s->quote = 0;
	if (at(s, "<!--"))
		s->where = COMMENT;
	else if (at(s, "<![CDATA["))
		s->where = CDATA;
	else if (at(s, "<?"))
		s->where = INSTRUCTION;
	else
		s->where = TAG;
}

/* Is the '>' at i the end of what began with `open` bytes and ends so? */
static bool
closes(const struct scan *s, size_t open, const char *end)
{
	size_t n = strlen(end);

	return s->i + 1 >= s->start + open + n &&
	    memcmp(s->xml.p + s->i + 1 - n, end, n) == 0;
}

static void
step(struct scan *s, char c)
{
	bool end = false;

	switch (s->where) {
	case TEXT:
		if (c == '<')
			leave_text(s);
		return;
	case TAG:
		if (s->quote) {
			if (c == s->quote)
				s->quote = 0;
		} else if (c == '"' || c == '\'') {
			s->quote = c;
		} else {
			end = c == '>';
		}
		break;
	case COMMENT:
		end = c == '>' && closes(s, 4, "-->");
		break;
	case CDATA:
		end = c == '>' && closes(s, 9, "]]>");
		break;
	case INSTRUCTION:
		end = c == '>' && closes(s, 2, "?>");
		break;
	}
	if (end)
		enter_text(s);
}

static int
put_break(const struct scan *s, struct buf *out)
{
	if (s->where == CDATA)
		return buf_puts(out, "]]>&#10;<![CDATA[");
	if (s->where == TEXT && !s->blank)
		return buf_puts(out, "&#10;");
	return buf_putc(out, ' ');
}

int
cotline_put(struct buf *out, struct slice xml)
{
	struct scan s = {.xml = xml, .where = TEXT, .blank = true};
	char c;

	if (xml.n == 0 ||
	    (!memchr(xml.p, '\n', xml.n) && !memchr(xml.p, '\r', xml.n)))
		return buf_put(out, xml);
	for (; s.i < xml.n; s.i++) {
		c = xml.p[s.i];
		if (c == '\r' && s.i + 1 < xml.n && xml.p[s.i + 1] == '\n')
			continue;
		if (c == '\r' || c == '\n') {
			put_break(&s, out);
			continue;
		}
		buf_putc(out, c);
		step(&s, c);
	}
	return out->failed ? -1 : 0;
}
