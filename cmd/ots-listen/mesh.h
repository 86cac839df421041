/* mesh.h - events as datagrams: what came, who is heard, what they can read.
 * Pure: no system calls, no clock. Times are microseconds of the monotonic
 * clock.
 *
 * A datagram holds one event: an XML document, or 0xBF, the version 1, 0xBF and
 * a TakMessage (cot-streaming 4.4). The frame of a stream is taken, too, for
 * some clients send it. Which version we write goes by what we hear: a device
 * that reads version 1 writes it at least once a minute, if only a TakControl,
 * and is believed for two. */
#ifndef OTS_LISTEN_MESH_H
#define OTS_LISTEN_MESH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/uio.h>

#include "listen.h"
#include "map.h"
#include "net.h"

#define MESH_BELIEVE_US  ((uint64_t)120 * 1000000)
#define MESH_ANNOUNCE_US ((uint64_t)40 * 1000000) /* as ATAK does */
/* Of more senders the oldest are forgotten, so that made-up ones cost little.
 */
#define MESH_SENDERS_MAX 1024

/* Counters, shown by SIGUSR1 as mesh_NAME: X(name, what it counts). */
#define MESH_COUNTERS(X)                                                       \
	X(read, "datagrams read")                                              \
	X(own, "... that we sent ourselves")                                   \
	X(control, "... that only say what a device reads")                    \
	X(ignored, "... that are pings, offers or passwords")                  \
	X(bad, "... that hold no event")                                       \
	X(lost, "datagrams that the kernel dropped: we were too slow")         \
	X(sent, "datagrams sent")                                              \
	X(unsent, "datagrams that could not be sent")                          \
	X(too_long, "deliveries longer than a datagram, dropped")              \
	X(nowhere, "deliveries to a socket that only reads")

struct mesh_counters {
#define X(name, help) uint64_t name;
	MESH_COUNTERS(X)
#undef X
};

/* ---- in ---- */

enum mesh_what {
	MESH_XML,     /* an event, as an XML document */
	MESH_PB,      /* an event, in a TakMessage */
	MESH_CONTROL, /* a TakMessage without an event */
	MESH_IGNORED, /* a ping, a negotiation or <auth>: goes no further */
	MESH_BAD,
};

struct mesh_datagram {
	enum mesh_what what;
	struct slice event; /* the document or TakMessage: a loan */
	bool v1;            /* who sent it writes version 1 */
	size_t garbage;     /* bytes that are no part of it */
	const char *why;    /* it is bad */
};

/* What is in a datagram; max: bytes of an event. */
void mesh_read(struct slice bytes, size_t max, struct mesh_datagram *d);

/* ---- who is heard ---- */

enum mesh_proto { MESH_AUTO, MESH_ALWAYS_XML, MESH_ALWAYS_PB };

struct sender;
TAILQ_HEAD(senders, sender);

struct mesh {
	enum mesh_proto proto;
	struct map by_name;
	struct senders heard; /* the one not heard for longest first */
	struct senders v1;    /* version 1 of them, in the same order */
	uint32_t n_heard, n_v1;
	uint64_t unsure_until; /* one that is still believed was forgotten */
};

void mesh_init(struct mesh *m, enum mesh_proto proto, const uint64_t seed[2]);
void mesh_fini(struct mesh *m);
/* `from` (an address, shorter than NET_TEXT_MAX) was heard. */
void mesh_heard(struct mesh *m, struct slice from, bool v1, uint64_t now);
/* What is to be written: version 1 if somebody was heard lately, and each of
 * them writes it. */
enum fan_kind mesh_kind(struct mesh *m, uint64_t now);

/* A datagram of n bytes at p came for c from the address `from`: its event
 * becomes a frame. It is overwritten if a secret was in it. */
void mesh_input(struct mesh *m, struct mesh_counters *n, struct listen *l,
    struct client *c, char *p, size_t size, const char *from);

/* ---- out ---- */

/* The pieces of the datagram that a delivery (as streams have it) becomes: how
 * many, or 0 if it is too long. Loans of the delivery. */
#define MESH_PIECES 2
int mesh_pieces(struct slice delivery, struct iovec out[MESH_PIECES]);

/* The datagram that says that we read version 1, in the name of `uid`: how
 * many bytes. uid is cut where it is too long. */
#define MESH_CONTROL_MAX (7 + SLOT_NODE_MAX)
size_t mesh_control(char out[MESH_CONTROL_MAX], struct slice uid);

#endif
