/* fanout.h - one copy of each delivery, and per client a queue of references.
 * Pure: no system calls. Sizes are bytes.
 *
 * Deliveries are laid end to end in chunks. A queue is a list of ranges of
 * consecutive deliveries of a chunk, so what a broadcast costs for a client is
 * one comparison and one addition, and what is sent to it is one piece of
 * memory for all deliveries between two of its own. Each encoding has chunks of
 * its own, so that this holds in a room of both; a queue may hold both, in
 * order.
 *
 * A queue has a maximum. When it is passed (fan_shrink), older positions and
 * items that have a newer one of the same uid go first, then positions, oldest
 * first; chat and control never go: if they do not fit, the client must. */
#ifndef OTS_LISTEN_FANOUT_H
#define OTS_LISTEN_FANOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "str.h"

/* How a delivery is written: as XML, as a frame of TAK protocol version 1, or
 * as XML with a declaration: who sends frames without having asked
 * (cot-streaming 4.6) may look at the first bytes of what it is sent, as PyTAK
 * does, and takes it for XML only with that. */
enum fan_kind { FAN_XML, FAN_PB, FAN_DECLARED };
#define FAN_KINDS 3

enum fan_class { FAN_POSITION, FAN_ITEM, FAN_CHAT, FAN_CONTROL };

struct receipt; /* the caller's */

struct fan_event {
	uint64_t uid; /* hash of the event's uid */
	uint32_t off, len;
	enum fan_class class;
	struct receipt *receipt; /* NULL: nobody wants one */
};

struct fan_chunk {
	struct fan_event *ev;
	char *data;
	uint32_t n, cap_ev;
	uint32_t used, cap;
	uint32_t refs; /* ranges that refer to it */
	bool own;      /* of one queue only: a copy made for a slow client */
	struct fan_chunk *next_spare;
};

struct fan_range {
	struct fan_chunk *c;
	uint32_t first, end;
};

struct fan_queue {
	struct fan_range *r;
	uint32_t head, n, cap;
	uint32_t skip; /* bytes of the first delivery that are sent */
	size_t bytes;  /* not sent yet */
	uint64_t replaced, dropped;
	/* Deliveries in it that have a receipt; who pushes them counts. */
	uint32_t receipts;
};

struct fan {
	struct fan_chunk *cur[FAN_KINDS];
	struct fan_chunk *spare;
	uint32_t n_spare;
	uint32_t live; /* chunks in use that are not own */
	uint64_t added_bytes;
	/* A delivery with a receipt leaves a queue: sent to its last byte, or
	 * not (dropped, or cleared). Must not touch the queue. */
	void (*on_receipt)(
	    void *arg, struct fan_queue *q, struct receipt *receipt, bool sent);
	void *arg;
};

/* A delivery just laid down. */
struct fan_ref {
	struct fan_chunk *c;
	uint32_t i, len;
};

void fan_init(struct fan *f);
void fan_fini(struct fan *f);

/* Lay down a delivery: reserve room for up to n bytes (NULL: no memory, or n
 * over 2 GiB), write at most n of them there, then commit how many. What is
 * laid down and in no queue lives until the next fan_reserve of its kind. */
char *fan_reserve(struct fan *f, enum fan_kind kind, size_t n);
struct fan_ref fan_commit(struct fan *f, enum fan_kind kind, size_t len,
    enum fan_class class, uint64_t uid);

/* It has a receipt: called before it is pushed anywhere. */
void fan_ask(struct fan_ref ref, struct receipt *receipt);

/* Put it at the end of a queue. 1; 0: it is there already; -1 ENOMEM. */
int fan_push(struct fan_queue *q, struct fan_ref ref);

/* The next bytes to send: at most max pieces and `budget` bytes. */
int fan_iov(
    const struct fan_queue *q, struct iovec *iov, int max, size_t budget);
/* The same for links that send whole deliveries: each is a piece of its own. */
int fan_each(const struct fan_queue *q, struct iovec *iov, int max);
/* n of these bytes were sent. */
void fan_sent(struct fan *f, struct fan_queue *q, size_t n);

/* Apply the policy until at most `target` bytes remain. 0, or -1: what may not
 * be dropped is more than that (or ENOMEM): give the client up. */
int fan_shrink(struct fan *f, struct fan_queue *q, size_t target);

/* Too many chunks are held, by queues that do not move? */
bool fan_crowded(const struct fan *f);
/* Copy what the queue refers to, so that it holds no shared chunk any more.
 * 0, or -1 ENOMEM. */
int fan_detach(struct fan *f, struct fan_queue *q);

void fan_clear(struct fan *f, struct fan_queue *q);

#endif
