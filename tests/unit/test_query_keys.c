/* How a question to the store becomes keys, and many keys one answer: boxes,
 * prefixes, merging. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "store.h"
#include "store_query_own.h"

/* Boxes ---------------------------------------------------------------------*/

static bool
has_cell(const struct query_cells *c, size_t n, int64_t cell)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (cell >= c[i].first && cell <= c[i].last)
			return true;
	return false;
}

/* What is in a box is in its cells, and cells are in no two ranges. */
static void
test_box_cells(void **state)
{
	static const struct store_box boxes[] = {{0, 0, 0, 0},
	    {-90, -180, 90, 180}, {-90, -180, -90, -180}, {90, 180, 90, 180},
	    {-18, 179, -17, -179}, {-18, 170, -17, 180}, {-18, -180, -17, -170},
	    {51.5, -0.5, 51.5, 0.5}, {-1, -1, 1, 1}, {10, 20.5, 10.5, 20.25}};
	static const double lats[] = {-90, -18, -17.5, -17, -1, -0.5, 0, 0.5, 1,
	    10, 10.25, 51.5, 89.5, 90};
	static const double lons[] = {-180, -179.5, -179, -175, -0.5, 0, 0.25,
	    1, 20.25, 20.375, 20.5, 170, 179, 179.5, 180};
	struct query_cells c[QUERY_CELLS_MAX];
	size_t i, j, k, n;

	(void)state;
	for (i = 0; i < sizeof boxes / sizeof *boxes; i++) {
		n = query_box_cells(&boxes[i], c);
		assert_in_range(n, 1, QUERY_CELLS_MAX);
		for (j = 1; j < n; j++)
			assert_true(c[j].first > c[j - 1].last);
		for (j = 0; j < sizeof lats / sizeof *lats; j++)
			for (k = 0; k < sizeof lons / sizeof *lons; k++)
				if (query_box_has(&boxes[i], lats[j], lons[k]))
					assert_true(has_cell(c, n,
					    store_cell(lats[j], lons[k])));
	}
	assert_int_equal(query_box_cells(&boxes[0], c), 1);
	assert_int_equal(c[0].first, c[0].last);
	assert_int_equal(query_box_cells(&boxes[1], c), 1);
	assert_int_equal(c[0].last - c[0].first + 1, STORE_CELLS);
	/* Nearly all the way around, a row of it. */
	n = query_box_cells(&boxes[9], c);
	assert_int_equal(n, 1);
	assert_int_equal(c[0].last - c[0].first, 359);
}

static void
test_box_has(void **state)
{
	const struct store_box date = {-18, 179, -17, -179},
			       east = {-18, 170, -17, 180},
			       plain = {50, -1, 52, 1};

	(void)state;
	assert_true(query_box_has(&date, -17.5, 179.5));
	assert_true(query_box_has(&date, -17.5, -179.5));
	assert_true(query_box_has(&date, -17.5, 180));
	assert_false(query_box_has(&date, -17.5, 0));
	assert_false(query_box_has(&date, -16, 180));
	assert_true(query_box_has(&east, -18, -180));
	assert_false(query_box_has(&east, -18, -179.5));
	assert_true(query_box_has(&plain, 50, 1));
	assert_false(query_box_has(&plain, 50, 1.01));
	assert_false(query_box_has(&plain, (double)NAN, (double)NAN));
}

/* A band has the cells of the box, told in another way. */
static void
test_box_band(void **state)
{
	static const struct store_box boxes[] = {{0, 0, 0, 0},
	    {-90, -180, 90, 180}, {-18, 179, -17, -179}, {-18, 170, -17, 180},
	    {-18, -180, -17, -170}, {-1, -1, 1, 1}, {10, 20.5, 10.5, 20.25}};
	struct query_cells c[QUERY_CELLS_MAX];
	struct query_band b;
	int64_t cell;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof boxes / sizeof *boxes; i++) {
		n = query_box_cells(&boxes[i], c);
		b = query_box_band(&boxes[i]);
		for (cell = 0; cell < STORE_CELLS; cell++)
			assert_int_equal(has_cell(c, n, cell),
			    cell >= b.first && cell <= b.last &&
				(cell + 360 - b.column) % 360 <= b.more);
	}
}

static void
test_prefix(void **state)
{
	char end[16];

	(void)state;
	assert_int_equal(query_prefix_end("a-f", end, sizeof end), 3);
	assert_string_equal(end, "a-g");
	query_prefix_end("a-", end, sizeof end);
	assert_string_equal(end, "a.");
	query_prefix_end("\xC3\xA9", end, sizeof end);
	assert_string_equal(end, "\xC3\xA9\xF4\x8F\xBF\xBF");
	query_prefix_end("~", end, sizeof end);
	assert_string_equal(end, "~\xF4\x8F\xBF\xBF");
	query_prefix_end("", end, sizeof end);
	assert_string_equal(end, "\xF4\x8F\xBF\xBF");
	assert_int_equal(query_prefix_end("abc", end, 3), -1);
}

/* Merging -------------------------------------------------------------------*/

/* The ids of key k are those below `last` whose rest by `keys` is k. */
struct pages {
	int64_t keys, last, fail_at;
	int asked;
};

static int
page_of(void *arg, int64_t key, int64_t after, int64_t *ids, size_t max)
{
	struct pages *p = arg;
	int64_t id;
	size_t n = 0;

	p->asked++;
	if (p->fail_at && after >= p->fail_at) {
		errno = EIO;
		return -1;
	}
	for (id = after + 1 + (key - (after + 1) % p->keys + p->keys) % p->keys;
	     id < p->last && n < max; id += p->keys)
		ids[n++] = id;
	return (int)n;
}

static void
merge_begin(struct query_merge *m, struct pages *p)
{
	int64_t k;

	*m = (struct query_merge){.page = page_of, .arg = p};
	for (k = p->keys - 1; k >= 0; k--)
		assert_int_equal(query_merge_add(m, k, k), 0);
}

static void
test_merge(void **state)
{
	static const int64_t keys[] = {1, 2, 3, 7, 100, 3000};
	struct query_merge m;
	int64_t id, want;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct pages p = {.keys = keys[i], .last = 10000};

		merge_begin(&m, &p);
		for (want = 0; query_merge_next(&m, &id) == 1; want++)
			assert_int_equal(id, want);
		assert_int_equal(want, 10000);
		assert_int_equal(query_merge_next(&m, &id), 0);
		/* Page by page, not id by id. */
		assert_in_range(p.asked, 1, 2 * keys[i] + 10000 / 16);
		query_merge_fini(&m);
	}
}

/* Ids that are far apart, or near: each is found, and soon. */
static void
test_seek(void **state)
{
	static const int64_t keys[] = {1, 3, 8}, steps[] = {1, 5, 600, 4999};
	struct query_merge m;
	size_t i, j;
	int64_t id;

	(void)state;
	for (i = 0; i < sizeof keys / sizeof *keys; i++)
		for (j = 0; j < sizeof steps / sizeof *steps; j++) {
			/* All but those of the first key. */
			struct pages p = {.keys = keys[i], .last = 1000000};

			merge_begin(&m, &p);
			assert_int_equal(query_merge_next(&m, &id), 1);
			for (id = 1; id < 1000000; id += steps[j])
				assert_int_equal(query_merge_seek(&m, id), 1);
			assert_int_equal(query_merge_seek(&m, 1000000), 0);
			assert_int_equal(m.n, 0);
			assert_true(m.cost < 1300000);
			if (steps[j] == 4999)
				assert_true(m.cost < 200000);
			query_merge_fini(&m);
		}
}

static void
test_merge_ends(void **state)
{
	struct pages p = {.keys = 5, .last = 100000, .fail_at = 50000};
	struct query_merge m = {0};
	int64_t id, n = 0;
	int r;

	(void)state;
	assert_int_equal(query_merge_next(&m, &id), 0);
	merge_begin(&m, &p);
	while ((r = query_merge_next(&m, &id)) == 1)
		n++;
	assert_int_equal(r, -1);
	assert_int_equal(errno, EIO);
	assert_in_range(n, 49000, 56000);
	query_merge_fini(&m);
	/* Given up half way. */
	p.fail_at = 0;
	merge_begin(&m, &p);
	assert_int_equal(query_merge_next(&m, &id), 1);
	assert_int_equal(query_merge_next(&m, &id), 1);
	query_merge_fini(&m);
	assert_int_equal(m.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_box_cells),
	    cmocka_unit_test(test_box_has),
	    cmocka_unit_test(test_box_band),
	    cmocka_unit_test(test_prefix),
	    cmocka_unit_test(test_merge),
	    cmocka_unit_test(test_seek),
	    cmocka_unit_test(test_merge_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
