/* Frames only: framer_binary, and the heads of frames (cot-streaming 4.3, 8.3
 * and 8.4). What is XML is in test_vectors.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "buf.h"
#include "frame.h"

#define MAX ((size_t)1000)

struct stream {
	struct framer f;
	struct buf got; /* messages, a / behind each, and what ended it */
	uint32_t seed;
};

static void
take(struct stream *s, enum frame_kind k, struct slice msg)
{
	if (k >= FRAME_TOO_BIG) {
		(void)buf_puts(&s->got, frame_kind_name(k));
		return;
	}
	(void)buf_put(&s->got, msg);
	(void)buf_putc(&s->got, '/');
	if (k == FRAME_XML && slice_find(msg, SLICE("switch")))
		framer_binary(&s->f);
}

/* piece 0: at random */
static void
stream(struct stream *s, struct slice in, size_t piece)
{
	enum frame_kind k = FRAME_NONE;
	struct slice msg;
	size_t n;

	*s = (struct stream){.got.max = 1 << 20, .seed = s->seed};
	framer_init(&s->f, MAX);
	while (in.n && k < FRAME_TOO_BIG) {
		s->seed = s->seed * 1103515245 + 12345;
		n = piece ? piece : 1 + (s->seed >> 16) % 9;
		n = n < in.n ? n : in.n;
		framer_feed(&s->f, in.p, n);
		in.p += n;
		in.n -= n;
		while ((k = framer_next(&s->f, &msg)) != FRAME_NONE) {
			take(s, k, msg);
			if (k >= FRAME_TOO_BIG)
				break;
		}
	}
}

/* The same however it is cut; what it skipped is counted. */
static void
expect(struct slice in, const char *want, uint64_t garbage)
{
	struct stream s = {.seed = 1};
	size_t piece;

	for (piece = 0; piece < 40; piece++) {
		stream(&s, in,
		    piece < 20        ? 0
			: piece == 39 ? in.n
				      : piece - 19);
		assert_true(slice_is(buf_slice(&s.got), want));
		assert_true(s.f.garbage == garbage);
		if (slice_ends(buf_slice(&s.got), "/"))
			assert_true(s.f.keep.cap == 0); /* nothing is kept */
		framer_fini(&s.f);
		buf_fini(&s.got);
	}
}

#define SWITCH   "<event>switch</event>"
#define SWITCHED SWITCH "/"

static void
test_switch(void **state)
{
	(void)state;
	/* the byte behind the message is the first of a frame */
	expect(SLICE(SWITCH "\xbf\x03"
			    "abc"
			    "\xbf\x00\xbf\x01"
			    "d"),
	    SWITCHED "abc//d/", 0);
	/* CR LF, declarations and XML are skipped */
	expect(SLICE(SWITCH "\r\n\xbf\x03"
			    "abc"),
	    SWITCHED "abc/", 2);
	expect(SLICE(SWITCH "\n<?xml version='1.0'?><event>x</event>"
			    "\xbf\x03"
			    "abc"
			    "<event/>\xbf\x01"
			    "d"),
	    SWITCHED "abc/d/", 1 + 21 + 16 + 8);
	/* comments and document types mean nothing any more */
	expect(SLICE(SWITCH "<!-- <!DOCTYPE \xbf\x01"
			    "a"),
	    SWITCHED "a/", 15);
	/* a message may hold anything */
	expect(SLICE(SWITCH "\xbf\x08"
			    "<event>\xbf"
			    "\xbf\x01"
			    "d"),
	    SWITCHED "<event>\xbf/d/", 0);
	/* frames before, as some send them, and XML between */
	expect(SLICE("\xbf\x01"
		     "a"
		     "<event>x</event>" SWITCH "\xbf\x01"
		     "d"),
	    "a/<event>x</event>/" SWITCHED "d/", 0);
}

static void
test_zero_bytes(void **state)
{
	(void)state;
	/* goatak ends frames with one; elsewhere it is garbage */
	expect(SLICE(SWITCH "\xbf\x01"
			    "a\0\xbf\x01"
			    "b\0\0\xbf\x01"
			    "c"),
	    SWITCHED "a/b/c/", 0);
	expect(SLICE(SWITCH "\xbf\x01"
			    "a"
			    "x\0\xbf\x01"
			    "b"),
	    SWITCHED "a/b/", 2);
}

static void
test_lengths(void **state)
{
	static char big[MAX + 100];
	size_t n;

	(void)state;
	expect(SLICE(SWITCH "\xbf\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
	    SWITCHED "length", 0);
	expect(SLICE(SWITCH "\xbf\x80\x80\x80\x80\x80"), SWITCHED "length", 0);
	expect(SLICE(SWITCH "\xbf\x81\x80\x80\x80\x80\x00x"), SWITCHED "length",
	    0);
	/* long forms of small numbers are legal */
	expect(SLICE(SWITCH "\xbf\x81\x80\x80\x80\x00"
			    "a"),
	    SWITCHED "a/", 0);
	/* one byte over the maximum, and exactly that */
	expect(SLICE(SWITCH "\xbf\xe9\x07"), SWITCHED "length", 0);
	memset(big, 'm', sizeof big);
	n = strlen(SWITCH);
	memcpy(big, SWITCH "\xbf\xe8\x07", n + 3);
	{
		struct stream s = {.seed = 1};

		stream(&s, (struct slice){big, n + 3 + MAX}, 7);
		assert_int_equal(buf_size(&s.got), n + 1 + MAX + 1);
		framer_fini(&s.f);
		buf_fini(&s.got);
	}
}

static void
test_garbage_bound(void **state)
{
	size_t n = FRAME_GARBAGE_MAX + 1, at = strlen(SWITCH), i;
	static const char fill[] = {'x', '\0', '<'};
	struct stream s = {.seed = 1};
	char *text = malloc(at + n);

	(void)state;
	assert_non_null(text);
	memcpy(text, SWITCH, at);
	for (i = 0; i < sizeof fill; i++) {
		memset(text + at, fill[i], n);
		stream(&s, (struct slice){text, at + n}, 5000);
		assert_true(slice_is(buf_slice(&s.got), SWITCHED "garbage"));
		framer_fini(&s.f);
		buf_fini(&s.got);
		stream(&s, (struct slice){text, at + n - 1}, 5000);
		assert_true(slice_is(buf_slice(&s.got), SWITCHED));
		framer_fini(&s.f);
		buf_fini(&s.got);
	}
	free(text);
}

static void
test_heads(void **state)
{
	static const struct {
		size_t n, len;
		const char *head;
	} t[] = {
	    {0, 2, "\xbf\x00"},
	    {65, 2, "\xbf\x41"},
	    {127, 2, "\xbf\x7f"},
	    {128, 3, "\xbf\x80\x01"},
	    {300, 3, "\xbf\xac\x02"},
	    {16384, 4, "\xbf\x80\x80\x01"},
	    {65536, 4, "\xbf\x80\x80\x04"},
	    {UINT32_MAX, 6, "\xbf\xff\xff\xff\xff\x0f"},
	};
	char head[FRAME_HEAD_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof t[0]; i++) {
		assert_int_equal(frame_head(head, t[i].n), t[i].len);
		assert_memory_equal(head, t[i].head, t[i].len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_switch),
	    cmocka_unit_test(test_zero_bytes),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_garbage_bound),
	    cmocka_unit_test(test_heads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
