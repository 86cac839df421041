/* XML to protobuf and back loses nothing that cot-streaming 5.2 says must
 * survive: what is in the corpus, and 100,000 events made at random. What must
 * come back is computed apart (cotpb_expect.h). */
#include "cotpb_fix.h"
#include "cotpb_expect.h"
#include "cotpb_random.h"

#include <dirent.h>

#ifdef OTS_SAN
#define EVENTS "20000"
#else
#define EVENTS "100000"
#endif

static struct buf doc, canon, msg, want, again;
static unsigned long trips, elements;

static int
setup(void **state)
{
	struct buf *const all[] = {&doc, &canon, &msg, &want, &again};
	size_t i;

	for (i = 0; i < 5; i++)
		buf_init(all[i], 4 * FIX_MAX);
	return fix_setup(state);
}

static int
teardown(void **state)
{
	buf_fini(&doc);
	buf_fini(&canon);
	buf_fini(&msg);
	buf_fini(&want);
	buf_fini(&again);
	return fix_teardown(state);
}

static void
must(struct slice got, struct slice is, const char *what)
{
	if (slice_eq(got, is))
		return;
	print_error("event %lu, %s\ndocument: %.*s\n", trips, what,
	    (int)buf_size(&doc), buf_data(&doc));
	fix_same(got, is);
}

/* The message has typed what may be, and nothing else. */
static void
check_typed(unsigned typed)
{
	struct cotparts parts;
	unsigned i;

	assert_int_equal(cotpb_decode(pb, buf_slice(&msg), &parts), COT_OK);
	for (i = 0; i < PART_ELEMENT_COUNT; i++) {
		if (parts.has[i] != (bool)(typed & 1U << i))
			must(SLICE("not typed as it must be"), SLICE(""), "");
		elements += parts.has[i];
	}
	assert_int_equal(cotxml_parse_parts(xml, &parts, NULL, &cot), COT_OK);
}

/* `doc`, there and back; then once more, and as its own message. */
static void
trip(void)
{
	unsigned typed;

	trips++;
	fix_canon(buf_slice(&doc), &canon);
	assert_int_equal(buf_putc(&canon, '\0'), 0);
	expect_event(buf_data(&canon), &want, &typed);
	buf_truncate(&canon, buf_size(&canon) - 1);
	fix_encode(buf_slice(&canon), false, &msg);
	check_typed(typed);
	must(cot.xml, buf_slice(&want), "behind protobuf");
	fix_encode(cot.xml, true, &again);
	must(buf_slice(&again), buf_slice(&msg), "its own message");
	fix_encode(cot.xml, false, &again);
	assert_int_equal(fix_decode(buf_slice(&again)), COT_OK);
	must(cot.xml, buf_slice(&want), "the second time");
}

/* All documents of a folder that are accepted: how many. */
static unsigned
folder(const char *path, const char *end)
{
	unsigned n = 0;
	struct dirent *e;
	DIR *d = opendir(path);
	char name[512];

	assert_non_null(d);
	while ((e = readdir(d))) {
		if (!slice_ends(slice_of(e->d_name), end))
			continue;
		assert_true(
		    str_fmt(name, sizeof name, "%s/%s", path, e->d_name) > 0);
		buf_clear(&doc);
		fix_load(name, &doc);
		if (cotxml_parse(xml, buf_slice(&doc), NULL, &cot) != COT_OK)
			continue;
		trip();
		n++;
	}
	closedir(d);
	return n;
}

static void
test_trip_corpus(void **state)
{
	(void)state;
	assert_int_equal(folder("tests/data/cot", ".cot"), 7);
	assert_true(folder("tests/fuzz/corpus/cotxml", "") >= 12);
}

static void
test_trip_random(void **state)
{
	const char *count = getenv("OTS_EVENTS");
	unsigned long n = strtoul(count ? count : EVENTS, NULL, 10);

	(void)state;
	assert_true(n > 0);
	trips = elements = 0;
	while (trips < n) {
		gen_event(&doc);
		trip();
	}
	printf("# %lu events, %lu typed elements\n", trips, elements);
	/* They are no trivial events. */
	assert_true(elements > trips / 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_trip_corpus),
	    cmocka_unit_test(test_trip_random),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
