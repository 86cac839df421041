/* Commands for groups, memberships and channels. */
#include <string.h>

#include "die.h"
#include "user.h"

int
run_group_add(void *ctx, int nargs, char **args)
{
	const struct app *app = ctx;

	(void)nargs;
	if (accounts_group_add(app->a, args[0], app->description) == 0)
		return 0;
	if (app->if_missing && failed_code() == EXIT_NO)
		return 0;
	failed(app);
}

int
run_group_del(void *ctx, int nargs, char **args)
{
	const struct app *app = ctx;

	(void)nargs;
	if (accounts_group_del(app->a, args[0]) < 0)
		failed(app);
	return 0;
}

static enum account_direction
direction(const char *text)
{
	if (!strcasecmp(text, "in"))
		return ACCOUNT_IN;
	if (!strcasecmp(text, "out"))
		return ACCOUNT_OUT;
	if (!strcasecmp(text, "both"))
		return ACCOUNT_BOTH;
	die(EXIT_USAGE, "\"%s\" is none of in, out and both", text);
}

int
run_join(void *ctx, int nargs, char **args)
{
	const struct app *app = ctx;

	if (accounts_join(app->a, args[0], args[1],
		direction(nargs > 2 ? args[2] : "both")) < 0)
		failed(app);
	return 0;
}

/* Of one user in one group. */
struct held {
	const char *group;
	int dirs;
	bool by_default;
};

static int
find_held(void *arg, const struct account_member *m)
{
	struct held *h = arg;

	if (!strcmp(m->group, h->group))
		h->dirs = m->dirs;
	return 0;
}

static int
held(const struct app *app, const char *user, const char *group)
{
	struct held h = {.group = group};

	if (accounts_each_member(app->a, user, "", find_held, &h) < 0)
		failed(app);
	return h.dirs;
}

int
run_leave(void *ctx, int nargs, char **args)
{
	const struct app *app = ctx;

	if (accounts_leave(app->a, args[0], args[1],
		direction(nargs > 2 ? args[2] : "both")) < 0)
		failed(app);
	if (held(app, args[0], ACCOUNT_ANON))
		warnx_line("%s is in %s: who is in no other group is", args[0],
		    ACCOUNT_ANON);
	return 0;
}

/* USER GROUP [in|out|both] on|off */
int
run_channel(void *ctx, int nargs, char **args)
{
	const struct app *app = ctx;
	const char *state = args[nargs - 1];
	enum account_direction d = direction(nargs > 3 ? args[2] : "both");
	bool on = !strcmp(state, "on");

	if (!on && strcmp(state, "off") != 0)
		die(EXIT_USAGE, "\"%s\" is neither on nor off", state);
	if (accounts_channel(app->a, args[0], app->device, args[1], d, on, "") <
	    0)
		failed(app);
	if (!(held(app, args[0], args[1]) & (int)d))
		die(EXIT_NO, "%s is not in %s in that direction", args[0],
		    args[1]);
	return 0;
}
