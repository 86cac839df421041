/* worker.h - processes that check one password after another: each check costs
 * 64 MiB and 0.1 s or more, which the loop does not have. Jobs and results are
 * packets of a fixed size rather than records: nothing to escape, nothing that
 * grows, and one place to wipe. */
#ifndef OTS_AUTH_WORKER_H
#define OTS_AUTH_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "check.h"
#include "loop.h"

#define WORKERS_MAX 8

struct workers;

struct workers_config {
	struct loop *loop;
	unsigned n; /* 1 to WORKERS_MAX */
	/* The result of a job; the worker is idle again. LOST: it died. */
	void (*on_done)(void *arg, uint64_t job, enum check_result result);
	/* A worker that was started anew is there. */
	void (*on_more)(void *arg);
	void *arg;
};

/* NULL with errno. */
struct workers *workers_start(const struct workers_config *cfg);
void workers_end(struct workers **w);

/* Give a job to an idle worker. False: all are at work. */
bool workers_give(
    struct workers *w, uint64_t job, const char *hash, struct slice secret);
/* Workers that have died. */
uint64_t workers_lost(const struct workers *w);

#endif
