#include "sock.h"

#include <errno.h>
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
sock_join(const struct net_addr *a, const struct sock_group *g, int *tx,
    struct net_addr *self)
{
	struct net_group group = {*a, g->interface, g->ttl};
	uint16_t port;
	unsigned index;
	int rx = net_join(&group, tx, &port, &index);

	if (rx < 0)
		return -1;
	if (connect(*tx, sockaddr_of(a), a->len) == 0 &&
	    own_address(*tx, self) == 0)
		return rx;
	(void)fail(*tx);
	*tx = -1;
	return fail(rx);
}
