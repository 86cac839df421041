/* uplink.h - a client of a local socket that speaks ots-record(5) and may come
 * and go: connects, says hello, connects again by itself. Never blocks.
 *
 * All callbacks come from the loop, none from within a function of this header.
 * Each of them may call every function here, uplink_close too: after that no
 * callback comes any more, the record in hand included in what is gone. The
 * memory of the struct must stay until the present round of handlers is over
 * (loop.h): free it from a loop_later task. */
#ifndef OTS_UPLINK_H
#define OTS_UPLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "loop.h"
#include "wire.h"

/* What may wait for a server that does not read: beyond, rec_end fails. */
#define UPLINK_QUEUE ((size_t)1 << 20)

struct uplink {
	/* Set these before uplink_open. */
	const char *path;    /* Unix socket; must outlive it */
	const char *program; /* of hello */
	const char *node;
	char *chunk;     /* WIRE_READ bytes, shared by the wires of the loop */
	size_t line_max; /* of a record that comes in */
	/* Connected: hello is written; write what must be said first. What is
	 * appended in here is flushed by itself. */
	void (*on_up)(void *arg);
	/* Every record of the server, its hello too. */
	void (*on_record)(void *arg, const struct rec *r);
	/* Lost, or not there: err as of errno, 0: end of the stream. Called
	 * once for each loss, and once if it is not there at first. */
	void (*on_down)(void *arg, int err);
	void *arg;
	/* Its own. */
	struct loop *loop;
	struct wire_in in;
	struct wire_out out;
	struct loop_timer retry;
	uint64_t wait_us; /* until the next try: 50 ms, doubled up to 1 s */
	int fd, fd_out;   /* the same socket: a loop watches one only once */
	int err;          /* why it was lost */
	bool up, wired, told_down;
};

/* The first try is made by the loop. 0, or -1 with errno: no memory. That
 * nobody listens is not an error. */
int uplink_open(struct uplink *u, struct loop *l);
/* Harmless when it is closed already, or all zero. */
void uplink_close(struct uplink *u);
/* Where to append records while up (rec_begin ...); NULL: down. Then flush. */
struct buf *uplink_out(struct uplink *u);
void uplink_flush(struct uplink *u);

#endif
