/* feed.h - what one client is sent: verdicts, and the newest list of users in
 * pieces, so that a queue stays short however long the list is. A reader that
 * is slow misses lists, never parts of one; one that takes nothing at all for
 * FEED_STUCK_US is given up. */
#ifndef OTS_AUTH_FEED_H
#define OTS_AUTH_FEED_H

#include "snap.h"
#include "wire.h"

#define FEED_STUCK_US ((uint64_t)30000000)
/* The queue that it needs, as of wire_out_open. */
#define FEED_HIGH ((size_t)256 << 10)
#define FEED_MAX  ((size_t)4 << 20)

struct feed {
	/* Set before: the reader has gone, or is stuck. Called once; the memory
	 * of the feed and its queue must stay until the round of handlers is
	 * over. */
	void (*on_end)(void *arg, bool stuck);
	void *arg;
	/* Its own. */
	struct loop *loop;
	struct wire_out *out; /* append records to out->q, then feed_pump */
	struct loop_timer stuck;
	uint64_t taken;    /* bytes, when that timer was set */
	struct snap *snap; /* being sent from `at` on; NULL: none */
	size_t at;
	struct snap *next; /* to be sent after it */
	uint64_t lists;    /* that were sent whole */
	bool pumping, room, ended;
};

/* out: open, a loan; its handlers are to call feed_room and feed_gone. */
void feed_open(struct feed *f, struct wire_out *out);
void feed_close(struct feed *f);
void feed_room(struct feed *f);
void feed_gone(struct feed *f);
void feed_snap(struct feed *f, struct snap *s);
/* Write what there is. */
void feed_pump(struct feed *f);
/* Something was due that does not fit: the same as a stuck reader. */
void feed_overrun(struct feed *f);

#endif
