/* taps.h - the socket where local programs tap the stream and feed it.
 * Makes system calls. Each client gets hello and a copy of every open, close
 * and cot record; what it writes goes to route_inject. */
#ifndef OTS_ROUTE_TAPS_H
#define OTS_ROUTE_TAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "loop.h"
#include "record.h"
#include "route.h"

struct taps;

struct taps_config {
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
struct taps *taps_open(const struct taps_config *cfg);
void taps_close(struct taps **t);

/* The rest does nothing with NULL. */

/* A record that clients are to see (if it is of a kind for them). */
void taps_show(struct taps *t, const struct rec *rec);
/* Write what has been queued for them. */
void taps_flush(struct taps *t);
/* Stop or go on reading from them. */
void taps_pause(struct taps *t, bool pause);

#endif
