/* The spool after ends in the middle of its own repairs, after power cuts, with
 * files that somebody has put there. */
#include "spool_fix.h"

static int
folder(const struct fix *f)
{
	int dir = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(dir >= 0);
	return dir;
}

/* Another one for each call. */
static struct spool_state *
state_of(const struct fix *f, int *fd)
{
	int dir = folder(f);
	struct spool_state *st;
	bool fresh;

	st = state_open(dir, false, SEG, &fresh, fd);
	assert_non_null(st);
	close(dir);
	return st;
}

static void
other_boot(const struct fix *f)
{
	int fd;
	struct spool_state *st = state_of(f, &fd);

	memcpy(st->boot, "another boot", 13);
	state_close(&st, fd);
}

static void
all_is_there(struct fix *f, unsigned lines)
{
	fix_reader(f);
	fix_drain(f, 1000);
	assert_int_equal(f->got, lines);
}

/* ---- killed while it repairs ---- */

/* A new state is there, and nothing in it. */
static void
die_in_repair(struct fix *f)
{
	int dir = folder(f), fd;
	bool fresh;

	(void)state_discard(dir);
	(void)state_open(dir, true, SEG, &fresh, &fd);
}

static void
test_killed_while_it_rebuilds(void **state)
{
	struct fix *f = *state;

	fix_open(f);
	fix_fill(f, 300);
	spool_close(&f->s);
	fix_killed(f, die_in_repair);
	fix_open(f);
	assert_int_equal(spool_found(f->s), SPOOL_REBUILT);
	fix_fill(f, 400);
	all_is_there(f, 400);
}

/* All is there but the last store of those that make a rebuilt state. */
static void
test_killed_before_the_last_store(void **state)
{
	struct fix *f = *state;
	struct spool_state *st;
	int fd;

	fix_open(f);
	fix_fill(f, 300);
	spool_close(&f->s);
	st = state_of(f, &fd);
	place_set(&st->end, 0);
	place_set(&st->ready, place_get(&st->written));
	state_close(&st, fd);
	fix_open(f);
	assert_int_equal(spool_found(f->s), SPOOL_REBUILT);
	fix_fill(f, 400);
	all_is_there(f, 400);
}

static void
test_killed_before_anything_is_there(void **state)
{
	struct fix *f = *state;

	fix_killed(f, die_in_repair);
	fix_open(f);
	fix_fill(f, 10);
	all_is_there(f, 10);
}

/* ---- the machine goes down after a clean end ---- */

static void
test_clean_end_is_on_the_disk(void **state)
{
	struct fix *f = *state;

	fix_open(f);
	fix_fill(f, 300);
	spool_close(&f->s);
	other_boot(f);
	fix_open(f);
	assert_int_equal(spool_found(f->s), SPOOL_CLEAN);
	fix_fill(f, 310);
	all_is_there(f, 310);
}

/* What could not be synced may be anything, as if it had not ended. */
static void
test_clean_end_without_a_sync(void **state)
{
	struct fix *f = *state;
	struct spool_state *st;
	uint64_t synced;
	unsigned kept;
	int fd;

	fix_open(f);
	fix_fill(f, 100);
	kept = f->n;
	synced = f->s->w;
	fix_fill(f, 300);
	spool_close(&f->s);
	st = state_of(f, &fd);
	place_set(&st->synced, synced);
	state_close(&st, fd);
	other_boot(f);
	fix_open(f);
	assert_int_equal(spool_found(f->s), SPOOL_CRASHED);
	fix_reader(f);
	fix_fill(f, 400);
	fix_until(f, kept);
	f->got = 300;
	fix_drain(f, 1000);
	assert_int_equal(f->got, 400);
}

static void
test_when_to_sync(void **state)
{
	struct spool_state st = {.segment = SEG};
	struct sync_pace p = {0};
	const uint64_t second = 1000000;
	uint64_t now, last = 0, behind;

	(void)state;
	/* Ten bytes a second; the database is two seconds behind: never. */
	for (now = 1; now < 100; now++) {
		place_set(&st.written, now * 10);
		place_set(&st.released, now < 2 ? 0 : (now - 2) * 10);
		assert_false(sync_due(&p, now * second, &st));
	}
	/* It is far behind, and goes on: nothing waits for more than ten. */
	for (behind = now; now < 1000; now++) {
		place_set(&st.written, now * 10);
		place_set(&st.released, (behind - 2) * 10 + now - behind);
		if (sync_due(&p, now * second, &st)) {
			last = now;
			place_set(&st.synced, now * 10);
		}
		assert_true(now < behind + 10 || now - last <= 10);
	}
	assert_true(last > 0);
}

/* ---- the name ---- */

static void
remove_all_but_id(struct fix *f)
{
	int dir = folder(f);

	assert_int_equal(renameat(dir, "id", dir, ".kept"), 0);
	fix_each_file(f, fix_unlink);
	assert_int_equal(renameat(dir, ".kept", dir, "id"), 0);
	close(dir);
}

/* Places begin at 0 again: the database must not take them for those that it
 * knows. */
static void
test_an_empty_folder_has_another_name(void **state)
{
	struct fix *f = *state;
	char id[SPOOL_ID_MAX];
	int damage;

	for (damage = 0; damage < 2; damage++) {
		fix_open(f);
		fix_fill(f, 10);
		fix_reader(f);
		memcpy(id, spool_id(f->r), sizeof id);
		spool_reader_close(&f->r);
		spool_close(&f->s);
		remove_all_but_id(f);
		if (damage)
			fix_killed(f, die_in_repair);
		fix_open(f);
		assert_int_equal(spool_places(f->s).written, 0);
		fix_reader(f);
		assert_string_not_equal(spool_id(f->r), id);
		fix_clear(f);
	}
}

static void
test_odd_bytes_in_the_name(void **state)
{
	static const char *const odd[] = {
	    "../../../../../../etc/passwd--------\n",
	    "\xff\xfe\xfd-0123456789-0123456789-0123456789\n",
	    "0123456789abcdef0123456789abcdef'--;\n"};
	struct fix *f = *state;
	size_t i;
	int dir, fd;

	for (i = 0; i < sizeof odd / sizeof *odd; i++) {
		assert_int_equal(strlen(odd[i]), SPOOL_ID_MAX);
		dir = folder(f);
		fd = openat(dir, "id", O_WRONLY | O_CREAT | O_TRUNC, 0600);
		assert_int_equal(write(fd, odd[i], SPOOL_ID_MAX), SPOOL_ID_MAX);
		close(fd);
		close(dir);
		fix_open_error(f, EBADMSG, "file id is damaged");
	}
}

/* ---- files of others ---- */

static void
test_links_are_not_followed(void **state)
{
	static const char *const names[] = {
	    "id", "lock", "state", "0000000000.rec"};
	struct fix *f = *state;
	size_t i, n;
	int dir, err;

	for (i = 0; i < 3; i++) {
		dir = folder(f);
		assert_int_equal(symlinkat("elsewhere", dir, names[i]), 0);
		fix_open_error(f, ELOOP, "symbolic links");
		assert_int_equal(faccessat(dir, "elsewhere", F_OK, 0), -1);
		close(dir);
		fix_clear(f);
	}
	fix_open(f);
	assert_int_equal(symlinkat("elsewhere", f->s->dir, names[3]), 0);
	assert_null(spool_room(f->s, 1, &n));
	assert_int_equal(spool_why(f->s, &err), SPOOL_DISK);
	assert_int_equal(err, ELOOP);
}

/* A file of zeros; and the state is gone. */
static void
stray(struct fix *f, const char *name)
{
	int dir, fd;

	fix_open(f);
	fix_fill(f, 50);
	spool_close(&f->s);
	dir = folder(f);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(fd, (off_t)SEG), 0);
	close(fd);
	assert_int_equal(state_discard(dir), 0);
	close(dir);
	fix_open(f);
	assert_int_equal(spool_found(f->s), SPOOL_REBUILT);
	fix_fill(f, 60);
}

/* A number that no segment has. */
static void
test_absurd_file(void **state)
{
	struct fix *f = *state;

	stray(f, "18446744073709551615.rec");
	all_is_there(f, 60);
}

/* Billions of segments are missing: nobody looks for each of them, and they
 * take no room. */
static void
test_file_far_away(void **state)
{
	struct fix *f = *state;

	stray(f, "68719476736.rec");
	assert_true(f->s->w > (uint64_t)SEG << 36);
	assert_true(spool_places(f->s).files < 10 * SEG);
	all_is_there(f, 60);
	place_set(&f->s->st->synced, 0);
	place_set(&f->s->st->released, 0);
	spool_close(&f->s);
}

/* Places that no filter can have left: it does not believe them. */
static void
test_absurd_places(void **state)
{
	struct fix *f = *state;
	struct spool_state *st;
	unsigned i;
	int fd;

	for (i = 0; i < 6; i++) {
		fix_open(f);
		fix_fill(f, 200);
		spool_close(&f->s);
		st = state_of(f, &fd);
		_Atomic uint64_t *const at[] = {&st->written, &st->ready,
		    &st->border, &st->end, &st->released, &st->gap_to};

		place_set(at[i], place_get(at[i]) | UINT64_C(1) << 63);
		state_close(&st, fd);
		fix_open(f);
		assert_int_equal(spool_found(f->s), SPOOL_REBUILT);
		fix_fill(f, 210);
		all_is_there(f, 210);
		fix_clear(f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fix_new, fix_free)
	    T(test_killed_while_it_rebuilds),
	    T(test_killed_before_the_last_store),
	    T(test_killed_before_anything_is_there),
	    T(test_clean_end_is_on_the_disk),
	    T(test_clean_end_without_a_sync),
	    cmocka_unit_test(test_when_to_sync),
	    T(test_an_empty_folder_has_another_name),
	    T(test_odd_bytes_in_the_name),
	    T(test_links_are_not_followed),
	    T(test_absurd_file),
	    T(test_file_far_away),
	    T(test_absurd_places),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
