/* link.h - bytes to and from one client, whatever protects them.
 * The transport is chosen once, at accept; nobody else asks which it is. All
 * calls are non-blocking: -1 with EAGAIN means later. */
#ifndef OTS_LISTEN_LINK_H
#define OTS_LISTEN_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

struct link;
struct tls;
struct udp;

#define LINK_READ ((size_t)65536) /* what one read takes at most */

struct link_ops {
	const char *via; /* the record's word for it */
	/* Bytes that one writev should be given: at most, and when many sockets
	 * are full, since what they do not take may be held by the link. */
	size_t budget, budget_least;
	bool strangers; /* who comes by it is not let in at once (enter.h) */
	bool whole;     /* writev takes whole deliveries, one in each piece */
	/* Bytes read, 0 at the end, -1 with errno. n is LINK_READ. Nothing that
	 * has arrived stays behind unless the descriptor is readable. */
	ssize_t (*read)(struct link *, void *p, size_t n);
	/* Bytes taken, which may be fewer, or -1 with errno. *full: wait until
	 * the descriptor is writable, then flush. */
	ssize_t (*writev)(
	    struct link *, const struct iovec *iov, int n, bool *full);
	/* What the link itself holds: 0, all is out; -1 with errno. */
	int (*flush)(struct link *);
	/* Does it hold something? (Reading may have caused an answer.) */
	bool (*holds)(const struct link *);
	void (*close)(struct link *);
};

struct link {
	const struct link_ops *ops;
	int fd;
	struct tls *tls; /* NULL: none */
	struct udp *udp; /* of link_udp (udp.h) */
};

extern const struct link_ops link_tcp, link_tls, link_udp;

#endif
