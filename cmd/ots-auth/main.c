/* ots-auth: who the users are, and whether a password is right. See
 * ots-auth(8). */
#include <errno.h>
#include <stdint.h>

#include "db.h"
#include "die.h"
#include "opt.h"
#include "run.h"
#include "worker.h"

int
main(int argc, char **argv)
{
	static char found[DB_URI_MAX];
	struct run_config cfg = {.node = "local", .mode = 0660};
	const char *uri = NULL, *data = NULL;
	uint64_t workers = 1;
	const struct opt opts[] = {
	    {0, "socket", "PATH", NULL, OPT_STR, &cfg.socket, 0, 0, NULL,
		"where programs ask (needed)"},
	    {0, "socket-mode", "MODE", NULL, OPT_MODE, &cfg.mode, 0, 0777, NULL,
		"permissions of the socket (0660)"},
	    {'D', "database", "URI", NULL, OPT_STR, &uri, 0, 0, NULL,
		"SQLite file or postgresql:// (as ots-user)"},
	    {0, "data", "DIR", NULL, OPT_STR, &data, 0, 0, NULL,
		"folder with db/ots.db (OTS_DATA_FOLDER, ~/ots)"},
	    {0, "snapshot", "FILE", NULL, OPT_STR, &cfg.keeper.snapshot, 0, 0,
		NULL, "keep the last list of users here"},
	    {0, "ledger", "FILE", NULL, OPT_STR, &cfg.keeper.ledger, 0, 0, NULL,
		"put the certificates of this CA into the database"},
	    {0, "workers", "N", NULL, OPT_U64, &workers, 1, WORKERS_MAX, NULL,
		"passwords checked at a time, 64 MiB each (1)"},
	    {0, "node", "NAME", "OTS_NODE_ID", OPT_NODE, &cfg.node, 0, 0, NULL,
		"name of this server in hello (local)"},
	    {0},
	};
	const struct opt_prog prog = {"ots-auth", "--socket PATH [options]",
	    "Tell who the users are, and whether a password is right.", opts,
	    NULL, 0, 0};
	struct opt_common common;

	opt_parse(&prog, &common, argc, argv);
	if (cfg.socket == NULL)
		die(EXIT_USAGE, "--socket is needed: where to listen");
	if (db_default_uri(uri, data, found) < 0)
		die_sys(EXIT_USAGE, "--database is needed");
	if (common.check_only)
		return 0;
	cfg.keeper.uri = found;
	cfg.workers = (unsigned)workers;
	cfg.ready_fd = common.ready_fd;
	return run(&cfg);
}
