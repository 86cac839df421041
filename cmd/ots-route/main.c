/* ots-route: decides who gets what. See ots-route(8). */
#include <stdint.h>

#include "die.h"
#include "opt.h"
#include "run.h"

#define SECOND_US ((uint64_t)1000000)
#define DAY_US    (86400 * SECOND_US)

int
main(int argc, char **argv)
{
	struct run_config cfg = {
	    .mode = 0660,
	    .route =
		{
		    .node = "local",
		    .latest_max = (uint64_t)256 << 20,
		    .alert_every = 10 * SECOND_US,
		    .alert_life = DAY_US,
		},
	};
	const struct opt opts[] = {
	    {0, "auth", "PATH", NULL, OPT_STR, &cfg.auth, 0, 0, NULL,
		"socket of ots-auth; without it all are in __ANON__"},
	    {'s', "socket", "PATH", NULL, OPT_STR, &cfg.socket, 0, 0, NULL,
		"where local programs tap and feed the stream"},
	    {0, "socket-mode", "MODE", NULL, OPT_MODE, &cfg.mode, 0, 0777, NULL,
		"permissions of the socket (0660)"},
	    {0, "node", "NAME", "OTS_NODE_ID", OPT_NODE, &cfg.route.node, 0, 0,
		NULL, "name of this server in hello (local)"},
	    {0, "latest-max", "BYTES", NULL, OPT_BYTES, &cfg.route.latest_max,
		0, (uint64_t)1 << 40, NULL,
		"memory for latest positions, K M G (256M)"},
	    {0, "mailbox", "WHOSE", NULL, OPT_WORD,
		OPT_WORDS(&cfg.route.mailbox, "off", "direct", "all"), 0, 0,
		NULL, "chat that ots-store keeps: off, direct, all (off)"},
	    {0, "alert-interval", "MS", NULL, OPT_MS, &cfg.route.alert_every, 0,
		DAY_US, NULL, "repeat emergencies so often; 0: never (10000)"},
	    {0, "alert-life", "MS", NULL, OPT_MS, &cfg.route.alert_life, 0,
		365 * DAY_US, NULL,
		"but not longer than this (86400000, a day)"},
	    {0},
	};
	const struct opt_prog prog = {"ots-route", "[options]",
	    "Decide who gets what: events on standard input, deliveries on "
	    "standard output.",
	    opts, NULL, 0, 0};
	struct opt_common common;

	opt_parse(&prog, &common, argc, argv);
	if (cfg.route.alert_every > 0 && cfg.route.alert_every < SECOND_US / 10)
		die(EXIT_USAGE, "--alert-interval: less than 100 ms");
	if (common.check_only)
		return 0;
	cfg.ready_fd = common.ready_fd;
	return run(&cfg);
}
