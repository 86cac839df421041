/* link.h - the front's side of the keeper (keeper.h): starts it, starts it anew
 * when it died or has stood still for too long, and turns what it says into
 * calls. */
#ifndef OTS_AUTH_LINK_H
#define OTS_AUTH_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "keeper.h"
#include "loop.h"
#include "snap.h"

/* Silent for so long, the keeper counts as away. */
#define LINK_SILENT_US ((uint64_t)4000000)
/* And for so long, as lost for good: longer than any migration should take. */
#define LINK_LOST_US ((uint64_t)600 * 1000000)

struct link;

struct link_config {
	struct loop *loop;
	struct keeper_config *keeper; /* was_up is set by us */
	char *chunk;                  /* WIRE_READ bytes, shared */
	/* A new list of users; a loan. */
	void (*on_snap)(void *arg, struct snap *s);
	/* NULL: there is none to be had now. */
	void (*on_hash)(void *arg, uint64_t id, const char *hash);
	/* Told at every change, the first one too; why: NULL if up. */
	void (*on_state)(void *arg, bool up, const char *why);
	/* It ended with 100: a human must act, and it has said what. */
	void (*on_fatal)(void *arg);
	/* In the keeper's process, first of all: forget what it must not have.
	 */
	void (*in_child)(void *arg);
	void *arg;
};

/* NULL with errno. */
struct link *link_open(const struct link_config *cfg);
void link_close(struct link **l);

/* An answer follows by on_hash, from the loop, or never. */
void link_lookup(struct link *l, uint64_t id, const char *name);
/* Write what was asked in this turn. */
void link_flush(struct link *l);

struct link_counts {
	uint64_t bad, restarts, snaps;
};
struct link_counts link_counts(const struct link *l);

#endif
