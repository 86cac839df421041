/* The stream through ots-store, between two pipes: nothing is changed, records
 * of the writer stand between others, a full spool is gone round. */
#include <fcntl.h>

#include "spool_fix.h"

#include "../../cmd/ots-store/pass.h"

#define BIG   ((size_t)524288) /* a segment */
#define LINES 3000

struct stream {
	struct fix f; /* lines, the spool and its reader */
	struct pass p;
	int to, from;        /* our ends of the pipes */
	char *all;           /* what is sent */
	size_t n, sent;      /* its bytes; those sent */
	struct buf out;      /* what came */
	struct buf kept;     /* what the writer got */
	unsigned own;        /* records of the writer that were put in */
	struct buf own_todo; /* their bytes that are to be put in */
	uint64_t seed;
	bool longer;
};

static unsigned
any(struct stream *s, unsigned below)
{
	s->seed = s->seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(s->seed >> 33) % below;
}

/* The n-th line: some are longer than what is held, or than the buffer. */
static void
put_line(struct stream *s, struct buf *to, unsigned n)
{
	size_t len = 30000 + n * 997 % 270000;
	char *at;

	if (!s->longer || n % 60) {
		(void)buf_append(to, s->f.line, fix_line(&s->f, n));
		return;
	}
	(void)buf_fmt(to, "%010u\t", n);
	at = buf_reserve(to, len);
	memset(at, 'L', len);
	at[len - 1] = '\n';
	buf_commit(to, len);
}

static void
make_all(struct stream *s, bool longer)
{
	struct buf all = {.max = SIZE_MAX / 2};
	unsigned i;

	s->longer = longer;
	for (i = 0; i < LINES; i++)
		put_line(s, &all, i);
	free(s->all);
	s->all = all.p;
	s->n = all.len;
}

static int
set_up(void **state)
{
	struct stream *s = calloc(1, sizeof *s);
	int in[2], out[2];

	if (!s)
		return -1;
	*state = s;
	if (pipe2(in, O_NONBLOCK) < 0 || pipe2(out, O_NONBLOCK) < 0 ||
	    str_fmt(s->f.dir, sizeof s->f.dir, "/tmp/ots-spool-XXXXXX") < 0 ||
	    !mkdtemp(s->f.dir))
		return -1;
	make_all(s, false);
	s->out.max = s->kept.max = s->own_todo.max = SIZE_MAX / 2;
	s->to = in[1];
	s->from = out[0];
	s->p.in = in[0];
	s->p.out = out[1];
	s->seed = 1;
	return 0;
}

static void
start(struct stream *s, unsigned segments)
{
	const struct spool_config c = {.dir = s->f.dir,
	    .max = segments * BIG,
	    .segment = BIG,
	    .wake_fd = -1};
	char why[SPOOL_WHY_MAX];

	s->f.s = spool_open(&c, why);
	assert_non_null(s->f.s);
	assert_int_equal(pass_init(&s->p, s->f.s, s->p.in, s->p.out), 0);
	s->f.r = spool_reader_open(s->f.dir, -1);
	assert_non_null(s->f.r);
}

static int
tear_down(void **state)
{
	struct stream *s = *state;

	close(s->from);
	if (s->to >= 0)
		close(s->to);
	close(s->p.in);
	close(s->p.out);
	pass_fini(&s->p);
	spool_reader_close(&s->f.r);
	spool_close(&s->f.s);
	fix_each_file(&s->f, fix_unlink);
	(void)rmdir(s->f.dir);
	buf_fini(&s->out);
	buf_fini(&s->kept);
	buf_fini(&s->own_todo);
	free(s->all);
	free(s);
	return 0;
}

/* Some bytes go in, and some come out. */
static void
some_in(struct stream *s, unsigned max)
{
	size_t n = 1 + any(s, max);
	ssize_t r;

	if (n > s->n - s->sent)
		n = s->n - s->sent;
	r = n ? write(s->to, s->all + s->sent, n) : 0;
	s->sent += r > 0 ? (size_t)r : 0;
}

static void
some_out(struct stream *s, unsigned max)
{
	size_t n = 1 + any(s, max);
	char *to = buf_reserve(&s->out, n);
	ssize_t r = read(s->from, to, n);

	if (r > 0)
		buf_commit(&s->out, (size_t)r);
}

static void
some_own(struct stream *s)
{
	size_t room, n;
	char *to;

	if (buf_size(&s->own_todo) < 100)
		(void)buf_fmt(&s->own_todo, "own %u %0*u\n", s->own++,
		    (int)any(s, 300), 7);
	n = 1 + any(s, (unsigned)buf_size(&s->own_todo));
	to = pass_own_room(&s->p, &room);
	assert_non_null(to);
	memcpy(to, buf_data(&s->own_todo), n);
	pass_own_commit(&s->p, n);
	buf_consume(&s->own_todo, n);
}

/* What the writer takes: max bytes or so. */
static void
some_kept(struct stream *s, size_t max)
{
	struct slice lines;

	if (spool_next(s->f.r, max, &lines) == SPOOL_RECORDS)
		(void)buf_put(&s->kept, lines);
	spool_release(s->f.r, spool_place(s->f.r));
}

static enum pass_got
step(struct stream *s)
{
	enum pass_got got = pass_write(&s->p);

	assert_true(got != PASS_FAILED);
	if (got != PASS_EMPTY)
		return got;
	got = pass_read(&s->p, 1 + any(s, 70000));
	assert_true(got != PASS_FAILED);
	return got;
}

/* To the end of the stream; flags: what happens besides. */
enum { OWN = 1, KEEP = 2, BACK = 4 };

static void
flow(struct stream *s, int flags)
{
	enum pass_got got;

	do {
		some_in(s, 20000);
		if (s->sent == s->n && s->to >= 0) {
			close(s->to);
			s->to = -1;
		}
		if (flags & OWN)
			some_own(s);
		got = step(s);
		if (flags & KEEP)
			some_kept(s, any(s, 40000));
		if (flags & BACK && s->p.beside && any(s, 20) == 0)
			pass_try_spool(&s->p);
		some_out(s, 100000);
	} while (got != PASS_END);
	while (pass_write(&s->p) == PASS_BLOCKED)
		some_out(s, 100000);
	some_out(s, 100000);
	some_out(s, 100000);
}

static void
keep_all(struct stream *s)
{
	size_t before;

	do {
		before = buf_size(&s->kept);
		some_kept(s, 10000);
		some_kept(s, 10000);
	} while (buf_size(&s->kept) > before);
}

static void
is_all(const struct stream *s, const struct buf *b)
{
	assert_int_equal(buf_size(b), s->n);
	assert_memory_equal(buf_data(b), s->all, s->n);
}

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_bytes_as_they_came, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_own_records_between_others, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_own_records_and_long_ones, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_torn_own_record, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_enough_of_own_records, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_full_spool_is_gone_round, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_back_into_the_spool, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_back_into_the_spool_2, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_back_into_the_spool_3, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_back_into_the_spool_4, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_back_into_the_spool_5, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_back_into_the_spool_6, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_patient, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
