#include "link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t
tcp_read(struct link *k, void *p, size_t n)
{
	return recv(k->fd, p, n, 0);
}

static ssize_t
tcp_writev(struct link *k, const struct iovec *iov, int n, bool *full)
{
	/* sendmsg(2) reads the pieces only; the type cannot say so. */
	struct msghdr m = {.msg_iovlen = (size_t)n};
	size_t want = 0;
	ssize_t done;
	int i;

	memcpy(&m.msg_iov, &iov, sizeof m.msg_iov);
	for (i = 0; i < n; i++)
		want += iov[i].iov_len;
	done = sendmsg(k->fd, &m, MSG_NOSIGNAL);
	*full = done < 0 ? errno == EAGAIN : (size_t)done < want;
	return done;
}

static int
tcp_flush(struct link *k)
{
	(void)k;
	return 0;
}

static bool
tcp_holds(const struct link *k)
{
	(void)k;
	return false;
}

static void
tcp_close(struct link *k)
{
	close(k->fd);
	k->fd = -1;
}

const struct link_ops link_tcp = {
    .via = "tcp",
    .budget = (size_t)1 << 20,
    .budget_least = (size_t)1 << 20,
    .read = tcp_read,
    .writev = tcp_writev,
    .flush = tcp_flush,
    .holds = tcp_holds,
    .close = tcp_close,
};
