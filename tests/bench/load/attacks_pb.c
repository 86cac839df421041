#include "hostile.h"

#include "clock.h"
#include "says.h"
#include "timetext.h"

#define PART_MAX ((size_t)1 << 20)

static void
event(struct buf *b, const char *uid, const char *type, const char *detail)
{
	int64_t now = (int64_t)(clock_wall_us() / 1000);
	char t[TIMETEXT_LEN + 1], s[TIMETEXT_LEN + 1];

	timetext_format(now, t);
	timetext_format(now + 60000, s);
	(void)buf_fmt(b,
	    "<event version=\"2.0\" uid=\"%s\" type=\"%s\" how=\"m-g\" "
	    "time=\"%s\" start=\"%s\" stale=\"%s\"><point lat=\"1\" lon=\"2\" "
	    "hae=\"3\" ce=\"4\" le=\"5\"/><detail>%s</detail></event>",
	    uid, type, t, t, s, detail);
}

static void
request(struct buf *b, const char *uid, const char *version)
{
	char detail[128];

	if (str_fmt(detail, sizeof(detail),
		"<TakControl><TakRequest version=\"%s\"/></TakControl>",
		version) > 0)
		event(b, uid, "t-x-takp-q", detail);
}

/* The frame of an event in whose texts { } ~ stand for < > and ", which only
 * protobuf can hold there. */
static void
frame(struct buf *b, const char *uid, const char *detail)
{
	struct buf xml, out;
	char *p;

	buf_init(&xml, PART_MAX);
	buf_init(&out, PART_MAX);
	event(&xml, uid, "a-h-G", detail);
	if (pb_frame(buf_slice(&xml), &out))
		for (p = out.p + out.off; p < out.p + out.len; p++)
			*p = *p == '{'  ? '<'
			    : *p == '}' ? '>'
			    : *p == '~' ? '"'
					: *p;
	(void)buf_put(b, buf_slice(&out));
	buf_fini(&xml);
	buf_fini(&out);
}

/* It changes, and then speaks XML again, asks anew, and makes noise. */
void
make_switch(struct buf *b, const char *run)
{
	(void)run;
	request(b, "switch", "1");
	for (int i = 0; i < 50; i++) {
		request(b, "again", "1");
		event(b, "xml-after-the-switch", "a-h-G", "");
		(void)buf_append(b, "\xbf\x00\x00\x00\xbf", 5);
		(void)buf_putc(b, 0);
		frame(b, "framed", "<remarks>true</remarks>");
		(void)buf_append(b, "\r\n", 2);
	}
}

/* Wants to be refused, and never reads how. */
void
make_requests(struct buf *b, const char *run)
{
	(void)run;
	for (int i = 0; i < 5000; i++)
		request(b, "refuse&#10;ev:hangup&#9;", "2");
}

/* Texts that would be records, or XML, if somebody forgot to escape: protobuf
 * takes any. */
void
make_pb_injection(struct buf *b, const char *run)
{
	static const char *const breaks[] = {
	    "\n", "\t", "\r\n", "\\n", "\\", "&#10;", "~/}{", "{![CDATA["};
	char forged[512], detail[2048];

	if (str_fmt(forged, sizeof(forged),
		"ev:send\tto:group:__ANON__\tclass:chat\txml:{event "
		"version=~2.0~}{detail}{__load r=~%s~ s=~0~ n=~0~ t=~0~ "
		"k=~x~/}{/detail}{/event}",
		run) < 0)
		return;
	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		if (str_fmt(detail, sizeof(detail),
			"<contact endpoint=\"%s%s\" callsign=\"%s%s%s\"/>"
			"<__group name=\"%s%s\" role=\"%s\"/>"
			"<remarks>%s</remarks>",
			breaks[i], forged, breaks[i], forged, breaks[i],
			breaks[i], forged, breaks[i], breaks[i]) > 0)
			frame(b, breaks[i], detail);
	}
}

/* Messages whose parts are longer than they are, nested or endless. */
void
make_pb_broken(struct buf *b, const char *run)
{
	static const char *const parts[] = {"\x12\x7f", "\x12\x03\x7a\x7f\x0a",
	    "\x12\x06\x7a\x04\x0a\xff\xff\x7f", "\x0b\x0b\x0b\x0b", "\x9a\x06",
	    "\x12\x0a\x31\xff\xff\xff\xff\xff\xff\xff\xff\xff"};

	(void)run;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		(void)buf_putc(b, (char)0xbf);
		(void)buf_putc(b, (char)strlen(parts[i]));
		(void)buf_puts(b, parts[i]);
	}
	frame(b, "open", "<remarks>{never closed</remarks>");
	frame(b, "deep", "<a><a><a><a><a><a></a>");
	frame(b, "\xff\xfe", "<remarks>\xc0\x80</remarks>");
}
