/* Ten thousand clients change to TAK protocol version 1 while others, in all
 * states, talk and are told; what they send is read, and what they are sent is
 * flushed, in pieces of any size. Each of them must see XML, the answer, and
 * then frames; and every event once, in order. */
#include "listen_fix.h"

#include "base64.h"
#include "takp.h"

#define CLIENTS  6
#define SWITCHES 10000
#define TIME     "2024-05-06T07:08:09.000Z"

/* What a client does at one time or another. */
struct phone {
	struct client c;
	struct framer in;
	struct buf up; /* what is on its way to the server */
	bool asks, eager;
	bool asked, changed;
	bool lossy;           /* its queue was shortened */
	uint32_t next;        /* number of the event that comes next */
	uint32_t said, heard; /* events that it sent; that came out */
	bool heard_pb;
};

struct world {
	struct listen l;
	struct buf out;
	struct phone p[CLIENTS];
	uint32_t seed, sent, switches, refused;
};

static uint32_t
chance(struct world *w, uint32_t n)
{
	w->seed = w->seed * 1103515245 + 12345;
	return (w->seed >> 12) % n;
}

/* ---- numbers in events ---- */

/* Between # and # in either encoding. */
static uint32_t
number_in(struct slice event)
{
	const char *p = slice_find(event, SLICE("#")), *end = event.p + event.n;
	uint32_t n = 0;

	assert_non_null(p);
	for (p++; p < end && *p >= '0' && *p <= '9'; p++)
		n = n * 10 + (uint32_t)(*p - '0');
	assert_true(p < end && *p == '#');
	return n;
}

/* A TakMessage of that type and uid, with bytes in it that could be taken for
 * something else. */
static void
put_message(struct buf *b, const char *type, uint32_t n)
{
	struct buf e = {.max = 256};

	(void)buf_fmt(&e, "\x0a%c%s\x2a%c", (int)strlen(type), type, 25);
	(void)buf_fmt(&e, "\xbf<event>\xbf\x01 #%08u#    ", (unsigned)n);
	(void)buf_fmt(b, "\x12%c", (int)buf_size(&e));
	assert_int_equal(buf_put(b, buf_slice(&e)), 0);
	buf_fini(&e);
}

static void
put_xml(struct buf *b, const char *type, uint32_t n)
{
	(void)buf_puts(b,
	    "<event version=\"2.0\" time=\"" TIME "\" start=\"" TIME
	    "\" stale=\"" TIME "\"");
	assert_int_equal(
	    buf_fmt(b,
		" type=\"%s\" uid=\"#%u#\" how=\"m-g\"><point lat=\"1\" "
		"lon=\"2\" hae=\"3\" ce=\"4\" le=\"5\"/><detail/></event>",
		type, (unsigned)n),
	    0);
}

/* ---- the server's side ---- */

/* An event for all. One in four is a chat, which no queue may lose. */
static void
tell_all(struct world *w)
{
	struct buf line = {.max = 4096}, msg = {.max = 4096};
	uint32_t n = w->sent++;
	static struct rec r;

	(void)buf_fmt(&line,
	    "ev:send\tto:group:g\tuid:%u\tclass:%s\txml:", (unsigned)(n % 3),
	    n % 4 ? "position" : "chat");
	put_xml(&line, "a-f-G", n);
	if (chance(w, 2)) {
		put_message(&msg, "a-f-G", n);
		(void)buf_puts(&line, "\tpb:");
		assert_int_equal(base64_encode(&line, buf_slice(&msg)), 0);
	}
	assert_int_equal(rec_parse(&r, buf_slice(&line)), 1);
	listen_record(&w->l, &r);
	buf_fini(&line);
	buf_fini(&msg);
}

static void
join(struct world *w, struct phone *p)
{
	char line[64];
	static struct rec r;

	*p = (struct phone){.up.max = 1 << 20,
	    .asks = chance(w, 8) > 0,
	    .eager = chance(w, 4) == 0,
	    .next = w->sent};
	framer_init(&p->in, 1 << 20);
	assert_int_equal(listen_join(&w->l, &p->c, "tcp", "p", NULL), 0);
	listen_offer(&w->l, &p->c);
	assert_true(str_fmt(line, sizeof line, "ev:bind\tconn:%s\tkey:group:g",
			p->c.conn) > 0);
	assert_int_equal(rec_parse(&r, slice_of(line)), 1);
	listen_record(&w->l, &r);
}

/* ---- the client's side ---- */

static void
say(struct phone *p, const char *type)
{
	struct buf msg = {.max = 256};
	char head[FRAME_HEAD_MAX];
	/* who does not wait sends frames as soon as it has asked */
	bool binary = p->changed || (p->asked && p->eager);

	if (p->asked && !binary)
		return;
	if (binary) {
		put_message(&msg, type, p->said);
		(void)buf_append(
		    &p->up, head, frame_head(head, buf_size(&msg)));
		(void)buf_put(&p->up, buf_slice(&msg));
		buf_fini(&msg);
	} else {
		put_xml(&p->up, type, p->said);
	}
	p->said += slice_is(slice_of(type), "a-f-G");
}

static void
ask(struct world *w, struct phone *p)
{
	bool in_vain = chance(w, 8) == 0;

	if (in_vain)
		assert_int_equal(
		    buf_puts(&p->up,
			"<event uid='x' type='t-x-takp-q'><detail><TakControl>"
			"<TakRequest version='2'/></TakControl></detail>"
			"</event>"),
		    0);
	w->refused += in_vain;
	assert_int_equal(takp_request(&p->up, 1, SLICE("x")), 0);
	p->asked = true;
}

static void
hear_number(struct phone *p, uint32_t n)
{
	/* Nothing twice, nothing in the wrong order, nothing lost but what the
	 * policy may drop. */
	assert_true(n >= p->next);
	if (!p->lossy)
		assert_int_equal(n, p->next);
	for (; p->next < n; p->next++)
		assert_true(p->next % 4 != 0);
	p->next = n + 1;
}

static void
hear(struct world *w, struct phone *p, enum frame_kind k, struct slice msg)
{
	struct takp t;

	/* The one thing that this is about. */
	assert_int_equal(k, p->changed ? FRAME_PB : FRAME_XML);
	if (slice_find(msg, SLICE("t-x-c-t-r")))
		return;
	if (k == FRAME_PB) {
		hear_number(p, number_in(msg));
		return;
	}
	switch (takp_read(msg, &t)) {
	case TAKP_NONE:
		hear_number(p, number_in(msg));
		break;
	case TAKP_OFFER:
		assert_true(t.yes && !p->asked);
		if (p->asks)
			ask(w, p);
		break;
	case TAKP_ANSWER:
		assert_true(p->asked && slice_is(t.uid, "x"));
		if (t.yes) {
			p->changed = true;
			framer_binary(&p->in);
			w->switches++;
		}
		break;
	case TAKP_REQUEST:
		fail();
	}
}

/* Up to n bytes of its queue reach it. */
static void
flush(struct world *w, struct phone *p, size_t n)
{
	struct iovec iov[3];
	enum frame_kind k;
	struct slice msg;
	size_t sum = 0;
	int i, pieces = fan_iov(&p->c.q, iov, 3, n);

	for (i = 0; i < pieces; i++) {
		framer_feed(&p->in, iov[i].iov_base, iov[i].iov_len);
		while ((k = framer_next(&p->in, &msg)) != FRAME_NONE)
			hear(w, p, k, msg);
		sum += iov[i].iov_len;
	}
	fan_sent(&w->l.fan, &p->c.q, sum);
	assert_true(p->in.garbage == 0);
}

/* Up to n bytes reach the server. */
static void
send_up(struct world *w, struct phone *p, size_t n)
{
	static char copy[4096];

	if (n > buf_size(&p->up))
		n = buf_size(&p->up);
	if (n > sizeof copy)
		n = sizeof copy;
	if (n == 0)
		return;
	memcpy(copy, buf_data(&p->up), n);
	buf_consume(&p->up, n);
	assert_int_equal(listen_input(&w->l, &p->c, copy, n), 0);
	assert_true(p->c.framer.garbage == 0);
}

/* ---- what came out ---- */

static struct phone *
phone_of(struct world *w, struct slice conn)
{
	int i;

	for (i = 0; i < CLIENTS; i++)
		if (slice_is(conn, w->p[i].c.conn))
			return &w->p[i];
	return NULL;
}

/* A frame of a client: the next that it sent; XML, then protobuf. */
static void
came_out(struct world *w, const struct rec *r)
{
	struct slice conn, raw;
	struct phone *p;
	char bytes[4096];
	ssize_t n;

	assert_true(rec_raw(r, "conn", &conn));
	p = phone_of(w, conn);
	assert_non_null(p);
	if (rec_raw(r, "pb", &raw)) {
		assert_true(raw.n < sizeof bytes);
		n = base64_decode(bytes, raw);
		assert_true(n > 0);
		raw = (struct slice){bytes, (size_t)n};
		p->heard_pb = true;
	} else {
		assert_true(rec_raw(r, "xml", &raw));
		assert_false(p->heard_pb);
	}
	assert_null(slice_find(raw, SLICE("t-x-")));
	assert_int_equal(number_in(raw), p->heard++);
}

static void
read_out(struct world *w)
{
	static struct rec r;
	const char *p = buf_data(&w->out), *lf;
	size_t left = buf_size(&w->out);

	while (left && (lf = memchr(p, '\n', left))) {
		assert_int_equal(
		    rec_parse(&r, (struct slice){p, (size_t)(lf - p)}), 1);
		if (rec_is(&r, "frame"))
			came_out(w, &r);
		left -= (size_t)(lf + 1 - p);
		p = lf + 1;
	}
	assert_int_equal(left, 0);
	buf_clear(&w->out);
}

/* ---- a life ---- */

static void
leave(struct world *w, struct phone *p)
{
	while (buf_size(&p->up) || p->c.q.bytes) {
		send_up(w, p, SIZE_MAX);
		flush(w, p, SIZE_MAX);
	}
	read_out(w);
	assert_int_equal(p->heard, p->said);
	if (!p->lossy)
		assert_int_equal(p->next, w->sent);
	assert_int_equal(p->changed, p->asks);
	assert_int_equal(p->c.kind, p->asks ? FAN_PB : FAN_XML);
	listen_leave(&w->l, &p->c, "eof");
	framer_fini(&p->in);
	buf_fini(&p->up);
	read_out(w);
}

static void
something(struct world *w, struct phone *p)
{
	switch (chance(w, 16)) {
	case 0:
	case 1:
	case 2:
	case 3:
		tell_all(w);
		break;
	case 4:
	case 5:
	case 6:
		send_up(w, p, 1 + chance(w, chance(w, 2) ? 40 : 600));
		break;
	case 7:
	case 8:
		say(p, "a-f-G");
		break;
	case 9:
		say(p, "t-x-c-t");
		break;
	case 10:
		p->lossy = true;
		(void)fan_shrink(&w->l.fan, &p->c.q, 500 + chance(w, 3000));
		break;
	case 11:
		assert_int_equal(fan_detach(&w->l.fan, &p->c.q), 0);
		break;
	case 12:
		if (chance(w, 2)) {
			leave(w, p);
			join(w, p);
		}
		break;
	default:
		flush(w, p, 1 + chance(w, chance(w, 2) ? 40 : 3000));
	}
	read_out(w);
}

static void
test_switches(void **state)
{
	const struct listen_config cfg = {.node = "n",
	    .max_clients = CLIENTS,
	    .max_event = 1 << 16,
	    .max_send = 65536,
	    .queue_max = 1 << 20,
	    .queue_total = 1 << 30,
	    .input_total = 1 << 20};
	const uint64_t seed[2] = {1, 2};
	static struct world w;
	int i;

	(void)state;
	w.seed = 20240506;
	buf_init(&w.out, 1 << 24);
	assert_int_equal(listen_init(&w.l, &cfg, &w.out, seed, 100), 0);
	for (i = 0; i < CLIENTS; i++)
		join(&w, &w.p[i]);
	while (w.switches < SWITCHES) {
		listen_time(&w.l, w.l.now + 1000, w.l.wall + 1000);
		something(&w, &w.p[chance(&w, CLIENTS)]);
	}
	for (i = 0; i < CLIENTS; i++)
		leave(&w, &w.p[i]);
	assert_true(w.l.n.granted == w.switches);
	/* but who has much to read is not always told */
	assert_true(w.l.n.denied <= w.refused && w.l.n.denied > 500);
	assert_true(w.l.n.encoded > 1000 && w.l.n.unencodable == 0);
	assert_true(w.l.n.as_protobuf > w.l.n.deliveries / 4);
	assert_true(w.l.n.too_big == 0 && w.l.n.bad == 0);
	listen_fini(&w.l);
	buf_fini(&w.out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_switches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
