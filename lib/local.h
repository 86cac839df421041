/* local.h - a Unix socket where local programs speak ots-record(5): the other
 * end of uplink.h. Accepts, says hello, cuts records, gathers what is to be
 * written, and tells in the log who joins and leaves. Never blocks; what one
 * client does or leaves undone does not hold up another.
 *
 * Its user says what a client is: a struct of its own that begins with a struct
 * local_client, of `size` bytes, all zero when on_join sees it. It is in
 * `clients` until on_leave, after which it is freed: at the end of a round of
 * handlers (loop.h), never in the middle of one. */
#ifndef OTS_LOCAL_H
#define OTS_LOCAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "log.h"
#include "loop.h"
#include "slot.h"
#include "wire.h"

struct local;

struct local_client {
	struct local *local;
	char id[SLOT_TEXT_MAX]; /* for logs and records */
	struct slot_id slot;    /* the same, for local_get */
	struct wire_in in;
	struct wire_out out; /* append records to out.q, then flush */
	bool mute;           /* says nothing more: the end, or local_end */
	bool deaf;           /* takes nothing more: it hung up, or local_end */
	/* Its own. */
	TAILQ_ENTRY(local_client) link;
	struct loop_task reap;
	int fd, fd_out; /* the same socket: a loop watches one only once */
	bool met;       /* on_join was called */
};

TAILQ_HEAD(local_clients, local_client);

/* Since local_open, but for `clients`: now. */
struct local_counts {
	uint64_t clients, refused;
	uint64_t records, bad; /* that they wrote */
};

struct local {
	/* Set these before local_open. */
	const char *path;    /* of the socket; must outlive it */
	unsigned mode;       /* its permissions */
	const char *program; /* of hello */
	const char *node;
	const char *ids;   /* clients are IDS.SLOT.GENERATION (slot.h) */
	uint32_t max;      /* clients; further ones are refused */
	size_t size;       /* of a client */
	char *chunk;       /* WIRE_READ bytes, shared by wires of the loop */
	size_t line_max;   /* of a record that comes in */
	size_t queue_high; /* of what goes out, as of wire_out_open */
	size_t queue_max;
	/* The handlers; any but on_record may be NULL.
	 * It is there, hello is queued: append to it, but flush nothing. 0, or
	 * -1 with errno: refused. */
	int (*on_join)(struct local_client *c);
	/* A whole record. False: it may not say that, counted in in.bad. */
	bool (*on_record)(struct local_client *c, const struct rec *r);
	/* All records of one read have been handed out; also at the end of what
	 * it says. */
	void (*on_batch)(struct local_client *c);
	/* Its queue has room again (wire.h). */
	void (*on_room)(struct local_client *c);
	/* It has become deaf. What it wrote is read to its end nevertheless,
	 * unless local_end is called. */
	void (*on_deaf)(struct local_client *c);
	/* The counterpart of on_join, also of one that refused. */
	void (*on_leave)(struct local_client *c);
	/* More fields for a line about it. */
	void (*on_log)(const struct local_client *c, struct log_line *l);
	void *arg; /* for the handlers, as c->local->arg */
	/* Its own, but for looking through clients. */
	struct local_clients clients;
	struct loop *loop;
	struct loop_io io;
	struct slots slots;
	struct local_counts sum; /* of those that left */
	int fd;
	bool paused;
};

/* Binds and listens. 0, or -1 with errno: cannot bind, no memory; then it is
 * closed. */
int local_open(struct local *l, struct loop *loop);
/* All clients leave, without a word to the log; the socket is removed. Harmless
 * when it is closed already, or all zero. The loop must not run after it: of
 * clients that ended just now it still knows. */
void local_close(struct local *l);

/* NULL: it has left. */
struct local_client *local_get(const struct local *l, struct slot_id slot);
/* It leaves, when the present round of handlers is over: mute and deaf. */
void local_end(struct local_client *c);
/* Write what has been queued for all. */
void local_flush(struct local *l);
/* Stop or go on reading from all, those to come too. */
void local_pause(struct local *l, bool pause);
/* A line about a client; what: joined, left, ... */
void local_log(const struct local_client *c, const char *what);
struct local_counts local_counts(const struct local *l);

#endif
