/* TLS: what is written arrives, in order, through sockets of any size, and
 * while keys change on the way. */
#include "tls_data.h"

/* ---- writing ---- */

/* Some of the pattern from `at` on, in random pieces. */
static ssize_t
write_some(struct tls *t, char *p, size_t at, size_t max)
{
	struct iovec iov[64];
	size_t n = 0, part;
	int k;

	put_pattern(p, at, max);
	for (k = 0; k < 64 && n < max; k++) {
		part = number(number(3) ? 900 : 40000);
		if (part > max - n)
			part = max - n;
		iov[k] = (struct iovec){p + n, part};
		n += part;
	}
	return tls_writev(t, iov, k);
}

/* Through a small socket, whose reader takes what it likes. */
static void
transfer(int v, size_t total)
{
	static char p[200000];
	struct link l = up(v, 65536);
	size_t at = 0, got = 0, part, refusals = 0;
	int small = 4608;
	ssize_t n;

	setsockopt(l.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
	while (got < total) {
		n = at < total
		    ? write_some(l.t, p, at,
			  total - at < sizeof p ? total - at : sizeof p)
		    : 0;
		if (n < 0) {
			assert_int_equal(errno, EAGAIN);
			assert_true(tls_held(l.t) > 0);
			refusals++;
		} else {
			at += (size_t)n;
		}
		assert_true(tls_held(l.t) < 200000);
		(void)fix_carry_out(&l, 1 + number(20000));
		if (tls_flush(l.t) == 0)
			assert_int_equal(tls_held(l.t), 0);
		while (SSL_read_ex(l.peer, room, sizeof room, &part) == 1) {
			check_pattern(room, got, part);
			got += part;
		}
		ERR_clear_error();
	}
	assert_int_equal(got, total);
	assert_true(refusals > 0);
	fix_unlink(&l);
}

static void
test_transfer(void **state)
{
	(void)state;
	seed = 42;
	transfer(0, 3000000);
	transfer(1, 3000000);
}

static void
test_writev_edges(void **state)
{
	struct link l = up(1, 65536);
	struct iovec none[3] = {{0}};
	static char big[300000];
	struct iovec v[3] = {{big, 0}, {big, sizeof big}, {big, 0}};

	(void)state;
	assert_int_equal(tls_writev(l.t, none, 0), 0);
	assert_int_equal(tls_writev(l.t, none, 3), 0);
	/* Some of much, in whole records. */
	assert_int_equal(tls_writev(l.t, v, 3), 8 * 16384);
	fix_unlink(&l);
}

/* Records are full: one piece or many make the same bytes on the wire. */
static void
test_records_are_full(void **state)
{
	struct link l = up(1, 65536);
	static char big[40000];
	struct iovec one = {big, sizeof big}, many[400];
	size_t i, n[2];

	(void)state;
	assert_int_equal(tls_writev(l.t, &one, 1), 40000);
	for (n[0] = 0; (i = fix_carry_out(&l, 65536)); n[0] += i)
		(void)tls_flush(l.t);
	for (i = 0; i < 400; i++)
		many[i] = (struct iovec){big + 100 * i, 100};
	assert_int_equal(tls_writev(l.t, many, 400), 40000);
	for (n[1] = 0; (i = fix_carry_out(&l, 65536)); n[1] += i)
		(void)tls_flush(l.t);
	assert_int_equal(n[0], 40000 + 3 * (5 + 1 + 16));
	assert_int_equal(n[0], n[1]);
	fix_unlink(&l);
}

static void
test_reader_gone(void **state)
{
	static char big[100000];
	struct iovec v = {big, sizeof big};
	struct link l = up(1, 65536);
	ssize_t n = 0;

	(void)state;
	while (tls_held(l.t) == 0)
		n = tls_writev(l.t, &v, 1);
	assert_true(n > 0);
	close(l.far);
	l.far = dup(l.fd);
	assert_int_equal(tls_flush(l.t), -1);
	assert_true(errno == EPIPE || errno == ECONNRESET);
	assert_int_equal(tls_held(l.t), 0);
	assert_int_equal(tls_writev(l.t, &v, 1), -1);
	assert_true(errno == EPIPE || errno == ECONNRESET);
	fix_unlink(&l);
}

/* ---- keys change on the way ---- */

static void
test_key_update(void **state)
{
	struct link l = up(1, 65536);
	int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		assert_int_equal(
		    SSL_key_update(l.peer, SSL_KEY_UPDATE_REQUESTED), 1);
		fix_peer_says(&l, "new key", 7);
		assert_int_equal(tls_read(l.t, room, ROOM), 7);
		assert_int_equal(fix_write_text(l.t, "mine too"), 8);
		assert_string_equal(fix_peer_text(&l), "mine too");
	}
	/* A key update alone: nothing to read, and nothing left in the way. */
	assert_int_equal(SSL_key_update(l.peer, SSL_KEY_UPDATE_REQUESTED), 1);
	assert_int_equal(SSL_do_handshake(l.peer), 1);
	while (fix_carry_in(&l, 65536))
		;
	assert_int_equal(tls_read(l.t, room, ROOM), -1);
	assert_int_equal(errno, EAGAIN);
	assert_false(fix_readable(l.fd));
	assert_int_equal(fix_write_text(l.t, "still"), 5);
	assert_string_equal(fix_peer_text(&l), "still");
	fix_unlink(&l);
}

/* TCP may bring one in pieces, and we write between any two of them. */
static void
test_key_update_in_pieces(void **state)
{
	size_t piece;

	(void)state;
	for (piece = 1; piece < 30; piece++) {
		struct link l = up(1, 65536);

		assert_int_equal(
		    SSL_key_update(l.peer, SSL_KEY_UPDATE_REQUESTED), 1);
		assert_int_equal(SSL_do_handshake(l.peer), 1);
		while (fix_carry_in(&l, piece)) {
			assert_int_equal(tls_read(l.t, room, ROOM), -1);
			assert_int_equal(errno, EAGAIN);
			assert_int_equal(fix_write_text(l.t, "between"), 7);
			assert_string_equal(fix_peer_text(&l), "between");
		}
		fix_peer_says(&l, "new key", 7);
		assert_int_equal(tls_read(l.t, room, ROOM), 7);
		fix_unlink(&l);
	}
}

/* The answer waits behind what is held. */
static void
test_key_update_while_held(void **state)
{
	static char big[100000];
	struct iovec v = {big, sizeof big};
	struct link l = up(1, 65536);
	size_t sent = 0, got = 0, part;
	ssize_t n;

	(void)state;
	while ((n = tls_writev(l.t, &v, 1)) > 0)
		sent += (size_t)n;
	assert_true(tls_held(l.t) > 0);
	assert_int_equal(SSL_key_update(l.peer, SSL_KEY_UPDATE_REQUESTED), 1);
	fix_peer_says(&l, "x", 1);
	assert_int_equal(tls_read(l.t, room, ROOM), 1);
	do {
		fix_carry_out(&l, 65536);
		while (SSL_read_ex(l.peer, room, ROOM, &part) == 1)
			got += part;
		ERR_clear_error();
	} while (tls_flush(l.t) < 0 || got < sent);
	assert_int_equal(got, sent);
	assert_int_equal(fix_write_text(l.t, "behind"), 6);
	assert_string_equal(fix_peer_text(&l), "behind");
	fix_unlink(&l);
}

/* No client may change the handshake again. */
static void
test_no_renegotiation(void **state)
{
	struct link l = up(0, 65536);

	(void)state;
	ERR_clear_error();
	assert_int_equal(SSL_renegotiate(l.peer), 1);
	(void)SSL_do_handshake(l.peer);
	while (fix_carry_in(&l, 65536))
		;
	(void)tls_read(l.t, room, ROOM);
	fix_settle(&l);
	ERR_clear_error();
	assert_true(SSL_do_handshake(l.peer) <= 0);
	ERR_clear_error();
	fix_unlink(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_transfer),
	    cmocka_unit_test(test_writev_edges),
	    cmocka_unit_test(test_records_are_full),
	    cmocka_unit_test(test_reader_gone),
	    cmocka_unit_test(test_key_update),
	    cmocka_unit_test(test_key_update_in_pieces),
	    cmocka_unit_test(test_key_update_while_held),
	    cmocka_unit_test(test_no_renegotiation),
	};

	return cmocka_run_group_tests(tests, data_setup, data_teardown);
}
