/* dgram.h - events as datagrams: sending a queue of them, receiving those of
 * others. */
#ifndef CAT_DGRAM_H
#define CAT_DGRAM_H

#include <stdint.h>
#include <sys/types.h>

#include "buf.h"
#include "link.h"

/* Send what the socket takes now of the queue (cat_datagram_next); one that is
 * too long for the way is dropped and added to *bad. 0, or -1 with errno
 * (EAGAIN: there is more, wait until it is writable). */
int dgram_send(int fd, struct buf *queue, uint64_t *bad);

/* The next datagram, which may be empty, and who sent it; what we have sent to
 * a group ourselves is left out. Its size, or -1 with errno. */
ssize_t dgram_receive(
    const struct link *k, void *p, size_t n, char from[NET_TEXT_MAX]);

#endif
