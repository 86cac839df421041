/* ots-store: every record goes on at once, and into a database in its own time.
 * See ots-store(8). */
#include <errno.h>

#include "db.h"
#include "die.h"
#include "opt.h"
#include "run.h"
#include "spool.h"
#include "str.h"

static const char *
keep(void *ctx, const char *text)
{
	struct run_config *cfg = ctx;

	return retain_option(&cfg->writer.retain, text);
}

static const char *
mailbox(void *ctx, const char *text)
{
	struct run_config *cfg = ctx;

	return writer_mailbox(&cfg->writer.mail, text);
}

int
main(int argc, char **argv)
{
	static char found[DB_URI_MAX];
	struct run_config cfg = {
	    .spool_max = (uint64_t)4 << 30, .writer = {.node = "local"}};
	const char *uri = NULL, *data = NULL;
	const struct opt opts[] = {
	    {0, "spool", "DIR", NULL, OPT_STR, &cfg.spool, 0, 0, NULL,
		"folder for what is not yet in the database (needed)"},
	    {0, "spool-max", "BYTES", NULL, OPT_BYTES, &cfg.spool_max,
		SPOOL_MAX_MIN, (uint64_t)1 << 50, NULL,
		"the most that it may take, 64M or more (4G)"},
	    {'D', "database", "URI", NULL, OPT_STR, &uri, 0, 0, NULL,
		"SQLite file or postgresql:// (as ots-user)"},
	    {0, "data", "DIR", NULL, OPT_STR, &data, 0, 0, NULL,
		"folder with db/ots.db (OTS_DATA_FOLDER, ~/ots)"},
	    {'w', "wait", NULL, NULL, OPT_FLAG, &cfg.wait, 0, 0, NULL,
		"when that is full, wait rather than pass records on unkept"},
	    {0, "keep", "KIND=AGE", NULL, OPT_FN, NULL, 0, 0, keep,
		"forget what is older; repeat (events=90d, positions=1y)"},
	    {0, "vacuum", NULL, NULL, OPT_FLAG, &cfg.writer.retain.vacuum, 0, 0,
		NULL, "and give the room back to the system (SQLite)"},
	    {0, "mailbox", "WHOSE", NULL, OPT_FN, NULL, 0, 0, mailbox,
		"keep chat for who is away: off, direct, all (direct)"},
	    {0, "mail-age", "SECONDS", NULL, OPT_SECONDS,
		&cfg.writer.mail.age_us, 1, OPT_SECONDS_MAX, NULL,
		"for so long (604800, a week)"},
	    {0, "mail-max", "COUNT", NULL, OPT_U64, &cfg.writer.mail.max, 1,
		1000000, NULL, "so many for each device (1000)"},
	    {0, "node", "NAME", "OTS_NODE_ID", OPT_NODE, &cfg.writer.node, 0, 0,
		NULL, "name of this server in hello (local)"},
	    {0},
	};
	const struct opt_prog prog = {"ots-store",
	    "--spool DIR [options] <IN >OUT",
	    "Passes records on at once, and keeps them in a database.", opts,
	    &cfg, 0, 0};
	struct opt_common common;

	writer_defaults(&cfg.writer);
	opt_parse(&prog, &common, argc, argv);
	if (cfg.spool == NULL)
		die(EXIT_USAGE, "--spool is needed: a folder");
	if (db_default_uri(uri, data, found) < 0)
		die_sys(EXIT_USAGE, "--database is needed");
	if (common.check_only)
		return 0;
	cfg.writer.uri = found;
	cfg.writer.spool = cfg.spool;
	cfg.ready_fd = common.ready_fd;
	return run(&cfg);
}
