#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* What the kernel keeps for us while we do not read, if it allows so much. */
#define RECEIVE_BUFFER (4 << 20)

static const struct sockaddr *
sockaddr_of(const struct net_addr *a)
{
	return (const struct sockaddr *)&a->ss;
}

static const struct sockaddr_in *
v4(const struct net_addr *a)
{
	return (const struct sockaddr_in *)(const void *)&a->ss;
}

static const struct sockaddr_in6 *
v6(const struct net_addr *a)
{
	return (const struct sockaddr_in6 *)(const void *)&a->ss;
}

static int
close_fail(int fd)
{
	int err = errno;

	close(fd);
	errno = err;
	return -1;
}

static int
set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value);
}

static int
open_socket(int family)
{
	return socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* ---- addresses ---- */

bool
net_is_group(const struct net_addr *a)
{
	if (a->ss.ss_family == AF_INET)
		return IN_MULTICAST(ntohl(v4(a)->sin_addr.s_addr));
	return a->ss.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_MULTICAST(&v6(a)->sin6_addr);
}

bool
net_is_local(const struct net_addr *a)
{
	struct net_addr any_port = *a;
	int fd = open_socket(a->ss.ss_family);
	bool local;

	if (fd < 0)
		return errno != EAFNOSUPPORT;
	if (a->ss.ss_family == AF_INET6)
		((struct sockaddr_in6 *)(void *)&any_port.ss)->sin6_port = 0;
	else
		((struct sockaddr_in *)(void *)&any_port.ss)->sin_port = 0;
	/* No other address can be bound. */
	local = bind(fd, sockaddr_of(&any_port), any_port.len) == 0 ||
	    errno != EADDRNOTAVAIL;
	close(fd);
	return local;
}

static bool
same_host(const struct net_addr *a, const struct net_addr *b)
{
	if (a->ss.ss_family != b->ss.ss_family)
		return false;
	if (a->ss.ss_family == AF_INET)
		return v4(a)->sin_addr.s_addr == v4(b)->sin_addr.s_addr;
	return a->ss.ss_family == AF_INET6 &&
	    IN6_ARE_ADDR_EQUAL(&v6(a)->sin6_addr, &v6(b)->sin6_addr);
}

static bool
is_loopback(const struct net_addr *a)
{
	if (a->ss.ss_family == AF_INET)
		return ntohl(v4(a)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&v6(a)->sin6_addr);
}

bool
net_same_peer(const struct net_addr *a, const struct net_addr *b)
{
	return same_host(a, b) &&
	    (!is_loopback(a) || net_port(a) == net_port(b));
}

/* IPv4 as an IPv6 socket shows it. */
static void
unmap(struct net_addr *a)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};

	if (a->ss.ss_family != AF_INET6 ||
	    !IN6_IS_ADDR_V4MAPPED(&v6(a)->sin6_addr))
		return;
	sin.sin_port = v6(a)->sin6_port;
	memcpy(&sin.sin_addr, v6(a)->sin6_addr.s6_addr + 12, 4);
	*a = (struct net_addr){.len = sizeof sin};
	memcpy(&a->ss, &sin, sizeof sin);
}

/* ---- sockets ---- */

/* We are told by which interface a datagram came, and how many were lost: good
 * to know, but nothing to fail for. */
static void
ask_details(int fd, int family)
{
	(void)set_int(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	(void)set_int(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	if (family == AF_INET6)
		(void)set_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	else
		(void)set_int(fd, IPPROTO_IP, IP_PKTINFO, 1);
}

static int
own_address(int fd, struct net_addr *out)
{
	*out = (struct net_addr){.len = sizeof out->ss};
	return getsockname(fd, (struct sockaddr *)&out->ss, &out->len);
}

int
net_bind_udp(const struct net_addr *a, struct net_addr *bound)
{
	int fd = open_socket(a->ss.ss_family);

	if (fd < 0)
		return -1;
	if (a->ss.ss_family == AF_INET6) {
		(void)set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY,
		    !IN6_IS_ADDR_UNSPECIFIED(&v6(a)->sin6_addr));
		(void)set_int(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
	}
	/* Groups that others of this machine have joined are none of ours. */
	(void)set_int(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
	ask_details(fd, a->ss.ss_family);
	if (bind(fd, sockaddr_of(a), a->len) < 0 || own_address(fd, bound) < 0)
		return close_fail(fd);
	return fd;
}

int
net_open_udp(int family, uint16_t *port)
{
	struct net_addr any = {.ss = {.ss_family = (sa_family_t)family}}, own;
	int fd = open_socket(family);

	if (fd < 0)
		return -1;
	any.len = family == AF_INET6 ? sizeof(struct sockaddr_in6)
				     : sizeof(struct sockaddr_in);
	/* Bound now, so that the port is ours from the first datagram on. */
	if (set_int(fd, SOL_SOCKET, SO_BROADCAST, 1) < 0 ||
	    bind(fd, sockaddr_of(&any), any.len) < 0 ||
	    own_address(fd, &own) < 0)
		return close_fail(fd);
	*port = net_port(&own);
	return fd;
}

/* ---- groups ---- */

/* Of the interface that has the address, 0: none. */
static unsigned
index_of(struct in_addr addr)
{
	struct ifaddrs *all, *i;
	unsigned index = 0;

	if (getifaddrs(&all) < 0)
		return 0;
	for (i = all; i && !index; i = i->ifa_next)
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET &&
		    ((const struct sockaddr_in *)(const void *)i->ifa_addr)
			    ->sin_addr.s_addr == addr.s_addr)
			index = if_nametoindex(i->ifa_name);
	freeifaddrs(all);
	return index;
}

/* Index, and for IPv4 the address if that was given, of the interface. */
static int
find_interface(const struct net_group *g, struct in_addr *addr, unsigned *index)
{
	addr->s_addr = htonl(INADDR_ANY);
	*index = 0;
	if (!g->interface)
		return 0;
	if (g->addr.ss.ss_family == AF_INET &&
	    inet_pton(AF_INET, g->interface, addr) == 1)
		*index = index_of(*addr);
	else
		*index = if_nametoindex(g->interface);
	if (*index)
		return 0;
	errno = ENODEV;
	return -1;
}

static int
join_v4(int rx, int tx, const struct net_group *g, unsigned *index)
{
	struct ip_mreqn m = {.imr_multiaddr = v4(&g->addr)->sin_addr};

	if (find_interface(g, &m.imr_address, index) < 0)
		return -1;
	m.imr_ifindex = (int)*index;
	/* Nor what others have joined by another interface. */
	if (set_int(rx, IPPROTO_IP, IP_MULTICAST_ALL, 0) < 0 ||
	    setsockopt(rx, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof m) < 0 ||
	    set_int(tx, IPPROTO_IP, IP_MULTICAST_TTL, g->ttl) < 0)
		return -1;
	if (!g->interface)
		return 0;
	return setsockopt(tx, IPPROTO_IP, IP_MULTICAST_IF, &m, sizeof m);
}

static int
join_v6(int rx, int tx, const struct net_group *g, unsigned *index)
{
	struct ipv6_mreq m = {.ipv6mr_multiaddr = v6(&g->addr)->sin6_addr};
	struct in_addr none;

	if (find_interface(g, &none, index) < 0)
		return -1;
	m.ipv6mr_interface = *index;
	/* Linux before 4.20 does not know it; the interface tells, too. */
	(void)set_int(rx, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
	if (setsockopt(rx, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &m, sizeof m) <
		0 ||
	    set_int(tx, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, g->ttl) < 0)
		return -1;
	if (!g->interface)
		return 0;
	return set_int(tx, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)*index);
}

/* Bound to the group, not to all: another group's traffic on the same port is
 * not ours. A group of one link has its interface in its address. */
static int
bind_group(int rx, const struct net_group *g)
{
	struct net_addr a = g->addr;

	if (a.ss.ss_family == AF_INET6 && g->interface)
		((struct sockaddr_in6 *)(void *)&a.ss)->sin6_scope_id =
		    if_nametoindex(g->interface);
	if (set_int(rx, SOL_SOCKET, SO_REUSEADDR, 1) < 0)
		return -1;
	return bind(rx, sockaddr_of(&a), a.len);
}

int
net_join(const struct net_group *g, int *tx, uint16_t *port, unsigned *index)
{
	int family = g->addr.ss.ss_family, rx = open_socket(family), out = -1;
	int err;

	if (rx < 0 || (out = net_open_udp(family, port)) < 0)
		goto fail;
	ask_details(rx, family);
	if ((family == AF_INET ? join_v4 : join_v6)(rx, out, g, index) < 0 ||
	    bind_group(rx, g) < 0)
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

/* ---- reading ---- */

/* Room for what ask_details asked for. */
union details {
	char room[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
	    CMSG_SPACE(sizeof(struct in_pktinfo)) +
	    CMSG_SPACE(sizeof(uint32_t))];
	struct cmsghdr align;
};

static void
read_details(struct msghdr *m, struct net_datagram *d, uint32_t *lost)
{
	struct in6_pktinfo by6;
	struct in_pktinfo by4;
	struct cmsghdr *c;

	d->index = 0;
	for (c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SO_RXQ_OVFL) {
			memcpy(lost, CMSG_DATA(c), sizeof *lost);
		} else if (c->cmsg_level == IPPROTO_IP &&
		    c->cmsg_type == IP_PKTINFO) {
			memcpy(&by4, CMSG_DATA(c), sizeof by4);
			d->index = (unsigned)by4.ipi_ifindex;
		} else if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&by6, CMSG_DATA(c), sizeof by6);
			d->index = by6.ipi6_ifindex;
		}
	}
}

int
net_receive(int fd, struct net_datagram *d, int max, uint32_t *lost)
{
	struct mmsghdr m[NET_BATCH];
	struct iovec iov[NET_BATCH];
	union details details[NET_BATCH];
	int i, n;

	memset(m, 0, sizeof m);
	for (i = 0; i < max && i < NET_BATCH; i++) {
		d[i].from = (struct net_addr){0};
		iov[i] = (struct iovec){d[i].p, d[i].n};
		m[i].msg_hdr = (struct msghdr){.msg_name = &d[i].from.ss,
		    .msg_namelen = sizeof d[i].from.ss,
		    .msg_iov = &iov[i],
		    .msg_iovlen = 1,
		    .msg_control = &details[i],
		    .msg_controllen = sizeof details[i]};
	}
	n = recvmmsg(fd, m, (unsigned)i, MSG_DONTWAIT, NULL);
	for (i = 0; i < n; i++) {
		d[i].n = m[i].msg_len;
		d[i].from.len = m[i].msg_hdr.msg_namelen;
		unmap(&d[i].from);
		read_details(&m[i].msg_hdr, &d[i], lost);
	}
	return n;
}
