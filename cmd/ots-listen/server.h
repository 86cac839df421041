/* server.h - the system calls of ots-listen: sockets, reading, writing. */
#ifndef OTS_LISTEN_SERVER_H
#define OTS_LISTEN_SERVER_H

#include "gather.h"
#include "link.h"
#include "listen.h"
#include "loop.h"
#include "net.h"
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

/* Bind a listener. 0, or -1 with errno. */
int server_listen(
    struct server *s, const struct link_ops *ops, const struct net_addr *addr);

/* Everything else is set up: say hello and serve until told to stop. The exit
 * code. */
int server_run(struct server *s, int ready_fd);

#endif
