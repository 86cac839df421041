/* Decimal numbers from text and to text: the same as strtod and printf say,
 * though most take a shorter way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "num.h"

#ifdef OTS_SAN
#define NUMBERS 20000
#else
#define NUMBERS 200000
#endif

static uint64_t state64 = 88172645463325252u;

static uint64_t
next(void)
{
	state64 ^= state64 << 13;
	state64 ^= state64 >> 7;
	state64 ^= state64 << 17;
	return state64;
}

/* Of all sizes, ties of the ninth decimal, and what clients send. */
static double
any(unsigned kind)
{
	uint64_t r = next();
	double v;

	switch (kind % 6) {
	case 0:
		memcpy(&v, &r, sizeof v);
		return v;
	case 1:
		return (double)(r % 36000000000u) / 1e8 - 180;
	case 2:
		return (double)(r >> 40) / 4096;
	case 3:
		return ldexp((double)(r >> 11), -53 - (int)(next() % 40));
	case 4:
		return -((double)(r % 2000000) + .5) * 1e-8;
	default:
		return -(double)(r % 1000000007) / 1e3;
	}
}

static void
as_printf(double v)
{
	char want[64], got[NUM_FIXED8_SIZE];
	const char *w = want;
	size_t n = num_fixed8(v, got);

	assert_true(str_fmt(want, sizeof want,
			fabs(v) < 1e40 ? "%.8f" : "%.17g", v) > 0);
	w += strcmp(want, "-0.00000000") == 0;
	if (n != strlen(w) || memcmp(got, w, n) != 0)
		fail_msg("%.*s is not %s", (int)n, got, w);
}

static void
as_strtod(const char *text)
{
	double got, want = strtod(text, NULL);
	int rc = num_double(slice_of(text), &got);

	if (rc != (isfinite(want) ? 0 : -1) ||
	    (rc == 0 && (got != want || !signbit(got) != !signbit(want))))
		fail_msg("%s: not as strtod has it", text);
}

static void
test_num_fixed8(void **state)
{
	static const double v[] = {0, -0.0, 1, -1, 0.5e-8, -0.5e-8, 1.5e-8,
	    0.999999995, 0.9999999949999, 9007199254740991.0,
	    9007199254740992.0, 9999999, 1e39, 1e40, -1e40, 1e300, 4.9e-324,
	    1.7976931348623157e308, 1.0 / 512, 3.0 / 1024, 0.1 + 0.2};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof v / sizeof v[0]; i++)
		as_printf(v[i]);
	for (i = 0; i < NUMBERS; i++) {
		double x = any(i);

		if (isfinite(x))
			as_printf(x);
	}
}

static void
test_num_double_as_strtod(void **state)
{
	static const char *const v[] = {"0", "-0", "+0.0", "9007199254740992",
	    "9007199254740993", "90071992547409920", "1e22", "1e23", "1e-22",
	    "1e-23", "123456789012345678e-5", "1e1000", "1e-1001",
	    "0e99999999999999999999", "1e-99999999999999999999",
	    "0.00000000000000000000000000001", "5e-324", "2.5e-324",
	    "179769313486231580793728971405301e276", "1.7976931348623159e308",
	    "10000000000000000000000000000000000000000", ".5e1", "5.e-1",
	    "-22.22983896651138"};
	char text[64];
	unsigned i;
	double x;
	int n;

	(void)state;
	for (i = 0; i < sizeof v / sizeof v[0]; i++)
		as_strtod(v[i]);
	for (i = 0; i < NUMBERS; i++) {
		x = any(i);
		if (!isfinite(x))
			continue;
		n = next() % 2
		    ? str_fmt(text, sizeof text, "%.*g", (int)(next() % 20), x)
		    : str_fmt(text, sizeof text, "%.*e", (int)(next() % 20), x);
		assert_true(n > 0);
		as_strtod(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_num_fixed8),
	    cmocka_unit_test(test_num_double_as_strtod),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
