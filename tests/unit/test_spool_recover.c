/* The spool after ends of every kind: kill -9 at any byte, a machine that went
 * down, a state that is damaged, gone, or of another version. */
#include "spool_fix.h"

static size_t torn; /* bytes of the next line that the dying one reads */

/* Reads, and dies before it can say so. */
static void
read_and_die(struct fix *f)
{
	size_t n;
	char *to;

	fix_open(f);
	to = spool_room(f->s, 3000, &n);
	if (to && n >= torn)
		memcpy(to, f->line, torn);
}

static void
fill_and_die(struct fix *f)
{
	fix_open(f);
	fix_fill(f, f->n + 30);
}

/* A read of `torn` bytes of the next line is found again, and the next filter
 * goes on in that line. */
static void
one_read(struct fix *f)
{
	size_t len = fix_line(f, f->n);
	uint64_t w;

	fix_open(f);
	assert_int_equal(spool_found(f->s), SPOOL_CLEAN);
	w = spool_places(f->s).written;
	spool_close(&f->s);
	fix_killed(f, read_and_die);
	fix_open(f);
	assert_int_equal(spool_found(f->s), SPOOL_KILLED);
	assert_int_equal(spool_places(f->s).written, w + torn);
	assert_int_equal(spool_tail(f->s).n, torn);
	assert_memory_equal(spool_tail(f->s).p, f->line, torn);
	assert_int_equal(spool_begun(f->s), torn < len);
	fix_put(f, f->line + torn, len - torn);
	fix_forward(f);
	f->n++;
	fix_reader(f);
	fix_drain(f, 1000);
	assert_int_equal(f->got, f->n);
	spool_reader_close(&f->r);
	spool_close(&f->s);
}

/* From a little before that place on: of each line one byte more. */
static void
at_every_byte(struct fix *f, uint64_t near)
{
	unsigned turn;

	fix_open(f);
	fix_reader(f);
	while (spool_places(f->s).written + 2400 < near) {
		fix_fill(f, f->n + 1);
		fix_drain(f, 1000);
	}
	spool_reader_close(&f->r);
	spool_close(&f->s);
	for (turn = 1, torn = 1; turn <= 150; turn++, torn++) {
		if (torn > fix_line(f, f->n))
			torn = 1;
		one_read(f);
	}
}

static void
test_killed_at_every_byte(void **state)
{
	at_every_byte(*state, 1000);
}

static void
test_killed_at_every_byte_of_a_border(void **state)
{
	at_every_byte(*state, SEG);
}

/* Where all memory has been used before, nothing of it comes back. */
static void
test_killed_at_every_byte_of_old_memory(void **state)
{
	at_every_byte(*state, 9 * SEG);
}

static void
test_killed_again_and_again(void **state)
{
	struct fix *f = *state;
	unsigned i;

	for (i = 0; i < 60; i++) {
		fix_killed(f, fill_and_die);
		f->n += 30;
		if (i % 3)
			continue;
		fix_open(f);
		fix_reader(f);
		fix_drain(f, 4000);
		assert_int_equal(f->got, f->n);
		spool_reader_close(&f->r);
		spool_close(&f->s);
	}
}

static void
half_forwarded(struct fix *f)
{
	struct slice p;
	size_t len;

	fix_open(f);
	fix_fill(f, 10);
	len = fix_line(f, f->n++);
	fix_put(f, f->line, len);
	len = fix_line(f, f->n);
	fix_put(f, f->line, len);
	/* The first one, and some of the next. */
	p = spool_pending(f->s);
	spool_forwarded(f->s, p.n - len + 3);
}

static void
test_forwarding_begins_with_a_record(void **state)
{
	struct fix *f = *state;
	size_t len;
	int i;

	fix_killed(f, half_forwarded);
	for (i = 0; i < 2; i++) {
		fix_open(f);
		len = fix_line(f, 11);
		assert_int_equal(spool_pending(f->s).n, len);
		assert_memory_equal(spool_pending(f->s).p, f->line, len);
		spool_close(&f->s);
	}
}

/* ---- the machine went down ---- */

static void
other_boot(struct fix *f)
{
	int dir = open(f->dir, O_RDONLY | O_DIRECTORY), fd;
	struct spool_state *st;
	bool fresh;

	st = state_open(dir, false, SEG, &fresh, &fd);
	assert_non_null(st);
	memcpy(st->boot, "another boot", 13);
	close(dir);
	state_close(&st, fd);
}

static void
test_machine_went_down(void **state)
{
	struct fix *f = *state;
	uint64_t synced, place;
	char id[SPOOL_ID_MAX];
	unsigned kept;

	fix_open(f);
	fix_fill(f, 200);
	place_set(&f->s->st->synced, f->s->w);
	synced = f->s->w;
	kept = f->n;
	spool_close(&f->s);
	fix_killed(f, fill_and_die);
	other_boot(f);
	fix_open(f);
	assert_int_equal(spool_found(f->s), SPOOL_CRASHED);
	assert_int_equal(spool_pending(f->s).n, 0);
	assert_true(spool_places(f->s).written > synced + (1 << 20));
	assert_int_equal(spool_places(f->s).waiting, synced);
	assert_true(spool_places(f->s).files < 100 * SEG);
	fix_reader(f);
	memcpy(id, spool_id(f->r), sizeof id);
	f->n = 5000;
	fix_fill(f, 5100);
	fix_until(f, kept);
	f->got = 5000;
	fix_drain(f, 1000);
	assert_int_equal(f->got, 5100);
	place = spool_place(f->r);
	assert_string_equal(spool_id(f->r), id);
	/* A database that had got some of what was lost goes on behind it. */
	spool_reader_close(&f->r);
	spool_close(&f->s);
	fix_open(f);
	assert_int_equal(spool_found(f->s), SPOOL_CLEAN);
	assert_true(place > synced);
}

/* Twice, before anybody has read: what is between is lost, and no more. */
static void
test_machine_went_down_twice(void **state)
{
	struct fix *f = *state;

	fix_open(f);
	fix_fill(f, 50);
	place_set(&f->s->st->synced, f->s->w);
	spool_close(&f->s);
	fix_killed(f, fill_and_die);
	other_boot(f);
	fix_killed(f, fill_and_die);
	other_boot(f);
	fix_open(f);
	assert_int_equal(spool_found(f->s), SPOOL_CRASHED);
	f->n = 300;
	fix_fill(f, 400);
	fix_reader(f);
	fix_until(f, 50);
	f->got = 300;
	fix_drain(f, 1000);
	assert_int_equal(f->got, 400);
}

/* ---- the state ---- */

static void
write_state(struct fix *f, off_t at, const void *p, size_t n)
{
	char path[64];
	int fd;

	assert_true(str_fmt(path, sizeof path, "%s/state", f->dir) > 0);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, p, n, at), n);
	if (n == 0)
		assert_int_equal(ftruncate(fd, at), 0);
	close(fd);
}

/* After so many lines, which are stored, the state is harmed. */
static void
rebuilt(struct fix *f, void (*harm)(struct fix *f), unsigned lines)
{
	uint64_t w, stored;
	size_t len;

	fix_open(f);
	fix_reader(f);
	for (len = 1; len <= lines / 20; len++) {
		fix_fill(f, (unsigned)len * 20);
		fix_drain(f, 1000);
	}
	stored = spool_place(f->r);
	fix_fill(f, lines + 100);
	len = fix_line(f, f->n);
	fix_put(f, f->line, len / 2);
	fix_forward(f);
	w = f->s->w;
	spool_reader_close(&f->r);
	spool_close(&f->s);
	harm(f);
	fix_open(f);
	assert_int_equal(spool_found(f->s), SPOOL_REBUILT);
	/* The place may have been a higher one; what was begun is lost. */
	assert_true(f->s->w > w + (1 << 20));
	f->n++;
	fix_fill(f, f->n + 100);
	fix_reader(f);
	/* The database knows the place; without it some would come again. */
	spool_seek(f->r, stored);
	f->got = lines;
	fix_until(f, lines + 100);
	f->got = lines + 101;
	fix_drain(f, 1000);
	assert_int_equal(f->got, f->n);
}

static void
harm_magic(struct fix *f)
{
	write_state(f, 0, "x", 1);
}

static void
harm_places(struct fix *f)
{
	char junk[300];

	memset(junk, 0xa5, sizeof junk);
	write_state(f, 64, junk, sizeof junk);
}

static void
harm_length(struct fix *f)
{
	write_state(f, 100, "", 0);
}

static void
harm_gone(struct fix *f)
{
	int dir = open(f->dir, O_RDONLY | O_DIRECTORY);

	assert_int_equal(unlinkat(dir, "state", 0), 0);
	close(dir);
}

static void (*const harms[])(struct fix *f) = {
    harm_magic, harm_places, harm_length, harm_gone};

static void
test_damaged_state(void **state)
{
	struct fix *f = *state;
	size_t i;

	for (i = 0; i < sizeof harms / sizeof *harms; i++) {
		rebuilt(f, harms[i], 0);
		fix_clear(f);
		rebuilt(f, harms[i], 2000);
		fix_clear(f);
	}
}

/* Each byte of the state, turned over: it opens, or says why not. */
static void
test_any_byte_of_the_state(void **state)
{
	struct fix *f = *state;
	struct spool_state st;
	char path[64], c;
	size_t i;
	int fd;

	assert_true(str_fmt(path, sizeof path, "%s/state", f->dir) > 0);
	for (i = 0; i < sizeof st; i++) {
		fix_open(f);
		fix_fill(f, f->n + 1);
		spool_close(&f->s);
		fd = open(path, O_RDWR);
		assert_int_equal(pread(fd, &c, 1, (off_t)i), 1);
		c = (char)~c;
		assert_int_equal(pwrite(fd, &c, 1, (off_t)i), 1);
		close(fd);
		if (i >= 8 && i < 12) {
			fix_open_error(f, EPROTO, "another version");
			assert_int_equal(unlink(path), 0);
		}
		fix_open(f);
		fix_fill(f, f->n + 1);
		spool_close(&f->s);
	}
}

static void
test_other_version(void **state)
{
	struct fix *f = *state;
	const uint32_t two = SPOOL_VERSION + 1, one = SPOOL_VERSION;

	fix_open(f);
	fix_fill(f, 10);
	spool_close(&f->s);
	write_state(f, 8, &two, sizeof two);
	fix_open_error(f, EPROTO, "another version of ots-store");
	/* Nothing was changed. */
	write_state(f, 8, &one, sizeof one);
	fix_open(f);
	fix_reader(f);
	fix_drain(f, 100);
	assert_int_equal(f->got, 10);
}

static void
test_damaged_id(void **state)
{
	struct fix *f = *state;
	char path[64];
	int fd;

	fix_open(f);
	spool_close(&f->s);
	assert_true(str_fmt(path, sizeof path, "%s/id", f->dir) > 0);
	fd = open(path, O_WRONLY | O_TRUNC);
	assert_true(fd >= 0);
	close(fd);
	fix_open_error(f, EBADMSG, "file id is damaged");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_killed_at_every_byte, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(
		test_killed_at_every_byte_of_a_border, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(
		test_killed_at_every_byte_of_old_memory, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(
		test_killed_again_and_again, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(
		test_forwarding_begins_with_a_record, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(
		test_machine_went_down, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(
		test_machine_went_down_twice, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(
		test_damaged_state, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(
		test_any_byte_of_the_state, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(
		test_other_version, fix_new, fix_free),
	    cmocka_unit_test_setup_teardown(test_damaged_id, fix_new, fix_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
