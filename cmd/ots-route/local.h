/* local.h - the socket where local programs tap the stream and feed it.
 * Makes system calls. Each client gets hello and a copy of every open, close
 * and cot record; what it writes goes to route_inject. */
#ifndef OTS_ROUTE_LOCAL_H
#define OTS_ROUTE_LOCAL_H

#include <stdbool.h>
#include <stdint.h>

#include "loop.h"
#include "record.h"
#include "route.h"

struct local;

struct local_config {
	const char *path;
	unsigned mode;
	const char *node;
	struct loop *loop;
	struct route *route;
	char *chunk; /* WIRE_READ bytes, shared */
	/* A client's batch was routed: time to flush. */
	void (*on_batch)(void *arg);
	void *arg;
};

/* NULL with errno: cannot bind, or no memory. */
struct local *local_open(const struct local_config *cfg);
void local_close(struct local **l);

/* A record that clients are to see (if it is of a kind for them). */
void local_tap(struct local *l, const struct rec *rec);
/* Write what has been queued for them. */
void local_flush(struct local *l);
/* Stop or go on reading from them. */
void local_pause(struct local *l, bool pause);

#endif
