/* TLS: every byte that goes in comes out, in order, whatever the sizes, and
 * epoll is told of all of them. */
#include "tls_data.h"

/* ---- reading ---- */

/* As a loop with epoll does: read while the descriptor is readable. */
static size_t
read_while_told(struct link *l, size_t at, size_t n)
{
	size_t got = 0;
	ssize_t r;

	while (fix_readable(l->fd)) {
		r = tls_read(l->t, room, n);
		if (r < 0) {
			assert_int_equal(errno, EAGAIN);
			continue;
		}
		assert_true(r > 0);
		check_pattern(room, at + got, (size_t)r);
		got += (size_t)r;
	}
	return got;
}

/* Random messages, pieces of the wire and sizes of memory: whenever the
 * descriptor is silent and no record is unfinished, all has been read. */
static void
test_epoll_tells_all(void **state)
{
	size_t sent = 0, got = 0, n, turn;
	static char p[100000];
	struct link l;
	int v;

	(void)state;
	for (v = 0; v < 2; v++) {
		l = up(v, 65536);
		seed = 7 + (uint32_t)v;
		for (turn = 0, sent = got = 0; turn < 300; turn++) {
			size_t done;

			n = 1 + number(turn % 3 ? 2000 : sizeof p - 1);
			put_pattern(p, sent, n);
			assert_int_equal(SSL_write_ex(l.peer, p, n, &done), 1);
			sent += n;
			while (fix_carry_in(&l, 1 + number(40000)))
				got += read_while_told(
				    &l, got, number(1) ? TLS_READ_MIN : ROOM);
			assert_int_equal(got, sent);
		}
		fix_unlink(&l);
	}
}

/* All that had arrived is handed out by one call with room for it. */
static void
test_one_read(void **state)
{
	static char p[50000];
	struct link l = up(1, 65536);
	size_t at;

	(void)state;
	put_pattern(p, 0, sizeof p);
	for (at = 0; at < sizeof p; at += 500)
		fix_peer_says(&l, p + at, 500);
	assert_int_equal(tls_read(l.t, room, ROOM), sizeof p);
	check_pattern(room, 0, sizeof p);
	assert_int_equal(tls_read(l.t, room, ROOM), -1);
	assert_int_equal(errno, EAGAIN);
	fix_unlink(&l);
}

static void
test_byte_by_byte(void **state)
{
	struct link l;
	ssize_t r;
	int v;

	(void)state;
	for (v = 0; v < 2; v++) {
		l = up(v, 1);
		assert_int_equal(SSL_write(l.peer, "hello", 5), 5);
		for (r = -1; fix_carry_in(&l, 1);) {
			assert_int_equal(r, -1); /* it was not the last byte */
			r = tls_read(l.t, room, TLS_READ_MIN);
			assert_true(r > 0 || errno == EAGAIN);
		}
		assert_int_equal(r, 5);
		assert_memory_equal(room, "hello", 5);
		fix_unlink(&l);
	}
}

/* What came with the end of the handshake is not lost. */
static void
test_early_bytes(void **state)
{
	struct link l = fix_link(ctx, peers[1], NULL);
	bool out;
	int r;

	(void)state;
	do {
		r = SSL_do_handshake(l.peer);
		if (r == 1)
			assert_int_equal(SSL_write(l.peer, "<auth>", 6), 6);
		fix_carry_in(&l, 65536);
		if (tls_handshake(l.t, &out) == 1)
			break;
		fix_carry_out(&l, 65536);
	} while (1);
	assert_int_equal(r, 1);
	assert_true(fix_readable(l.fd));
	assert_int_equal(tls_read(l.t, room, TLS_READ_MIN), 6);
	fix_unlink(&l);
}

/* ---- ends ---- */

static void
test_goodbye(void **state)
{
	struct link l;
	int v, mode;

	(void)state;
	for (v = 0; v < 2; v++)
		for (mode = 0; mode < 4; mode++) {
			l = up(v, 65536);
			if (mode & 1)
				assert_int_equal(SSL_write(l.peer, "x", 1), 1);
			if (mode & 2)
				SSL_shutdown(l.peer);
			while (fix_carry_in(&l, 65536))
				;
			if (!(mode & 2))
				shutdown(l.far, SHUT_WR);
			if (mode & 1)
				assert_int_equal(tls_read(l.t, room, ROOM), 1);
			assert_true(fix_readable(l.fd));
			assert_int_equal(tls_read(l.t, room, ROOM), 0);
			assert_int_equal(tls_read(l.t, room, ROOM), 0);
			/* Its own side is still open. */
			assert_int_equal(fix_write_text(l.t, "bye"), 3);
			assert_string_equal(fix_peer_text(&l), "bye");
			fix_unlink(&l);
		}
}

/* Ours is said by tls_free. */
static void
test_own_goodbye(void **state)
{
	struct link l = up(1, 65536);
	char c;

	(void)state;
	tls_free(&l.t);
	assert_null(l.t);
	while (fix_carry_out(&l, 65536))
		;
	assert_true(SSL_read(l.peer, &c, 1) <= 0);
	assert_int_equal(SSL_get_shutdown(l.peer) & SSL_RECEIVED_SHUTDOWN,
	    SSL_RECEIVED_SHUTDOWN);
	fix_unlink(&l);
}

/* No more from us, but we still read. */
static void
test_goodbye_and_read(void **state)
{
	struct link l;
	char c;
	int v;

	(void)state;
	for (v = 0; v < 2; v++) {
		l = up(v, 65536);
		assert_int_equal(fix_write_text(l.t, "last"), 4);
		assert_int_equal(tls_goodbye(l.t), 0);
		assert_int_equal(tls_goodbye(l.t), -1);
		assert_int_equal(fix_write_text(l.t, "more"), -1);
		assert_int_equal(errno, EPROTO);
		assert_string_equal(fix_peer_text(&l), "last");
		assert_true(SSL_read(l.peer, &c, 1) <= 0);
		assert_int_equal(
		    SSL_get_shutdown(l.peer), SSL_RECEIVED_SHUTDOWN);
		fix_peer_says(&l, "answer", 6);
		assert_int_equal(tls_read(l.t, room, ROOM), 6);
		fix_unlink(&l);
	}
}

/* A record that nobody has sealed, alone and behind a good one. */
static void
test_garbage_later(void **state)
{
	static const char junk[] = "\x17\x03\x03\x00\x20junk junk junk junk "
				   "junk junk junk.";
	struct link l;
	int v, behind;

	(void)state;
	for (v = 0; v < 2; v++)
		for (behind = 0; behind < 2; behind++) {
			l = up(v, 65536);
			if (behind)
				fix_peer_says(&l, "good", 4);
			assert_true(send(l.far, junk, sizeof junk, 0) > 0);
			if (behind)
				assert_int_equal(tls_read(l.t, room, ROOM), 4);
			assert_true(fix_readable(l.fd));
			assert_int_equal(tls_read(l.t, room, ROOM), -1);
			assert_int_equal(errno, EPROTO);
			assert_string_equal(tls_why(l.t), "damaged record");
			assert_int_equal(fix_write_text(l.t, "x"), -1);
			fix_settle(&l);
			ERR_clear_error();
			assert_true(SSL_read(l.peer, room, 1) <= 0);
			assert_int_equal(ERR_GET_REASON(ERR_peek_error()),
			    SSL_AD_REASON_OFFSET + SSL_AD_BAD_RECORD_MAC);
			ERR_clear_error();
			fix_unlink(&l);
		}
}

static void
test_alert_later(void **state)
{
	struct link l = up(1, 65536);

	(void)state;
	/* The peer meets junk, and says so. */
	BIO_write(SSL_get_rbio(l.peer),
	    "\x17\x03\x03\x00\x20"
	    "0123456789abcdef0123456789abcdef",
	    37);
	assert_true(SSL_read(l.peer, room, 1) <= 0);
	ERR_clear_error();
	while (fix_carry_in(&l, 65536))
		;
	assert_int_equal(tls_read(l.t, room, ROOM), -1);
	assert_int_equal(errno, EPROTO);
	assert_string_equal(tls_why(l.t), "alert: bad record MAC");
	fix_unlink(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_epoll_tells_all),
	    cmocka_unit_test(test_one_read),
	    cmocka_unit_test(test_byte_by_byte),
	    cmocka_unit_test(test_early_bytes),
	    cmocka_unit_test(test_goodbye),
	    cmocka_unit_test(test_own_goodbye),
	    cmocka_unit_test(test_goodbye_and_read),
	    cmocka_unit_test(test_garbage_later),
	    cmocka_unit_test(test_alert_later),
	};

	return cmocka_run_group_tests(tests, data_setup, data_teardown);
}
