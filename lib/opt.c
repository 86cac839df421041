#include "opt.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "log.h"
#include "num.h"
#include "slot.h"

#define OPT_LIMIT 48

const char ots_version[] = OTS_VERSION;

enum { LONG_ONLY = 256 };

static const struct opt common_opts[] = {
    {'h', "help", NULL, NULL, OPT_FLAG, NULL, 0, 0, NULL, "this text"},
    {'V', "version", NULL, NULL, OPT_FLAG, NULL, 0, 0, NULL, "the version"},
    {'v', "verbose", NULL, NULL, OPT_FLAG, NULL, 0, 0, NULL,
	"log more (debug)"},
    {'n', "check", NULL, NULL, OPT_FLAG, NULL, 0, 0, NULL,
	"check the options and exit"},
    {'d', "ready-fd", "FD", NULL, OPT_STR, NULL, 0, 0, NULL,
	"write a newline to FD when ready (s6)"},
    {0},
};

static void
usage_line(const struct opt *o)
{
	char left[64];

	if (str_fmt(left, sizeof left, "%s%c%s--%s%s%s", o->c ? "-" : " ",
		o->c ? o->c : ' ', o->c ? ", " : "  ", o->name,
		o->arg ? " " : "", o->arg ? o->arg : "") < 0)
		left[0] = '\0';
	printf("  %-28s %s%s%s%s\n", left, o->help, o->env ? " [$" : "",
	    o->env ? o->env : "", o->env ? "]" : "");
}

static void
usage(const struct opt_prog *prog)
{
	const struct opt *o;

	printf("usage: %s %s\n%s\n\n", prog->name, prog->synopsis, prog->about);
	for (o = prog->opts; o->name; o++)
		usage_line(o);
	for (o = common_opts; o->name; o++)
		usage_line(o);
	if (fflush(stdout) != 0)
		die_sys(EXIT_TEMP, "unable to write to standard output");
	exit(0);
}

static void
wrong(const struct opt *o, const char *text, const char *why, bool env)
{
	die(EXIT_USAGE, "%s%s: %s%s%s: %s", env ? "environment " : "--",
	    env ? o->env : o->name, text ? "\"" : "", text ? text : "",
	    text ? "\"" : "", why);
}

static void
apply(const struct opt_prog *prog, const struct opt *o, const char *text,
    bool env)
{
	struct slice s = slice_of(text ? text : "");
	const char *why;
	uint64_t v = 0, unit = 1;
	int r = -1;

	switch (o->type) {
	case OPT_FLAG:
		*(bool *)o->dst = true;
		return;
	case OPT_STR:
		*(const char **)o->dst = text;
		return;
	case OPT_FN:
		why = o->fn(prog->ctx, text);
		if (why)
			wrong(o, text, why, env);
		return;
	case OPT_NODE:
		if (!slots_node_valid(s))
			wrong(o, text, "not 1 to 32 of A-Z a-z 0-9 _ -", env);
		*(const char **)o->dst = text;
		return;
	case OPT_U64:
		r = num_u64(s, o->max, &v);
		break;
	case OPT_BYTES:
		r = num_bytes(s, o->max, &v);
		break;
	case OPT_MS:
		unit = 1000;
		r = num_us(s, 1e3, &v);
		break;
	case OPT_SECONDS:
		unit = 1000000;
		r = num_us(s, 1e6, &v);
		break;
	}
	if (r < 0 || v < o->min || v > o->max) {
		char range[96];

		if (str_fmt(range, sizeof range,
			"not a number from %llu to %llu",
			(unsigned long long)(o->min / unit),
			(unsigned long long)(o->max / unit)) < 0)
			range[0] = '\0';
		wrong(o, text, range, env);
	}
	*(uint64_t *)o->dst = v;
}

static void
add_option(const struct opt *o, int code, struct option *longs, char *shorts)
{
	size_t n = strlen(shorts);

	*longs = (struct option){o->name,
	    o->arg ? required_argument : no_argument, NULL, o->c ? o->c : code};
	if (o->c) {
		shorts[n++] = o->c;
		if (o->arg)
			shorts[n++] = ':';
		shorts[n] = '\0';
	}
}

/* Where the table has a flag's environment variable, "1", "true" and "yes" set
 * it and "0", "false", "no" and nothing do not. */
static bool
env_says_yes(const struct opt *o, const char *text)
{
	if (o->type != OPT_FLAG)
		return true;
	if (!strcmp(text, "1") || !strcasecmp(text, "true") ||
	    !strcasecmp(text, "yes"))
		return true;
	if (*text && strcmp(text, "0") != 0 && strcasecmp(text, "false") != 0 &&
	    strcasecmp(text, "no") != 0)
		wrong(o, text, "not true or false", true);
	return false;
}

static void
apply_common(struct opt_common *common, const struct opt_prog *prog, int c,
    const char *text)
{
	uint64_t fd;

	switch (c) {
	case 'h':
		usage(prog);
		break;
	case 'V':
		printf("%s (ots) %s\n", prog->name, ots_version);
		if (fflush(stdout) != 0)
			die_sys(EXIT_TEMP, "unable to write");
		exit(0);
	case 'v':
		common->verbose = true;
		log_level(LOG_LEVEL_DEBUG);
		break;
	case 'n':
		common->check_only = true;
		break;
	default:
		if (num_u64(slice_of(text), 1 << 20, &fd) < 0 || fd < 3)
			die(EXIT_USAGE, "-d \"%s\": not a descriptor from 3 up",
			    text);
		common->ready_fd = (int)fd;
	}
}

void
opt_parse(const struct opt_prog *prog, struct opt_common *common, int argc,
    char **argv)
{
	struct option longs[OPT_LIMIT + 1] = {0};
	const struct opt *by_code[OPT_LIMIT] = {0}, *o;
	char shorts[2 * OPT_LIMIT + 2] = "";
	bool seen[OPT_LIMIT] = {0};
	int n = 0, n_own, c, i;

	die_name(prog->name);
	*common = (struct opt_common){.ready_fd = -1};
	for (o = prog->opts; o->name && n < OPT_LIMIT - 5; o++, n++) {
		add_option(o, LONG_ONLY + n, &longs[n], shorts);
		by_code[n] = o;
	}
	n_own = n;
	for (o = common_opts; o->name; o++, n++)
		add_option(o, LONG_ONLY + n, &longs[n], shorts);
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == '?')
			die(EXIT_USAGE, "see %s -h", prog->name);
		for (i = 0; i < n_own && longs[i].val != c; i++)
			;
		if (i == n_own) {
			apply_common(common, prog, c, optarg);
			continue;
		}
		seen[i] = true;
		apply(prog, by_code[i], optarg, false);
	}
	for (i = 0; i < n_own; i++) {
		const char *text =
		    by_code[i]->env ? getenv(by_code[i]->env) : NULL;

		if (text && *text && !seen[i] && env_says_yes(by_code[i], text))
			apply(prog, by_code[i], text, true);
	}
	common->args = argv + optind;
	common->nargs = argc - optind;
	if (common->nargs < prog->min_args ||
	    (prog->max_args >= 0 && common->nargs > prog->max_args))
		die(EXIT_USAGE, "%s; usage: %s %s",
		    common->nargs < prog->min_args ? "an argument is missing"
						   : "too many arguments",
		    prog->name, prog->synopsis);
}
