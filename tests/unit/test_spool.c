/* The spool in use: two sides, segments, limits, what a reader meets. */
#include "spool_fix.h"

#include <sys/resource.h>

#include "../../cmd/ots-store/lag.h"

static unsigned files;

static int
count_file(int dir, const char *name)
{
	(void)dir;
	files += slice_ends(slice_of(name), ".rec");
	return 0;
}

static unsigned
count_files(const struct fix *f)
{
	files = 0;
	fix_each_file(f, count_file);
	return files;
}

static void
test_new_is_empty(void **state)
{
	struct fix *f = *state;
	struct slice s;

	fix_open(f);
	assert_int_equal(spool_found(f->s), SPOOL_NEW);
	assert_int_equal(spool_pending(f->s).n, 0);
	fix_reader(f);
	assert_int_equal(strlen(spool_id(f->r)), 36);
	assert_int_equal(spool_next(f->r, 100, &s), SPOOL_NOTHING);
	assert_int_equal(spool_place(f->r), 0);
	assert_int_equal(spool_wait(f->r, 1000), 0);
}

/* Lines of any size cross segments, batches of any size too; what is committed
 * is used again, so that the folder does not grow. */
static void
test_round_and_round(void **state)
{
	static const size_t batch[] = {1, 100, 5000, SEG, 3 * SEG};
	struct fix *f = *state;
	unsigned i;

	fix_open(f);
	fix_reader(f);
	for (i = 1; i <= 200; i++) {
		fix_fill(f, i * 15);
		fix_drain(f, batch[i % 5]);
		assert_int_equal(f->got, f->n);
		assert_true(count_files(f) <= SPOOL_RING + 1);
	}
	assert_true(spool_place(f->r) > 40 * SEG);
	assert_true(count_files(f) >= SPOOL_RING);
	assert_int_equal(spool_lost(f->r), 0);
	assert_int_equal(spool_places(f->s).waiting, 0);
}

/* The writer is behind by many segments, and takes its time to come near. */
static void
test_backlog(void **state)
{
	struct fix *f = *state;

	fix_open(f);
	fix_fill(f, 3000);
	assert_true(count_files(f) > 30);
	fix_reader(f);
	fix_drain(f, 4096);
	assert_int_equal(f->got, 3000);
	assert_true(count_files(f) <= SPOOL_RING + 2);
	fix_fill(f, 4000);
	fix_drain(f, 4096);
	assert_int_equal(f->got, 4000);
}

/* Slices of many calls stay good until they are released. */
static void
test_batch_holds_its_memory(void **state)
{
	struct fix *f = *state;
	struct slice kept[64], s;
	unsigned n = 0, i;

	fix_open(f);
	fix_fill(f, 1000);
	fix_reader(f);
	while (f->got < 1000) {
		switch (spool_next(f->r, 1500, &s)) {
		case SPOOL_RECORDS:
			kept[n++] = s;
			break;
		case SPOOL_COMMIT:
		case SPOOL_NOTHING:
			/* At least one segment can be held. */
			assert_true(n >= SEG / 4600);
			for (i = 0; i < n; i++)
				fix_take(f, kept[i]);
			spool_release(f->r, spool_place(f->r));
			n = 0;
			break;
		default:
			fail();
		}
		assert_true(n < 64);
	}
}

/* A torn line is no line yet; it comes as a whole. */
static void
test_reader_waits_for_whole_lines(void **state)
{
	struct fix *f = *state;
	struct slice s;
	size_t len, i;

	fix_open(f);
	fix_reader(f);
	len = fix_line(f, 7);
	for (i = 0; i < len; i++) {
		assert_int_equal(spool_next(f->r, 1, &s), SPOOL_NOTHING);
		fix_put(f, f->line + i, 1);
		assert_int_equal(spool_wait(f->r, 1000000), 1);
	}
	assert_int_equal(spool_next(f->r, 1, &s), SPOOL_RECORDS);
	f->got = 7;
	fix_take(f, s);
	assert_int_equal(f->got, 8);
}

static void
test_what_is_not_released_comes_again(void **state)
{
	struct fix *f = *state;
	struct slice s;
	uint64_t place;

	fix_open(f);
	fix_fill(f, 100);
	fix_reader(f);
	assert_int_equal(spool_next(f->r, 3000, &s), SPOOL_RECORDS);
	fix_take(f, s);
	place = spool_place(f->r);
	assert_int_equal(spool_next(f->r, 3000, &s), SPOOL_RECORDS);
	spool_reader_close(&f->r);
	/* The database has the first batch; that it was released is not said.
	 */
	fix_reader(f);
	assert_int_equal(spool_place(f->r), 0);
	spool_seek(f->r, place);
	fix_drain(f, 1000);
	assert_int_equal(f->got, 100);
	spool_reader_close(&f->r);
	/* An empty database, one that is too far: what is released remains. */
	fix_reader(f);
	place = spool_place(f->r);
	spool_seek(f->r, 0);
	assert_int_equal(spool_place(f->r), place);
	spool_seek(f->r, UINT64_MAX);
	assert_int_equal(spool_place(f->r), place);
}

static void
test_full(void **state)
{
	struct fix *f = *state;
	size_t n = 1;
	int err;

	f->max = 4 * SEG;
	fix_open(f);
	while (spool_room(f->s, 500, &n) && n == 500)
		fix_fill(f, f->n + 1);
	assert_true(n < 500);
	assert_int_equal(spool_why(f->s, &err), SPOOL_AT_MAX);
	assert_int_equal(spool_places(f->s).files, 4 * SEG);
	assert_int_equal(count_files(f), 4);
	/* A record that was begun is cut: the line that it leaves is none. */
	while (spool_room(f->s, 1, &n))
		fix_put(f, "x", 1);
	fix_forward(f);
	spool_cut(f->s);
	spool_missed(f->s, 1, 77);
	assert_int_equal(spool_pending(f->s).n, 0);
	fix_reader(f);
	n = f->n;
	while (f->got < n) {
		struct slice s;

		switch (spool_next(f->r, 1, &s)) {
		case SPOOL_COMMIT:
			spool_release(f->r, spool_place(f->r));
			break;
		case SPOOL_RECORDS:
			fix_take(f, s);
			break;
		default:
			fail();
		}
	}
	spool_release(f->r, spool_place(f->r));
	assert_non_null(spool_room(f->s, 1, &n));
	fix_fill(f, f->n + 10);
	{
		struct slice s;

		assert_int_equal(spool_next(f->r, 1, &s), SPOOL_RECORDS);
		assert_true(slice_ends(s, "x\t\n"));
	}
	fix_drain(f, 1000);
	assert_int_equal(f->got, f->n);
	assert_int_equal(spool_places(f->s).missed_records, 1);
	assert_int_equal(spool_places(f->s).missed_bytes, 77);
}

/* No room on the disk: known before a byte is read, and it goes by. */
static void
test_disk_full(void **state)
{
	struct fix *f = *state;
	struct rlimit old, none;
	size_t n;
	int err;

	fix_open(f);
	fix_fill(f, 10);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	none = old;
	none.rlim_cur = 100;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	while (spool_room(f->s, 500, &n) && n == 500) {
		fix_put(f, "a\n", 2);
		fix_forward(f);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(spool_why(f->s, &err), SPOOL_DISK);
	assert_int_equal(err, EFBIG);
	assert_non_null(spool_room(f->s, 500, &n));
	assert_int_equal(n, 500);
}

static void
test_asked_to_end(void **state)
{
	struct fix *f = *state;
	struct slice s;

	fix_open(f);
	fix_fill(f, 10);
	fix_reader(f);
	spool_ask(f->s, SPOOL_DRAIN);
	assert_int_equal(spool_pause(f->r, 1000), 0);
	while (f->got < 10) {
		assert_int_equal(spool_next(f->r, 1, &s), SPOOL_RECORDS);
		fix_take(f, s);
	}
	assert_int_equal(spool_next(f->r, 1, &s), SPOOL_COMMIT);
	spool_release(f->r, spool_place(f->r));
	assert_int_equal(spool_next(f->r, 1, &s), SPOOL_END);
	spool_ask(f->s, SPOOL_STOP);
	fix_fill(f, 20);
	assert_int_equal(spool_next(f->r, 1, &s), SPOOL_END);
	assert_int_equal(spool_pause(f->r, 100000000), 1);
	assert_int_equal(spool_wait(f->r, 100000000), 1);
}

/* One file was taken away: what is in the others is read. */
static void
test_file_is_gone(void **state)
{
	struct fix *f = *state;
	struct slice s;
	enum spool_got got;
	unsigned jumps = 0, n, lines = 0;

	fix_open(f);
	fix_fill(f, 1000);
	assert_int_equal(segment_unlink(f->s->dir, 2), 0);
	assert_int_equal(segment_unlink(f->s->dir, 3), 0);
	fix_reader(f);
	while ((got = spool_next(f->r, 1, &s)) != SPOOL_NOTHING) {
		if (got == SPOOL_RECORDS) {
			n = (unsigned)strtoul(s.p, NULL, 10);
			jumps += n != f->got;
			f->got = n;
			fix_take(f, s);
			lines++;
		}
		spool_release(f->r, spool_place(f->r));
	}
	assert_int_equal(jumps, 1);
	assert_int_equal(f->got, 1000);
	assert_true(lines < 1000);
	assert_in_range(spool_lost(f->r), 2 * SEG, 2 * SEG + 4600);
}

/* A line that no record can be is passed over. */
static void
test_line_without_end(void **state)
{
	struct fix *f = *state;
	unsigned i;

	fix_open(f);
	fix_reader(f);
	fix_fill(f, 20);
	for (i = 0; i < 5 * SEG; i++) {
		fix_put(f, "z", 1);
		fix_forward(f);
		if (i % 5000 == 0)
			fix_drain(f, 1000);
	}
	fix_put(f, "\n", 1);
	fix_fill(f, 40);
	fix_drain(f, 1000);
	assert_int_equal(f->got, 40);
	assert_int_equal(spool_lost(f->r), 5 * SEG + 1);
}

static void
test_one_filter_one_spool(void **state)
{
	struct fix *f = *state;

	fix_open(f);
	fix_open_error(f, EBUSY, "another ots-store");
}

static void
test_folder_that_cannot_be(void **state)
{
	struct fix *f = *state;
	char was[sizeof f->dir];

	memcpy(was, f->dir, sizeof was);
	memcpy(f->dir, "/nowhere/spool", 15);
	fix_open_error(f, ENOENT, "/nowhere/spool: No such file");
	memcpy(f->dir, was, sizeof was);
}

static void
test_lag(void **state)
{
	struct lag l = {0};
	uint64_t now, lag, real;

	(void)state;
	assert_int_equal(lag_of(&l, 5, 0), 0);
	/* Every second 10 bytes, for a day. */
	for (now = 0; now < 86400; now++)
		lag_mark(&l, now, now * 10);
	for (real = 1; real < 80000; real = real * 3 + 1) {
		lag = lag_of(&l, 86399, (86399 - real) * 10);
		assert_true(lag >= real);
		assert_true(lag <= real + real / 2 + 2);
	}
	/* Idle, and then one: it is not as old as the silence. */
	for (; now < 90000; now++)
		lag_mark(&l, now, 864000);
	lag_mark(&l, now, 864010);
	assert_int_equal(lag_of(&l, now + 3, 864000), 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_new_is_empty, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(
		test_round_and_round, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(test_backlog, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(
		test_batch_holds_its_memory, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(
		test_reader_waits_for_whole_lines, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(
		test_what_is_not_released_comes_again, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(test_full, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(test_disk_full, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(
		test_asked_to_end, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(
		test_file_is_gone, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(
		test_line_without_end, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(
		test_one_filter_one_spool, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(
		test_folder_that_cannot_be, fix_new, fix_free),
	    cmocka_unit_test(test_lag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
