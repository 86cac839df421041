/* The type of an event in a TakMessage, as a decoder would read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "pbpeek.h"

static void
type_is(struct slice msg, const char *want)
{
	struct slice type;
	char *exact = malloc(msg.n ? msg.n : 1);

	/* In memory of its own, so that a checker sees an overrun. */
	assert_non_null(exact);
	memcpy(exact, msg.p, msg.n);
	if (pbpeek_type((struct slice){exact, msg.n}, &type) == PBPEEK_EVENT) {
		assert_true(want && slice_is(type, want));
	} else {
		assert_null(want);
	}
	free(exact);
}

#define PING "\x0a\x07t-x-c-t"

/* V1 of cot-streaming 8.1. */
static const char v1[] = "\x12\x3f" PING "\x2a\x08U-1-ping0\xa3\xf0\xec\xe5\xf4"
			 "1"
			 "8\xa3\xf0\xec\xe5\xf4"
			 "1@\xb3\xbe\xed\xe5\xf4"
			 "1J\x03m-gi\x00\x00\x00\xe0\xcf\x12"
			 "cAq\x00\x00\x00\xe0\xcf\x12"
			 "cA";

static void
test_types(void **state)
{
	(void)state;
	type_is((struct slice){v1, 65}, "t-x-c-t");
	type_is(SLICE("\x12\x09" PING), "t-x-c-t");
	/* TakControl before, times of the server behind, unknown fields */
	type_is(SLICE("\x0a\x00\x12\x09" PING "\x18\x05\x20\x06"), "t-x-c-t");
	type_is(SLICE("\x9a\x06\x01x\x12\x0d\x9d\x06"
		      "abcd\x0a\x05t-x-x\x99\x06"
		      "12345678"),
	    "t-x-x");
	/* no event; an event without a type */
	type_is(SLICE(""), NULL);
	type_is(SLICE("\x0a\x05\x1a\x03U-1"), NULL);
	type_is(SLICE("\x10\x05"), NULL);
	type_is(SLICE("\x11\x0a\x01x\x0a\x01x\x0a\x00"), NULL);
	type_is(SLICE("\x12\x00"), "");
	type_is(SLICE("\x12\x05\x2a\x03U-1"), "");
}

/* The last of a field counts, and messages merge (cot-streaming 8.4, P7). */
static void
test_twice(void **state)
{
	(void)state;
	type_is(SLICE("\x12\x0c" PING "\x0a\x01x"), "x");
	type_is(SLICE("\x12\x0b" PING "\x0a\x00"), "");
	type_is(SLICE("\x12\x03\x0a\x01x\x12\x09" PING), "t-x-c-t");
	type_is(SLICE("\x12\x09" PING "\x12\x05\x2a\x03U-1"), "t-x-c-t");
}

static void
test_malformed(void **state)
{
	size_t n;

	(void)state;
	type_is(SLICE("\x12\x7f\x00"), NULL); /* P4 */
	for (n = 0; n < 65; n++)
		type_is((struct slice){v1, n}, NULL);
	type_is(SLICE("\x12\x03\x0a\x08x"), NULL);
	type_is(SLICE("\x12\x09" PING "\xff"), NULL);
	type_is(SLICE("\x12\x09" PING "\x0b\x0c"), NULL); /* a group */
	type_is(SLICE("\x12\x09" PING "\x0f"), NULL);
	/* numbers that do not end */
	type_is(SLICE("\x12\x09" PING
		      "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
	    NULL);
	type_is(SLICE("\x12\xff\xff\xff\xff\xff\x01"), NULL);
	type_is(SLICE("\xff\xff\xff\xff\xff\xff\x01"), NULL);
	type_is(SLICE("\x12\xff\xff\xff\xff\x0f"), NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_twice),
	    cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
