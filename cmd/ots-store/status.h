/* status.h - how it stands, in one list of names and numbers: for the log
 * (SIGUSR1) and for the file `status` of the spool, one record that is written
 * in place, with empty lines behind it:
 *   ev:status t:... database:up records:... ... */
#ifndef OTS_STORE_STATUS_H
#define OTS_STORE_STATUS_H

#include <stdbool.h>

#include "lag.h"
#include "pass.h"
#include "stats.h"

struct status {
	const struct pass *pass;
	const struct spool *spool;
	const struct store_stats *stats;
	struct lag lag;
	uint64_t restarts; /* of the writer */
	int fd;            /* the file, or -1 */
	uint64_t told;     /* what was written to it last, as a sum */
};

/* Opens the file; without one if that fails: 0, or -1 with errno. */
int status_open(struct status *s, const char *dir);
void status_close(struct status *s);

/* Once a second or so, monotonic time. */
void status_mark(struct status *s, uint64_t now);
/* How long the oldest record waits for the database, microseconds. */
uint64_t status_lag(const struct status *s, uint64_t now);
/* Is all that came in whole in the database? */
bool status_done(const struct status *s);

void status_log(const struct status *s, uint64_t now);
/* To the file, if anything has changed. */
void status_write(struct status *s, uint64_t now);

#endif
