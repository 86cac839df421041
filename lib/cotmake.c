#include "cotmake.h"

#include "timetext.h"

#define STALE_MS 20000

int
cotmake_escape(struct buf *out, struct slice text)
{
	size_t i, from = 0;
	const char *as;

	if (text.n == 0) /* which may have no memory */
		return out->failed ? -1 : 0;
	for (i = 0; i < text.n; i++) {
		switch (text.p[i]) {
		case '&':
			as = "&amp;";
			break;
		case '<':
			as = "&lt;";
			break;
		case '>':
			as = "&gt;";
			break;
		case '"':
			as = "&quot;";
			break;
		case '\'':
			as = "&apos;";
			break;
		case '\t':
			as = "&#9;";
			break;
		case '\n':
			as = "&#10;";
			break;
		case '\r':
			as = "&#13;";
			break;
		default:
			if ((unsigned char)text.p[i] >= 0x20)
				continue;
			as = "";
		}
		(void)buf_append(out, text.p + from, i - from);
		(void)buf_puts(out, as); /* sticky: looked at below */
		from = i + 1;
	}
	return buf_append(out, text.p + from, text.n - from);
}

int
cotmake_attr(struct buf *out, const char *name, struct slice value)
{
	(void)buf_putc(out, ' ');
	(void)buf_puts(out, name);
	(void)buf_puts(out, "=\"");
	(void)cotmake_escape(out, value);
	return buf_putc(out, '"');
}

int
cotmake_time(struct buf *out, const char *name, int64_t ms)
{
	char text[TIMETEXT_LEN + 1];

	timetext_format(ms, text);
	return cotmake_attr(out, name, slice_of(text));
}

/* Up to and with the point. */
static void
head(struct buf *out, int64_t now_ms, const char *type, struct slice uid)
{
	(void)buf_puts(out, "<event version=\"2.0\"");
	(void)cotmake_time(out, "time", now_ms);
	(void)cotmake_time(out, "start", now_ms);
	(void)cotmake_time(out, "stale", now_ms + STALE_MS);
	(void)cotmake_attr(out, "type", slice_of(type));
	(void)cotmake_attr(out, "uid", uid);
	(void)buf_puts(out,
	    " how=\"h-g-i-g-o\"><point lat=\"0\" lon=\"0\" hae=\"0\""
	    " ce=\"9999999\" le=\"9999999\"/>");
}

int
cotmake_pong(struct buf *out, int64_t now_ms)
{
	head(out, now_ms, "t-x-c-t-r", SLICE("takPong"));
	return buf_puts(out, "</event>");
}

int
cotmake_gone(struct buf *out, int64_t now_ms, struct slice uid,
    struct slice link_uid, struct slice link_type)
{
	head(out, now_ms, "t-x-d-d", uid);
	(void)buf_puts(out, "<detail><link relation=\"p-p\"");
	(void)cotmake_attr(out, "uid", link_uid);
	(void)cotmake_attr(out, "type", link_type);
	return buf_puts(out, "/></detail></event>");
}

int
cotmake_groups(struct buf *out, int64_t now_ms, struct slice uid)
{
	head(out, now_ms, "t-x-g-c", uid);
	return buf_puts(
	    out, "<detail><link relation=\"p-p\"/></detail></event>");
}

int
cotmake_cancel(struct buf *out, int64_t now_ms, struct slice alert_uid,
    struct slice callsign)
{
	head(out, now_ms, "b-a-o-can", alert_uid);
	(void)buf_puts(out, "<detail><emergency cancel=\"true\">");
	(void)cotmake_escape(out, callsign);
	return buf_puts(out, "</emergency></detail></event>");
}
