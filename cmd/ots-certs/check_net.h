/* check_net.h - names, connections and handshakes, none of which waits longer
 * than it is told. Texts in *why are static or errno's. */
#ifndef OTS_CERTS_CHECK_NET_H
#define OTS_CERTS_CHECK_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "net.h"
#include "tls.h"

#define CHECK_ADDRESSES 8

/* The addresses of host: how many, or -1 with *why. The system's resolver runs
 * in a process of its own, which is ended when the time is over. */
int check_resolve(const char *host, const char *port, uint64_t timeout_us,
    struct net_addr out[CHECK_ADDRESSES], const char **why);

/* A connected descriptor, or -1 with *why. */
int check_connect(
    const struct net_addr *a, uint64_t timeout_us, const char **why);

/* Handshake on t over fd: NULL, or why it failed. */
const char *check_handshake(struct tls *t, int fd, uint64_t timeout_us);

/* Read what comes first, into memory of n >= TLS_READ_MIN: how many bytes, 0 if
 * none came in time, or -1 with *why: the other side refused. *ended: it has
 * closed. */
ssize_t check_read(struct tls *t, int fd, char *p, size_t n,
    uint64_t timeout_us, bool *ended, const char **why);
/* Write all of it: NULL, or why not. */
const char *check_write(
    struct tls *t, int fd, const char *p, size_t n, uint64_t timeout_us);

#endif
