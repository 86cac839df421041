#include "qrlink.h"

#include <errno.h>
#include <stdbool.h>

#include "pref.h"

static bool
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c && strchr("-._~", c));
}

int
qrlink_encode(struct buf *out, struct slice text)
{
	size_t i;

	for (i = 0; i < text.n; i++)
		if (is_unreserved(text.p[i]))
			(void)buf_putc(out, text.p[i]);
		else
			(void)buf_fmt(
			    out, "%%%02X", (unsigned)(unsigned char)text.p[i]);
	return out->failed ? -1 : 0;
}

/* The port of the stream, if it is not the one that ATAK takes by itself. */
static int
put_host(struct buf *out, const struct package_server *s)
{
	(void)qrlink_encode(out, slice_of(s->host));
	if (s->port == PACKAGE_PORT)
		return out->failed ? -1 : 0;
	return buf_fmt(out, "%%3A%u", s->port);
}

int
qrlink_enroll(struct buf *out, const struct package_server *s, const char *user,
    const char *token)
{
	(void)buf_puts(out, "tak://com.atakmap.app/enroll?host=");
	(void)put_host(out, s);
	(void)buf_puts(out, "&username=");
	(void)qrlink_encode(out, slice_of(user));
	(void)buf_puts(out, "&token=");
	return qrlink_encode(out, slice_of(token));
}

int
qrlink_import(struct buf *out, const char *url)
{
	struct slice s = slice_of(url);
	size_t i;

	for (i = 0; i < s.n; i++)
		if (url[i] <= ' ' || url[i] > '~')
			break;
	if (i < s.n || !slice_starts(s, "https://") || s.n < 9) {
		errno = EINVAL;
		return -1;
	}
	(void)buf_puts(out, "tak://com.atakmap.app/import?url=");
	return qrlink_encode(out, s);
}

int
qrlink_itak(
    struct buf *out, const struct package_server *s, const char *description)
{
	if (!pref_text_ok(description) || strpbrk(description, ",\"")) {
		errno = EINVAL;
		return -1;
	}
	return buf_fmt(out, "%s,%s,%u,SSL", description, s->host, s->port);
}
