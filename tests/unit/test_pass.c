/* The stream through ots-store, between two pipes: nothing is changed, records
 * of the writer stand between others. */
#include "pass_fix.h"

static void
test_bytes_as_they_came(void **state)
{
	struct stream *s = *state;

	start(s, 100);
	flow(s, KEEP);
	keep_all(s);
	is_all(s, &s->out);
	is_all(s, &s->kept);
	assert_true(s->p.in_border && s->p.out_border);
	assert_int_equal(s->p.bytes, s->n);
}

/* The writer's records are taken out of what came: both are as they were. */
static void
split(struct stream *s, struct buf *stream)
{
	struct slice rest = buf_slice(&s->out);
	const char *lf;
	unsigned next = 0;
	size_t n;

	while (rest.n && (lf = memchr(rest.p, '\n', rest.n))) {
		n = (size_t)(lf - rest.p) + 1;
		if (slice_starts(rest, "own ")) {
			assert_int_equal(strtoul(rest.p + 4, NULL, 10), next);
			next++;
		} else {
			(void)buf_append(stream, rest.p, n);
		}
		rest.p += n;
		rest.n -= n;
	}
	assert_int_equal(rest.n, 0);
	assert_int_equal(next, s->p.own_records);
	assert_true(next > 20);
}

static void
test_own_records_between_others(void **state)
{
	struct stream *s = *state;
	struct buf stream = {.max = SIZE_MAX / 2};

	start(s, 100);
	flow(s, OWN | KEEP);
	split(s, &stream);
	is_all(s, &stream);
	buf_fini(&stream);
}

static void
test_own_records_and_long_ones(void **state)
{
	struct stream *s = *state;
	struct buf stream = {.max = SIZE_MAX / 2};

	make_all(s, true);
	start(s, 100);
	flow(s, OWN | KEEP);
	split(s, &stream);
	is_all(s, &stream);
	keep_all(s);
	is_all(s, &s->kept);
	buf_fini(&stream);
}

static void
test_torn_own_record(void **state)
{
	struct stream *s = *state;
	size_t n;

	start(s, 100);
	memcpy(pass_own_room(&s->p, &n), "a\nb\nc", 5);
	pass_own_commit(&s->p, 5);
	pass_own_torn(&s->p);
	memcpy(pass_own_room(&s->p, &n), "d\n", 2);
	pass_own_commit(&s->p, 2);
	assert_int_equal(pass_write(&s->p), PASS_EMPTY);
	some_out(s, 1);
	some_out(s, 100);
	some_out(s, 100);
	assert_int_equal(buf_size(&s->out), 6);
	assert_memory_equal(buf_data(&s->out), "a\nb\nd\n", 6);
}

static void
test_enough_of_own_records(void **state)
{
	struct stream *s = *state;
	size_t n, sum = 0;
	char *to;

	start(s, 100);
	while ((to = pass_own_room(&s->p, &n))) {
		memset(to, 'x', n);
		to[n - 1] = '\n';
		pass_own_commit(&s->p, n);
		sum += n;
		assert_true(sum < ((size_t)1 << 20));
	}
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_bytes_as_they_came),
	    TEST(test_own_records_between_others),
	    TEST(test_own_records_and_long_ones),
	    TEST(test_torn_own_record),
	    TEST(test_enough_of_own_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
