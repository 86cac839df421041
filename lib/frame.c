#include "frame.h"

#include <errno.h>

/* Where the scanner is. Those up to NOTE are outside a message and forget what
 * they pass; the others keep the message from its first byte. */
enum state {
	BETWEEN, /* at a border: a message may begin */
	SKIP, /* in garbage: only a <, or in binary a 0xBF, means something */
	PI,   /* in <? ... ?> before a message */
	NOTE, /* in a comment before a message */
	ROOT, /* in the root start tag */
	BODY,
	CDATA,
	COMMENT,
	CLOSING, /* behind </event or </auth */
};

/* What a step of the scanner found. */
enum step { GO, MORE, DONE, DOCTYPE, TOO_BIG, BAD_LENGTH };

void
framer_init(struct framer *f, size_t max)
{
	*f = (struct framer){.max = max};
	/* Beside an unfinished message there is one read behind it. */
	buf_init(&f->keep, SIZE_MAX / 2);
}

void
framer_fini(struct framer *f)
{
	buf_fini(&f->keep);
}

const char *
frame_kind_name(enum frame_kind k)
{
	static const char *const names[] = {"none", "xml", "auth", "pb",
	    "too-big", "garbage", "doctype", "length"};

	return names[k];
}

/* The bytes at hand: those kept (everything lent was appended to them), or
 * those lent. */
static struct slice
window(const struct framer *f)
{
	if (buf_size(&f->keep))
		return buf_slice(&f->keep);
	return (struct slice){f->in, f->in_n};
}

static void
consume(struct framer *f, size_t n)
{
	if (buf_size(&f->keep)) {
		buf_consume(&f->keep, n);
		buf_release(&f->keep);
		return;
	}
	f->in += n;
	f->in_n -= n;
}

size_t
frame_head(char head[FRAME_HEAD_MAX], size_t n)
{
	size_t i = 0;

	head[i++] = '\xBF';
	for (; n > 0x7f; n >>= 7)
		head[i++] = (char)(n | 0x80);
	head[i++] = (char)n;
	return i;
}

static void
settle(struct framer *f)
{
	if (f->eat) {
		consume(f, f->eat);
		f->eat = 0;
	}
}

void
framer_feed(struct framer *f, const char *p, size_t n)
{
	settle(f);
	if (buf_size(&f->keep)) {
		/* Out of memory shows in `failed`, at the next framer_next. */
		(void)buf_append(&f->keep, p, n);
		return;
	}
	f->in = p;
	f->in_n = n;
}

/* Go past n bytes that are no part of a message, but legal. */
static void
forget(struct framer *f, size_t n)
{
	consume(f, n);
	f->run = n > UINT32_MAX - f->run ? UINT32_MAX : f->run + (uint32_t)n;
}

/* Throw n bytes of garbage away. */
static void
skip(struct framer *f, size_t n)
{
	forget(f, n);
	f->garbage += n;
}

/* Does w begin with text? MORE: so far, but w is shorter. */
static enum step
begins(struct slice w, const char *text)
{
	size_t n = strlen(text);

	if (memcmp(w.p, text, w.n < n ? w.n : n) != 0)
		return GO;
	return w.n < n ? MORE : DONE;
}

/* Does w begin with <NAME and an end of the name? */
static enum step
begins_tag(struct slice w, const char *tag)
{
	enum step s = begins(w, tag);
	size_t n = strlen(tag);

	if (s != DONE)
		return s;
	if (w.n == n)
		return MORE;
	return is_blank(w.p[n]) || w.p[n] == '>' || w.p[n] == '/' ? DONE : GO;
}

static void
enter(struct framer *f, enum state s, size_t scan)
{
	f->state = (uint8_t)s;
	f->scan = scan;
}

void
framer_binary(struct framer *f)
{
	f->binary = true;
	f->auth = false;
	enter(f, BETWEEN, 0);
}

/* At a < outside a message. */
static enum step
at_markup(struct framer *f, struct slice w)
{
	enum step event = begins_tag(w, "<event"),
		  auth = begins_tag(w, "<auth"), note = begins(w, "<!--"),
		  doctype = begins(w, "<!DOCTYPE");

	if (event == DONE || auth == DONE) {
		f->auth = auth == DONE;
		f->quote = 0;
		enter(f, ROOT, f->auth ? 5 : 6);
		return GO;
	}
	if (doctype == DONE)
		return DOCTYPE;
	if (note == DONE) {
		forget(f, 4);
		enter(f, NOTE, 0);
		return GO;
	}
	if (begins(w, "<?") == DONE) {
		forget(f, 2);
		enter(f, PI, 0);
		return GO;
	}
	if (w.n == 1 || event == MORE || auth == MORE || note == MORE ||
	    doctype == MORE)
		return MORE;
	skip(f, 1);
	enter(f, SKIP, 0);
	return GO;
}

/* The length in w behind 0xBF: 1 to 5 bytes, low bits first. How many, 0: not
 * all there yet, -1: too long. */
static int
varint(struct slice w, uint64_t *v)
{
	size_t i;

	*v = 0;
	for (i = 1; i < w.n && i <= 5; i++) {
		*v |= (uint64_t)((unsigned char)w.p[i] & 0x7f) << (7 * (i - 1));
		if (!((unsigned char)w.p[i] & 0x80))
			return (int)i;
	}
	return i > 5 ? -1 : 0;
}

static enum step
at_protobuf(struct framer *f, struct slice w, struct slice *msg)
{
	uint64_t len;
	int n = varint(w, &len);

	if (n < 0 || (n > 0 && len > f->max))
		return BAD_LENGTH;
	if (n == 0 || w.n - (size_t)n - 1 < len)
		return MORE;
	*msg = (struct slice){w.p + 1 + n, (size_t)len};
	f->eat = 1 + (size_t)n + (size_t)len;
	return DONE;
}

static enum step
between(struct framer *f, struct slice w, struct slice *msg)
{
	size_t i = 0;
	enum step bom;

	while (i < w.n && is_blank(w.p[i]))
		i++;
	if (i) {
		consume(f, i);
		return GO;
	}
	if (w.p[0] == '<')
		return at_markup(f, w);
	if (w.p[0] == '\xBF')
		return at_protobuf(f, w, msg);
	bom = begins(w, "\xEF\xBB\xBF");
	if (bom == MORE)
		return MORE;
	if (bom == DONE) {
		consume(f, 3);
		return GO;
	}
	/* A zero byte leaves us at the border: goatak ends frames with one. */
	if (w.p[0] != '\0')
		enter(f, SKIP, 0);
	skip(f, 1);
	return GO;
}

/* Among frames only. */
static enum step
binary(struct framer *f, struct slice w, struct slice *msg)
{
	const char *next;

	if (w.p[0] == '\xBF')
		return at_protobuf(f, w, msg);
	if (w.p[0] == '\0' && f->state == BETWEEN) {
		forget(f, 1);
		return GO;
	}
	enter(f, SKIP, 0);
	next = memchr(w.p, 0xBF, w.n);
	skip(f, next ? (size_t)(next - w.p) : w.n);
	return GO;
}

static enum step
skipping(struct framer *f, struct slice w)
{
	const char *lt = memchr(w.p, '<', w.n);

	if (lt && lt == w.p)
		return at_markup(f, w);
	skip(f, lt ? (size_t)(lt - w.p) : w.n);
	return GO;
}

/* Outside a message: forget everything up to the end mark. */
static enum step
forget_to(struct framer *f, struct slice w, struct slice mark)
{
	const char *at = slice_find(w, mark);

	if (at) {
		forget(f, (size_t)(at - w.p) + mark.n);
		enter(f, BETWEEN, 0);
		return GO;
	}
	if (w.n >= mark.n)
		forget(f, w.n - (mark.n - 1));
	return MORE;
}

/* Inside a message: scan on to behind the end mark, then in BODY. */
static enum step
pass(struct framer *f, struct slice w, struct slice mark)
{
	struct slice rest = {w.p + f->scan, w.n - f->scan};
	const char *at = slice_find(rest, mark);

	if (at) {
		enter(f, BODY, (size_t)(at - w.p) + mark.n);
		return GO;
	}
	if (rest.n >= mark.n)
		f->scan = w.n - (mark.n - 1);
	return MORE;
}

static enum step
finish(struct framer *f, struct slice w, size_t len, struct slice *msg)
{
	*msg = (struct slice){w.p, len};
	f->eat = len;
	return DONE;
}

static size_t
limit(const struct framer *f)
{
	return f->auth && f->max > FRAME_AUTH_MAX ? FRAME_AUTH_MAX : f->max;
}

static enum step
root(struct framer *f, struct slice w, struct slice *msg)
{
	size_t i = f->scan;
	char c;

	for (; i < w.n; i++) {
		c = w.p[i];
		if (f->quote) {
			const char *end = memchr(w.p + i, f->quote, w.n - i);

			if (!end)
				break;
			i = (size_t)(end - w.p);
			f->quote = 0;
		} else if (c == '"' || c == '\'') {
			f->quote = c;
		} else if (c == '<') {
			/* As if it had come in small pieces. */
			if (i > limit(f))
				return TOO_BIG;
			skip(f, i);
			enter(f, BETWEEN, 0);
			return GO;
		} else if (c == '>') {
			if (w.p[i - 1] == '/')
				return finish(f, w, i + 1, msg);
			enter(f, BODY, i + 1);
			return GO;
		}
	}
	f->scan = w.n;
	return MORE;
}

static enum step
body(struct framer *f, struct slice w)
{
	const char *name = f->auth ? "</auth" : "</event", *lt;
	enum step end, cdata, comment;
	struct slice rest;

	for (;;) {
		lt = memchr(w.p + f->scan, '<', w.n - f->scan);
		if (!lt) {
			f->scan = w.n;
			return MORE;
		}
		f->scan = (size_t)(lt - w.p);
		rest = (struct slice){lt, w.n - f->scan};
		end = begins(rest, name);
		if (end == DONE) {
			enter(f, CLOSING, f->scan + strlen(name));
			return GO;
		}
		cdata = begins(rest, "<![CDATA[");
		comment = begins(rest, "<!--");
		if (cdata == DONE || comment == DONE) {
			enter(f, cdata == DONE ? CDATA : COMMENT,
			    f->scan + (cdata == DONE ? 9 : 4));
			return GO;
		}
		if (end == MORE || cdata == MORE || comment == MORE)
			return MORE;
		f->scan++;
	}
}

static enum step
closing(struct framer *f, struct slice w, struct slice *msg)
{
	size_t i = f->scan;

	while (i < w.n && is_blank(w.p[i]))
		i++;
	f->scan = i;
	if (i == w.n)
		return MORE;
	if (w.p[i] == '>')
		return finish(f, w, i + 1, msg);
	/* </eventually> or the like */
	enter(f, BODY, i);
	return GO;
}

static enum step
step(struct framer *f, struct slice w, struct slice *msg)
{
	if (f->binary)
		return binary(f, w, msg);
	switch ((enum state)f->state) {
	case BETWEEN:
		return between(f, w, msg);
	case SKIP:
		return skipping(f, w);
	case PI:
		return forget_to(f, w, SLICE("?>"));
	case NOTE:
		return forget_to(f, w, SLICE("-->"));
	case ROOT:
		return root(f, w, msg);
	case BODY:
		return body(f, w);
	case CDATA:
		return pass(f, w, SLICE("]]>"));
	case COMMENT:
		return pass(f, w, SLICE("-->"));
	case CLOSING:
		return closing(f, w, msg);
	}
	return TOO_BIG;
}

/* A whole message. */
static enum frame_kind
message(struct framer *f, struct slice msg)
{
	bool protobuf = f->state < ROOT;

	enter(f, BETWEEN, 0);
	f->run = 0;
	if (protobuf)
		return FRAME_PB;
	if (msg.n > limit(f))
		return FRAME_TOO_BIG;
	return f->auth ? FRAME_AUTH : FRAME_XML;
}

/* Nothing more can be found: keep a copy of what is unfinished. */
static enum frame_kind
wait_for_more(struct framer *f, struct slice w)
{
	if (f->state >= ROOT && w.n > limit(f))
		return FRAME_TOO_BIG;
	if (f->in_n && buf_append(&f->keep, f->in, f->in_n) < 0)
		return FRAME_TOO_BIG;
	f->in_n = 0;
	return FRAME_NONE;
}

enum frame_kind
framer_next(struct framer *f, struct slice *msg)
{
	struct slice w;

	settle(f);
	if (f->keep.failed)
		return FRAME_TOO_BIG;
	for (;;) {
		if (f->run > FRAME_GARBAGE_MAX)
			return FRAME_GARBAGE;
		w = window(f);
		if (w.n == 0)
			return wait_for_more(f, w);
		switch (step(f, w, msg)) {
		case GO:
			break;
		case MORE:
			if (f->run > FRAME_GARBAGE_MAX)
				return FRAME_GARBAGE;
			return wait_for_more(f, window(f));
		case DONE:
			return message(f, *msg);
		case DOCTYPE:
			return FRAME_DOCTYPE;
		case TOO_BIG:
			return FRAME_TOO_BIG;
		case BAD_LENGTH:
			return FRAME_LENGTH;
		}
	}
}
