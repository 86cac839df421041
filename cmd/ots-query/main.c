/* ots-query: what the store remembers. See ots-query(1). */
#include <errno.h>

#include "clock.h"
#include "die.h"
#include "options.h"
#include "owner.h"

int
main(int argc, char **argv)
{
	struct app *app = &options_app;
	const struct opt_command *command;
	struct opt_common common;
	char why[256];
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
	owner_become(app->uri);
	app->r = store_reader_open(app->uri, why);
	if (!app->r)
		die(errno == EAGAIN ? EXIT_TEMP : EXIT_USAGE,
		    "the database: %s", why);
	code = command->run(app, common.nargs, common.args);
	store_reader_close(&app->r);
	return code;
}
