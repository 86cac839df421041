/* The stream through ots-store where the spool is full: it is gone round, and
 * what is missed is counted; or whoever is patient waits. */
#include "pass_fix.h"

#include <sys/mman.h>
#include <sys/resource.h>

/* What was kept: whole lines in their order, and beginnings that are no
 * records; with what was missed, all. */
static void
kept_and_missed(struct stream *s)
{
	struct slice rest = buf_slice(&s->kept);
	struct buf line = {.max = SIZE_MAX / 2};
	unsigned whole = 0, cut = 0, n, last = 0;
	const char *lf;
	size_t len;

	while (rest.n) {
		lf = memchr(rest.p, '\n', rest.n);
		assert_non_null(lf);
		len = (size_t)(lf - rest.p) + 1;
		if (len >= 2 && lf[-1] == '\t') {
			cut++;
		} else {
			n = (unsigned)strtoul(rest.p, NULL, 10);
			assert_true(whole == 0 || n > last);
			last = n;
			buf_clear(&line);
			put_line(s, &line, n);
			assert_int_equal(len, buf_size(&line));
			assert_memory_equal(rest.p, buf_data(&line), len);
			whole++;
		}
		rest.p += len;
		rest.n -= len;
	}
	assert_true(whole > 0);
	assert_int_equal(whole + spool_places(s->f.s).missed_records, LINES);
	assert_true(cut <= spool_places(s->f.s).missed_records);
	buf_fini(&line);
}

static void
test_full_spool_is_gone_round(void **state)
{
	struct stream *s = *state;

	make_all(s, true);
	start(s, 4);
	flow(s, 0);
	assert_true(s->p.beside);
	is_all(s, &s->out);
	keep_all(s);
	kept_and_missed(s);
	assert_true(spool_places(s->f.s).missed_records > 0);
}

/* The writer comes late, again and again. */
static void
back_into_the_spool(struct stream *s, unsigned seed)
{
	unsigned turn;

	s->seed = seed;
	make_all(s, true);
	start(s, 4);
	for (turn = 0; s->sent < s->n; turn++) {
		some_in(s, 100000);
		(void)step(s);
		some_out(s, 100000);
		if (turn / 100 % 2 && any(s, 3) == 0)
			some_kept(s, 20000);
		if (s->p.beside && any(s, 4) == 0)
			pass_try_spool(&s->p);
	}
	flow(s, KEEP | BACK);
	is_all(s, &s->out);
	keep_all(s);
	assert_true(spool_places(s->f.s).missed_records > 0);
	kept_and_missed(s);
}

static void
test_back_into_the_spool(void **state)
{
	back_into_the_spool(*state, 1);
}

static void
test_back_into_the_spool_2(void **state)
{
	back_into_the_spool(*state, 2);
}

static void
test_back_into_the_spool_3(void **state)
{
	back_into_the_spool(*state, 3);
}

static void
test_back_into_the_spool_4(void **state)
{
	back_into_the_spool(*state, 4);
}

static void
test_back_into_the_spool_5(void **state)
{
	back_into_the_spool(*state, 5);
}

static void
test_back_into_the_spool_6(void **state)
{
	back_into_the_spool(*state, 6);
}

/* Who would rather wait gets all of it into the spool. */
static void
test_patient(void **state)
{
	struct stream *s = *state;
	unsigned full = 0;
	enum pass_got got;

	make_all(s, true);
	start(s, 4);
	s->p.patient = true;
	do {
		some_in(s, 100000);
		if (s->sent == s->n && s->to >= 0) {
			close(s->to);
			s->to = -1;
		}
		got = step(s);
		some_out(s, 100000);
		full += got == PASS_FULL;
		if (got == PASS_FULL)
			some_kept(s, 20000);
		assert_false(s->p.beside);
	} while (got != PASS_END);
	flow(s, KEEP);
	assert_true(full > 5);
	is_all(s, &s->out);
	keep_all(s);
	is_all(s, &s->kept);
}

/* ---- a disk that fails ---- */

/* A page that cannot be written, as where the disk has no room for it: a read
 * ends in the middle of it. What it has put there is not what comes next. */
static void
test_no_room_in_a_page(void **state)
{
	struct stream *s = *state;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned turn = 0;
	enum pass_got got;
	char *at;

	start(s, 100);
	do {
		some_in(s, 20000);
		if (s->sent == s->n && s->to >= 0) {
			close(s->to);
			s->to = -1;
		}
		at = spool_at(s->f.s, (s->f.s->w / page + 1) * page);
		if (s->f.s->w > 0 && ++turn % 7 == 0 &&
		    mprotect(at, page, PROT_READ) < 0)
			fail();
		got = step(s);
		/* The same page may be mapped twice. */
		(void)mprotect(s->f.s->ring, (SPOOL_RING + 1) * BIG,
		    PROT_READ | PROT_WRITE);
		if (s->p.beside && turn % 3 == 0)
			pass_try_spool(&s->p);
		some_out(s, 100000);
		some_kept(s, any(s, 40000));
		for (at = spool_at(s->f.s, s->f.s->w); !s->p.beside &&
		     at < spool_at(s->f.s, s->f.s->w) +
			     (s->f.s->ready - s->f.s->w);
		     at++)
			assert_int_equal(*at, 0);
	} while (got != PASS_END);
	flow(s, KEEP);
	is_all(s, &s->out);
	keep_all(s);
	kept_and_missed(s);
	assert_true(spool_places(s->f.s).missed_records > 0);
}

static void
limit(rlim_t bytes)
{
	struct rlimit r;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &r), 0);
	r.rlim_cur = bytes ? bytes : r.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

/* So many bytes go in and come out. */
static void
through(struct stream *s, size_t n)
{
	size_t to = s->sent + n;

	while (s->sent < to) {
		some_in(s, (unsigned)(to - s->sent));
		(void)step(s);
		some_out(s, 100000);
	}
	while (step(s) != PASS_BLOCKED)
		some_out(s, 100000);
	some_out(s, 100000);
}

/* There is no room even to end the record that the last filter has begun: it
 * does not become the beginning of another one. */
static void
test_no_room_to_cut(void **state)
{
	struct stream *s = *state;

	(void)signal(SIGXFSZ, SIG_IGN);
	start(s, 100);
	through(s, 5000);
	assert_false(s->p.in_border);
	spool_reader_close(&s->f.r);
	spool_close(&s->f.s);
	pass_fini(&s->p);
	start(s, 100);
	limit(100);
	through(s, 5000);
	assert_true(s->p.beside);
	pass_try_spool(&s->p);
	assert_true(s->p.beside);
	limit(0);
	pass_try_spool(&s->p);
	assert_false(s->p.beside);
	flow(s, KEEP);
	is_all(s, &s->out);
	keep_all(s);
	kept_and_missed(s);
	assert_true(spool_places(s->f.s).missed_records > 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_full_spool_is_gone_round),
	    TEST(test_back_into_the_spool),
	    TEST(test_back_into_the_spool_2),
	    TEST(test_back_into_the_spool_3),
	    TEST(test_back_into_the_spool_4),
	    TEST(test_back_into_the_spool_5),
	    TEST(test_back_into_the_spool_6),
	    TEST(test_patient),
	    TEST(test_no_room_in_a_page),
	    TEST(test_no_room_to_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
