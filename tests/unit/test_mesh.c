/* Events as datagrams: what is in one, what becomes of it, what is written. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../cmd/ots-listen/mesh.h"

#define S      ((uint64_t)1000000)
#define MAX    ((size_t)1 << 20)
#define DOC(t) "<event uid=\"u\" type=\"" t "\"><point/></event>"
#define EVENT  DOC("a-f-G")

/* cot-streaming 8.1: the payloads of V1 (a ping) and V5, and mesh datagrams. */
#define V1                                                                     \
	"123f0a07742d782d632d742a08552d312d70696e6730a3f0ece5f43138a3f0ece5f4" \
	"3140b3beede5f4314a036d2d6769000000e0cf12634171000000e0cf126341"
#define V5                                                                     \
	"12750a07742d782d642d642a03442d3130a8efece5f43138a8efece5f43140c88bee" \
	"e5f4314a09682d672d692d672d6f69000000e0cf12634171000000e0cf1263417a33" \
	"0a313c6c696e6b2072656c6174696f6e3d22702d7022207569643d22552d31222074" \
	"7970653d22612d662d472d552d43222f3e"
#define MESH_V1     "bf01bf0a00" V1
#define CONTROL_U_1 "bf01bf0a051a03552d31"

static unsigned
nibble(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

/* In static memory, until the next call but 63. */
static struct slice
hex(const char *text)
{
	static char memory[64][512];
	static int turn;
	char *to = memory[turn++ % 64];
	size_t i, n = strlen(text) / 2;

	assert_true(n <= sizeof memory[0]);
	for (i = 0; i < n; i++)
		to[i] =
		    (char)(nibble(text[2 * i]) << 4 | nibble(text[2 * i + 1]));
	return (struct slice){to, n};
}

/* ---- in ---- */

static void
reads(struct slice bytes, enum mesh_what what, struct slice event, bool v1,
    size_t garbage)
{
	struct mesh_datagram d;

	mesh_read(bytes, MAX, &d);
	assert_int_equal(d.what, what);
	if (what == MESH_XML || what == MESH_PB)
		assert_true(slice_eq(d.event, event));
	assert_int_equal(d.v1, v1);
	assert_int_equal(d.garbage, garbage);
}

static void
is_bad(struct slice bytes, const char *why)
{
	struct mesh_datagram d;

	mesh_read(bytes, MAX, &d);
	assert_int_equal(d.what, MESH_BAD);
	assert_string_equal(d.why, why);
	assert_false(d.v1 && slice_is(slice_of(why), "version"));
}

static void
test_read_xml(void **state)
{
	static const char *const ignored[] = {DOC("t-x-c-t"), DOC("t-x-takp-v"),
	    DOC("t-x-takp-q"),
	    "<auth><cot username=\"a\" password=\"b\"/></auth>"};
	struct slice event = slice_of(EVENT);
	size_t i;

	(void)state;
	reads(event, MESH_XML, event, false, 0);
	reads(slice_of("<?xml version='1.0'?>\n" EVENT), MESH_XML, event, false,
	    0);
	reads(slice_of("\xef\xbb\xbf" EVENT "\r\n"), MESH_XML, event, false, 0);
	reads((struct slice){EVENT "\n\0", sizeof EVENT + 1}, MESH_XML, event,
	    false, 0);
	/* one event; what is behind it, or before, is none */
	reads(slice_of(EVENT EVENT), MESH_XML, event, false, sizeof EVENT - 1);
	reads(slice_of(EVENT " x "), MESH_XML, event, false, 2);
	reads(slice_of("xy" EVENT), MESH_XML, event, false, 2);
	for (i = 0; i < sizeof ignored / sizeof *ignored; i++)
		reads(slice_of(ignored[i]), MESH_IGNORED, event, false, 0);
	reads(slice_of(DOC("t-x-c-t-r")), MESH_XML, slice_of(DOC("t-x-c-t-r")),
	    false, 0);
	is_bad(slice_of(""), "empty");
	is_bad(slice_of(" \n"), "no-event");
	is_bad(slice_of("hello"), "no-event");
	is_bad(slice_of("<event uid=\"u\"><point/></eve"), "no-event");
	is_bad(slice_of("<auth><cot username=\"a\" passw"), "no-event");
	is_bad(slice_of("<!DOCTYPE x><event></event>"), "doctype");
}

static void
test_read_protobuf(void **state)
{
	struct slice v1 = hex(V1), v5 = hex(V5), none = {0};

	(void)state;
	reads(hex("bf01bf" V5), MESH_PB, v5, true, 0);
	/* a ping, alone and behind an empty TakControl */
	reads(hex("bf01bf" V1), MESH_IGNORED, v1, true, 0);
	reads(hex(MESH_V1), MESH_IGNORED, v1, true, 0);
	reads(hex("bf01bf0a00" V5), MESH_PB, hex("0a00" V5), true, 0);
	reads(hex(CONTROL_U_1), MESH_CONTROL, none, true, 0);
	reads(hex("bf01bf0a00"), MESH_CONTROL, none, true, 0);
	reads(hex("bf01bf"), MESH_CONTROL, none, true, 0);
	/* as on a stream (PyTAK); goatak puts a zero behind it */
	reads(hex("bf77" V5), MESH_PB, v5, true, 0);
	reads(hex("bf77" V5 "00"), MESH_PB, v5, true, 0);
	reads(hex("bf77" V5 "ff41"), MESH_PB, v5, true, 2);
	reads(hex("bf41" V1), MESH_IGNORED, v1, true, 0);
	reads(hex("bf00"), MESH_CONTROL, none, true, 0);
	is_bad(hex("bf02bf" V5), "version");
	is_bad(hex("bf00bf" V5), "version");
	is_bad(hex(V5), "no-event"); /* not framed */
	is_bad(hex("bf78" V5), "no-event");
	is_bad(hex("bf"), "no-event");
	is_bad(hex("bf01"), "no-event");
	is_bad(hex("bfffffffffffff01"), "length");
	is_bad(hex("bf01bfff"), "no-event");
	is_bad(hex("bf01bf127f00"), "no-event");
}

static void
test_read_limit(void **state)
{
	struct mesh_datagram d;

	(void)state;
	mesh_read(slice_of(EVENT), sizeof EVENT - 1, &d);
	assert_int_equal(d.what, MESH_XML);
	mesh_read(slice_of(EVENT), sizeof EVENT - 2, &d);
	assert_string_equal(d.why, "too-big");
	mesh_read(hex("bf01bf" V5), 119, &d);
	assert_int_equal(d.what, MESH_PB);
	mesh_read(hex("bf01bf" V5), 118, &d);
	assert_string_equal(d.why, "too-big");
	mesh_read(hex("bf77" V5), 118, &d);
	assert_int_equal(d.what, MESH_BAD);
}

/* ---- out ---- */

static void
becomes(struct slice delivery, struct slice datagram)
{
	struct iovec v[MESH_PIECES];
	struct buf got;
	int i, n = mesh_pieces(delivery, v);

	buf_init(&got, MAX);
	for (i = 0; i < n; i++)
		assert_int_equal(
		    buf_append(&got, v[i].iov_base, v[i].iov_len), 0);
	assert_true(slice_eq(buf_slice(&got), datagram));
	buf_fini(&got);
}

static void
test_pieces(void **state)
{
	static char big[70000];
	struct slice d = {big, NET_DATAGRAM_MAX};
	struct iovec v[MESH_PIECES];
	size_t head;

	(void)state;
	becomes(slice_of(EVENT), slice_of(EVENT));
	/* byte for byte as in 8.1 */
	becomes(hex("bf41" V1), hex(MESH_V1));
	becomes(hex("bf00"), hex("bf01bf0a00"));
	memset(big, 'x', sizeof big);
	assert_int_equal(mesh_pieces(d, v), 1);
	d.n++;
	assert_int_equal(mesh_pieces(d, v), 0);
	head = frame_head(big, NET_DATAGRAM_MAX - 5);
	d.n = head + NET_DATAGRAM_MAX - 5;
	assert_int_equal(mesh_pieces(d, v), 2);
	assert_int_equal(v[0].iov_len + v[1].iov_len, NET_DATAGRAM_MAX);
	head = frame_head(big, NET_DATAGRAM_MAX - 4);
	d.n = head + NET_DATAGRAM_MAX - 4;
	assert_int_equal(mesh_pieces(d, v), 0);
}

static void
test_control(void **state)
{
	char out[MESH_CONTROL_MAX];
	struct mesh_datagram d;
	char name[100];
	size_t n;

	(void)state;
	n = mesh_control(out, slice_of("U-1"));
	assert_true(slice_eq((struct slice){out, n}, hex(CONTROL_U_1)));
	n = mesh_control(out, slice_of(""));
	assert_true(slice_eq((struct slice){out, n}, hex("bf01bf0a00")));
	memset(name, 'n', sizeof name);
	n = mesh_control(out, (struct slice){name, sizeof name});
	assert_int_equal(n, sizeof out);
	mesh_read((struct slice){out, n}, MAX, &d);
	assert_int_equal(d.what, MESH_CONTROL);
}

/* Deliveries of both encodings in one queue: each a piece of its own. */
static void
test_queue(void **state)
{
	struct fan f;
	struct fan_queue q = {0};
	struct iovec v[8];
	char *to;
	int i;

	(void)state;
	fan_init(&f);
	for (i = 0; i < 6; i++) {
		enum fan_kind kind = i == 2 ? FAN_PB : FAN_XML;

		to = fan_reserve(&f, kind, 10);
		assert_non_null(to);
		memset(to, 'a' + i, 10);
		assert_int_equal(
		    fan_push(
			&q, fan_commit(&f, kind, 5 + (size_t)i, FAN_CHAT, 0)),
		    1);
	}
	assert_int_equal(fan_each(&q, v, 4), 4);
	assert_int_equal(fan_each(&q, v, 8), 6);
	for (i = 0; i < 6; i++) {
		assert_int_equal(v[i].iov_len, 5 + i);
		assert_int_equal(*(char *)v[i].iov_base, 'a' + i);
	}
	fan_sent(&f, &q, 5 + 6);
	assert_int_equal(fan_each(&q, v, 8), 4);
	assert_int_equal(*(char *)v[0].iov_base, 'c');
	fan_sent(&f, &q, 7 + 8 + 9 + 10);
	assert_int_equal(fan_each(&q, v, 8), 0);
	fan_clear(&f, &q);
	fan_fini(&f);
}

/* ---- frames ---- */

static const uint64_t seed[2] = {1, 2};

struct fixture {
	struct listen l;
	struct buf out;
	struct client c;
	struct mesh m;
	struct mesh_counters n;
};

static void
set_up(struct fixture *f)
{
	struct listen_config cfg = {
	    .node = "n", .max_clients = 4, .max_event = MAX};

	*f = (struct fixture){.c.group = "mesh\tx"};
	buf_init(&f->out, 1 << 24);
	assert_int_equal(listen_init(&f->l, &cfg, &f->out, seed, 100), 0);
	listen_time(&f->l, 1000 * S, 5000000);
	mesh_init(&f->m, MESH_AUTO, seed);
	assert_int_equal(
	    listen_join(&f->l, &f->c, "udp", "239.2.3.1:6969%eth0", NULL), 0);
}

static void
tear_down(struct fixture *f)
{
	listen_leave(&f->l, &f->c, "eof");
	mesh_fini(&f->m);
	listen_fini(&f->l);
	buf_fini(&f->out);
}

static void
written(struct fixture *f, const char *want)
{
	assert_int_equal(buf_putc(&f->out, '\0'), 0);
	assert_string_equal(buf_data(&f->out), want);
	buf_clear(&f->out);
}

/* What is left in memory of the datagram. */
static const char *
input(struct fixture *f, struct slice bytes)
{
	static char copy[1024];

	assert_true(bytes.n < sizeof copy);
	memset(copy, 0, sizeof copy);
	memcpy(copy, bytes.p, bytes.n);
	mesh_input(&f->m, &f->n, &f->l, &f->c, copy, bytes.n, "192.0.2.7:4242");
	return copy;
}

static void
test_frames(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	written(&f,
	    "ev:open\tconn:n.0.100\tvia:udp\tpeer:239.2.3.1:6969%eth0\t"
	    "group:mesh\\tx\tt:5000000\n");
	input(&f, slice_of(EVENT "xyz"));
	written(&f,
	    "ev:frame\tconn:n.0.100\tvia:udp\tt:5000000\tpeer:192.0.2.7:4242\t"
	    "xml:" EVENT "\n");
	assert_true(f.c.framer.garbage == 3 && f.l.n.messages == 1);
	assert_int_equal(mesh_kind(&f.m, f.l.now), FAN_XML);
	input(&f,
	    hex("bf01bf1202"
		"0a00"));
	written(&f,
	    "ev:frame\tconn:n.0.100\tvia:udp\tt:5000001\tpeer:192.0.2.7:4242\t"
	    "pb:EgIKAA==\n");
	assert_true(f.l.n.messages == 2 && f.l.n.protobuf == 1);
	assert_int_equal(mesh_kind(&f.m, f.l.now), FAN_PB);
	input(&f, hex(MESH_V1));
	input(&f, slice_of(DOC("t-x-takp-q")));
	written(&f, "");
	assert_true(f.n.ignored == 2 && f.n.bad == 0);
	input(&f, hex(CONTROL_U_1));
	written(&f, "");
	assert_true(f.n.control == 1);
	tear_down(&f);
}

static void
test_bad_frames(void **state)
{
	struct fixture f;
	const char *left;

	(void)state;
	set_up(&f);
	buf_clear(&f.out);
	input(&f, slice_of("nonsense"));
	input(&f, (struct slice){"<event uid=\"\0\"></event>", 23});
	input(&f, (struct slice){"", 0});
	written(&f, "");
	assert_true(f.n.bad == 3 && f.l.n.nul == 1 && f.c.messages == 0);
	/* who sends nonsense is nobody */
	assert_int_equal(f.m.n_heard, 0);
	left = input(&f,
	    slice_of("<auth><cot username=\"a\" password=\"key\"/></auth>"));
	assert_true(left[0] == '\0' && left[41] == '\0' && f.n.ignored == 1);
	left = input(&f, slice_of("<auth><cot username=\"a\" password=\"key"));
	assert_true(left[0] == '\0' && left[34] == '\0' && f.n.bad == 4);
	written(&f, "");
	/* said again, it is still in its group */
	listen_tell_begin(&f.l, 7);
	listen_tell(&f.l, 1 << 20);
	written(&f,
	    "ev:open\tconn:n.0.100\tvia:udp\tpeer:239.2.3.1:6969%eth0\t"
	    "group:mesh\\tx\tt:5000000\tagain:1\n"
	    "ev:announced\tnode:n\tround:7\n");
	tear_down(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_read_xml),
	    cmocka_unit_test(test_read_protobuf),
	    cmocka_unit_test(test_read_limit),
	    cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_control),
	    cmocka_unit_test(test_queue),
	    cmocka_unit_test(test_frames),
	    cmocka_unit_test(test_bad_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
