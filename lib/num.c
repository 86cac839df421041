#include "num.h"

#include <errno.h>
#include <math.h>
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

static size_t
digits(struct slice s, size_t i)
{
	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i;
}

/* [+-] digits [. digits] [eE [+-] digits], with a digit before the exponent */
static int
is_decimal(struct slice s)
{
	size_t i = 0, at, n;

	if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
		i++;
	at = i;
	i = digits(s, i);
	n = i - at;
	if (i < s.n && s.p[i] == '.') {
		at = ++i;
		i = digits(s, i);
		n += i - at;
	}
	if (n == 0)
		return 0;
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		i++;
		if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
			i++;
		at = i;
		i = digits(s, i);
		if (i == at)
			return 0;
	}
	return i == s.n;
}

int
num_double(struct slice s, double *out)
{
	char text[65];
	double v;

	if (s.n == 0 || s.n >= sizeof text || !is_decimal(s))
		return fail(EINVAL);
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	/* The programs never call setlocale: the point is the point. */
	v = strtod(text, NULL);
	if (!isfinite(v))
		return fail(ERANGE);
	*out = v;
	return 0;
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
