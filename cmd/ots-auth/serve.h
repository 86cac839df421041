/* serve.h - the socket: clients that watch the list of users or ask about
 * passwords. Records as in ots-auth(8).
 * How they are sent what they get: feed.h. */
#ifndef OTS_AUTH_SERVE_H
#define OTS_AUTH_SERVE_H

#include "check.h"
#include "loop.h"
#include "snap.h"

#define SERVE_CLIENTS  64
#define SERVE_LINE_MAX ((size_t)8 << 10) /* of a record of a client */

struct serve;

struct serve_config {
	const char *path;
	unsigned mode;
	const char *node;
	struct loop *loop;
	char *chunk; /* WIRE_READ bytes, shared; wiped after each read */
	/* A password is asked about; the texts are loans, and gone after. */
	void (*on_ask)(void *arg, const struct check_ask *ask);
	/* All requests of one read were handed out. */
	void (*on_batch)(void *arg);
	void *arg;
};

/* NULL with errno: cannot bind, or no memory. */
struct serve *serve_open(const struct serve_config *cfg);
void serve_close(struct serve **s);

/* To all who watch, and to those who will. */
void serve_snap(struct serve *s, struct snap *snap);
/* why NULL: ok. To a client that has gone: nothing. */
void serve_verdict(
    struct serve *s, const struct check_ask *ask, const char *why);
/* Write the verdicts of this turn. */
void serve_flush(struct serve *s);

/* In a child: overwrite what may be left of records. */
void serve_wipe(struct serve *s);

struct serve_counts {
	uint64_t clients, watchers; /* now */
	uint64_t records, bad, refused, stuck;
	uint64_t lists; /* that were sent whole */
};
struct serve_counts serve_counts(const struct serve *s);

#endif
