/* Receipts: who asked for one is told of each client that has taken all of the
 * delivery, and of no other. */
#include "proto_fix.h"

#define DELIVERED(conn, receipt)                                               \
	"ev:delivered\tconn:" conn "\treceipt:" receipt "\tt:5000000\n"
#define A "n.0.100"
#define B "n.1.101"
#define C "n.2.102"

/* The socket of client i takes n bytes, all of which are written. */
static void
sent(struct fixture *f, int i, size_t n)
{
	assert_true(n <= f->c[i].q.bytes);
	fan_sent(&f->l.fan, &f->c[i].q, n);
	listen_delivered(&f->l, &f->c[i]);
}

static void
nothing_left(struct fixture *f)
{
	int i;

	for (i = 0; i < 3; i++) {
		assert_int_equal(f->c[i].q.receipts, 0);
		assert_int_equal(f->c[i].taken.n, 0);
	}
	written(f, "");
	tear_down(f);
}

static void
test_to_the_last_byte(void **state)
{
	struct fixture f;
	int i;

	(void)state;
	set_up(&f, 1 << 20);
	record(&f, "ev:send\tto:conn:" A "\tclass:chat\txml:before");
	record(&f,
	    "ev:send\tto:conn:" A "\tto:conn:" B
	    "\tclass:chat\treceipt:n.2.102/7\txml:hello");
	record(&f, "ev:send\tto:conn:" A "\tclass:chat\txml:after");
	for (i = 0; i < 6 + 4; i++)
		sent(&f, 0, 1);
	written(&f, "");
	sent(&f, 0, 1);
	written(&f, DELIVERED(A, "n.2.102/7"));
	sent(&f, 0, 5);
	written(&f, "");
	sent(&f, 1, 5);
	written(&f, DELIVERED(B, "n.2.102/7"));
	assert_true(f.l.n.delivered == 2);
	nothing_left(&f);
}

/* It is told as it was written, whatever it is, and once. */
static void
test_text(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, 1 << 20);
	record(&f, "ev:bind\tconn:" A "\tkey:uid:a\tkey:callsign:a");
	record(&f,
	    "ev:send\tto:uid:a\tto:callsign:a\tto:conn:" A
	    "\tclass:chat\treceipt:a\\tb\\\\\txml:twice?");
	record(&f, "ev:send\tto:uid:a\tclass:chat\treceipt:2\txml:..");
	sent(&f, 0, 8);
	written(&f, DELIVERED(A, "a\\tb\\\\") DELIVERED(A, "2"));
	nothing_left(&f);
}

static void
test_none(void **state)
{
	char line[512], *p;
	struct fixture f;

	(void)state;
	set_up(&f, 1 << 20);
	record(&f, "ev:send\tto:conn:" A "\tclass:chat\treceipt:\txml:x");
	assert_true(f.l.n.bad == 0);
	p = line +
	    str_fmt(line, sizeof line, "ev:send\tto:conn:" A "\treceipt:");
	memset(p, 'r', RECEIPT_MAX + 1);
	memcpy(p + RECEIPT_MAX + 1, "\txml:y", 7);
	record(&f, line);
	assert_true(f.l.n.bad == 1);
	/* to nobody, and to one who has gone */
	record(&f, "ev:send\tto:uid:z\treceipt:1\txml:x");
	record(&f, "ev:send\tto:conn:n.3.999\treceipt:1\txml:x");
	record(&f, "ev:send\tto:conn:" A "\tonly:k\treceipt:1\txml:x");
	queued(&f, 0, "xy");
	nothing_left(&f);
}

/* What a link has taken it may still hold when the connection breaks. */
static void
test_held(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, 1 << 20);
	record(&f, "ev:send\tto:conn:" A "\tclass:chat\treceipt:1\txml:one");
	record(&f, "ev:send\tto:conn:" A "\tclass:chat\treceipt:2\txml:two");
	fan_sent(&f.l.fan, &f.c[0].q, 3);
	assert_int_equal(f.c[0].taken.n, 1);
	written(&f, "");
	listen_delivered(&f.l, &f.c[0]);
	written(&f, DELIVERED(A, "1"));
	fan_sent(&f.l.fan, &f.c[0].q, 3);
	listen_leave(&f.l, &f.c[0], "reset");
	written(&f, "ev:close\tconn:" A "\twhy:reset\tt:5000000\n");
	nothing_left(&f);
}

static void
test_closed_before(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, 1 << 20);
	record(&f,
	    "ev:send\tto:conn:" A "\tto:conn:" B
	    "\tclass:chat\treceipt:1\txml:hello");
	sent(&f, 0, 4);
	listen_leave(&f.l, &f.c[0], "eof");
	written(&f, "ev:close\tconn:" A "\twhy:eof\tt:5000000\n");
	sent(&f, 1, 5);
	written(&f, DELIVERED(B, "1"));
	nothing_left(&f);
}

/* The policy drops positions; chat goes on, and its receipt with it. */
static void
test_dropped(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, 1 << 20);
	record(&f,
	    "ev:send\tto:conn:" A
	    "\tuid:p\tclass:position\treceipt:1\txml:position1");
	record(&f, "ev:send\tto:conn:" A "\tclass:chat\treceipt:2\txml:chat");
	record(&f,
	    "ev:send\tto:conn:" A
	    "\tuid:p\tclass:position\treceipt:3\txml:position2");
	assert_int_equal(fan_shrink(&f.l.fan, &f.c[0].q, 13), 0);
	assert_int_equal(f.c[0].q.receipts, 2);
	queued(&f, 0, "chatposition2");
	listen_delivered(&f.l, &f.c[0]);
	written(&f, DELIVERED(A, "2") DELIVERED(A, "3"));
	/* none stays */
	record(&f,
	    "ev:send\tto:conn:" A
	    "\tuid:p\tclass:position\treceipt:4\txml:position3");
	assert_int_equal(fan_shrink(&f.l.fan, &f.c[0].q, 0), 0);
	assert_int_equal(f.c[0].q.receipts, 0);
	/* does not fit: nothing is dropped, the client is closed */
	record(&f,
	    "ev:send\tto:conn:" A
	    "\tuid:p\tclass:position\treceipt:5\txml:position4");
	record(&f, "ev:send\tto:conn:" A "\tclass:chat\treceipt:6\txml:chat");
	assert_int_equal(fan_shrink(&f.l.fan, &f.c[0].q, 3), -1);
	assert_int_equal(f.c[0].q.receipts, 2);
	listen_leave(&f.l, &f.c[0], "queue-full");
	written(&f, "ev:close\tconn:" A "\twhy:queue-full\tt:5000000\n");
	nothing_left(&f);
}

/* Half of the first is sent when the queue gets a copy of its own. */
static void
test_detached(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, 1 << 20);
	record(&f,
	    "ev:send\tto:conn:" A "\tto:conn:" B
	    "\tclass:chat\treceipt:1\txml:hello");
	record(&f,
	    "ev:send\tto:conn:" A "\tto:conn:" C
	    "\tclass:chat\treceipt:2\txml:world");
	sent(&f, 0, 2);
	assert_int_equal(fan_detach(&f.l.fan, &f.c[0].q), 0);
	sent(&f, 1, 5);
	sent(&f, 2, 5);
	written(&f, DELIVERED(B, "1") DELIVERED(C, "2"));
	sent(&f, 0, 2);
	written(&f, "");
	sent(&f, 0, 6);
	written(&f, DELIVERED(A, "1") DELIVERED(A, "2"));
	nothing_left(&f);
}

/* A room of both kinds. */
static void
test_kinds(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, 1 << 20);
	all_in_one_room(&f);
	change(&f, 1);
	send_vector(&f, 3, "\tclass:chat\treceipt:1", true);
	send_vector(&f, 5, "\tclass:chat", true);
	send_vector(&f, 1, "\tclass:chat\treceipt:2", false);
	sent(&f, 1, buf_size(&frame[3]) - 1);
	sent(&f, 0, buf_size(&canon[3]));
	written(&f, DELIVERED(A, "1"));
	sent(&f, 1, 1 + buf_size(&frame[5]));
	written(&f, DELIVERED(B, "1"));
	assert_int_equal(f.c[0].q.receipts, 1);
	/* what it asked for in XML comes before what it reads now */
	sent(&f, 1, f.c[1].q.bytes);
	sent(&f, 0, f.c[0].q.bytes);
	written(&f, DELIVERED(B, "2") DELIVERED(A, "2"));
	sent(&f, 2, f.c[2].q.bytes);
	written(&f, DELIVERED(C, "1") DELIVERED(C, "2"));
	nothing_left(&f);
}

/* The time of a frame is its name: no two of a connection have the same. */
static void
test_times(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, 1 << 20);
	assert_int_equal(input(&f, 0, "<event></event><event></event>"), 0);
	assert_int_equal(input(&f, 1, "<event></event>"), 0);
	listen_time(&f.l, 1000000001, 5000001);
	assert_int_equal(input(&f, 0, "<event></event>"), 0);
	/* the clock goes on, and is set back */
	listen_time(&f.l, 1000000002, 5000009);
	assert_int_equal(input(&f, 0, "<event></event>"), 0);
	listen_time(&f.l, 1000000003, 4000009);
	assert_int_equal(input(&f, 0, "<event></event>"), 0);
#define FRAME(conn, t)                                                         \
	"ev:frame\tconn:" conn "\tvia:tcp\tt:" t "\txml:<event></event>\n"
	written(&f,
	    FRAME(A, "5000000") FRAME(A, "5000001") FRAME(B, "5000000")
		FRAME(A, "5000002") FRAME(A, "5000009") FRAME(A, "4000009"));
	nothing_left(&f);
}

/* ---- against a model ---- */

#define ROUNDS 4000

static uint64_t seed = 1;

static uint32_t
dice(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

/* What came out of the queue is "<12>" for the delivery with receipt 12 and
 * "<12-" .. ">" for others: the receipts told must be those that are whole. */
static void
check(struct fixture *f, struct buf *got, int i)
{
	struct slice line, rest = buf_slice(&f->out);
	const char *p = buf_data(got), *end = p + buf_size(got), *close;
	static struct rec r;
	struct slice raw;

	while (p < end && (close = memchr(p, '>', (size_t)(end - p)))) {
		struct slice one = {p + 1, (size_t)(close - p) - 1};

		p = close + 1;
		if (memchr(one.p, '-', one.n))
			continue;
		line = (struct slice){rest.p,
		    (size_t)((const char *)memchr(rest.p, '\n', rest.n) -
			rest.p)};
		rest.p += line.n + 1;
		rest.n -= line.n + 1;
		assert_int_equal(rec_parse(&r, line), 1);
		assert_true(rec_is(&r, "delivered"));
		assert_true(rec_raw(&r, "receipt", &raw) && slice_eq(raw, one));
		assert_true(
		    rec_raw(&r, "conn", &raw) && slice_is(raw, f->c[i].conn));
	}
	assert_int_equal(rest.n, 0);
	buf_consume(got, (size_t)(p - buf_data(got)));
	buf_clear(&f->out);
}

static void
take_some(struct fixture *f, struct buf *got, int i, size_t n)
{
	struct fan_queue *q = &f->c[i].q;
	struct iovec iov[64];
	int k, pieces = fan_iov(q, iov, 64, n);

	for (n = 0, k = 0; k < pieces; k++) {
		assert_int_equal(
		    buf_append(got, iov[k].iov_base, iov[k].iov_len), 0);
		n += iov[k].iov_len;
	}
	sent(f, i, n);
	check(f, got, i);
}

static void
post(struct fixture *f, int number)
{
	static const char *const class[] = {"position", "item", "chat"};
	bool asks = dice(2), both = dice(3) == 0;
	char line[256];
	int to = (int)dice(2);

	assert_true(str_fmt(line, sizeof line,
			"ev:send\tto:conn:%s%s\tuid:%u\tclass:%s%s%d\txml:<%d"
			"%.*s>",
			f->c[to].conn, both ? "\tto:conn:" C : "", dice(4),
			class[dice(3)], asks ? "\treceipt:" : "\tother:",
			number, number, asks ? 0 : 1 + (int)dice(19),
			"--------------------") > 0);
	record(f, line);
}

static void
test_model(void **state)
{
	struct buf got[3] = {
	    {.max = 1 << 20}, {.max = 1 << 20}, {.max = 1 << 20}};
	struct fixture f;
	int n, i;

	(void)state;
	set_up(&f, 1 << 20);
	for (n = 0; n < ROUNDS; n++) {
		i = (int)dice(3);
		if (dice(3))
			post(&f, n);
		else if (dice(8) == 0)
			(void)fan_shrink(
			    &f.l.fan, &f.c[i].q, f.c[i].q.bytes / 2);
		else if (dice(8) == 0)
			assert_int_equal(fan_detach(&f.l.fan, &f.c[i].q), 0);
		else
			take_some(&f, &got[i], i, 1 + dice(60));
	}
	for (i = 0; i < 3; i++) {
		while (f.c[i].q.bytes)
			take_some(&f, &got[i], i, 100);
		assert_int_equal(buf_size(&got[i]), 0);
		buf_fini(&got[i]);
	}
	assert_true(f.l.n.delivered > ROUNDS / 8);
	nothing_left(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_to_the_last_byte),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_none),
	    cmocka_unit_test(test_held),
	    cmocka_unit_test(test_closed_before),
	    cmocka_unit_test(test_dropped),
	    cmocka_unit_test(test_detached),
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests(tests, load_vectors, unload_vectors);
}
