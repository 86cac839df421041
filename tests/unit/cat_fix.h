/* cat_fix.h - the core of ots-cat between buffers, for its unit tests. */
#ifndef TEST_CAT_FIX_H
#define TEST_CAT_FIX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/ots-cat/cat.h"

#define T     "2024-05-06T07:08:09.123Z"
#define STALE "2024-05-06T07:08:19.123Z"
#define POINT(ce)                                                              \
	"<point lat=\"0\" lon=\"0\" hae=\"0\" ce=\"" ce "\" le=\"" ce "\"/>"
#define EVENT(type, uid, ce, detail)                                           \
	"<event version=\"2.0\" time=\"" T "\" start=\"" T "\" stale=\"" STALE \
	"\" type=\"" type "\" uid=\"" uid "\" how=\"m-g\">" POINT(ce) detail   \
	    "</event>"
#define CONTROL(type, child)                                                   \
	EVENT(type, "n-1", "999999",                                           \
	    "<detail><TakControl>" child "</TakControl></detail>")
#define OFFER   CONTROL("t-x-takp-v", "<TakProtocolSupport version=\"1\"/>")
#define OFFER_2 CONTROL("t-x-takp-v", "<TakProtocolSupport version=\"2\"/>")
#define YES     CONTROL("t-x-takp-r", "<TakResponse status=\"true\"/>")
#define NO      CONTROL("t-x-takp-r", "<TakResponse status=\"false\"/>")
#define OTHER   CONTROL("t-x-takp-z", "<Other/>")

/* V1 of cot-streaming 8.1: the ping, in both encodings; and what becomes of it
 * on the way back. */
#define PING EVENT("t-x-c-t", "U-1-ping", "9999999", "<detail/>")
#define BACK                                                                   \
	"<event version=\"2.0\" time=\"" T "\" start=\"" T "\" stale=\"" STALE \
	"\" type=\"t-x-c-t\" uid=\"U-1-ping\" how=\"m-g\" "                    \
	"access=\"Undefined\">"                                                \
	"<point lat=\"0.00000000\" lon=\"0.00000000\" hae=\"0.00000000\" "     \
	"ce=\"9999999\" le=\"9999999\"/><detail/></event>"
#define PING_PB                                                                \
	"\x12\x3f\x0a\x07t-x-c-t\x2a\x08U-1-ping"                              \
	"\x30\xa3\xf0\xec\xe5\xf4\x31\x38\xa3\xf0\xec\xe5\xf4\x31"             \
	"\x40\xb3\xbe\xed\xe5\xf4\x31\x4a\x03m-g"                              \
	"\x69\x00\x00\x00\xe0\xcf\x12\x63\x41"                                 \
	"\x71\x00\x00\x00\xe0\xcf\x12\x63\x41"
#define PING_64                                                                \
	"Ej8KB3QteC1jLXQqCFUtMS1waW5nMKPw7OX0MTij8Ozl9DFAs77t5fQxSgNtLWdp"     \
	"AAAA4M8SY0FxAAAA4M8SY0E="
#define PING_FRAME "\xbf\x41" PING_PB
#define PING_MESH  "\xbf\x01\xbf\x0a\x00" PING_PB

/* A TakMessage whose event is of the link. */
#define YES_FRAME "\xbf\x0e\x12\x0c\x0a\x0at-x-takp-r"

#define E1       "<event uid=\"1\"><point/></event>"
#define HELLO    "\nev:hello\tversion:1\tprogram:test\tnode:local\n"
#define PEER     "192.0.2.1:8088"
#define NOW_US   1714979289123456
#define RECEIVED "ev:frame\tt:1714979289123456\tvia:tcp\tpeer:" PEER

struct fixture {
	struct cat cat;
	struct buf tx, out;
	const char *from, *why; /* of the last bad one */
};

static inline void
on_bad(void *arg, const char *from, const char *why)
{
	struct fixture *f = arg;

	f->from = from;
	f->why = why;
}

static inline void
begin(struct fixture *f, enum cat_wire wire, enum cat_format format,
    enum proto_want want)
{
	memset(f, 0, sizeof *f);
	cat_init(&f->cat, wire, format, want, "tcp");
	f->cat.on_bad = on_bad;
	f->cat.arg = f;
	buf_init(&f->tx, 1 << 20);
	buf_init(&f->out, 1 << 20);
}

static inline void
end(struct fixture *f)
{
	cat_fini(&f->cat);
	buf_fini(&f->tx);
	buf_fini(&f->out);
}

static inline void
expect(struct buf *b, struct slice want)
{
	assert_false(b->failed);
	assert_int_equal(buf_size(b), want.n);
	if (want.n)
		assert_memory_equal(buf_data(b), want.p, want.n);
	buf_clear(b);
}
#define EXPECT(b, literal) expect(b, SLICE(literal))

static inline const char *
net(struct fixture *f, struct slice s, size_t step)
{
	const char *wrong = NULL;
	size_t i;

	for (i = 0; i < s.n && !wrong; i += step)
		wrong = cat_net(&f->cat, s.p + i,
		    s.n - i < step ? s.n - i : step, PEER, NOW_US, &f->out);
	return wrong;
}
#define NET(f, literal, step) net(f, SLICE(literal), step)

static inline void
input(struct fixture *f, struct slice s)
{
	assert_false(proto_is_mute(&f->cat.proto));
	assert_null(cat_input(&f->cat, s.p, s.n, &f->tx));
}
#define INPUT(f, literal) input(f, SLICE(literal))

static const size_t steps[] = {1, 2, 7, 100000};
#define FOR_STEPS(i) for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)

/* The server's offer, our request behind what is queued. */
static inline void
negotiate(struct fixture *f, size_t step)
{
	struct takp t;

	assert_null(NET(f, OFFER, step));
	cat_ask(&f->cat, NOW_US, &f->tx);
	assert_int_equal(takp_read(buf_slice(&f->tx), &t), TAKP_REQUEST);
	assert_true(slice_is(t.uid, "n-1"));
	assert_true(proto_is_mute(&f->cat.proto));
	buf_clear(&f->tx);
	cat_ask(&f->cat, NOW_US, &f->tx);
	EXPECT(&f->tx, "");
}

#endif
