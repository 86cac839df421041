/* run.h - ots-route's wiring: descriptors, signals, timers, the socket.
 * Makes system calls; ends the program where it cannot go on. */
#ifndef OTS_ROUTE_RUN_H
#define OTS_ROUTE_RUN_H

#include "route.h"

struct run_config {
	struct route_config route; /* run fills in what the system gives */
	const char *socket;        /* NULL: none */
	const char *auth;          /* socket of ots-auth; NULL: none */
	unsigned mode;
	int ready_fd;
};

/* Until the end of input or a signal; the exit code. */
int run(const struct run_config *cfg);

#endif
