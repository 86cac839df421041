/* watch.h - what ots-store does beside the stream: keeps a writer running,
 * takes its records, tells how it stands, says loudly when the spool is full.
 * Times are microseconds of the monotonic clock. Never waits. */
#ifndef OTS_STORE_WATCH_H
#define OTS_STORE_WATCH_H

#include "child.h"
#include "status.h"

#define WATCH_NEVER UINT64_MAX

struct watch {
	const struct writer_config *writer;
	struct spool *spool;
	struct pass *pass;
	struct status status;
	struct child child;
	bool draining; /* that the writer ends is right */
	bool ending;   /* it is not started again */
	int code; /* exit code of the last one; -1: a signal, or none yet */
	uint64_t start_at, started, wait_us; /* of the writer */
	uint64_t tick_at, file_at, log_at;
	bool beside; /* that the spool is full was told */
	uint64_t full_at, try_at;
};

/* Starts the first writer. 0, or -1 with errno. */
int watch_open(struct watch *w, struct spool *spool, struct pass *pass,
    const struct writer_config *writer, uint64_t now);
void watch_close(struct watch *w);

/* Where the writer's records come from, if they can be taken now; or -1. */
int watch_fd(const struct watch *w);
/* It is readable. */
void watch_take(struct watch *w, uint64_t now);
/* When to call it next is in tick_at. */
void watch_tick(struct watch *w, uint64_t now);
/* After each read beside the spool, and when that may have ended. */
void watch_full(struct watch *w, uint64_t now);

#endif
