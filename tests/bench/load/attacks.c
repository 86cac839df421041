#include "hostile.h"

#include "clock.h"
#include "timetext.h"

/* The head of an event, up to its uid; stale is a minute away. */
static void
head(struct buf *b)
{
	int64_t now = (int64_t)(clock_wall_us() / 1000);
	char t[TIMETEXT_LEN + 1], s[TIMETEXT_LEN + 1];

	timetext_format(now, t);
	timetext_format(now + 60000, s);
	(void)buf_fmt(b,
	    "<event version=\"2.0\" type=\"a-h-G\" how=\"m-g\" time=\"%s\" "
	    "start=\"%s\" stale=\"%s\" ",
	    t, t, s);
}

#define POINT "<point lat=\"1\" lon=\"2\" hae=\"3\" ce=\"4\" le=\"5\"/>"

static void
event(struct buf *b, const char *uid, const char *detail)
{
	head(b);
	(void)buf_fmt(
	    b, "uid=\"%s\">" POINT "<detail>%s</detail></event>", uid, detail);
}

static void
repeat(struct buf *b, const char *text, size_t n)
{
	while (n-- > 0)
		(void)buf_puts(b, text);
}

static void
make_random(struct buf *b, const char *run)
{
	uint64_t x[2];

	(void)run;
	clock_seed(x);
	for (int i = 0; i < 65536; i++) {
		x[0] ^= x[0] << 13;
		x[0] ^= x[0] >> 7;
		x[0] ^= x[0] << 17;
		(void)buf_putc(b, (char)(x[0] >> 32));
	}
}

static void
make_truncated(struct buf *b, const char *run)
{
	(void)run;
	event(b, "whole", "<contact callsign=\"whole\" endpoint=\"x\"/>");
	head(b);
	(void)buf_puts(b, "uid=\"torn\">" POINT "<detail><contact calls");
}

static void
make_endless(struct buf *b, const char *run)
{
	(void)run;
	head(b);
	(void)buf_puts(b, "uid=\"endless\">" POINT "<detail><remarks>");
	repeat(b, "0123456789abcdef", (size_t)10 << 16);
}

/* The root start tag that never ends, inside a quote. */
static void
make_quote(struct buf *b, const char *run)
{
	(void)run;
	head(b);
	(void)buf_puts(b, "uid=\"");
	repeat(b, "</event><event>", (size_t)1 << 16);
}

static void
make_doctype(struct buf *b, const char *run)
{
	(void)run;
	(void)buf_puts(b,
	    "<?xml version=\"1.0\"?><!DOCTYPE event [<!ENTITY x SYSTEM "
	    "\"file:///etc/passwd\">]>");
	event(b, "doctype", "<remarks>&x;</remarks>");
}

static void
make_entities(struct buf *b, const char *run)
{
	(void)run;
	(void)buf_puts(
	    b, "<?xml version=\"1.0\"?><!DOCTYPE event [<!ENTITY a0 \"ha\">");
	for (int i = 1; i <= 30; i++)
		(void)buf_fmt(b, "<!ENTITY a%d \"&a%d;&a%d;&a%d;&a%d;\">", i,
		    i - 1, i - 1, i - 1, i - 1);
	(void)buf_puts(b, "]>");
	event(b, "entities", "<remarks>&a30;</remarks>");
}

/* The same within the event, where no declaration may stand. */
static void
make_inner_doctype(struct buf *b, const char *run)
{
	(void)run;
	event(b, "inner",
	    "<!DOCTYPE a [<!ENTITY b \"c\">]><remarks>&b;</remarks>");
	event(b, "undefined", "<remarks>&nobody; &#0; &#xffffffff;</remarks>");
}

static void
make_deep(struct buf *b, const char *run)
{
	(void)run;
	head(b);
	(void)buf_puts(b, "uid=\"deep\">" POINT "<detail>");
	repeat(b, "<a>", 10000);
	repeat(b, "</a>", 10000);
	(void)buf_puts(b, "</detail></event>");
}

static void
make_nul(struct buf *b, const char *run)
{
	static const char bytes[] = "<event uid=\"a\0b\" type=\"a\0-f\">\0"
				    "<point lat=\"1\0\"/><detail/></event>\0\0";

	(void)run;
	(void)buf_append(b, bytes, sizeof(bytes));
	head(b);
	(void)buf_append(b,
	    "uid=\"n\0ul\">" POINT "<detail>\0</detail></event>",
	    sizeof("uid=\"n\0ul\">" POINT "<detail>\0</detail></event>") - 1);
}

/* Texts that would be records, if one of the programs forgot to escape. */
static void
make_injection(struct buf *b, const char *run)
{
	static const char *const breaks[] = {"&#10;", "&#13;&#10;", "&#9;",
	    "\\n", "\\", "\\\\&#10;", "\n", "\t"};
	char forged[512], uid[1024], detail[2048];

	if (str_fmt(forged, sizeof(forged),
		"ev:send&#9;to:group:__ANON__&#9;class:chat&#9;xml:&lt;event "
		"version=&quot;2.0&quot;&gt;&lt;detail&gt;&lt;__load "
		"r=&quot;%s&quot; s=&quot;0&quot; n=&quot;0&quot; "
		"t=&quot;0&quot; k=&quot;x&quot;/&gt;&lt;/detail&gt;"
		"&lt;/event&gt;",
		run) < 0)
		return;
	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		if (str_fmt(uid, sizeof(uid), "i%s%s%s", breaks[i], forged,
			breaks[i]) < 0 ||
		    str_fmt(detail, sizeof(detail),
			"<contact endpoint=\"*:-1:stcp\" callsign=\"%s\"/>"
			"<remarks>%s</remarks>"
			"<marti><dest callsign=\"nobody%s\"/></marti>",
			uid, uid, uid) < 0)
			return;
		event(b, uid, detail);
		event(b, "ev:hangup&#9;conn:0.0.0", detail);
	}
}

static void
make_attributes(struct buf *b, const char *run)
{
	(void)run;
	head(b);
	for (int i = 0; i < 20000; i++)
		(void)buf_fmt(b, "a%d=\"%d\" ", i, i);
	(void)buf_puts(b, "uid=\"attributes\">" POINT "<detail/></event>");
	head(b);
	(void)buf_puts(b, "uid=\"marti\">" POINT "<detail><marti>");
	for (int i = 0; i < 5000; i++)
		(void)buf_fmt(b, "<dest callsign=\"%d\"/>", i);
	(void)buf_puts(b, "</marti></detail></event>");
}

static void
make_lengths(struct buf *b, const char *run)
{
	(void)run;
	(void)buf_append(b, "\xbf\x00\xbf\x03\x12\x7f\x00", 7);
	(void)buf_append(b, "\xbf\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);
}

/* A great length, and then not enough for it. */
static void
make_long_frame(struct buf *b, const char *run)
{
	(void)run;
	(void)buf_append(b, "\xbf\xff\xff\x7f", 4);
	repeat(b, "0123456789abcdef", 65536);
}

static void
make_utf8(struct buf *b, const char *run)
{
	(void)run;
	event(b, "\xff\xfe", "<remarks>\xc0\x80 \xed\xa0\x80</remarks>");
	event(b, "utf8", "<contact callsign=\"\x80\" endpoint=\"\"/>");
}

static void
make_auth(struct buf *b, const char *run)
{
	(void)run;
	(void)buf_puts(b,
	    "<auth><cot username=\"a&#10;ev:hangup\" password=\"b&#9;c\" "
	    "uid=\"d\"/></auth><auth>");
	repeat(b, "0123456789abcdef", 65536);
}

/* Asks for answers and never reads one. */
static void
make_pings(struct buf *b, const char *run)
{
	(void)run;
	for (int i = 0; i < 5000; i++)
		(void)buf_puts(b,
		    "<event version=\"2.0\" uid=\"p-ping\" type=\"t-x-c-t\" "
		    "how=\"m-g\" time=\"2024-05-06T07:08:09Z\" "
		    "start=\"2024-05-06T07:08:09Z\" "
		    "stale=\"2024-05-06T07:08:19Z\">" POINT
		    "<detail/></event>");
}

/* Takes the names of others, wants to speak to itself and to everybody. */
static void
make_identity(struct buf *b, const char *run)
{
	char uid[64], detail[512];

	for (unsigned i = 0; i < 5; i++) {
		if (str_fmt(uid, sizeof(uid), "thief-%s-%u", run, i) < 0 ||
		    str_fmt(detail, sizeof(detail),
			"<contact endpoint=\"*:-1:stcp\" callsign=\"%u\"/>"
			"<marti><dest uid=\"%s\"/><dest group=\"__ANON__\"/>"
			"<dest mission=\"\"/><dest/></marti>",
			i, uid) < 0)
			return;
		event(b, uid, detail);
	}
}

/* Byte by byte. */
static void
make_drip(struct buf *b, const char *run)
{
	(void)run;
	event(b, "drip", "<remarks>slowly</remarks>");
}

static void
make_nothing(struct buf *b, const char *run)
{
	(void)b;
	(void)run;
}

const struct attack attacks[] = {
    {"random", ATTACK_WAIT, 0, make_random},
    {"truncated", ATTACK_RESET, 0, make_truncated},
    {"injection", ATTACK_WAIT, 0, make_injection},
    {"endless", ATTACK_WAIT, 0, make_endless},
    {"quote", ATTACK_WAIT, 0, make_quote},
    {"doctype", ATTACK_WAIT, 0, make_doctype},
    {"entities", ATTACK_WAIT, 0, make_entities},
    {"inner-doctype", ATTACK_WAIT, 0, make_inner_doctype},
    {"deep", ATTACK_WAIT, 0, make_deep},
    {"nul", ATTACK_WAIT, 0, make_nul},
    {"attributes", ATTACK_WAIT, 0, make_attributes},
    {"lengths", ATTACK_WAIT, 0, make_lengths},
    {"long-frame", ATTACK_HALF, 0, make_long_frame},
    {"utf8", ATTACK_HALF, 0, make_utf8},
    {"auth", ATTACK_WAIT, 0, make_auth},
    {"switch", ATTACK_WAIT, 0, make_switch},
    {"requests", ATTACK_HOLD, 0, make_requests},
    {"pb-injection", ATTACK_WAIT, 0, make_pb_injection},
    {"pb-broken", ATTACK_WAIT, 0, make_pb_broken},
    {"pings", ATTACK_HOLD, 0, make_pings},
    {"identity", ATTACK_WAIT, 0, make_identity},
    {"drip", ATTACK_HALF, 1, make_drip},
    {"flood", ATTACK_RESET, 0, make_nothing},
    {"silent", ATTACK_HOLD, 0, make_nothing},
    {"half-closed", ATTACK_HALF, 0, make_nothing},
};

const size_t n_attacks = sizeof(attacks) / sizeof(attacks[0]);
