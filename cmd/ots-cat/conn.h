/* conn.h - a stream to the other side inside a loop, plain or TLS. Neither
 * reading nor writing waits. */
#ifndef CAT_CONN_H
#define CAT_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "buf.h"
#include "loop.h"
#include "tls.h"

struct conn {
	struct loop *loop;
	struct loop_io io;
	int fd;
	struct tls *tls; /* NULL: plain */
	struct buf q;    /* to be sent: append, then conn_flush */
	bool reads;      /* the caller wants to read */
	bool blocked;    /* the socket takes no more now */
	bool broken;     /* nothing can be sent; there may be bytes to read */
	bool shut;
	uint32_t watched;
	void (*on_readable)(void *arg);
	void *arg;
};

/* Set on_readable and arg before. max: of the queue. */
void conn_init(struct conn *c, struct loop *l, size_t max);
/* fd and tls become the connection's. */
void conn_open(struct conn *c, int fd, struct tls *tls);
void conn_close(struct conn *c);

void conn_reads(struct conn *c, bool want);
/* As read(2); EPROTO: tls_why. */
ssize_t conn_read(struct conn *c, void *p, size_t n);

/* Send what the socket takes now, and watch it for the rest. */
void conn_flush(struct conn *c);
/* Is everything out? */
bool conn_sent(const struct conn *c);
/* Nothing more is sent behind what is queued: the other side is told so. */
void conn_shut(struct conn *c);

#endif
