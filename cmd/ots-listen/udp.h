/* udp.h - the sockets of the mesh: UDP, and multicast groups (part of
 * server.h). Each is one client of the core for as long as the program runs.
 * What goes wrong with one is counted, and now and then logged, but never ends
 * it: when the core gives its client up (a queue that is too full), it joins
 * anew.
 *
 * Who is named by --udp-to is one client, in and out: what it sends to a socket
 * of --udp counts as its own, so that it is not sent back to it. */
#ifndef OTS_LISTEN_UDP_H
#define OTS_LISTEN_UDP_H

#include <stdbool.h>
#include <stdint.h>

#include "loop.h"
#include "mesh.h"
#include "net.h"

#define UDP_MAX      32              /* sockets */
#define UDP_DATAGRAM ((size_t)65536) /* none is longer */

struct conn;
struct server;

enum udp_role { UDP_IN, UDP_OUT, UDP_GROUP };

struct udp_spec {
	enum udp_role role;
	struct net_addr addr;  /* to bind, to send to, or the group */
	const char *interface; /* of a group, or NULL */
	const char *text;      /* as it was given */
};

struct udp {
	struct server *s;
	struct udp_spec spec;
	char *peer;     /* what its open calls it */
	struct conn *k; /* NULL: it has yet to join (anew) */
	int rx, tx;     /* -1: none */
	struct loop_io in;
	uint16_t port;  /* from which tx sends */
	unsigned index; /* of the interface, 0: unknown */
	struct mesh mesh;
	enum fan_kind kind;   /* what was written last */
	uint32_t lost;        /* as the kernel counts */
	uint64_t unsent;      /* since it was last logged */
	int error;            /* of the last of them */
	uint64_t quiet_until; /* before it is logged again */
};

struct mesh_config {
	struct udp_spec spec[UDP_MAX];
	int n;
	const char *group; /* which its members are in */
	enum mesh_proto proto;
	uint64_t ttl; /* of what is sent to groups */
};

struct udps {
	const struct mesh_config *cfg;
	struct udp *udp;
	int n;
	char *chunk; /* NET_BATCH times UDP_DATAGRAM bytes */
	struct loop_timer tick;
	uint64_t announce_at;
	struct mesh_counters n_mesh;
};

/* Open the sockets; ends the program when one cannot be had. */
void udp_open(struct server *s, const struct mesh_config *cfg);
/* Everything else is set up: let them join. 0, or -1 with errno. */
int udp_start(struct server *s);
/* The time has changed: choose what is written from now on. */
void udp_time(struct server *s);
/* One log line for each that is bound. */
void udp_report(const struct server *s);

/* ---- udp_io.c ---- */

/* It can be read: the handler of struct udp's `in`. */
void udp_readable(void *arg, uint32_t events);
/* Log what could not be sent, if it is time. */
void udp_tell_unsent(struct udp *u, uint64_t now);

#endif
