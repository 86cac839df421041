#include "num.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static int
fail(int err)
{
	errno = err;
	return -1;
}

int
num_u64(struct slice s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;
	size_t i;

	if (s.n == 0)
		return fail(EINVAL);
	for (i = 0; i < s.n; i++) {
		unsigned d = (unsigned)(unsigned char)s.p[i] - '0';

		if (d > 9)
			return fail(EINVAL);
		/* Also right where one digit exceeds max. */
		if (d > max || v > (max - d) / 10)
			return fail(ERANGE);
		v = v * 10 + d;
	}
	*out = v;
	return 0;
}

/* A decimal number as m * 10^exp. */
struct decimal {
	uint64_t m;
	int exp;
	bool minus;
	bool whole; /* m holds all digits, exactly as a double would */
};

/* The greatest m that is a double, as are all below it. */
#define M_MAX ((uint64_t)1 << 53)

static size_t
digits(struct slice s, size_t i, struct decimal *d)
{
	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
		if (d->m > M_MAX / 10 - 1)
			d->whole = false;
		else
			d->m = d->m * 10 + (uint64_t)(s.p[i] - '0');
	}
	return i;
}

static size_t
sign(struct slice s, size_t i, bool *minus)
{
	*minus = i < s.n && s.p[i] == '-';
	return i < s.n && (s.p[i] == '+' || s.p[i] == '-') ? i + 1 : i;
}

/* eE [+-] digits */
static bool
exponent(struct slice s, size_t *i, struct decimal *d)
{
	struct decimal e = {.whole = true};
	size_t at = sign(s, *i + 1, &e.minus);

	*i = digits(s, at, &e);
	if (!e.whole || e.m > 1000)
		d->whole = false;
	else
		d->exp += e.minus ? -(int)e.m : (int)e.m;
	return *i > at;
}

/* [+-] digits [. digits] [eE [+-] digits], with a digit before the exponent */
static bool
is_decimal(struct slice s, struct decimal *d)
{
	size_t i, at, n;

	*d = (struct decimal){.whole = true};
	at = sign(s, 0, &d->minus);
	i = digits(s, at, d);
	n = i - at;
	if (i < s.n && s.p[i] == '.') {
		at = ++i;
		i = digits(s, i, d);
		n += i - at;
		d->exp = -(int)(i - at);
	}
	if (n == 0)
		return false;
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E') && !exponent(s, &i, d))
		return false;
	return i == s.n;
}

/* Most numbers: m and the power of ten are doubles, and one operation on two
 * doubles is rounded as the exact result would be. */
static bool
simple(const struct decimal *d, double *out)
{
	static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
	    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
	    1e19, 1e20, 1e21, 1e22};
	double v = (double)d->m;

	if (FLT_EVAL_METHOD != 0 || !d->whole || d->exp < -22 || d->exp > 22)
		return false;
	v = d->exp < 0 ? v / powers[-d->exp] : v * powers[d->exp];
	*out = d->minus ? -v : v;
	return true;
}

int
num_double(struct slice s, double *out)
{
	struct decimal d;
	char text[65];
	double v;

	if (s.n == 0 || s.n >= sizeof text || !is_decimal(s, &d))
		return fail(EINVAL);
	if (simple(&d, out))
		return 0;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	/* The programs never call setlocale: the point is the point. */
	v = strtod(text, NULL);
	if (!isfinite(v))
		return fail(ERANGE);
	*out = v;
	return 0;
}

/* v = n * 10^-8, rounded as printf does: to the nearest, halves to even. False:
 * not by these means. */
static bool
in_parts(double v, uint64_t *whole, uint64_t *n)
{
	const double two32 = 4294967296.0;
	double high, low;
	uint64_t product, fraction;

	if (!(v < 9007199254740992.0)) /* 2^53 */
		return false;
	*whole = (uint64_t)v;
	/* All of this is exact: v - whole as 64 bits, high and low, */
	high = (v - (double)*whole) * two32;
	low = (high - (double)(uint32_t)high) * two32;
	if (low - (double)(uint32_t)low != 0)
		return false;
	/* times 10^8: n, and a fraction of 64 bits. */
	product = (uint64_t)(uint32_t)low * 100000000;
	*n = (uint64_t)(uint32_t)high * 100000000 + (product >> 32);
	fraction = *n << 32 | (product & UINT32_MAX);
	*n >>= 32;
	*n += fraction > UINT64_C(1) << 63 ||
	    (fraction == UINT64_C(1) << 63 && *n & 1);
	if (*n == 100000000) {
		*n = 0;
		++*whole;
	}
	return true;
}

static char *
put_digits(char *end, uint64_t v, unsigned least)
{
	for (; v || least; v /= 10, least -= least > 0)
		*--end = (char)('0' + v % 10);
	return end;
}

size_t
num_fixed8(double v, char out[NUM_FIXED8_SIZE])
{
	char text[NUM_FIXED8_SIZE], *end = text + sizeof text, *p = text;
	uint64_t whole, n;
	bool minus;
	int len;

	if (in_parts(fabs(v), &whole, &n)) {
		p = put_digits(end, n, 8);
		*--p = '.';
		p = put_digits(p, whole, 1);
	} else {
		len = str_fmt(text, sizeof text - 1,
		    fabs(v) < 1e40 ? "%.8f" : "%.17g", fabs(v));
		end = text + (len < 0 ? 0 : len); /* it fits */
	}
	minus = v < 0 &&
	    !slice_eq(
		(struct slice){p, (size_t)(end - p)}, SLICE("0.00000000"));
	out[0] = '-';
	memcpy(out + minus, p, (size_t)(end - p));
	return (size_t)(end - p) + minus;
}

int
num_us(struct slice s, double unit_us, uint64_t *out)
{
	double v;

	if (num_double(s, &v) < 0)
		return -1;
	if (v < 0 || v * unit_us > 1e18)
		return fail(ERANGE);
	*out = (uint64_t)(v * unit_us + 0.5);
	return 0;
}

int
num_bytes(struct slice s, uint64_t max, uint64_t *out)
{
	uint64_t v, unit = 1;

	if (s.n) {
		switch (s.p[s.n - 1]) {
		case 'K':
		case 'k':
			unit = (uint64_t)1 << 10;
			break;
		case 'M':
		case 'm':
			unit = (uint64_t)1 << 20;
			break;
		case 'G':
		case 'g':
			unit = (uint64_t)1 << 30;
			break;
		default:
			break;
		}
		if (unit > 1)
			s.n--;
	}
	if (num_u64(s, max / unit, &v) < 0)
		return -1;
	*out = v * unit;
	return 0;
}
