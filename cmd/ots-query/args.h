/* args.h - what is asked for, as options say it. Pure. Functions of options are
 * those of opt.h: NULL, or what is wrong. */
#ifndef OTS_QUERY_ARGS_H
#define OTS_QUERY_ARGS_H

#include "store_query.h"

struct args {
	struct store_query q;
	struct store_box box;
	int64_t now; /* microseconds since 1970 */
};

/* All that there is. */
void args_init(struct args *a, int64_t now);

/* A time: ISO 8601 (2024-05-06T07:08:09Z, or less of it; without a zone it is
 * UTC), now, today, yesterday, or so long ago: a number and s, m, h, d, w or y.
 * Days are those of UTC. 0, or -1. */
int args_time(const char *text, int64_t now, int64_t *us);

const char *args_since(void *ctx, const char *text);
const char *args_until(void *ctx, const char *text);
const char *args_bbox(void *ctx, const char *text);
const char *args_uid(void *ctx, const char *text);
const char *args_type(void *ctx, const char *text);
const char *args_group(void *ctx, const char *text);
const char *args_user(void *ctx, const char *text);

#endif
