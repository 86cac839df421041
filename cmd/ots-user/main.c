/* ots-user: users, groups and passwords, from the command line. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "accounts.h"
#include "db.h"
#include "die.h"
#include "opt.h"
#include "owner.h"
#include "user.h"

/* Passwords stay out of core dumps. The leak checker needs to look at us. */
static void
keep_secrets(void)
{
#ifndef OTS_SAN
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		die_sys(EXIT_TEMP, "unable to forbid core dumps");
#endif
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		die_sys(EXIT_TEMP, "unable to set signals");
}

static void
open_database(struct app *app)
{
	char why[256];

	app->a = accounts_open(app->uri, why);
	if (!app->a)
		die(errno == EAGAIN ? EXIT_TEMP : EXIT_USAGE,
		    "the database: %s", why);
}

int
main(int argc, char **argv)
{
	static struct app a = {.password_fd = NO_FD, .device = ""};
	const struct opt password_opts[] = {
	    {'p', "password", NULL, NULL, OPT_FLAG, &a.ask, 0, 0, NULL,
		"ask for the password on the terminal"},
	    {0, "password-fd", "FD", NULL, OPT_U64, &a.password_fd, 0, 1 << 20,
		NULL, "passwords are the lines of descriptor FD"},
	    {'r', "random-password", NULL, NULL, OPT_FLAG, &a.random, 0, 0,
		NULL, "make a random password and print it once"},
	    {0, "no-password", NULL, NULL, OPT_FLAG, &a.none, 0, 0, NULL,
		"no password: certificates only"},
	    {0},
	};
	const struct opt add_opts[] = {
	    {'a', "admin", NULL, NULL, OPT_FLAG, &a.admin, 0, 0, NULL,
		"they administer the server"},
	    {0, "if-missing", NULL, NULL, OPT_FLAG, &a.if_missing, 0, 0, NULL,
		"leave those that exist as they are"},
	    password_opts[0],
	    password_opts[1],
	    password_opts[2],
	    password_opts[3],
	    {0},
	};
	const struct opt group_opts[] = {
	    {0, "description", "TEXT", NULL, OPT_STR, &a.description, 0, 0,
		NULL, "what it is for"},
	    {0, "if-missing", NULL, NULL, OPT_FLAG, &a.if_missing, 0, 0, NULL,
		"leave one that exists as it is"},
	    {0},
	};
	const struct opt json_opts[] = {
	    {'j', "json", NULL, NULL, OPT_FLAG, &a.json, 0, 0, NULL,
		"one JSON object per line"},
	    {0},
	};
	const struct opt channel_opts[] = {
	    {0, "device", "UID", NULL, OPT_STR, &a.device, 0, 0, NULL,
		"for that device only"},
	    {0},
	};
	const struct opt_command commands[] = {
	    {"add", "[options] USER ...", "make users", add_opts, 1, -1,
		run_add},
	    {"passwd", "[options] USER", "set a password", password_opts, 1, 1,
		run_passwd},
	    {"disable", "USER ...", "refuse users and end their connections",
		NULL, 1, -1, run_disable},
	    {"enable", "USER ...", "let them in again", NULL, 1, -1,
		run_enable},
	    {"del", "USER ...", "remove users", NULL, 1, -1, run_del},
	    {"list", "[-j]", "list users and their groups", json_opts, 0, 0,
		run_list},
	    {"show", "[-j] USER", "show a user and its devices", json_opts, 1,
		1, run_show},
	    {"admin", "USER on|off", "give or take administration", NULL, 2, 2,
		run_admin},
	    {"group add", "[options] NAME", "make a group", group_opts, 1, 1,
		run_group_add},
	    {"group del", "NAME", "remove a group", NULL, 1, 1, run_group_del},
	    {"group list", "[-j]", "list groups", json_opts, 0, 0,
		run_group_list},
	    {"join", "USER GROUP [in|out|both]", "put a user into a group",
		NULL, 2, 3, run_join},
	    {"leave", "USER GROUP [in|out|both]", "take a user out of a group",
		NULL, 2, 3, run_leave},
	    {"channel", "[options] USER GROUP [in|out|both] on|off",
		"switch a group on or off", channel_opts, 3, 4, run_channel},
	    {"first", "", "the first start: make the administrator", NULL, 0, 0,
		run_first},
	    {0},
	};
	const struct opt opts[] = {
	    {0, "database", "URI", NULL, OPT_STR, &a.database, 0, 0, NULL,
		"sqlite:PATH or postgresql://..."},
	    {0, "data", "DIR", NULL, OPT_STR, &a.data, 0, 0, NULL,
		"data folder of the server (~/ots)"},
	    {0},
	};
	const struct opt_prog prog = {"ots-user",
	    "[options] COMMAND [argument ...]",
	    "Users, groups and passwords of the server.", opts, &a, 0, 0};
	const struct opt_command *command;
	struct opt_common common;
	int code;

	command = opt_parse_command(&prog, commands, &common, argc, argv);
	if (db_default_uri(a.database, a.data, a.uri) < 0)
		die_sys(EXIT_USAGE,
		    "unable to tell where the database is (HOME, "
		    "env/OTS_DATABASE_URI in the data folder)");
	if (common.check_only)
		return 0;
	owner_become(a.uri);
	keep_secrets(); /* after it: a change of the user undoes it */
	open_database(&a);
	code = command->run(&a, common.nargs, common.args);
	accounts_close(&a.a);
	return code;
}
