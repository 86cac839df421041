/* Is the database's file still the one that was opened? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../cmd/ots-store/origin.h"
#include "str.h"

#define SECOND UINT64_C(1000000)

struct fix {
	char dir[32], path[64], other[64], uri[80];
};

static void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
set_up(struct fix *f)
{
	assert_true(
	    str_fmt(f->dir, sizeof f->dir, "/tmp/ots-origin.XXXXXX") >= 0);
	assert_non_null(mkdtemp(f->dir));
	assert_true(str_fmt(f->path, sizeof f->path, "%s/db", f->dir) >= 0);
	assert_true(str_fmt(f->other, sizeof f->other, "%s/new", f->dir) >= 0);
	assert_true(str_fmt(f->uri, sizeof f->uri, "sqlite:%s", f->path) >= 0);
	put(f->path, "one");
}

static void
tear_down(const struct fix *f)
{
	(void)unlink(f->path);
	assert_int_equal(rmdir(f->dir), 0);
}

static uint64_t
written(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return (uint64_t)st.st_mtime * SECOND;
}

static void
test_replaced(void **state)
{
	struct origin o;
	struct fix f;
	uint64_t t;

	(void)state;
	set_up(&f);
	origin_note(&o, f.uri);
	put(f.path, "the same, written anew");
	t = written(f.path);
	assert_int_equal(origin_now(&o, t), ORIGIN_SAME);
	put(f.other, "");
	assert_int_equal(rename(f.other, f.path), 0);
	assert_int_equal(origin_now(&o, t + 60 * SECOND), ORIGIN_GONE);
	put(f.path, "another");
	t = written(f.path);
	assert_int_equal(origin_now(&o, t + 2 * SECOND), ORIGIN_GONE);
	assert_int_equal(origin_now(&o, t + 3 * SECOND), ORIGIN_OTHER);
	assert_int_equal(origin_now(&o, t - 60 * SECOND), ORIGIN_OTHER);
	assert_int_equal(unlink(f.path), 0);
	assert_int_equal(origin_now(&o, t), ORIGIN_GONE);
	tear_down(&f);
}

static void
test_no_file(void **state)
{
	struct origin o;

	(void)state;
	origin_note(&o, "postgresql://u@h/d");
	assert_int_equal(origin_now(&o, 0), ORIGIN_SAME);
	origin_note(&o, "sqlite::memory:");
	assert_int_equal(origin_now(&o, 0), ORIGIN_SAME);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_replaced), cmocka_unit_test(test_no_file)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
