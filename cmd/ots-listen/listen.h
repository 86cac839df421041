/* listen.h - the core of ots-listen: clients, their messages, deliveries.
 * Pure: no system calls, no clock. It takes bytes of clients and records of
 * ots-route, and leaves behind records in *out, queues to flush (the dirty
 * lists) and clients to close (the doomed list). Times are microseconds: now
 * of the monotonic, wall of the real-time clock. */
#ifndef OTS_LISTEN_H
#define OTS_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "fanout.h"
#include "frame.h"
#include "identity.h"
#include "keys.h"
#include "receipt.h"
#include "record.h"
#include "slot.h"

struct cotpb;

/* Counters, shown by SIGUSR1: X(name, what it counts). */
#define LISTEN_COUNTERS(X)                                                     \
	X(accepted, "clients accepted")                                        \
	X(closed, "clients closed")                                            \
	X(messages, "messages of clients passed on")                           \
	X(protobuf, "... of them protobuf frames")                             \
	X(pings, "pings answered")                                             \
	X(offers, "clients that were offered protobuf")                        \
	X(granted, "requests for protobuf granted")                            \
	X(denied, "... denied")                                                \
	X(auths, "auth messages ignored")                                      \
	X(nul, "messages dropped: a NUL byte in them")                         \
	X(garbage, "bytes between messages that are none")                     \
	X(sends, "records to deliver")                                         \
	X(deliveries, "deliveries queued")                                     \
	X(as_protobuf, "... of them as protobuf")                              \
	X(encoded, "events encoded here, for they came as XML alone")          \
	X(unencodable, "... that could not be, dropped for protobuf clients")  \
	X(delivered, "receipts: deliveries that clients have taken")           \
	X(nobody, "records that nobody answers to")                            \
	X(too_big, "deliveries over --max-send, dropped")                      \
	X(gone, "records for a connection that has gone")                      \
	X(bad, "records that make no sense")                                   \
	X(replaced, "deliveries replaced by newer ones in full queues")        \
	X(dropped, "positions dropped from full queues")                       \
	X(unfinished_full, "clients closed because of --input-total")          \
	X(superseded, "clients closed because of --per-user")                  \
	X(overrun, "clients closed because their queue was full")              \
	X(no_memory, "deliveries and clients lost for want of memory")

struct listen_counters {
#define X(name, help) uint64_t name;
	LISTEN_COUNTERS(X)
#undef X
};

/* A position that ots-route asked to keep, as it stands in a record. */
struct kept {
	uint64_t uid;
	char *raw;
	uint32_t n, cap;
};

enum { LISTEN_ACTIVE, LISTEN_WATCHER, LISTEN_FLOWS };

struct client {
	struct holder holder; /* first: keys lead back to the client */
	struct fan_queue q;
	struct receipts taken; /* by its link, but maybe not written yet */
	struct client *next_dirty[LISTEN_FLOWS], *next_over, *next_doomed;
	bool dirty[LISTEN_FLOWS], over, doomed;
	enum fan_kind kind; /* what it is sent */
	bool blocked; /* its socket takes no more: the server watches it */
	bool slow;    /* the policy had to be applied; until drained */
	uint64_t blocked_since;
	const char *why;                  /* of a doomed client */
	uint64_t last_in, before_last_in; /* when messages came */
	uint32_t malformed; /* TakMessages since the last good one */
	uint64_t last_pong; /* when a ping, or a bad request, was answered */
	struct framer framer;
	struct slot_id id;
	char conn[SLOT_TEXT_MAX];
	const char *via;
	char *peer;
	struct identity *who; /* NULL: nobody knows (no TLS) */
	/* The group that its open names (the mesh), set before listen_join;
	 * NULL: none, ots-route knows. */
	const char *group;
	uint64_t since;  /* wall */
	uint64_t last_t; /* of the last frame */
	uint64_t messages;
	struct kept *kept;
	uint32_t n_kept;
	size_t kept_bytes;
	size_t unfinished; /* bytes of memory of the message not yet whole */
};

struct listen_config {
	const char *node;
	uint32_t max_clients;
	size_t max_event; /* bytes of a message in */
	size_t max_send;  /* bytes of a delivery, heads of frames not counted */
	size_t queue_max; /* bytes of a slow client's queue */
	size_t queue_burst; /* bytes of the queue of one that is not (yet) */
	size_t queue_total; /* bytes of all queues of slow clients */
	size_t input_total; /* bytes of all messages not yet whole */
	uint32_t per_user;  /* sessions of a user; 0: any number */
	bool no_protobuf;   /* neither offered nor granted */
};

struct flow {
	struct client *head, *tail;
	uint32_t n;
};

struct listen {
	struct listen_config cfg;
	struct slots slots;
	struct keys keys;
	struct sessions sessions;
	struct fan fan;
	struct buf *out;
	struct buf scratch;
	/* For events that come as XML alone; made when first needed. */
	struct cotpb *pb;
	struct buf message;
	struct listen_counters n;
	uint64_t seed[2];
	/* Clients with something to send: those that have spoken lately or
	 * are told something in person, and those that only watch. */
	struct flow dirty[LISTEN_FLOWS];
	struct client *over, *doomed;
	uint32_t n_blocked;
	/* Telling live connections again: the next slot, and for whom. */
	bool telling;
	uint32_t tell_slot;
	uint64_t tell_round;
	size_t kept_bytes, unfinished;
	uint64_t now, wall;
};

/* out: where records go. 0, or -1 with errno EINVAL (node). */
int listen_init(struct listen *l, const struct listen_config *cfg,
    struct buf *out, const uint64_t seed[2], uint64_t wall);
void listen_fini(struct listen *l);

/* The time of what follows. */
void listen_time(struct listen *l, uint64_t now, uint64_t wall);

/* A zeroed client of the caller's memory joins. via is not copied, peer is.
 * who: taken if it succeeds; NULL: nobody knows. If its user has too many
 * sessions then, the oldest are doomed. 0, or -1 with errno ENFILE or ENOMEM.
 */
int listen_join(struct listen *l, struct client *c, const char *via,
    const char *peer, struct identity *who);
/* It has gone; its memory is the caller's again. */
void listen_leave(struct listen *l, struct client *c, const char *why);

/* Offer it TAK protocol version 1, if we speak it. (negotiate.c) */
void listen_offer(struct listen *l, struct client *c);

/* Bytes that it sent. 0, or -1: it is doomed. They are overwritten if a secret
 * was among them. (input.c) */
int listen_input(struct listen *l, struct client *c, char *p, size_t n);

/* A record of ots-route. */
void listen_record(struct listen *l, const struct rec *r);

/* Begin to tell all live connections again, for that round of ots-route.
 * (tell.c) */
void listen_tell_begin(struct listen *l, uint64_t round);
/* Go on telling live connections while *out has less than `high` bytes. */
void listen_tell(struct listen *l, size_t high);

/* Apply the policy to queues that passed their maximum. The caller has tried
 * to flush them. */
void listen_relieve(struct listen *l);

/* The same for one client, if its queue is over its maximum. 0, or -1: doomed.
 */
int listen_shrink(struct listen *l, struct client *c);

/* Take the first of a dirty list, NULL at its end. */
struct client *listen_dirty(struct listen *l, int flow);
/* It has something to send, of that class. */
void listen_mark(struct listen *l, struct client *c, enum fan_class class);
/* Close it soon. */
void listen_doom(struct listen *l, struct client *c, const char *why);
/* Close all of those known by name that `gone` says so of: how many. */
uint32_t listen_doom_if(struct listen *l,
    bool (*gone)(void *arg, const struct identity *who), void *arg,
    const char *why);

/* Its link has written all that it has taken: tell the receipts. */
void listen_delivered(struct listen *l, struct client *c);

/* Has its socket been full for a second? */
bool listen_is_slow(const struct listen *l, const struct client *c);
/* The maximum of its queue as things stand. */
size_t listen_queue_max(const struct listen *l, const struct client *c);

#endif
