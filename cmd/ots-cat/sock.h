/* sock.h - the sockets of ots-cat. Every descriptor is CLOEXEC and
 * non-blocking; -1 with errno where nothing else is said. */
#ifndef CAT_SOCK_H
#define CAT_SOCK_H

#include <stdbool.h>

#include "net.h"

/* Begin to connect: wait until it is writable, then ask sock_connected. */
int sock_connect_tcp(const struct net_addr *a);
int sock_connected(int fd);

/* Sends to, and hears from, that address only. */
int sock_connect_udp(const struct net_addr *a);

struct sock_group {
	const char
	    *interface; /* its name or IPv4 address; NULL: by the route */
	int ttl;        /* of what is sent */
};

/* Join the group on its port, which other programs may share: returns the
 * descriptor to read. *tx is the one to send with, *self its own address,
 * from which the echo of what was sent comes. */
int sock_join(const struct net_addr *a, const struct sock_group *g, int *tx,
    struct net_addr *self);

#endif
