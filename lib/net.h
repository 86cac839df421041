/* net.h - addresses and sockets. Every descriptor is CLOEXEC and non-blocking
 * unless it says otherwise. No names are resolved but by net_resolve. */
#ifndef OTS_NET_H
#define OTS_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "str.h"

#define NET_TEXT_MAX 64 /* "[addr]:port" and NUL */

struct net_addr {
	struct sockaddr_storage ss;
	socklen_t len;
};

/* "ADDR:PORT", "[V6]:PORT", ":PORT" (all addresses: dual-stack IPv6 if the
 * machine has it, else IPv4). Numeric only. 0, or -1 with errno EINVAL. */
int net_parse(struct slice text, struct net_addr *out);
int net_text(const struct net_addr *a, char out[NET_TEXT_MAX]);
uint16_t net_port(const struct net_addr *a);
/* From where: the IPv4 address, or the /64 of an IPv6 one. How many bytes. */
#define NET_SITE_MAX 8
size_t net_site(const struct net_addr *a, unsigned char out[NET_SITE_MAX]);

/* Bind and listen, with the greatest backlog; *bound is what was got (port 0
 * becomes a real one). fd, or -1 with errno. */
int net_listen_tcp(const struct net_addr *a, struct net_addr *bound);
/* Accept: fd, or -1 with errno. Sets TCP_NODELAY, keep-alive and
 * TCP_USER_TIMEOUT (dead_ms) on it. */
int net_accept_tcp(int fd, struct net_addr *peer, unsigned dead_ms);

/* Unix stream socket at path: an old socket file that nobody listens on is
 * replaced; EADDRINUSE if somebody does. */
int net_listen_unix(const char *path, unsigned mode);
int net_connect_unix(const char *path);
/* The same, but it never waits: EAGAIN if the listener's backlog is full. */
int net_try_unix(const char *path);

/* ---- UDP (net_udp.c) ---- */

/* The longest datagram that IPv4 carries. */
#define NET_DATAGRAM_MAX 65507

/* A multicast address? */
bool net_is_group(const struct net_addr *a);
/* An address of this machine? Also true when that cannot be found out (no
 * descriptor is left): who asks is looking for its own datagrams, and to miss
 * one would make it go round. */
bool net_is_local(const struct net_addr *a);
/* May they be one peer, which sends from any port? Of one host they are; but
 * programs that share the loopback address differ by their ports. */
bool net_same_peer(const struct net_addr *a, const struct net_addr *b);

/* Bind a socket to read; the address of "all" is that of both families. *bound
 * is what was got (port 0 becomes a real one). fd, or -1 with errno. */
int net_bind_udp(const struct net_addr *a, struct net_addr *bound);
/* A socket to send to addresses of a family, broadcasts too, always from *port.
 * fd, or -1 with errno. */
int net_open_udp(int family, uint16_t *port);

struct net_group {
	struct net_addr addr; /* the group and its port */
	const char
	    *interface; /* its name or IPv4 address; NULL: by the route */
	int ttl;        /* of what is sent */
};

/* Join a group on its port, which other programs may share: the socket to read,
 * to which nothing but the group's datagrams come (with IPv6, those of all
 * interfaces: see net_receive). *tx: the one to send with, always from *port;
 * *index: of the interface, 0 if none was given. -1 with errno; ENODEV: there
 * is no such interface, or no route to the group. */
int net_join(
    const struct net_group *g, int *tx, uint16_t *port, unsigned *index);

struct net_datagram {
	char *p;  /* the caller's memory */
	size_t n; /* its size; then that of the datagram */
	struct net_addr from;
	unsigned index; /* of the interface that it came by; 0: unknown */
};

/* Read at most `max` (no more than NET_BATCH) datagrams: how many, or -1 with
 * errno. An IPv4 sender has an IPv4 address, whatever the socket is. *lost: how
 * many the kernel has dropped on this socket, as far as it said. */
#define NET_BATCH 16
int net_receive(int fd, struct net_datagram *d, int max, uint32_t *lost);

/* Blocking name resolution of "HOST" and "PORT" to at most `max` addresses:
 * how many, or -1 with *why set to a text. For command-line tools only. */
int net_resolve(const char *host, const char *port, int socktype,
    struct net_addr *out, int max, const char **why);

/* Limit of open files: raised to the hard one; returns it. */
uint64_t net_raise_nofile(void);

#endif
