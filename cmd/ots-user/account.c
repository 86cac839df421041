/* Commands for users and passwords. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "die.h"
#include "passwd.h"
#include "user.h"

#define FIRST_USER "administrator"

int
failed_code(void)
{
	switch (errno) {
	case ENOENT:
	case EEXIST:
	case EPERM:
		return EXIT_NO;
	case EAGAIN:
		return EXIT_TEMP;
	default:
		return EXIT_USAGE;
	}
}

void
failed(const struct app *app)
{
	die(failed_code(), "%s", accounts_why(app->a));
}

/* Passwords -----------------------------------------------------------------*/

/* At most one of the ways to a password; none: no password. */
static void
check_ways(const struct app *app)
{
	if (app->ask + app->random + app->none +
		(app->password_fd != SECRET_FD_NONE) >
	    1)
		die(EXIT_USAGE,
		    "only one of --password, --password-fd, --random-password "
		    "and --no-password");
	if (app->password_fd != SECRET_FD_NONE &&
	    fcntl((int)app->password_fd, F_GETFD) < 0)
		die_sys(EXIT_USAGE, "--password-fd %d", (int)app->password_fd);
}

struct password {
	char text[PASSWD_MAX + 2]; /* one byte too many shows */
	size_t n;
};

static void
wipe(struct password *p)
{
	secret_wipe(p, sizeof *p);
}

static ssize_t
ask(const char *user, struct password *p)
{
	char prompt[128];

	if (str_fmt(prompt, sizeof prompt, "New password for %.64s: ", user) <
	    0)
		return -1;
	return secret_ask(prompt, "Once more: ", p->text, sizeof p->text);
}

static void
read_password(const struct app *app, const char *user, struct password *p)
{
	ssize_t r = app->password_fd != SECRET_FD_NONE
	    ? secret_line((int)app->password_fd, p->text, sizeof p->text)
	    : ask(user, p);
	const char *bad;

	if (r < 0 && errno == ENOTTY)
		die(EXIT_USAGE,
		    "no terminal to ask for a password: use --password-fd or "
		    "--random-password");
	if (r < 0 && errno == EILSEQ)
		die(EXIT_USAGE, "the two passwords differ");
	if (r < 0 && errno == ENODATA)
		die(EXIT_USAGE,
		    app->password_fd != SECRET_FD_NONE
			? "--password-fd: there is no line for %s"
			: "there is no password for %s",
		    user);
	if (r < 0)
		die_sys(EXIT_USAGE, "unable to read the password of %s", user);
	p->n = (size_t)r;
	bad = passwd_bad(p->text, p->n);
	if (bad)
		die(EXIT_USAGE, "%s: %s", user, bad);
}

/* The new password's hash, NULL: none. s holds the password. */
static const char *
new_hash(const struct app *app, const char *user, struct password *s,
    char hash[PASSWD_HASH_MAX])
{
	if (!app->ask && !app->random && app->password_fd == SECRET_FD_NONE)
		return NULL;
	if (passwd_init() < 0)
		die(EXIT_TEMP, "no random numbers");
	if (app->random) {
		passwd_random(s->text);
		s->n = strlen(s->text);
	} else {
		read_password(app, user, s);
	}
	if (passwd_hash(s->text, s->n, hash) < 0)
		die(EXIT_TEMP, "no memory for a password's hash (64 MiB)");
	return hash;
}

/* A random password is shown, once. */
static void
show_password(const char *user, const struct password *s)
{
	printf("%s %s\n", user, s->text);
	if (fflush(stdout) != 0)
		die_sys(EXIT_TEMP, "unable to write the password of %s", user);
}

/* Users ---------------------------------------------------------------------*/

static int
add_one(const struct app *app, const char *user)
{
	char hash[PASSWD_HASH_MAX];
	struct account old;
	struct password s = {.n = 0};
	const char *h;
	int r, code;

	/* Its line is read all the same: the next one is that of the next. */
	h = new_hash(app, user, &s, hash);
	r = app->if_missing ? accounts_get(app->a, user, &old) : -1;
	if (r == 0) {
		wipe(&s);
		return 0;
	}
	r = accounts_add_hash(app->a, user, app->admin, h);
	code = r < 0 ? failed_code() : 0;
	if (r < 0)
		warnx_line("%s", accounts_why(app->a));
	else if (app->random)
		show_password(user, &s);
	wipe(&s);
	return code;
}

static int
worst(int a, int b)
{
	return a > b ? a : b;
}

int
run_add(void *ctx, int nargs, char **args)
{
	const struct app *app = ctx;
	int i, code = 0;

	check_ways(app);
	for (i = 0; i < nargs && code < EXIT_TEMP; i++)
		code = worst(code, add_one(app, args[i]));
	return code;
}

int
run_passwd(void *ctx, int nargs, char **args)
{
	struct app *app = ctx;
	char hash[PASSWD_HASH_MAX];
	struct account u;
	struct password s = {.n = 0};
	const char *h;

	(void)nargs;
	if (!app->random && !app->none && app->password_fd == SECRET_FD_NONE)
		app->ask = true;
	check_ways(app);
	if (accounts_get(app->a, args[0], &u) < 0)
		failed(app);
	h = new_hash(app, args[0], &s, hash);
	if (accounts_set_hash(app->a, args[0], h) < 0)
		failed(app);
	if (app->random)
		show_password(args[0], &s);
	wipe(&s);
	return 0;
}

/* One change for each user named. */
static int
for_each(struct app *app, int nargs, char **args,
    int (*fn)(struct accounts *a, const char *user))
{
	int i, code = 0;

	for (i = 0; i < nargs && code < EXIT_TEMP; i++) {
		if (fn(app->a, args[i]) == 0)
			continue;
		code = worst(code, failed_code());
		warnx_line("%s", accounts_why(app->a));
	}
	return code;
}

static int
disable(struct accounts *a, const char *user)
{
	return accounts_disable(a, user, true);
}

static int
enable(struct accounts *a, const char *user)
{
	return accounts_disable(a, user, false);
}

int
run_disable(void *ctx, int nargs, char **args)
{
	return for_each(ctx, nargs, args, disable);
}

int
run_enable(void *ctx, int nargs, char **args)
{
	return for_each(ctx, nargs, args, enable);
}

int
run_del(void *ctx, int nargs, char **args)
{
	return for_each(ctx, nargs, args, accounts_del);
}

int
run_admin(void *ctx, int nargs, char **args)
{
	struct app *app = ctx;
	bool on = !strcmp(args[1], "on");

	(void)nargs;
	if (!on && strcmp(args[1], "off") != 0)
		die(EXIT_USAGE, "\"%s\" is neither on nor off", args[1]);
	if (accounts_admin(app->a, args[0], on) < 0)
		failed(app);
	return 0;
}

/* The first start -----------------------------------------------------------*/

/* Before the user is there for good: who is killed in between is told another
 * password the next time, and nobody is ever left with one that was not told.
 */
static int
tell_first(void *arg)
{
	const struct password *s = arg;

	printf("%s %s\n", FIRST_USER, s->text);
	return fflush(stdout);
}

int
run_first(void *ctx, int nargs, char **args)
{
	struct app *app = ctx;
	char hash[PASSWD_HASH_MAX];
	struct password s = {.n = 0};
	bool ever;
	int r;

	(void)nargs;
	(void)args;
	if (accounts_ever(app->a, &ever) < 0)
		failed(app);
	if (ever)
		return 0;
	app->random = true;
	new_hash(app, FIRST_USER, &s, hash);
	r = accounts_first(app->a, FIRST_USER, hash, tell_first, &s);
	wipe(&s);
	if (r < 0 && errno == ECANCELED)
		die(EXIT_TEMP, "unable to write the password of %s",
		    FIRST_USER);
	if (r < 0 && errno != EEXIST)
		failed(app);
	return 0;
}
