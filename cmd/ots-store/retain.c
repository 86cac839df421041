#include "retain.h"

#include "clock.h"
#include "num.h"

#define SECOND ((uint64_t)1000000)
#define DAY    (86400 * SECOND)
/* Between two rounds, and after a step that failed. */
#define ROUND (60 * SECOND)

void
retain_defaults(struct retain_config *c)
{
	*c = (struct retain_config){.vacuum = false};
	c->age_us[STORE_EVENTS] = 90 * DAY;
	c->age_us[STORE_POSITIONS] = 365 * DAY;
	/* What has no use any more: the age is counted from its end. */
	c->age_us[STORE_MAIL] = DAY;
}

/* ---- the option ---- */

static uint64_t
unit(char c)
{
	switch (c) {
	case 's':
		return SECOND;
	case 'm':
		return 60 * SECOND;
	case 'h':
		return 3600 * SECOND;
	case 'd':
		return DAY;
	case 'w':
		return 7 * DAY;
	case 'y':
		return 365 * DAY;
	default:
		return 0;
	}
}

#define NAME(id, name, help) " " name

const char *
retain_option(void *config, const char *text)
{
	struct retain_config *c = config;
	const char *equals = strchr(text, '=');
	enum store_kind kind;
	struct slice age;
	uint64_t each, us;

	if (!equals ||
	    store_kind_of(
		(struct slice){text, (size_t)(equals - text)}, &kind) < 0)
		return "needs KIND=AGE, as events=30d; the kinds:" STORE_KINDS(
		    NAME);
	age = slice_of(equals + 1);
	c->age_us[kind] = 0;
	if (slice_is(age, "ever"))
		return NULL;
	each = age.n ? unit(age.p[age.n - 1]) : 0;
	if (age.n)
		age.n--;
	if (!each || num_us(age, (double)each, &us) < 0 || us == 0)
		return "needs an age: a number and s, m, h, d, w or y, or ever";
	c->age_us[kind] = us;
	return NULL;
}

/* ---- the round ---- */

void
retain_init(struct retain *r, const struct retain_config *c)
{
	*r = (struct retain){.conf = c, .next = clock_mono_us() + SECOND};
}

uint64_t
retain_due(const struct retain *r)
{
	return r->next;
}

static void
next_kind(struct retain *r)
{
	r->kind++;
	while (r->kind < STORE_KIND_COUNT && !r->conf->age_us[r->kind])
		r->kind++;
}

static void
end_round(struct retain *r)
{
	r->vacuum = r->conf->vacuum && r->found;
	r->found = false;
	r->kind = 0;
	if (!r->conf->age_us[0])
		next_kind(r);
}

/* Nonzero: there is more to do soon. */
static int
step(struct retain *r, struct store *s, int64_t now)
{
	int64_t n, age;
	int more;

	if (r->vacuum) {
		more = store_vacuum(s);
		r->vacuum = more > 0;
		return more < 0 ? -1 : more;
	}
	if (r->kind < STORE_KIND_COUNT && !r->conf->age_us[r->kind])
		next_kind(r);
	if (r->kind < STORE_KIND_COUNT) {
		age = (int64_t)r->conf->age_us[r->kind];
		n = store_retain(s, r->kind, now - age);
		if (n < 0)
			return -1;
		r->rows += (uint64_t)n;
		r->found |= n > 0;
		if (n == 0)
			next_kind(r);
	}
	if (r->kind < STORE_KIND_COUNT)
		return 1;
	end_round(r);
	return r->vacuum;
}

int
retain_step(struct retain *r, struct store *s, int64_t now)
{
	uint64_t from = clock_mono_us(), took;
	int more;

	if (from < r->next)
		return 0;
	more = step(r, s, now);
	took = clock_mono_us() - from;
	/* As long as it took, so that half of the time is others'. */
	r->next = from + took + (more > 0 ? took : ROUND);
	return more < 0 ? -1 : 0;
}
