/* vectors_fix.h - a client's bytes as a transcript: what each message becomes,
 * the same however the bytes are split. */
#ifndef VECTORS_FIX_H
#define VECTORS_FIX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "buf.h"
#include "clock.h"
#include "cotpb.h"
#include "cotxml.h"
#include "frame.h"

#define MAX    ((size_t)1 << 20)
#define RANDOM 300 /* random splits of each vector */

#define T "2024-05-06T07:08:09Z"
#define EVENT_WITH(more)                                                       \
	"<event uid=\"U\" type=\"a-x\" how=\"m-g\" time=\"" T "\" start=\"" T  \
	"\" stale=\"" T "\">" more "</event>"
#define POINT "<point lat=\"1\" lon=\"2\" hae=\"3\" ce=\"4\" le=\"5\"/>"
#define SMALL EVENT_WITH(POINT)

static struct buf v[8]; /* tests/data/cot/v1.cot to v7.cot */
static struct cotxml *xml;
static struct cotpb *pb;
static uint32_t seed = 1;

/* ---- from bytes to a transcript ---- */

static enum cot_why
parse(enum frame_kind kind, struct slice msg, struct cot *c)
{
	struct cotparts parts;
	enum cot_why why;

	if (kind == FRAME_XML)
		return cotxml_parse(xml, msg, NULL, c);
	why = cotpb_decode(pb, msg, &parts);
	return why ? why : cotxml_parse_parts(xml, &parts, NULL, c);
}

/* One line for each message: its record, or kind and reason. */
static void
transcribe(enum frame_kind kind, struct slice msg, struct buf *out)
{
	static struct cot cot;
	struct rec_writer w;
	enum cot_why why;

	if (kind == FRAME_XML || kind == FRAME_PB) {
		why = parse(kind, msg, &cot);
		if (why) {
			(void)buf_fmt(out, "dropped %s\n", cot_why_name(why));
			return;
		}
		rec_begin(&w, out, "cot");
		cot_put(&w, &cot);
		rec_put(&w, "xml", cot.xml);
		assert_int_equal(rec_end(&w), 0);
		return;
	}
	(void)buf_fmt(out, "%s\n", frame_kind_name(kind));
}

/* How many bytes the next read has. */
static size_t
next_size(size_t left, size_t piece)
{
	if (piece == 0) {
		seed = seed * 1103515245 + 12345;
		piece = 1 + (seed >> 16) % 97;
	}
	return left < piece ? left : piece;
}

/* piece 0: at random. */
static void
transcript(struct slice in, size_t piece, struct buf *out)
{
	enum frame_kind kind = FRAME_NONE;
	struct framer f;
	struct slice msg;
	size_t n;

	buf_clear(out);
	framer_init(&f, MAX);
	while (in.n && kind < FRAME_TOO_BIG) {
		n = next_size(in.n, piece);
		framer_feed(&f, in.p, n);
		in.p += n;
		in.n -= n;
		while ((kind = framer_next(&f, &msg)) != FRAME_NONE) {
			transcribe(kind, msg, out);
			if (kind >= FRAME_TOO_BIG)
				break;
		}
	}
	framer_fini(&f);
	assert_false(out->failed);
}

/* The transcript with each record cut to "cot", uid and type. */
static void
shorten(struct slice in, char *out, size_t size)
{
	const char *end, *tab;
	size_t len = 0, n;
	int tabs;

	while (in.n) {
		end = memchr(in.p, '\n', in.n);
		assert_non_null(end);
		n = (size_t)(end - in.p);
		tab = in.p;
		for (tabs = 0; tab && tabs < 2 && slice_starts(in, "ev:");
		     tabs++)
			tab = memchr(tab + 1, '\t', (size_t)(end - tab - 1));
		if (tab && tab > in.p)
			n = (size_t)(tab - in.p);
		assert_true(len + n + 1 < size);
		memcpy(out + len, in.p, n);
		len += n;
		out[len++] = '\n';
		in.n -= (size_t)(end + 1 - in.p);
		in.p = end + 1;
	}
	out[len] = '\0';
}

/* All three ways give `want`: lines as of shorten(). The whole transcript is
 * left in *whole where that is asked for. */
static void
check(struct slice in, const char *want, struct buf *whole)
{
	struct buf a = {.max = 32 << 20}, b = {.max = 32 << 20};
	char got[65536];
	int i;

	transcript(in, SIZE_MAX, &a);
	shorten(buf_slice(&a), got, sizeof got);
	assert_string_equal(got, want);
	transcript(in, 1, &b);
	assert_true(slice_eq(buf_slice(&a), buf_slice(&b)));
	for (i = 0; i < RANDOM && in.n < 8192; i++) {
		transcript(in, 0, &b);
		assert_true(slice_eq(buf_slice(&a), buf_slice(&b)));
	}
	if (whole)
		assert_int_equal(buf_put(whole, buf_slice(&a)), 0);
	buf_fini(&a);
	buf_fini(&b);
}

static bool
holds(const struct buf *b, const char *text)
{
	return slice_find(buf_slice(b), slice_of(text)) != NULL;
}

/* A stream of parts, ended by NULL; "V1" to "V7" are the events. */
static void
stream(struct buf *out, const char *const *parts)
{
	buf_clear(out);
	for (; *parts; parts++) {
		if ((*parts)[0] == 'V')
			(void)buf_put(out, buf_slice(&v[(*parts)[1] - '0']));
		else
			(void)buf_puts(out, *parts);
	}
	assert_false(out->failed);
}

static int
load(const char *name, struct buf *b)
{
	FILE *f = fopen(name, "rb");
	char chunk[4096];
	size_t n;

	if (!f)
		return -1;
	while ((n = fread(chunk, 1, sizeof chunk, f)))
		(void)buf_append(b, chunk, n);
	fclose(f);
	return b->failed ? -1 : 0;
}

static int
setup(void **state)
{
	char name[] = "tests/data/cot/v0.cot";
	int i;

	(void)state;
	for (i = 1; i <= 7; i++) {
		buf_init(&v[i], 65536);
		*strchr(name, '0') = (char)('0' + i);
		if (load(name, &v[i]) < 0)
			return -1;
		*strrchr(name, (char)('0' + i)) = '0';
	}
	xml = cotxml_new(MAX);
	pb = cotpb_new(MAX);
	return xml && pb ? 0 : -1;
}

static int
teardown(void **state)
{
	int i;

	(void)state;
	for (i = 1; i <= 7; i++)
		buf_fini(&v[i]);
	cotxml_free(&xml);
	cotpb_free(&pb);
	return 0;
}

#endif
