#include "cotscan.h"

#include <errno.h>

#include "timetext.h"

/* <event version="2.0" time="T" start="T" stale="T" type="..." */
#define HEAD  "<event version=\"2.0\" time=\""
#define START "\" start=\""
#define STALE "\" stale=\""
#define TYPE  "\" type=\""

enum {
	AT_TIME = sizeof HEAD - 1,
	AT_START = AT_TIME + TIMETEXT_LEN + sizeof START - 1,
	AT_STALE = AT_START + TIMETEXT_LEN + sizeof STALE - 1,
	AT_TYPE = AT_STALE + TIMETEXT_LEN + sizeof TYPE - 1,
};

static size_t
blanks(struct slice s, size_t i)
{
	while (i < s.n && is_blank(s.p[i]))
		i++;
	return i;
}

struct slice
cotscan_name(struct slice xml, size_t *i)
{
	struct slice name = {xml.p + *i, 0};
	size_t at = *i;

	while (at < xml.n && !is_blank(xml.p[at]) && xml.p[at] != '=' &&
	    xml.p[at] != '>' && xml.p[at] != '/' && xml.p[at] != '<')
		at++;
	name.n = at - *i;
	*i = at;
	return name;
}

bool
cotscan_next(
    struct slice xml, size_t *i, struct slice *name, struct slice *value)
{
	size_t at = blanks(xml, *i);
	const char *close;

	*name = cotscan_name(xml, &at);
	at = blanks(xml, at);
	if (name->n == 0 || at >= xml.n || xml.p[at] != '=')
		return false;
	at = blanks(xml, at + 1);
	if (at >= xml.n || (xml.p[at] != '"' && xml.p[at] != '\''))
		return false;
	close = memchr(xml.p + at + 1, xml.p[at], xml.n - at - 1);
	if (!close)
		return false;
	*value =
	    (struct slice){xml.p + at + 1, (size_t)(close - xml.p) - at - 1};
	*i = (size_t)(close - xml.p) + 1;
	return true;
}

bool
cotscan_attr(struct slice xml, const char *name, struct slice *raw)
{
	struct slice got, value;
	size_t i = 6;

	if (!slice_starts(xml, "<event") || xml.n == 6 || !is_blank(xml.p[6]))
		return false;
	while (cotscan_next(xml, &i, &got, &value))
		if (slice_is(got, name)) {
			*raw = value;
			return true;
		}
	return false;
}

static bool
at(struct slice xml, size_t pos, const char *text)
{
	return pos <= xml.n &&
	    slice_starts((struct slice){xml.p + pos, xml.n - pos}, text);
}

bool
cotscan_canonical(struct slice xml)
{
	return at(xml, 0, HEAD) && at(xml, AT_TIME + TIMETEXT_LEN, START) &&
	    at(xml, AT_START + TIMETEXT_LEN, STALE) &&
	    at(xml, AT_STALE + TIMETEXT_LEN, TYPE);
}

static void
patch_time(char *to, int64_t ms)
{
	char text[TIMETEXT_LEN + 1];

	timetext_format(ms, text);
	memcpy(to, text, TIMETEXT_LEN);
}

int
cotscan_retime(struct buf *out, struct slice xml, int64_t time_ms,
    int64_t start_ms, int64_t stale_ms)
{
	char *to;

	if (!cotscan_canonical(xml)) {
		errno = EINVAL;
		return -1;
	}
	to = buf_reserve(out, xml.n);
	if (!to)
		return -1;
	memcpy(to, xml.p, xml.n);
	patch_time(to + AT_TIME, time_ms);
	patch_time(to + AT_START, start_ms);
	patch_time(to + AT_STALE, stale_ms);
	buf_commit(out, xml.n);
	return 0;
}

int
cotscan_retype(struct buf *out, struct slice xml, const char *type)
{
	const char *end;

	if (!cotscan_canonical(xml) ||
	    !(end = memchr(xml.p + AT_TYPE, '"', xml.n - AT_TYPE))) {
		errno = EINVAL;
		return -1;
	}
	if (buf_append(out, xml.p, AT_TYPE) < 0 || buf_puts(out, type) < 0 ||
	    buf_append(out, end, xml.n - (size_t)(end - xml.p)) < 0)
		return -1;
	return 0;
}
