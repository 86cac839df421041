#include "args.h"

#include <string.h>

#include "num.h"
#include "str.h"
#include "timetext.h"

#define SECOND INT64_C(1000000)
#define DAY    (86400 * SECOND)

void
args_init(struct args *a, int64_t now)
{
	*a = (struct args){.now = now, .q = {.since = 0, .until = INT64_MAX}};
}

/* Times ---------------------------------------------------------------------*/

static int
ago(struct slice s, int64_t now, int64_t *us)
{
	static const struct {
		char c;
		int64_t us;
	} units[] = {{'s', SECOND}, {'m', 60 * SECOND}, {'h', 3600 * SECOND},
	    {'d', DAY}, {'w', 7 * DAY}, {'y', 365 * DAY}};
	uint64_t n;
	size_t i;

	for (i = 0; s.n && i < sizeof units / sizeof *units; i++) {
		if (s.p[s.n - 1] != units[i].c)
			continue;
		s.n--;
		if (num_u64(s, 1000000000, &n) < 0 ||
		    (int64_t)n > now / units[i].us)
			return -1;
		*us = now - (int64_t)n * units[i].us;
		return 0;
	}
	return -1;
}

/* How much of "2024-05-06T07:08:09" is there, of which the last part and the
 * one before it may be missing; 0: none of it. */
static size_t
whole(struct slice s)
{
	static const size_t parts[] = {19, 16, 10};
	size_t i;

	for (i = 0; i < sizeof parts / sizeof *parts; i++)
		if (s.n == parts[i] ||
		    (s.n > parts[i] &&
			strchr(i ? "Z+-" : "Z+-.,", s.p[parts[i]])))
			return parts[i];
	return 0;
}

/* What is missing is the beginning, and UTC. */
static int
iso(struct slice s, int64_t *us)
{
	static const char rest[] = "0000-00-00T00:00:00";
	size_t n = whole(s);
	char text[64];
	int64_t ms;

	if (n == 0 || (n > 10 && s.p[10] != 'T' && s.p[10] != ' ') ||
	    str_fmt(text, sizeof text, "%.*s%s%.*s%s", (int)n, s.p, rest + n,
		(int)(s.n - n), s.p + n, s.n == n ? "Z" : "") < 0)
		return -1;
	text[10] = 'T';
	if (timetext_parse(slice_of(text), &ms) < 0)
		return -1;
	*us = ms * 1000;
	return 0;
}

int
args_time(const char *text, int64_t now, int64_t *us)
{
	struct slice s = slice_of(text);
	int64_t today = now - now % DAY;

	if (slice_is(s, "now"))
		*us = now;
	else if (slice_is(s, "today"))
		*us = today;
	else if (slice_is(s, "yesterday"))
		*us = today - DAY;
	else
		return ago(s, now, us) < 0 ? iso(s, us) : 0;
	return 0;
}

#define TIMES                                                                  \
	"a time is wanted: 2024-05-06T07:08:09Z, 2024-05-06, now, today, "     \
	"yesterday, or so long ago: 90s, 15m, 2h, 7d, 4w, 1y"

const char *
args_since(void *ctx, const char *text)
{
	struct args *a = ctx;

	return args_time(text, a->now, &a->q.since) < 0 ? TIMES : NULL;
}

const char *
args_until(void *ctx, const char *text)
{
	struct args *a = ctx;

	return args_time(text, a->now, &a->q.until) < 0 ? TIMES : NULL;
}

/* Places --------------------------------------------------------------------*/

static int
numbers(const char *text, double *v, size_t n)
{
	const char *end;
	size_t i;

	for (i = 0; i < n; i++, text = end + 1) {
		end = strchrnul(text, ',');
		if (num_double((struct slice){text, (size_t)(end - text)},
			&v[i]) < 0 ||
		    (*end == ',') != (i + 1 < n))
			return -1;
	}
	return 0;
}

const char *
args_bbox(void *ctx, const char *text)
{
	struct args *a = ctx;
	double v[4];

	if (numbers(text, v, 4) < 0)
		return "four numbers are wanted: LAT1,LON1,LAT2,LON2";
	if (v[0] < -90 || v[0] > 90 || v[2] < -90 || v[2] > 90)
		return "a latitude is from -90 to 90, and comes first";
	if (v[1] < -180 || v[1] > 180 || v[3] < -180 || v[3] > 180)
		return "a longitude is from -180 to 180";
	if (v[0] > v[2])
		return "the south-western corner comes first";
	a->box = (struct store_box){v[0], v[1], v[2], v[3]};
	a->q.box = &a->box;
	return NULL;
}

/* Texts ---------------------------------------------------------------------*/

static const char *
take(const char **to, const char *text)
{
	if (!utf8_valid(text, strlen(text)))
		return "it is not UTF-8";
	*to = text;
	return NULL;
}

const char *
args_uid(void *ctx, const char *text)
{
	return take(&((struct args *)ctx)->q.uid, text);
}

const char *
args_type(void *ctx, const char *text)
{
	return take(&((struct args *)ctx)->q.type, text);
}

const char *
args_group(void *ctx, const char *text)
{
	return take(&((struct args *)ctx)->q.group, text);
}

const char *
args_user(void *ctx, const char *text)
{
	return take(&((struct args *)ctx)->q.user, text);
}
