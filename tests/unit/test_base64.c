/* Bytes as text and back: the vectors of RFC 4648, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base64.h"

/* -1, or the bytes in *out. */
static ssize_t
decode(struct slice text, char *out, size_t size)
{
	char *exact = malloc(BASE64_DECODED_MAX(text.n) + 1);
	ssize_t n;

	assert_non_null(exact);
	n = base64_decode(exact + 1, text);
	assert_true(n < 0 || (size_t)n <= BASE64_DECODED_MAX(text.n));
	assert_true(n < 0 || (size_t)n <= size);
	if (n > 0)
		memcpy(out, exact + 1, (size_t)n);
	free(exact);
	return n;
}

static void
test_base64_vectors(void **state)
{
	static const char *const v[][2] = {{"", ""}, {"f", "Zg=="},
	    {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
	    {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"},
	    {"\xfb\xef\xbe", "++++"}, {"\xff\xff\xff", "////"}};
	struct buf text = {.max = 64};
	char out[64];
	ssize_t n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof v / sizeof v[0]; i++) {
		buf_clear(&text);
		assert_int_equal(base64_encode(&text, slice_of(v[i][0])), 0);
		assert_true(slice_is(buf_slice(&text), v[i][1]));
		n = decode(slice_of(v[i][1]), out, sizeof out);
		assert_int_equal(n, strlen(v[i][0]));
		assert_memory_equal(out, v[i][0], (size_t)n);
	}
	buf_fini(&text);
}

static void
test_base64_refused(void **state)
{
	static const char *const bad[] = {"Z", "Zg", "Zg=", "Zm8",
	    "Zg==Zg==", "Zg=v", "Z===", "====", "=m9v",
	    "Zm9v=", "Zm9v====", "Zm9v Zm9", "Zm9\n", " Zm9", "Zm-v", "Zm_v",
	    "Zh==", "Zm9=", "Zm9\x80", "Zm9vZg=\xff", "*m9v", "Zm9v\x01m9v"};
	char out[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (decode(slice_of(bad[i]), out, sizeof out) != -1)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(decode((struct slice){"Zm\0v", 4}, out, 64), -1);
}

/* There and back, and no other text of four bytes says the same. */
static void
test_base64_all(void **state)
{
	struct buf text = {.max = 1024};
	char bytes[256], out[256], one[4] = "AAAA";
	unsigned i, n, taken[256] = {0};

	(void)state;
	for (n = 0; n <= sizeof bytes; n++) {
		for (i = 0; i < n; i++)
			bytes[i] = (char)(i * 167 + n);
		buf_clear(&text);
		assert_int_equal(
		    base64_encode(&text, (struct slice){bytes, n}), 0);
		assert_int_equal(decode(buf_slice(&text), out, sizeof out), n);
		assert_memory_equal(out, bytes, n);
	}
	/* Each byte as the first digit: 64 are, and the other bits are as in
	 * the alphabet's order. */
	for (i = n = 0; i < 256; i++) {
		one[0] = (char)i;
		if (decode((struct slice){one, 4}, out, sizeof out) < 0)
			continue;
		n++;
		taken[(unsigned char)out[0]]++;
		assert_int_equal(out[0] & 3, 0);
	}
	assert_int_equal(n, 64);
	for (i = 0; i < 256; i += 4)
		assert_int_equal(taken[i], 1);
	buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_base64_vectors),
	    cmocka_unit_test(test_base64_refused),
	    cmocka_unit_test(test_base64_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
