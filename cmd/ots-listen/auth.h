/* auth.h - asks ots-auth about passwords.
 * While it is away, questions wait; those that it has not answered are asked
 * again when it is back. Secrets are overwritten once they were sent. */
#ifndef OTS_LISTEN_AUTH_H
#define OTS_LISTEN_AUTH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "uplink.h"

TAILQ_HEAD(auth_asks, auth_ask);

/* One question, in the caller's memory. The texts must outlive it. */
struct auth_ask {
	const char *user, *secret, *peer;
	/* Called once, from within the reading of the answer: note it, and do
	 * not read into memory shared with the uplink. why: a loan, "" if ok.
	 */
	void (*fn)(void *arg, bool ok, const char *why);
	void *arg;
	/* Its own. */
	TAILQ_ENTRY(auth_ask) list;
	uint64_t id; /* 0: not asking */
};

struct auth {
	struct uplink up;
	struct auth_asks asks;
	uint64_t last_id;
	bool sent; /* secrets may still be in the queue of the uplink */
};

/* path, node and chunk as in struct uplink. 0, or -1 with errno. */
int auth_open(struct auth *a, struct loop *l, const char *path,
    const char *node, char *chunk);
void auth_close(struct auth *a);

void auth_ask(struct auth *a, struct auth_ask *q);
/* No answer is wanted any more. Harmless when not asking. */
void auth_forget(struct auth *a, struct auth_ask *q);
/* Once a turn: what was said goes out, and is overwritten. */
void auth_turn(struct auth *a);

#endif
