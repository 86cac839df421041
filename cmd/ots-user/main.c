/* ots-user: users, groups and passwords, from the command line. */
#include <errno.h>
#include <signal.h>

#include "db_owner.h"
#include "die.h"
#include "options.h"

/* Passwords stay out of core files. */
static void
keep_secrets(void)
{
	if (secret_process() < 0)
		die_sys(EXIT_TEMP, "unable to forbid core dumps");
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		die_sys(EXIT_TEMP, "unable to set signals");
}

static void
become_owner(struct app *app)
{
	char why[DB_WHY_MAX];

	if (db_become_owner(app->uri, why) < 0)
		die(errno == EAGAIN ? EXIT_TEMP : EXIT_USAGE,
		    "the database: %s", why);
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
	struct app *app = &options_app;
	const struct opt_command *command;
	struct opt_common common;
	int code;

	command = opt_parse_command(
	    &options_prog, options_commands, &common, argc, argv);
	if (db_default_uri(app->database, app->data, app->uri) < 0)
		die_sys(EXIT_USAGE,
		    "unable to tell where the database is (HOME, "
		    "env/OTS_DATABASE_URI in the data folder)");
	if (common.check_only)
		return 0;
	become_owner(app);
	keep_secrets(); /* after it: a change of the user undoes it */
	open_database(app);
	code = command->run(app, common.nargs, common.args);
	accounts_close(&app->a);
	return code;
}
