/* The core of ots-listen and rooms in which some read XML and some protobuf. */
#include "proto_fix.h"

static void
test_both_kinds(void **state)
{
	struct fixture f;
	int v;

	(void)state;
	set_up(&f, 1 << 20);
	all_in_one_room(&f);
	change(&f, 0);
	change(&f, 2);
	for (v = 1; v <= 7; v++) {
		send_vector(&f, v, "\tto:conn:n.0.100", true);
		queued_bytes(&f, 0, buf_slice(&frame[v]));
		queued_bytes(&f, 1, buf_slice(&canon[v]));
		queued_bytes(&f, 2, buf_slice(&frame[v]));
	}
	send_vector(&f, 3, "\tnot:n.0.100", true);
	queued(&f, 0, "");
	queued_bytes(&f, 2, buf_slice(&frame[3]));
	assert_true(f.l.n.deliveries == 7 * 3 + 2);
	assert_true(f.l.n.as_protobuf == 7 * 2 + 1);
	assert_true(f.l.n.encoded == 0 && !f.l.pb);
	tear_down(&f);
}

/* Events of ots-route have one encoding only. */
static void
test_encoded_here(void **state)
{
	struct buf want = {.max = 1 << 16};
	struct fixture f;
	int v;

	(void)state;
	set_up(&f, 1 << 20);
	all_in_one_room(&f);
	/* nobody needs it: nobody makes it */
	send_vector(&f, 5, "", false);
	assert_true(f.l.n.encoded == 0 && !f.l.pb);
	queued_bytes(&f, 0, buf_slice(&canon[5]));
	queued_bytes(&f, 2, buf_slice(&canon[5]));
	change(&f, 0);
	change(&f, 2);
	queued_bytes(&f, 1, buf_slice(&canon[5]));
	/* V4 has a marti, which is not delivered */
	for (v = 1; v <= 7; v++) {
		if (v == 4)
			continue;
		send_vector(&f, v, "", false);
		queued_bytes(&f, 0, buf_slice(&frame[v]));
		queued_bytes(&f, 1, buf_slice(&canon[v]));
		queued_bytes(&f, 2, buf_slice(&frame[v]));
	}
	assert_true(f.l.n.encoded == 6); /* once for each */
	/* where it is to go is nobody's business */
	send_vector(&f, 4, "", false);
	queued_bytes(&f, 1, buf_slice(&canon[4]));
	take(&f, 0, &want);
	assert_null(slice_find(buf_slice(&want), SLICE("marti")));
	assert_non_null(slice_find(buf_slice(&want), SLICE("GeoChat.U-1")));
	buf_clear(&want);
	/* for one that is alone, too */
	send_vector(&f, 5, "\tonly:conn:n.0.100", false);
	record(&f, "ev:bind\tconn:n.0.100\tkey:me");
	send_vector(&f, 5, "\tonly:me", false);
	queued_bytes(&f, 0, buf_slice(&frame[5]));
	/* what is no base64 is made anew */
	(void)buf_puts(&want, "ev:send\tto:me\tpb:");
	(void)buf_put(&want, buf_slice(&text[5]));
	(void)buf_puts(&want, "=\txml:");
	(void)buf_put(&want, buf_slice(&canon[5]));
	assert_int_equal(buf_putc(&want, '\0'), 0);
	record(&f, buf_data(&want));
	queued_bytes(&f, 0, buf_slice(&frame[5]));
	assert_true(f.l.n.bad == 1 && f.l.n.unencodable == 0);
	buf_fini(&want);
	tear_down(&f);
}

static void
test_not_to_be_had(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f, 1 << 20);
	all_in_one_room(&f);
	change(&f, 0);
	change(&f, 2);
	record(&f, "ev:send\tto:group:g\txml:no event");
	queued(&f, 0, "");
	queued(&f, 1, "no event");
	queued(&f, 2, "");
	assert_true(f.l.n.unencodable == 1 && f.l.n.nobody == 0);
	assert_false(f.c[0].doomed);
	record(&f, "ev:send\tto:conn:n.0.100\txml:no event");
	assert_true(f.l.n.unencodable == 2 && f.l.n.nobody == 0);
	tear_down(&f);
}

/* --max-send is for what is in a frame, and for XML, each by itself. */
static void
test_too_big(void **state)
{
	struct buf line = {.max = 1 << 20}, got = {.max = 1 << 20};
	static char fill[65537];
	struct fixture f;
	size_t n;

	(void)state;
	memset(fill, 'x', sizeof fill);
	set_up(&f, 1 << 20);
	all_in_one_room(&f);
	change(&f, 0);
	for (n = 65535; n <= 65537; n++) {
		buf_clear(&line);
		(void)buf_puts(&line, "ev:send\tto:group:g\txml:x\tpb:");
		assert_int_equal(
		    base64_encode(&line, (struct slice){fill, n}), 0);
		assert_int_equal(buf_putc(&line, '\0'), 0);
		record(&f, buf_data(&line));
		queued(&f, 1, "x");
		buf_clear(&got);
		take(&f, 0, &got);
		assert_int_equal(
		    buf_size(&got), n > 65536 ? 0 : n + (n > 16383 ? 4 : 3));
	}
	/* The last was made anew of its XML, which is none. */
	assert_true(f.l.n.too_big == 0 && f.l.n.unencodable == 1);
	buf_clear(&line);
	(void)buf_puts(&line, "ev:send\tto:group:g\txml:");
	assert_int_equal(rec_escape(&line, buf_slice(&canon[2])), 0);
	(void)buf_puts(&line, "\tpb:");
	assert_int_equal(base64_encode(&line, (struct slice){fill, 65537}), 0);
	assert_int_equal(buf_putc(&line, '\0'), 0);
	record(&f, buf_data(&line));
	queued_bytes(&f, 0, buf_slice(&frame[2]));
	queued_bytes(&f, 1, buf_slice(&canon[2]));
	assert_true(f.l.n.encoded == 1);
	/* and the other way */
	buf_clear(&line);
	(void)buf_puts(&line, "ev:send\tto:group:g\tpb:YWJj\txml:");
	(void)buf_append(&line, fill, 65537);
	assert_int_equal(buf_putc(&line, '\0'), 0);
	record(&f, buf_data(&line));
	queued(&f, 0,
	    "\xbf\x03"
	    "abc");
	queued(&f, 1, "");
	assert_true(f.l.n.too_big == 1 && f.l.n.nobody == 0);
	buf_fini(&line);
	buf_fini(&got);
	tear_down(&f);
}

/* The policy is the same, and does not see the change. */
static void
test_slow_client(void **state)
{
	struct buf got = {.max = 1 << 20};
	struct fixture f;
	char line[300];
	int i;

	(void)state;
	set_up(&f, 2000);
	f.c[0].blocked = true;
	f.l.n_blocked = 1;
	for (i = 0; i < 100; i++) {
		if (i == 50)
			assert_int_equal(input(&f, 0, GOOD), 0);
		assert_true(snprintf(line, sizeof line,
				"ev:send\tto:conn:n.0.100\tclass:position"
				"\tuid:U%d\tpb:%080d\txml:<%098d>",
				i % 3, i, i) > 0);
		record(&f, line);
		listen_relieve(&f.l);
		assert_true(f.c[0].q.bytes <= 2000);
	}
	assert_false(f.c[0].doomed);
	assert_true(f.c[0].q.replaced > 50);
	take(&f, 0, &got);
	/* the newest of each uid, and all that is XML before the answer */
	assert_non_null(slice_find(buf_slice(&got), SLICE(YES "\xbf\x3c")));
	assert_true(slice_starts(buf_slice(&got), "<event "));
	buf_fini(&got);
	tear_down(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_both_kinds),
	    cmocka_unit_test(test_encoded_here),
	    cmocka_unit_test(test_not_to_be_had),
	    cmocka_unit_test(test_too_big),
	    cmocka_unit_test(test_slow_client),
	};

	return cmocka_run_group_tests(tests, load_vectors, unload_vectors);
}
