#include "args.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "num.h"
#include "timetext.h"

const char *
args_speed(void *ctx, const char *text)
{
	double speed;

	if (num_double(slice_of(text), &speed) < 0 || speed < 0 ||
	    speed > 1e6 || (speed > 0 && speed < 1e-3))
		return "0, or a number from 0.001 to 1000000";
	((struct args *)ctx)->cfg.speed = speed;
	return NULL;
}

static const char *
bound(struct replay_bound *b, const char *text)
{
	int64_t ms;

	b->set = true;
	b->relative = *text == '+';
	if (b->relative)
		return num_us(slice_of(text + 1), 1e6, &b->us) < 0
		    ? "not a number of seconds"
		    : NULL;
	if (timetext_parse(slice_of(text), &ms) < 0 || ms < 0)
		return "a time (2024-05-06T07:08:09Z) or +SECONDS is wanted";
	b->us = (uint64_t)ms * 1000;
	return NULL;
}

const char *
args_from(void *ctx, const char *text)
{
	return bound(&((struct args *)ctx)->cfg.from, text);
}

const char *
args_until(void *ctx, const char *text)
{
	return bound(&((struct args *)ctx)->cfg.until, text);
}

const char *
args_uid(void *ctx, const char *text)
{
	struct args *w = ctx;
	const char *eq = strchr(text, '=');
	struct slice from, to;

	if (!eq)
		return "FROM=TO is wanted";
	from = (struct slice){text, (size_t)(eq - text)};
	to = slice_of(eq + 1);
	if (!from.n || !to.n || from.n > RENAME_UID_MAX ||
	    to.n > RENAME_UID_MAX || !utf8_valid(text, strlen(text)))
		return "a uid has 1 to 1024 bytes of UTF-8";
	if (w->n == ARGS_RENAMES)
		return "too many";
	w->from[w->n] = from;
	w->to[w->n++] = to;
	return NULL;
}
