/* query.h - the commands of ots-query(1). Each is a run of opt.h: it returns
 * the exit code, or ends the program by die. */
#ifndef OTS_QUERY_H
#define OTS_QUERY_H

#include <stdint.h>

#include "args.h"
#include "db.h"
#include "store_query.h"

enum format {
	FORMAT_RECORD,
	FORMAT_COT,
	FORMAT_JSON,
	FORMAT_CSV,
	FORMAT_TABLE,
	FORMAT_GPX,
	FORMAT_KML,
	FORMAT_DEFAULT
};

struct app {
	const char *database, *data; /* options */
	char uri[DB_URI_MAX];
	struct store_reader *r;
	/* Options of commands. */
	struct args args;
	enum format format;
	uint64_t limit;
};

int run_events(void *ctx, int nargs, char **args);
int run_tracks(void *ctx, int nargs, char **args);
int run_chat(void *ctx, int nargs, char **args);
int run_devices(void *ctx, int nargs, char **args);
int run_alerts(void *ctx, int nargs, char **args);

#endif
