/* proto_fix.h - what the tests of ots-listen and TAK protocol version 1 share:
 * the events of the negotiation, and the vectors of cot-streaming 8.1. */
#ifndef PROTO_FIX_H
#define PROTO_FIX_H

#include "cotpb_fix.h"
#include "listen_fix.h"

#include "base64.h"

#define TIMES                                                                  \
	" time=\"1970-01-01T00:00:05.000Z\" "                                  \
	"start=\"1970-01-01T00:00:05.000Z\" "                                  \
	"stale=\"1970-01-01T00:01:05.000Z\""
#define POINT                                                                  \
	"<point lat=\"0.0\" lon=\"0.0\" hae=\"0.0\" ce=\"999999\" "            \
	"le=\"999999\"/>"
#define OFFER                                                                  \
	"<event version=\"2.0\" uid=\"takp\" type=\"t-x-takp-v\"" TIMES        \
	" how=\"m-g\">" POINT "<detail><TakControl><TakProtocolSupport "       \
	"version=\"1\"/><TakServerVersionInfo "                                \
	"serverVersion=\"ots " OTS_VERSION                                     \
	"\" apiVersion=\"3\"/></TakControl></detail></event>"
#define ANSWER(uid, status)                                                    \
	"<event version=\"2.0\" uid=\"" uid "\" type=\"t-x-takp-r\"" TIMES     \
	" how=\"m-g\">" POINT                                                  \
	"<detail><TakControl><TakResponse status=\"" status                    \
	"\"/></TakControl></detail></event>"
#define REQUEST(uid, version)                                                  \
	"<?xml version=\"1.0\"?>\n<event version=\"2.0\" uid=\"" uid           \
	"\" type=\"t-x-takp-q\" access=\"Undefined\"" TIMES                    \
	" how=\"m-g\"><point lat=\"0.00000000\" lon=\"0.00000000\" "           \
	"hae=\"0.00000000\" ce=\"9999999\" le=\"9999999\"/><detail>"           \
	"<TakControl><TakRequest" version "/></TakControl></detail></event>"
#define GOOD REQUEST("takp", " version=\"1\"")
#define YES  ANSWER("takp", "true")

/* Vectors of cot-streaming 8.1: frames, messages in base64, canonical XML. */
static struct buf frame[8], text[8], canon[8];

static inline void
load(struct buf *b, int v, const char *suffix)
{
	char name[64];

	assert_true(
	    str_fmt(name, sizeof name, "tests/data/cot/v%d.%s", v, suffix) > 0);
	buf_init(b, 1 << 16);
	fix_load(name, b);
	while (buf_size(b) && buf_data(b)[buf_size(b) - 1] == '\n' &&
	    *suffix == 'x')
		buf_truncate(b, buf_size(b) - 1);
}

static inline int
load_vectors(void **state)
{
	int v;

	for (v = 1; v <= 7; v++) {
		load(&frame[v], v, "pb");
		load(&canon[v], v, "xml");
		buf_init(&text[v], 1 << 16);
		/* behind its head of BF and a length of one byte or two */
		assert_int_equal(
		    base64_encode(&text[v],
			(struct slice){
			    buf_data(&frame[v]) + (v == 1 || v == 5 ? 2 : 3),
			    buf_size(&frame[v]) - (v == 1 || v == 5 ? 2 : 3)}),
		    0);
	}
	return fix_setup(state);
}

static inline int
unload_vectors(void **state)
{
	int v;

	for (v = 1; v <= 7; v++) {
		buf_fini(&frame[v]);
		buf_fini(&canon[v]);
		buf_fini(&text[v]);
	}
	return fix_teardown(state);
}

/* A send of a vector to all, with its other encoding or without. */
static inline void
send_vector(struct fixture *f, int v, const char *more, bool with_pb)
{
	struct buf line = {.max = 1 << 20};

	(void)buf_fmt(&line, "ev:send\tto:group:g%s\txml:", more);
	assert_int_equal(rec_escape(&line, buf_slice(&canon[v])), 0);
	if (with_pb) {
		(void)buf_puts(&line, "\tpb:");
		(void)buf_put(&line, buf_slice(&text[v]));
	}
	assert_int_equal(buf_putc(&line, '\0'), 0);
	record(f, buf_data(&line));
	buf_fini(&line);
}

static inline void
all_in_one_room(struct fixture *f)
{
	record(f, "ev:bind\tconn:n.0.100\tkey:group:g");
	record(f, "ev:bind\tconn:n.1.101\tkey:group:g");
	record(f, "ev:bind\tconn:n.2.102\tkey:group:g");
}

/* Let client i change, if it has not. */
static inline void
change(struct fixture *f, int i)
{
	assert_int_equal(input(f, i, GOOD), 0);
	queued(f, i, YES);
	assert_int_equal(f->c[i].kind, FAN_PB);
	assert_int_equal(buf_size(&f->out), 0);
}

#endif
