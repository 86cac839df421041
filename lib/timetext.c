#include "timetext.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

/* Days from 1970-01-01 of a date in the proleptic Gregorian calendar, and
 * back. Years are counted from March, so that the leap day ends a year. */
static int64_t
days_from_civil(int64_t y, int64_t m, int64_t d)
{
	int64_t era, yoe, doy, doe;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

static void
civil_from_days(int64_t z, int64_t *y, int64_t *m, int64_t *d)
{
	int64_t era, doe, yoe, doy, mp;

	z += 719468;
	era = (z >= 0 ? z : z - 146096) / 146097;
	doe = z - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = yoe + era * 400 + (*m <= 2);
}

/* n digits at *i as a number up to max; moves *i. -1: not so. */
static int
field(struct slice s, size_t *i, size_t n, int max)
{
	int v = 0;
	size_t k;

	if (s.n - *i < n)
		return -1;
	for (k = 0; k < n; k++) {
		unsigned d = (unsigned)(unsigned char)s.p[*i + k] - '0';

		if (d > 9)
			return -1;
		v = v * 10 + (int)d;
	}
	*i += n;
	return v > max ? -1 : v;
}

static bool
mark(struct slice s, size_t *i, char c)
{
	if (*i >= s.n || s.p[*i] != c)
		return false;
	(*i)++;
	return true;
}

static int
month_days(int y, int m)
{
	static const int days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (m == 2 && (y % 4 == 0 && (y % 100 != 0 || y % 400 == 0)))
		return 29;
	return days[m - 1];
}

/* Z, or an offset: minutes to subtract. */
static int
zone(struct slice s, size_t *i, int64_t *minutes)
{
	int h, m;
	bool minus;

	*minutes = 0;
	if (mark(s, i, 'Z'))
		return 0;
	minus = *i < s.n && s.p[*i] == '-';
	if (!minus && (*i >= s.n || s.p[*i] != '+'))
		return -1;
	(*i)++;
	h = field(s, i, 2, 14);
	if (h < 0 || !mark(s, i, ':'))
		return -1;
	m = field(s, i, 2, 59);
	if (m < 0)
		return -1;
	*minutes = minus ? -(h * 60 + m) : h * 60 + m;
	return 0;
}

int
timetext_parse(struct slice s, int64_t *ms)
{
	int y, mo, d, h, mi, sec, scale, frac = 0;
	int64_t off;
	size_t i = 0;

	errno = EINVAL;
	if ((y = field(s, &i, 4, 9999)) < 1900 || !mark(s, &i, '-') ||
	    (mo = field(s, &i, 2, 12)) < 1 || !mark(s, &i, '-') ||
	    (d = field(s, &i, 2, 31)) < 1 || d > month_days(y, mo) ||
	    !mark(s, &i, 'T') || (h = field(s, &i, 2, 23)) < 0 ||
	    !mark(s, &i, ':') || (mi = field(s, &i, 2, 59)) < 0 ||
	    !mark(s, &i, ':') || (sec = field(s, &i, 2, 60)) < 0)
		return -1;
	if (mark(s, &i, '.')) {
		size_t first = i;

		for (scale = 100; i < s.n && s.p[i] >= '0' && s.p[i] <= '9';
		     i++, scale /= 10)
			frac += (s.p[i] - '0') * scale;
		if (i == first)
			return -1;
	}
	if (zone(s, &i, &off) < 0 || i != s.n)
		return -1;
	*ms = ((days_from_civil(y, mo, d) * 24 + h) * 60 + mi - off) * 60000 +
	    (int64_t)sec * 1000 + frac;
	return 0;
}

static void
put(char *to, int64_t v, int n)
{
	while (n--) {
		to[n] = (char)('0' + v % 10);
		v /= 10;
	}
}

void
timetext_format(int64_t ms, char out[TIMETEXT_LEN + 1])
{
	static const char form[] = "0000-00-00T00:00:00.000Z";
	int64_t y, m, d, rest;

	if (ms < 0)
		ms = 0;
	if (ms > TIMETEXT_MAX_MS)
		ms = TIMETEXT_MAX_MS;
	memcpy(out, form, sizeof form);
	civil_from_days(ms / 86400000, &y, &m, &d);
	rest = ms % 86400000;
	put(out, y, 4);
	put(out + 5, m, 2);
	put(out + 8, d, 2);
	put(out + 11, rest / 3600000, 2);
	put(out + 14, rest / 60000 % 60, 2);
	put(out + 17, rest / 1000 % 60, 2);
	put(out + 20, rest % 1000, 3);
}
