#include "sock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int
open_socket(const struct net_addr *a, int type)
{
	return socket(a->ss.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static int
fail(int fd)
{
	int err = errno;

	close(fd);
	errno = err;
	return -1;
}

static const struct sockaddr *
sockaddr_of(const struct net_addr *a)
{
	return (const struct sockaddr *)&a->ss;
}

static int
own_address(int fd, struct net_addr *out)
{
	memset(out, 0, sizeof *out);
	out->len = sizeof out->ss;
	return getsockname(fd, (struct sockaddr *)&out->ss, &out->len);
}

int
sock_connect_tcp(const struct net_addr *a)
{
	int fd = open_socket(a, SOCK_STREAM), on = 1;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) < 0)
		return fail(fd);
	if (connect(fd, sockaddr_of(a), a->len) < 0 && errno != EINPROGRESS)
		return fail(fd);
	return fd;
}

int
sock_connected(int fd)
{
	int err = 0;
	socklen_t len = sizeof err;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		return -1;
	errno = err;
	return err ? -1 : 0;
}

int
sock_connect_udp(const struct net_addr *a)
{
	int fd = open_socket(a, SOCK_DGRAM);

	if (fd < 0)
		return -1;
	return connect(fd, sockaddr_of(a), a->len) < 0 ? fail(fd) : fd;
}

int
sock_bind_udp(const struct net_addr *a, struct net_addr *bound)
{
	int fd = open_socket(a, SOCK_DGRAM), off = 0;

	if (fd < 0)
		return -1;
	/* The address of "all" is that of both families. */
	if (a->ss.ss_family == AF_INET6)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (bind(fd, sockaddr_of(a), a->len) < 0 || own_address(fd, bound) < 0)
		return fail(fd);
	return fd;
}

bool
sock_is_group(const struct net_addr *a)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a->ss;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a->ss;

	if (a->ss.ss_family == AF_INET)
		return IN_MULTICAST(ntohl(v4->sin_addr.s_addr));
	return a->ss.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_MULTICAST(&v6->sin6_addr);
}

/* Index, and for IPv4 the address, of the interface. */
static int
find_interface(const char *name, struct in_addr *addr, unsigned *index)
{
	addr->s_addr = htonl(INADDR_ANY);
	*index = 0;
	if (!name || inet_pton(AF_INET, name, addr) == 1)
		return 0;
	*index = if_nametoindex(name);
	return *index ? 0 : -1;
}

static int
join_v4(int rx, int tx, const struct net_addr *a, const struct sock_group *g)
{
	struct ip_mreqn m = {0};
	unsigned index;

	if (find_interface(g->interface, &m.imr_address, &index) < 0)
		return -1;
	m.imr_multiaddr = ((const struct sockaddr_in *)&a->ss)->sin_addr;
	m.imr_ifindex = (int)index;
	if (setsockopt(rx, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof m) < 0 ||
	    setsockopt(
		tx, IPPROTO_IP, IP_MULTICAST_TTL, &g->ttl, sizeof g->ttl) < 0)
		return -1;
	if (!g->interface)
		return 0;
	return setsockopt(tx, IPPROTO_IP, IP_MULTICAST_IF, &m, sizeof m);
}

static int
join_v6(int rx, int tx, const struct net_addr *a, const struct sock_group *g)
{
	struct ipv6_mreq m = {0};
	struct in_addr addr;

	if (find_interface(g->interface, &addr, &m.ipv6mr_interface) < 0)
		return -1;
	if (g->interface && m.ipv6mr_interface == 0) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	m.ipv6mr_multiaddr = ((const struct sockaddr_in6 *)&a->ss)->sin6_addr;
	if (setsockopt(rx, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &m, sizeof m) <
		0 ||
	    setsockopt(tx, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &g->ttl,
		sizeof g->ttl) < 0)
		return -1;
	if (!g->interface)
		return 0;
	return setsockopt(tx, IPPROTO_IPV6, IPV6_MULTICAST_IF,
	    &m.ipv6mr_interface, sizeof m.ipv6mr_interface);
}

int
sock_join(const struct net_addr *a, const struct sock_group *g, int *tx,
    struct net_addr *self)
{
	int rx = open_socket(a, SOCK_DGRAM), on = 1, out = -1, err;

	if (rx < 0 || (out = open_socket(a, SOCK_DGRAM)) < 0)
		goto fail;
	/* Bound to the group, not to all: another group's traffic on the same
	 * port is not ours. */
	if (setsockopt(rx, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
	    bind(rx, sockaddr_of(a), a->len) < 0)
		goto fail;
	if ((a->ss.ss_family == AF_INET ? join_v4 : join_v6)(rx, out, a, g) < 0)
		goto fail;
	if (connect(out, sockaddr_of(a), a->len) < 0 ||
	    own_address(out, self) < 0)
		goto fail;
	*tx = out;
	return rx;
fail:
	err = errno;
	if (rx >= 0)
		close(rx);
	if (out >= 0)
		close(out);
	errno = err;
	return -1;
}
