#include "link.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t
tcp_read(struct link *k, void *p, size_t n)
{
	return recv(k->fd, p, n, 0);
}

static ssize_t
tcp_writev(struct link *k, const struct iovec *iov, int n)
{
	/* sendmsg(2) reads the pieces only; the type cannot say so. */
	struct msghdr m = {.msg_iovlen = (size_t)n};

	memcpy(&m.msg_iov, &iov, sizeof m.msg_iov);
	return sendmsg(k->fd, &m, MSG_NOSIGNAL);
}

static void
tcp_close(struct link *k)
{
	close(k->fd);
	k->fd = -1;
}

const struct link_ops link_tcp = {
    .via = "tcp",
    .read = tcp_read,
    .writev = tcp_writev,
    .close = tcp_close,
};
