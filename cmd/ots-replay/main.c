/* ots-replay: plays recordings at their own pace, or another. */
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "clock.h"
#include "die.h"
#include "notify.h"

#include "opt.h"
#include "play.h"
#include "replay.h"
#include "str.h"

/* Nothing is in hand that another moment would complete. */
static void
on_signal(int signo)
{
	(void)signo;
	_exit(0);
}

static void
set_signals(void)
{
	struct sigaction act = {.sa_handler = on_signal};

	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    sigaction(SIGTERM, &act, NULL) < 0 ||
	    sigaction(SIGINT, &act, NULL) < 0)
		die_sys(EXIT_TEMP, "unable to set signals");
}

int
main(int argc, char **argv)
{
	static struct args w = {
	    .cfg = {.speed = 1, .max_gap_us = REPLAY_NEVER}};
	static struct replay r;
	char stdin_name[] = "-", *no_files[] = {stdin_name};
	struct play_config cfg = {.files = no_files, .n_files = 1, .loops = 1};
	const char *prefix = "";
	const struct opt opts[] = {
	    {'s', "speed", "X", NULL, OPT_FN, NULL, 0, 0, args_speed,
		"so many times faster; 0: without pauses (1)"},
	    {'g', "max-gap", "SECONDS", NULL, OPT_SECONDS, &w.cfg.max_gap_us, 0,
		OPT_SECONDS_MAX, NULL,
		"longer pauses of the recording are cut to that"},
	    {'N', "now", NULL, NULL, OPT_FLAG, &w.cfg.now, 0, 0, NULL,
		"move times to now, take flow tags out"},
	    {'l', "loop", "N", NULL, OPT_U64, &cfg.loops, 0, UINT64_MAX, NULL,
		"play N times; 0: for ever (1)"},
	    {'p', "prefix", "TEXT", NULL, OPT_STR, &prefix, 0, 0, NULL,
		"put TEXT before every uid"},
	    {'u', "uid", "FROM=TO", NULL, OPT_FN, NULL, 0, 0, args_uid,
		"rename a uid (repeatable)"},
	    {0, "from", "TIME", NULL, OPT_FN, NULL, 0, 0, args_from,
		"begin at that time, or +SECONDS after the first"},
	    {0, "until", "TIME", NULL, OPT_FN, NULL, 0, 0, args_until,
		"end before that time"},
	    {0},
	};
	const struct opt_prog prog = {"ots-replay", "[options] [FILE ...]",
	    "Play recordings (ots-records or bare CoT) to standard output at "
	    "their own pace.",
	    opts, &w, 0, -1};
	struct opt_common common;
	uint64_t seed[2];
	size_t i;

	opt_parse(&prog, &common, argc, argv);
	if (strlen(prefix) > 256 || !utf8_valid(prefix, strlen(prefix)))
		die(EXIT_USAGE, "--prefix: at most 256 bytes of UTF-8");
	if (common.check_only)
		return 0;
	if (common.nargs) {
		cfg.files = common.args;
		cfg.n_files = common.nargs;
	}
	cfg.verbose = common.verbose;
	set_signals();
	clock_seed(seed);
	w.cfg.start_wall_us = clock_wall_us();
	replay_init(&r, &w.cfg, seed);
	r.names.prefix = slice_of(prefix);
	for (i = 0; i < w.n; i++)
		if (rename_add(&r.names, w.from[i], w.to[i]) < 0)
			die_sys(EXIT_TEMP, "unable to begin");
	notify_ready(common.ready_fd);
	return play(&cfg, &r);
}
