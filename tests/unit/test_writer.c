/* The writer of ots-store: how large a batch may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../cmd/ots-store/writer_own.h"

/* A database that takes so many records a second: where that leads to. */
static size_t
settle(size_t most, uint64_t rate)
{
	int i;

	for (i = 0; i < 50; i++)
		most = writer_next(most, true, most * SECOND / rate);
	return most;
}

static void
test_batch_grows(void **state)
{
	(void)state;
	/* While more waits, and it is quick. */
	assert_int_equal(writer_next(4096, true, 1000), 8192);
	assert_int_equal(writer_next(4096, false, 1000), 4096);
	assert_int_equal(settle(BATCH_RECORDS, 100000), BATCH_MOST);
	assert_int_equal(settle(BATCH_LEAST, 100000), BATCH_MOST);
	/* One record too many, and it would be two transactions. */
	assert_true(BATCH_MOST < STORE_BATCH_ROWS);
}

static void
test_batch_shrinks(void **state)
{
	static const uint64_t rates[] = {30, 100, 1000, 5000, 20000};
	size_t i, most;

	(void)state;
	for (i = 0; i < sizeof rates / sizeof *rates; i++) {
		most = settle(BATCH_MOST, rates[i]);
		assert_true(most * SECOND / rates[i] <= BATCH_SLOW);
		assert_true(most >= BATCH_LEAST);
		/* Not up and down for ever. */
		assert_int_equal(
		    writer_next(most, true, most * SECOND / rates[i]), most);
	}
	assert_int_equal(settle(BATCH_MOST, 1), BATCH_LEAST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_batch_grows),
	    cmocka_unit_test(test_batch_shrinks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
