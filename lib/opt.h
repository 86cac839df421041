/* opt.h - options by table: getopt_long, the environment, and -h from one list.
 * Order: flag, environment, default. Every program has -h, -V, -v, -n and
 * -d FD; they are not in its table. Bad usage ends the program with 100. */
#ifndef OTS_OPT_H
#define OTS_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest OPT_SECONDS that makes sense: 30 years, in microseconds. */
#define OPT_SECONDS_MAX UINT64_C(1000000000000000)

enum opt_type {
	OPT_FLAG,  /* bool *dst = true */
	OPT_STR,   /* const char **dst */
	OPT_U64,   /* uint64_t *dst, min to max */
	OPT_BYTES, /* uint64_t *dst, min to max, suffixes K M G */
	OPT_MS, /* uint64_t *dst in microseconds; the text is milliseconds and
		   may have a fraction; min and max in microseconds */
	OPT_SECONDS, /* the same with seconds */
	OPT_NODE,    /* const char **dst: the name of a node (slot.h) */
	OPT_MODE,    /* unsigned *dst (or a mode_t): permissions, three or four
			octal digits, min to max (0 to 0777) */
	OPT_WORD,    /* dst: OPT_WORDS(&x, "one", "two", ...) */
	OPT_FN, /* fn(ctx, text) for each occurrence; NULL, or what is wrong */
};

struct opt {
	char c;           /* short option, or 0 */
	const char *name; /* long option */
	const char *arg;  /* name of its argument in the usage, NULL: none */
	const char *env;  /* environment variable that gives it, or NULL */
	enum opt_type type;
	void *dst;
	uint64_t min, max;
	const char *(*fn)(void *ctx, const char *text);
	const char *help;
};

/* The words that an OPT_WORD may have. *value becomes the number of the word,
 * from 0: an enum in the order of the words (or an unsigned). */
struct opt_words {
	void *value;
	const char *const *words; /* ends with NULL */
};

/* In a table, as dst. Lives as long as the table: in the block where it stands,
 * or for ever at file scope. */
#define OPT_WORDS(value, ...)                                                  \
	&(struct opt_words)                                                    \
	{                                                                      \
		(value), (const char *const[])                                 \
		{                                                              \
			__VA_ARGS__, NULL                                      \
		}                                                              \
	}

struct opt_prog {
	const char *name;
	const char *synopsis;   /* what follows the name in the usage line */
	const char *about;      /* one sentence */
	const struct opt *opts; /* ends with name NULL */
	void *ctx;              /* for fn */
	int min_args, max_args; /* positional; max -1: any number */
};

/* What the common options said. */
struct opt_common {
	bool check_only; /* -n: check the configuration and exit */
	int ready_fd;    /* -d FD, else -1 */
	bool verbose;    /* -v (already given to log_level) */
	char **args;     /* positional arguments */
	int nargs;
};

void opt_parse(const struct opt_prog *prog, struct opt_common *common, int argc,
    char **argv);

/* A program whose first argument says what to do: ots-user add USER. */
struct opt_command {
	const char *name;       /* one word, or two: "group add" */
	const char *synopsis;   /* what follows the name in the usage line */
	const char *help;       /* for the list of -h */
	const struct opt *opts; /* its own, ends with name NULL; or NULL */
	int min_args, max_args; /* positional behind the name; -1: any number */
	int (*run)(void *ctx, int nargs, char **args);
};

/* As opt_parse, with commands (that end with name NULL): which one was asked
 * for; common->args is what follows its name. Options of prog->opts may stand
 * before the command or behind it, those of the command behind it. -h before
 * the command lists the commands, behind it tells about that one. prog's
 * min_args and max_args say nothing here. No command, or one that is not in the
 * table: ends with 100. The caller calls run (the exit code is its own affair).
 */
const struct opt_command *opt_parse_command(const struct opt_prog *prog,
    const struct opt_command *commands, struct opt_common *common, int argc,
    char **argv);

/* The version that -V prints. */
extern const char ots_version[];

#endif
