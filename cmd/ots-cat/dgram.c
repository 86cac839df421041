#include "dgram.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "cat.h"

int
dgram_send(int fd, struct buf *queue, uint64_t *bad)
{
	struct slice d;
	ssize_t n;

	while (cat_datagram_next(queue, &d)) {
		n = send(fd, d.p, d.n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ENOBUFS)
			errno = EAGAIN;
		if (n < 0 && errno != EMSGSIZE)
			return -1;
		*bad += n < 0;
		cat_datagram_done(queue);
	}
	return 0;
}

static bool
same_address(const struct net_addr *a, const struct net_addr *b)
{
	return a->len == b->len && memcmp(&a->ss, &b->ss, a->len) == 0;
}

ssize_t
dgram_receive(const struct link *k, void *p, size_t n, char from[NET_TEXT_MAX])
{
	struct net_addr a;
	ssize_t got;

	do {
		memset(&a, 0, sizeof a);
		a.len = sizeof a.ss;
		got =
		    recvfrom(k->rx, p, n, 0, (struct sockaddr *)&a.ss, &a.len);
		if (got < 0)
			return -1;
	} while (same_address(&a, &k->self) || net_text(&a, from) < 0);
	return got;
}
