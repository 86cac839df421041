/* ots-query: what the store remembers. See ots-query(1). */
#include <errno.h>
#include <unistd.h>

#include "clock.h"
#include "db_owner.h"
#include "die.h"
#include "options.h"

/* To open a database that is not there would make one. */
static void
find_database(const struct app *app)
{
	const char *path = db_sqlite_path(app->uri);

	if (!path || access(path, F_OK) == 0)
		return;
	if (errno != ENOENT && errno != ENOTDIR)
		die_sys(EXIT_USAGE, "unable to reach the database %s", path);
	die(EXIT_USAGE,
	    "there is no database %s (--database or --data names one, "
	    "ots-store makes one)",
	    path);
}

_Noreturn static void
fail(const char *why)
{
	die(errno == EAGAIN ? EXIT_TEMP : EXIT_USAGE, "the database: %s", why);
}

static void
open_database(struct app *app)
{
	char why[DB_WHY_MAX];

	find_database(app);
	if (db_become_owner(app->uri, why) < 0)
		fail(why);
	app->r = store_reader_open(app->uri, why);
	if (!app->r)
		fail(why);
}

int
main(int argc, char **argv)
{
	struct app *app = &options_app;
	const struct opt_command *command;
	struct opt_common common;
	int code;

	args_init(&app->args, (int64_t)clock_wall_us());
	command = opt_parse_command(
	    &options_prog, options_commands, &common, argc, argv);
	if (db_default_uri(app->database, app->data, app->uri) < 0)
		die_sys(EXIT_USAGE,
		    "unable to tell where the database is (HOME, "
		    "env/OTS_DATABASE_URI in the data folder)");
	if (common.check_only)
		return 0;
	open_database(app);
	code = command->run(app, common.nargs, common.args);
	store_reader_close(&app->r);
	return code;
}
