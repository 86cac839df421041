/* args.h - options of ots-replay whose text needs to be understood. */
#ifndef REPLAY_ARGS_H
#define REPLAY_ARGS_H

#include <stddef.h>

#include "replay.h"
#include "str.h"

#define ARGS_RENAMES 256

struct args {
	struct replay_config cfg;
	struct slice from[ARGS_RENAMES], to[ARGS_RENAMES]; /* loans of argv */
	size_t n;
};

/* For opt.h, with a struct args: NULL, or what is wrong. */
const char *args_speed(void *ctx, const char *text);
const char *args_from(void *ctx, const char *text);
const char *args_until(void *ctx, const char *text);
const char *args_uid(void *ctx, const char *text);

#endif
