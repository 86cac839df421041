/* passwd.h: hashes that are right, wrong and foreign; random passwords. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "passwd.h"

static void
test_hash(void **state)
{
	char a[PASSWD_HASH_MAX], b[PASSWD_HASH_MAX];
	char *copy;

	(void)state;
	assert_int_equal(passwd_hash("correct horse", 13, a), 0);
	assert_int_equal(passwd_hash("correct horse", 13, b), 0);
	assert_string_not_equal(a, b); /* salted */
	assert_int_equal(strncmp(a, "$argon2id$v=19$m=65536,t=3,p=1$", 31), 0);
	assert_true(passwd_check(a, "correct horse", 13));
	assert_true(passwd_check(b, "correct horse", 13));
	assert_false(passwd_check(a, "correct hors", 12));
	assert_false(passwd_check(a, "correct horsE", 13));
	assert_false(passwd_check(a, "", 0));
	assert_false(passwd_check("", "", 0));
	assert_false(passwd_check("", "correct horse", 13));
	assert_false(passwd_check("x", "correct horse", 13));
	/* A password is not a C string: exactly n bytes are read. */
	copy = malloc(13);
	assert_non_null(copy);
	memcpy(copy, "correct horse", 13);
	assert_true(passwd_check(a, copy, 13));
	free(copy);
}

/* What others made: p=4, as OpenTAKServer's. dependencies 2.8 */
static void
test_foreign(void **state)
{
	(void)state;
	assert_true(
	    passwd_check("$argon2id$v=19$m=1024,t=2,p=4$c29tZXNhbHRzb21lc2FsdA$"
			 "QdFJynGCXwjmHsAG0qraQML7tAA+lXg2OmT2syglkK0",
		"password", 8));
}

static void
test_bad(void **state)
{
	char big[PASSWD_MAX + 1];

	(void)state;
	memset(big, 'x', sizeof big);
	assert_null(passwd_bad("12345678", 8));
	assert_null(passwd_bad("pässwörter mit Blank", 22));
	assert_null(passwd_bad(big, PASSWD_MAX));
	assert_non_null(passwd_bad("1234567", 7));
	assert_non_null(passwd_bad(big, PASSWD_MAX + 1));
	assert_non_null(passwd_bad("1234567\n", 8));
	assert_non_null(passwd_bad("12345678\r", 9));
	assert_non_null(passwd_bad("1234567\0", 8));
	assert_non_null(passwd_bad("1234567\177", 8));
	assert_non_null(passwd_bad("1234567\xff", 8));
	assert_false(passwd_check("", big, PASSWD_MAX + 1));
}

static void
test_random(void **state)
{
	char a[32], b[32];
	int i;

	(void)state;
	for (i = 0; i < 200; i++) {
		passwd_random(a);
		passwd_random(b);
		assert_int_equal(strlen(a), 23);
		assert_string_not_equal(a, b);
		assert_int_equal(
		    strspn(a, "abcdefghjkmnpqrstuvwxyz23456789-"), 23);
		assert_true(a[5] == '-' && a[11] == '-' && a[17] == '-');
		assert_null(passwd_bad(a, strlen(a)));
	}
}

static void
test_mark(void **state)
{
	uint8_t key[32], key2[32], a[32], b[32];

	(void)state;
	passwd_key(key);
	passwd_key(key2);
	assert_memory_not_equal(key, key2, 32);
	passwd_mark(key, "alice", "$h", "secret12", 8, a);
	passwd_mark(key, "alice", "$h", "secret12", 8, b);
	assert_memory_equal(a, b, 32);
	passwd_mark(key2, "alice", "$h", "secret12", 8, b);
	assert_memory_not_equal(a, b, 32);
	passwd_mark(key, "alice", "$i", "secret12", 8, b);
	assert_memory_not_equal(a, b, 32);
	passwd_mark(key, "alice", "$h", "secret1", 7, b);
	assert_memory_not_equal(a, b, 32);
	/* The borders between the parts count. */
	passwd_mark(key, "alice$", "h", "secret12", 8, b);
	assert_memory_not_equal(a, b, 32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hash),
	    cmocka_unit_test(test_foreign),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_random),
	    cmocka_unit_test(test_mark),
	};

	if (passwd_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
