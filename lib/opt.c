#include "opt.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
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

/* One run over the arguments. The options of a command stand behind those of
 * the program, so that their places stay. */
struct parse {
	const struct opt_prog *prog;
	const struct opt_command *commands, *command;
	struct opt_common *common;
	char who[64]; /* "ots-user", then "ots-user add" */
	int n;        /* own options: of the program and of the command */
	const struct opt *own[OPT_LIMIT];
	bool seen[OPT_LIMIT];
	struct option longs[OPT_LIMIT + 1];
	char shorts[2 * OPT_LIMIT + 3];
};

static void
usage_command(const struct opt_command *c)
{
	char left[128];

	if (str_fmt(left, sizeof left, "%s%s%s", c->name,
		*c->synopsis ? " " : "", c->synopsis) < 0)
		left[0] = '\0';
	if (strlen(left) > 28)
		printf("  %s\n%31s%s\n", left, "", c->help);
	else
		printf("  %-28s %s\n", left, c->help);
}

static void
usage_head(const struct parse *p)
{
	const struct opt_command *c;

	if (p->command) {
		printf("usage: %s %s\n%s\n\n", p->who, p->command->synopsis,
		    p->command->help);
		return;
	}
	printf(
	    "usage: %s %s\n%s\n\n", p->who, p->prog->synopsis, p->prog->about);
	if (!p->commands)
		return;
	printf("commands:\n");
	for (c = p->commands; c->name; c++)
		usage_command(c);
	printf("\noptions (those of a command: %s COMMAND -h):\n", p->who);
}

static void
usage(const struct parse *p)
{
	const struct opt *o;
	int i, n_prog = 0;

	while (p->prog->opts[n_prog].name)
		n_prog++;
	usage_head(p);
	for (i = n_prog; i < p->n; i++)
		usage_line(p->own[i]);
	for (i = 0; i < n_prog && i < p->n; i++)
		usage_line(p->own[i]);
	for (o = common_opts; o->name; o++)
		usage_line(o);
	if (fflush(stdout) != 0)
		die_sys(EXIT_TEMP, "unable to write to standard output");
	exit(0);
}

static _Noreturn void
wrong(const struct opt *o, const char *text, const char *why, bool env)
{
	die(EXIT_USAGE, "%s%s: %s%s%s: %s", env ? "environment " : "--",
	    env ? o->env : o->name, text ? "\"" : "", text ? text : "",
	    text ? "\"" : "", why);
}

static void
apply_mode(const struct opt *o, const char *text, bool env)
{
	size_t n = strlen(text);
	unsigned long mode;

	if (n < 3 || n > 4 || strspn(text, "01234567") != n)
		wrong(o, text, "not an octal mode like 0660", env);
	mode = strtoul(text, NULL, 8);
	if (mode < o->min || mode > o->max)
		wrong(o, text, "not an octal mode like 0660", env);
	*(unsigned *)o->dst = (unsigned)mode;
}

/* "not a, b or c" */
static void
wrong_word(const struct opt *o, const char *text, bool env)
{
	const char *const *words = ((const struct opt_words *)o->dst)->words;
	struct buf why = {.max = 256};
	size_t i;

	buf_puts(&why, "not ");
	for (i = 0; words[i]; i++)
		buf_fmt(&why, "%s%s",
		    i == 0             ? ""
			: words[i + 1] ? ", "
				       : " or ",
		    words[i]);
	buf_putc(&why, '\0');
	wrong(o, text, why.failed ? "no such word" : buf_data(&why), env);
}

static void
apply_word(const struct opt *o, const char *text, bool env)
{
	const struct opt_words *w = o->dst;
	unsigned i;

	for (i = 0; w->words[i]; i++)
		if (strcmp(text, w->words[i]) == 0) {
			*(unsigned *)w->value = i;
			return;
		}
	wrong_word(o, text, env);
}

static void
apply_number(const struct opt *o, const char *text, bool env)
{
	struct slice s = slice_of(text);
	uint64_t v = 0, unit = 1;
	char range[96];
	int r;

	switch (o->type) {
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
	default:
		r = num_u64(s, o->max, &v);
	}
	if (r < 0 || v < o->min || v > o->max) {
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
apply_fn(const struct opt_prog *prog, const struct opt *o, const char *text,
    bool env)
{
	const char *why = o->fn(prog->ctx, text);

	if (why)
		wrong(o, text, why, env);
}

static void
apply(const struct opt_prog *prog, const struct opt *o, const char *text,
    bool env)
{
	switch (o->type) {
	case OPT_FLAG:
		*(bool *)o->dst = true;
		break;
	case OPT_NODE:
		if (!slots_node_valid(slice_of(text)))
			wrong(o, text, "not 1 to 32 of A-Z a-z 0-9 _ -", env);
		*(const char **)o->dst = text;
		break;
	case OPT_STR:
		*(const char **)o->dst = text;
		break;
	case OPT_FN:
		apply_fn(prog, o, text, env);
		break;
	case OPT_MODE:
		apply_mode(o, text, env);
		break;
	case OPT_WORD:
		apply_word(o, text, env);
		break;
	case OPT_U64:
	case OPT_BYTES:
	case OPT_MS:
	case OPT_SECONDS:
		apply_number(o, text, env);
		break;
	}
}

static void
add_option(struct parse *p, const struct opt *o, int at)
{
	size_t n = strlen(p->shorts);

	p->longs[at] =
	    (struct option){o->name, o->arg ? required_argument : no_argument,
		NULL, o->c ? o->c : LONG_ONLY + at};
	if (o->c) {
		p->shorts[n++] = o->c;
		if (o->arg)
			p->shorts[n++] = ':';
		p->shorts[n] = '\0';
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
apply_common(const struct parse *p, int c, const char *text)
{
	uint64_t fd;

	switch (c) {
	case 'h':
		usage(p);
		break;
	case 'V':
		printf("%s (ots) %s\n", p->prog->name, ots_version);
		if (fflush(stdout) != 0)
			die_sys(EXIT_TEMP, "unable to write");
		exit(0);
	case 'v':
		p->common->verbose = true;
		log_level(LOG_LEVEL_DEBUG);
		break;
	case 'n':
		p->common->check_only = true;
		break;
	default:
		if (num_u64(slice_of(text), 1 << 20, &fd) < 0 || fd < 3)
			die(EXIT_USAGE, "-d \"%s\": not a descriptor from 3 up",
			    text);
		p->common->ready_fd = (int)fd;
	}
}

static void
add_table(struct parse *p, const struct opt *o)
{
	for (; o && o->name; o++) {
		if (p->n == OPT_LIMIT - 5)
			die(EXIT_IMPOSSIBLE, "too many options");
		p->own[p->n++] = o;
	}
}

/* With a "+" first, getopt_long stops at the first argument that is not an
 * option: the command. */
static void
tables_begin(struct parse *p, bool stop)
{
	const struct opt *o;
	int i, n;

	p->shorts[0] = stop ? '+' : '\0';
	p->shorts[1] = '\0';
	for (n = 0; n < p->n; n++)
		add_option(p, p->own[n], n);
	for (o = common_opts; o->name; o++, n++)
		add_option(p, o, n);
	for (i = n; i <= OPT_LIMIT; i++)
		p->longs[i] = (struct option){0};
}

/* The options among argv[1] and after; where the others begin. */
static int
run_options(struct parse *p, int argc, char **argv, bool stop)
{
	int c, i;

	tables_begin(p, stop);
	optind = 0; /* begin anew (GNU) */
	while ((c = getopt_long(argc, argv, p->shorts, p->longs, NULL)) != -1) {
		if (c == '?')
			die(EXIT_USAGE, "see %s -h", p->who);
		for (i = 0; i < p->n && p->longs[i].val != c; i++)
			;
		if (i == p->n) {
			apply_common(p, c, optarg);
			continue;
		}
		p->seen[i] = true;
		apply(p->prog, p->own[i], optarg, false);
	}
	return optind;
}

static void
run_environment(struct parse *p)
{
	int i;

	for (i = 0; i < p->n; i++) {
		const struct opt *o = p->own[i];
		const char *text = o->env ? getenv(o->env) : NULL;

		if (text && *text && !p->seen[i] && env_says_yes(o, text))
			apply(p->prog, o, text, true);
	}
}

static void
take_args(struct parse *p, int nargs, char **args, int min, int max)
{
	p->common->args = args;
	p->common->nargs = nargs;
	if (nargs < min || (max >= 0 && nargs > max))
		die(EXIT_USAGE, "%s; usage: %s %s",
		    nargs < min ? "an argument is missing"
				: "too many arguments",
		    p->who,
		    p->command ? p->command->synopsis : p->prog->synopsis);
}

static void
parse_init(struct parse *p, const struct opt_prog *prog,
    const struct opt_command *commands, struct opt_common *common)
{
	die_name(prog->name);
	*common = (struct opt_common){.ready_fd = -1};
	*p = (struct parse){
	    .prog = prog, .commands = commands, .common = common};
	if (str_fmt(p->who, sizeof p->who, "%s", prog->name) < 0)
		die(EXIT_IMPOSSIBLE, "the name of the program is too long");
	add_table(p, prog->opts);
}

void
opt_parse(const struct opt_prog *prog, struct opt_common *common, int argc,
    char **argv)
{
	struct parse p;
	int at;

	parse_init(&p, prog, NULL, common);
	at = run_options(&p, argc, argv, false);
	run_environment(&p);
	take_args(&p, argc - at, argv + at, prog->min_args, prog->max_args);
}

/* How many of the words are the command's name; 0: they are not. */
static int
name_words(const char *name, int nargs, char **args)
{
	const char *blank = strchr(name, ' ');
	size_t n = blank ? (size_t)(blank - name) : strlen(name);

	if (!nargs || !slice_eq(slice_of(args[0]), (struct slice){name, n}))
		return 0;
	if (!blank)
		return 1;
	return nargs > 1 && !strcmp(args[1], blank + 1) ? 2 : 0;
}

const struct opt_command *
opt_parse_command(const struct opt_prog *prog,
    const struct opt_command *commands, struct opt_common *common, int argc,
    char **argv)
{
	const struct opt_command *c;
	struct parse p;
	char *word;
	int at, words = 0;

	parse_init(&p, prog, commands, common);
	at = run_options(&p, argc, argv, true);
	if (at == argc)
		die(EXIT_USAGE, "a command is missing; see %s -h", p.who);
	argc -= at;
	argv += at;
	for (c = commands; c->name; c++)
		if ((words = name_words(c->name, argc, argv)) > 0)
			break;
	if (!c->name)
		die(EXIT_USAGE, "\"%s\" is not a command; see %s -h", argv[0],
		    p.who);
	p.command = c;
	if (str_fmt(p.who, sizeof p.who, "%s %s", prog->name, c->name) < 0)
		die(EXIT_IMPOSSIBLE, "the name of the command is too long");
	add_table(&p, c->opts);
	argc -= words - 1;
	argv += words - 1;
	word = argv[0];
	argv[0] = p.who; /* for what getopt_long prints */
	at = run_options(&p, argc, argv, false);
	argv[0] = word;
	run_environment(&p);
	take_args(&p, argc - at, argv + at, c->min_args, c->max_args);
	return c;
}
