/* cotpb_fix.h - what the tests of TAK protocol messages share: from XML to
 * canonical XML, to a message, and back; and messages made field by field. */
#ifndef COTPB_FIX_H
#define COTPB_FIX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>

#include "buf.h"
#include "cotpb.h"
#include "cotxml.h"
#include "frame.h"

#define FIX_MAX ((size_t)1 << 20)

static struct cotpb *pb;
static struct cotxml *xml;
static struct cot cot;

static inline int
fix_setup(void **state)
{
	(void)state;
	pb = cotpb_new(FIX_MAX);
	xml = cotxml_new(FIX_MAX);
	return pb && xml ? 0 : -1;
}

static inline int
fix_teardown(void **state)
{
	(void)state;
	cotpb_free(&pb);
	cotxml_free(&xml);
	return 0;
}

/* The file's bytes, appended. */
static inline void
fix_load(const char *name, struct buf *b)
{
	FILE *f = fopen(name, "rb");
	char chunk[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(chunk, 1, sizeof chunk, f)))
		assert_int_equal(buf_append(b, chunk, n), 0);
	fclose(f);
}

static inline void
fix_same(struct slice got, struct slice want)
{
	if (slice_eq(got, want))
		return;
	print_error(
	    "got:  %.*s\nwant: %.*s\n", (int)got.n, got.p, (int)want.n, want.p);
	fail();
}

/* *out becomes the canonical form of a document that is accepted. */
static inline void
fix_canon(struct slice doc, struct buf *out)
{
	assert_int_equal(cotxml_parse(xml, doc, NULL, &cot), COT_OK);
	buf_clear(out);
	assert_int_equal(buf_put(out, cot.xml), 0);
}

/* *out becomes the message of a canonical event. */
static inline void
fix_encode(struct slice canon, bool decoded, struct buf *out)
{
	const struct cotpb_source from = {.xml = canon, .decoded = decoded};

	buf_clear(out);
	assert_int_equal(cotpb_encode(pb, &from, out), 0);
}

/* The message's event is in cot.xml. */
static inline enum cot_why
fix_decode(struct slice msg)
{
	struct cotparts parts;
	enum cot_why why = cotpb_decode(pb, msg, &parts);

	return why ? why : cotxml_parse_parts(xml, &parts, NULL, &cot);
}

/* ---- messages ---- */

static inline void
w_varint(struct buf *b, uint64_t v)
{
	for (; v > 0x7f; v >>= 7)
		(void)buf_putc(b, (char)(v | 0x80));
	assert_int_equal(buf_putc(b, (char)v), 0);
}

static inline void
w_uint(struct buf *b, uint32_t field, uint64_t v)
{
	w_varint(b, (uint64_t)field << 3);
	w_varint(b, v);
}

static inline void
w_double(struct buf *b, uint32_t field, double v)
{
	uint64_t bits;
	unsigned i;

	memcpy(&bits, &v, sizeof bits);
	w_varint(b, field << 3 | 1);
	for (i = 0; i < 64; i += 8)
		assert_int_equal(buf_putc(b, (char)(bits >> i)), 0);
}

static inline void
w_bytes(struct buf *b, uint32_t field, struct slice v)
{
	w_varint(b, field << 3 | 2);
	w_varint(b, v.n);
	assert_int_equal(buf_put(b, v), 0);
}

static inline void
w_text(struct buf *b, uint32_t field, const char *text)
{
	w_bytes(b, field, slice_of(text));
}

/* *msg becomes field 2, the event, with `more` behind what each has. */
static inline void
w_event(struct buf *msg, struct slice more)
{
	struct buf e = {.max = FIX_MAX};
	uint32_t i;

	w_text(&e, 1, "a-f-G");
	w_text(&e, 5, "U");
	for (i = 6; i <= 8; i++)
		w_uint(&e, i, 1714979289000);
	w_text(&e, 9, "m-g");
	for (i = 10; i <= 14; i++)
		w_double(&e, i, i);
	assert_int_equal(buf_put(&e, more), 0);
	buf_clear(msg);
	w_bytes(msg, 2, buf_slice(&e));
	buf_fini(&e);
}

/* The same with `inside` as its detail. */
static inline void
w_detail(struct buf *msg, struct slice inside)
{
	struct buf d = {.max = FIX_MAX};

	w_bytes(&d, 15, inside);
	w_event(msg, buf_slice(&d));
	buf_fini(&d);
}

#define W_TIME "2024-05-06T07:08:09.000Z"
/* What w_event says, as canonical XML: up to the detail. */
#define W_XML                                                                  \
	"<event version=\"2.0\" time=\"" W_TIME "\" start=\"" W_TIME           \
	"\" stale=\"" W_TIME "\" type=\"a-f-G\" uid=\"U\" how=\"m-g\""         \
	" access=\"Undefined\"><point lat=\"10.00000000\""                     \
	" lon=\"11.00000000\" hae=\"12.00000000\" ce=\"13.00000000\""          \
	" le=\"14.00000000\"/>"

/* The event of w_detail(inside) has exactly this content of detail. */
static inline void
fix_detail(struct slice inside, const char *content)
{
	struct buf msg = {.max = FIX_MAX}, want = {.max = FIX_MAX};

	w_detail(&msg, inside);
	assert_int_equal(fix_decode(buf_slice(&msg)), COT_OK);
	(void)buf_puts(&want, W_XML);
	if (*content)
		(void)buf_fmt(&want, "<detail>%s</detail></event>", content);
	else
		(void)buf_puts(&want, "<detail/></event>");
	fix_same(cot.xml, buf_slice(&want));
	buf_fini(&msg);
	buf_fini(&want);
}

#endif
