/* link.h - bytes to and from one client, whatever protects them.
 * The transport is chosen once, at accept; nobody else asks which it is. All
 * calls are non-blocking: -1 with EAGAIN means later. */
#ifndef OTS_LISTEN_LINK_H
#define OTS_LISTEN_LINK_H

#include <sys/types.h>
#include <sys/uio.h>

struct link;

struct link_ops {
	const char *via; /* the record's word for it */
	/* Bytes read, 0 at the end, -1 with errno. */
	ssize_t (*read)(struct link *, void *p, size_t n);
	/* Bytes taken, which may be fewer, or -1 with errno. */
	ssize_t (*writev)(struct link *, const struct iovec *iov, int n);
	void (*close)(struct link *);
};

struct link {
	const struct link_ops *ops;
	int fd;
};

extern const struct link_ops link_tcp;

#endif
