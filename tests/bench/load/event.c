#include "load.h"

#include <stdlib.h>

#include "clock.h"
#include "num.h"
#include "says.h"
#include "timetext.h"

/* What lies between two markers at least: the end of one event and the head
 * of the next. Not looked at. */
#define MARK_SKIP 200

/* Digits up to `end`, or UINT64_MAX. */
static uint64_t
digits(const char *p, const char *end)
{
	uint64_t v = 0;

	if (p == end || end - p > 18)
		return UINT64_MAX;
	for (; p < end; p++) {
		if (*p < '0' || *p > '9')
			return UINT64_MAX;
		v = v * 10 + (uint64_t)(*p - '0');
	}
	return v;
}

static void
mark_attribute(struct mark *m, char name, const char *p, const char *end)
{
	switch (name) {
	case 'r':
		m->run = digits(p, end);
		break;
	case 's':
		m->sender = digits(p, end);
		break;
	case 'n':
		m->seq = digits(p, end);
		break;
	case 't':
		m->due = digits(p, end);
		break;
	case 'h':
		m->hash = (uint32_t)digits(p, end);
		break;
	case 'k':
		m->kind = end - p == 1 ? *p : '?';
		break;
	default:
		break;
	}
}

/* The attributes ` x="value"` in any order, with either quote; what is absent
 * is a number that no run has. */
static void
mark_parse(const char *p, const char *end, struct mark *m)
{
	const char *q;

	m->run = m->sender = m->seq = m->due = UINT64_MAX;
	m->hash = 0;
	m->kind = '?';
	while (end - p > 4) {
		if (p[0] != ' ' || p[2] != '=' ||
		    (p[3] != '"' && p[3] != '\'')) {
			p++;
			continue;
		}
		q = memchr(p + 4, p[3], (size_t)(end - p - 4));
		if (q == NULL)
			return;
		mark_attribute(m, p[1], p + 4, q);
		p = q + 1;
	}
}

#define NEEDLE     "<__load "
#define NEEDLE_LEN (sizeof(NEEDLE) - 1)

/* Underscores are rare in events, and memchr is far quicker than memmem. */
static const char *
find_needle(const char *p, const char *end)
{
	const char *q;

	while (end - p >= (ptrdiff_t)NEEDLE_LEN) {
		q = memchr(p + 1, '_', (size_t)(end - p) - NEEDLE_LEN + 1);
		if (q == NULL)
			return NULL;
		if (memcmp(q - 1, NEEDLE, NEEDLE_LEN) == 0)
			return q - 1;
		p = q[1] == '_' && q[2] != '_' ? q + 1 : q;
	}
	return NULL;
}

enum mark_found
mark_find(const char *p, size_t n, size_t *at, struct mark *m)
{
	const char *q, *e;

	for (;;) {
		q = *at < n ? find_needle(p + *at, p + n) : NULL;
		if (q == NULL) {
			/* It may be cut within the needle. */
			if (n >= NEEDLE_LEN && *at < n - (NEEDLE_LEN - 1))
				*at = n - (NEEDLE_LEN - 1);
			return *at < n ? MARK_CUT : MARK_NONE;
		}
		*at = m->at = (size_t)(q - p);
		e = memchr(q, '>', n - m->at);
		if (e != NULL)
			break;
		if (n - m->at < MARK_MAX)
			return MARK_CUT;
		*at += NEEDLE_LEN;
	}
	mark_parse(q + NEEDLE_LEN - 1, e, m);
	*at = (size_t)(e - p) + 1;
	if (n - *at > MARK_SKIP + NEEDLE_LEN)
		*at += MARK_SKIP;
	return MARK_FOUND;
}

/* Canonical form (ots-record(5)), so that a server has nothing to change. */
static void
put_head(struct load *l, const char *type, int64_t stale_ms)
{
	int64_t now = (int64_t)(clock_wall_us() / 1000);
	char t[TIMETEXT_LEN + 1], s[TIMETEXT_LEN + 1];

	timetext_format(now, t);
	timetext_format(now + stale_ms, s);
	buf_clear(&l->text);
	(void)buf_fmt(&l->text,
	    "<event version=\"2.0\" time=\"%s\" start=\"%s\" stale=\"%s\" "
	    "type=\"%s\" uid=\"",
	    t, t, s, type);
}

static void
put_mark(struct load *l, uint32_t sender, char kind, uint64_t seq, uint64_t due)
{
	uint32_t h = says_xml(buf_slice(&l->text));

	(void)buf_fmt(&l->text,
	    "<__load r=\"%s\" s=\"%u\" n=\"%llu\" t=\"%llu\" k=\"%c\" "
	    "h=\"%u\"/>",
	    l->run_text, sender, (unsigned long long)seq,
	    (unsigned long long)due, kind, h);
}

/* The text is whole: as its sender speaks. */
static int
done(struct load *l, uint32_t sender)
{
	if (l->text.failed)
		return -1;
	if (!l->client[sender].frames_out)
		return 0;
	buf_clear(&l->frame);
	if (!pb_frame(buf_slice(&l->text), &l->frame))
		return -1;
	buf_clear(&l->text);
	return buf_put(&l->text, buf_slice(&l->frame));
}

static void
put_pad(struct load *l)
{
	static const char sixty[] =
	    "0123456789abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMN";
	size_t left = (size_t)l->conf.pad;

	if (left == 0)
		return;
	(void)buf_puts(&l->text, "<__pad>");
	for (size_t n; left > 0; left -= n) {
		n = left < 60 ? left : 60;
		(void)buf_append(&l->text, sixty, n);
	}
	(void)buf_puts(&l->text, "</__pad>");
}

int
event_position(
    struct load *l, uint32_t sender, char kind, uint64_t seq, uint64_t due)
{
	struct buf *b = &l->text;
	unsigned step = (unsigned)((sender * 37u + seq) % 10000u);

	put_head(l, "a-f-G-U-C", 75000);
	(void)buf_fmt(b,
	    "load-%s-%u\" how=\"m-g\" access=\"Undefined\">"
	    "<point lat=\"48.%04u\" lon=\"-122.%04u\" hae=\"30.0\" ce=\"5.0\" "
	    "le=\"9999999.0\"/><detail>"
	    "<takv os=\"34\" version=\"5.5.1.8 (0c8ec8ae).1734379200-CIV\" "
	    "device=\"GOOGLE PIXEL 8 PRO\" platform=\"ATAK-CIV\"/>"
	    "<contact callsign=\"L%s-%u\" endpoint=\"*:-1:stcp\"/>"
	    "<uid Droid=\"L%s-%u\"/>"
	    "<precisionlocation altsrc=\"GPS\" geopointsrc=\"GPS\"/>"
	    "<__group role=\"Team Member\" name=\"Cyan\"/>"
	    "<status battery=\"78\"/>"
	    "<track course=\"271.2\" speed=\"1.5\"/>",
	    l->run_text, sender, step, step, l->run_text, sender, l->run_text,
	    sender);
	put_pad(l);
	put_mark(l, sender, kind, seq, due);
	(void)buf_puts(b, "</detail></event>");
	return done(l, sender);
}

int
event_chat(
    struct load *l, uint32_t sender, uint32_t to, uint64_t seq, uint64_t due)
{
	struct buf *b = &l->text;
	const char *r = l->run_text;

	put_head(l, "b-t-f", 86400000);
	(void)buf_fmt(b,
	    "GeoChat.load-%s-%u.load-%s-%u.%llu\" how=\"h-g-i-g-o\">"
	    "<point lat=\"48.5\" lon=\"-122.25\" hae=\"9999999.0\" "
	    "ce=\"9999999.0\" le=\"9999999.0\"/><detail>"
	    "<__chat id=\"load-%s-%u\" chatroom=\"L%s-%u\" "
	    "senderCallsign=\"L%s-%u\" parent=\"RootContactGroup\" "
	    "groupOwner=\"false\" messageId=\"%llu\">"
	    "<chatgrp id=\"load-%s-%u\" uid0=\"load-%s-%u\" "
	    "uid1=\"load-%s-%u\"/></__chat>"
	    "<link uid=\"load-%s-%u\" type=\"a-f-G-U-C\" relation=\"p-p\"/>",
	    r, sender, r, to, (unsigned long long)seq, r, to, r, to, r, sender,
	    (unsigned long long)seq, r, to, r, sender, r, to, r, sender);
	(void)buf_fmt(b,
	    "<remarks source=\"BAO.F.ATAK.load-%s-%u\" to=\"load-%s-%u\">"
	    "a message for you &amp; only you</remarks>",
	    r, sender, r, to);
	put_pad(l);
	put_mark(l, sender, 'd', seq, due);
	/* Behind the marker: a server may take it out. */
	(void)buf_fmt(b,
	    "<marti><dest callsign=\"L%s-%u\"/></marti></detail></event>", r,
	    to);
	return done(l, sender);
}
