/* ots-cat: netcat for TAK. Standard input goes to a server, what the server
 * sends to standard output. */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "clock.h"
#include "die.h"
#include "opt.h"
#include "run.h"
#include "str.h"

#define UID_PREFIX "OTS-CAT-"

static const char *
opt_at(void *ctx, const char *text)
{
	return self_at(text, &((struct run_config *)ctx)->self);
}

static struct slice
text_value(const char *name, const char *text)
{
	struct slice s = slice_of(text);

	if (s.n == 0 || s.n > 256 || !utf8_valid(s.p, s.n))
		die(EXIT_USAGE, "--%s: 1 to 256 bytes of UTF-8 are wanted",
		    name);
	return s;
}

/* What only makes sense together, and what follows from the target. */
static void
complete(struct run_config *cfg, const char *format, uint64_t ttl)
{
	enum target_kind kind = cfg->link.target.kind;

	if (!format)
		cfg->format = kind == TARGET_UNIX ? CAT_RECORD : CAT_XML;
	else if (strcmp(format, "xml") == 0)
		cfg->format = CAT_XML;
	else if (strcmp(format, "record") == 0)
		cfg->format = CAT_RECORD;
	else if (strcmp(format, "raw") == 0)
		cfg->format = CAT_RAW;
	else
		die(EXIT_USAGE, "--format \"%s\": not xml, record or raw",
		    format);
	if (cfg->link.listens && kind != TARGET_UDP)
		die(EXIT_USAGE, "--listen is for udp:// only");
	if (cfg->link.group.interface && kind != TARGET_MCAST)
		die(EXIT_USAGE, "--interface is for mcast:// only");
	if (cfg->self.callsign.n && (cfg->link.listens || kind == TARGET_UNIX))
		die(EXIT_USAGE, "--as needs a server or a group to tell");
	cfg->link.group.ttl = (int)ttl;
}

int
main(int argc, char **argv)
{
	struct run_config cfg = {.wait_us = RUN_NEVER,
	    .timeout_us = RUN_NEVER,
	    .self = {
		.lat = SLICE("0"), .lon = SLICE("0"), .interval_us = 60000000}};
	const char *format = NULL, *callsign = NULL, *own = NULL, *wrong;
	uint64_t ttl = 1;
	char uid[sizeof UID_PREFIX + 36] = UID_PREFIX;
	const struct opt opts[] = {
	    {'f', "format", "FORMAT", NULL, OPT_STR, &format, 0, 0, NULL,
		"put out xml, record or raw"},
	    {'w', "wait", "SECONDS", NULL, OPT_SECONDS, &cfg.wait_us, 0,
		OPT_SECONDS_MAX, NULL,
		"end so long after the end of standard input"},
	    {'c', "count", "N", NULL, OPT_U64, &cfg.count, 1, UINT64_MAX, NULL,
		"end when N events have come"},
	    {'t', "timeout", "SECONDS", NULL, OPT_SECONDS, &cfg.timeout_us, 0,
		OPT_SECONDS_MAX, NULL, "fail if not at an end by then"},
	    {'l', "listen", NULL, NULL, OPT_FLAG, &cfg.link.listens, 0, 0, NULL,
		"udp: bind the address and put out what arrives"},
	    {'a', "as", "CALLSIGN", NULL, OPT_STR, &callsign, 0, 0, NULL,
		"be a person of that name on the map"},
	    {'u', "uid", "UID", NULL, OPT_STR, &own, 0, 0, NULL,
		"uid of that person (a random one)"},
	    {0, "at", "LAT,LON", NULL, OPT_FN, NULL, 0, 0, opt_at,
		"where that person is (0,0)"},
	    {'i', "interval", "SECONDS", NULL, OPT_SECONDS,
		&cfg.self.interval_us, 0, OPT_SECONDS_MAX, NULL,
		"how often it is said; 0: once (60)"},
	    {0, "ttl", "N", NULL, OPT_U64, &ttl, 0, 255, NULL,
		"mcast: how many networks far (1)"},
	    {0, "interface", "NAME", NULL, OPT_STR, &cfg.link.group.interface,
		0, 0, NULL, "mcast: interface, by name or IPv4 address"},
	    {0},
	};
	const struct opt_prog prog = {"ots-cat", "[options] TARGET",
	    "Send events from standard input, put out those that come. "
	    "TARGET is HOST:PORT,\nudp://HOST:PORT, mcast://GROUP:PORT or "
	    "unix:PATH.",
	    opts, &cfg, 1, 1};
	struct opt_common common;

	opt_parse(&prog, &common, argc, argv);
	cfg.link.text = common.args[0];
	wrong = target_parse(cfg.link.text, cfg.link.listens, &cfg.link.target);
	if (wrong)
		die(EXIT_USAGE, "%s: %s", cfg.link.text, wrong);
	if (callsign)
		cfg.self.callsign = text_value("as", callsign);
	clock_uuid(uid + sizeof UID_PREFIX - 1);
	cfg.self.uid = text_value("uid", own ? own : uid);
	complete(&cfg, format, ttl);
	if (common.check_only)
		return 0;
	cfg.ready_fd = common.ready_fd;
	cfg.verbose = common.verbose;
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		die_sys(EXIT_TEMP, "unable to ignore SIGPIPE");
	return run(&cfg);
}
