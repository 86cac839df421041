/* run.h - ots-auth's wiring: the socket, the keeper, the workers, signals,
 * timers. Makes system calls; ends the program where it cannot go on.
 *
 * Three kinds of processes, one program:
 *   front    the socket, the limits, what is remembered; never waits
 *   keeper   the database, the files; waits for as long as the database does
 *   workers  one password each, 0.1 s and 64 MiB at a time
 * The database is in a process of its own since no way of asking libpq bounds
 * the time that it takes: one that hangs is away, and can be killed, while the
 * front goes on serving what it knows. Processes rather than threads: a front
 * that has no database cannot wait for one, and none of the three can reach
 * into another's memory. */
#ifndef OTS_AUTH_RUN_H
#define OTS_AUTH_RUN_H

#include "keeper.h"

struct run_config {
	const char *socket, *node;
	unsigned mode, workers;
	int ready_fd;
	struct keeper_config keeper; /* run fills in the seed */
};

/* Until a signal; the exit code. */
int run(struct run_config *cfg);

#endif
