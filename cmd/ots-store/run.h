/* run.h - ots-store's wiring: the stream, the writer's process, signals, the
 * clock. Makes system calls; ends the program where it cannot go on. */
#ifndef OTS_STORE_RUN_H
#define OTS_STORE_RUN_H

#include <stdbool.h>

#include "writer.h"

struct run_config {
	const char *spool;
	uint64_t spool_max;
	bool wait; /* for room in the spool */
	int ready_fd;
	struct writer_config writer; /* run fills in descriptors and stats */
};

/* Until the end of the input, or a signal; the exit code. */
int run(struct run_config *cfg);

#endif
