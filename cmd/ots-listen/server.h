/* server.h - the system calls of ots-listen: sockets, reading, writing. */
#ifndef OTS_LISTEN_SERVER_H
#define OTS_LISTEN_SERVER_H

#include "auth.h"
#include "enter.h"
#include "gather.h"
#include "link.h"
#include "listen.h"
#include "loop.h"
#include "net.h"
#include "secure.h"
#include "udp.h"
#include "wire.h"

#define SERVER_LISTENERS_MAX 16

/* A client and its descriptors. */
struct conn {
	struct client c; /* first */
	struct server *s;
	struct link link;
	struct loop_io in, out;
};

struct listener {
	struct server *s;
	struct loop_io io;
	const struct link_ops *ops;
	struct net_addr addr;
};

struct server {
	struct loop loop;
	/* Clients and listeners to read from: a loop within the loop, so that
	 * all of them are left alone by one call while the next program is
	 * full. Writing to clients goes on. */
	struct loop inputs;
	struct loop_io inputs_io;
	struct listener listener[SERVER_LISTENERS_MAX];
	int n_listeners;
	struct listen core;
	struct secure secure;
	struct enter enter;
	struct auth auth;
	bool asks; /* there is an ots-auth to ask */
	struct udps udps;
	struct wire_in in;
	struct wire_out out;
	struct gather gather[LISTEN_FLOWS];
	uint32_t
	    slices_left; /* watchers that the present flush has yet to reach */
	uint64_t slice_at, slice_gap; /* the next slice; between two of them */
	uint64_t flushed_mark; /* core.fan.added_bytes at the last flush */
	uint64_t bad_told;     /* in.bad when it was last logged */
	unsigned dead_ms;
	bool pressed;   /* clients are not read: the next program is full */
	bool gathering; /* clients are not read: they were just now */
	struct loop_timer gathered;
	bool draining;            /* SIGTERM came */
	bool out_shut;            /* standard output is closed */
	struct loop_timer rested; /* accept again */
	uint64_t deadline, quiet_until;
	char *chunk; /* what is read lands here: WIRE_READ bytes */
};

/* A client of that link joins; link and who (may be NULL) are taken. NULL:
 * there is no room, the link is closed. */
struct conn *server_admit(
    struct server *s, struct link link, const char *peer, struct identity *who);
/* Read what a client has sent. */
void server_read(struct conn *k);
/* The next program is full, or no longer. */
void server_press(struct server *s, bool on);

/* Everything else is set up: say hello and serve until told to stop. The exit
 * code. */
int server_run(struct server *s, int ready_fd);

#endif
