/* door.h - listening sockets, and taking clients from them (part of server.h).
 */
#ifndef OTS_LISTEN_DOOR_H
#define OTS_LISTEN_DOOR_H

#include "server.h"

/* Bind one more. 0, or -1 with errno. */
int door_open(
    struct server *s, const struct link_ops *ops, const struct net_addr *addr);
/* Close all; nothing is read from s->inputs any more. */
void door_shut(struct server *s);
/* Out of descriptors, it was left alone for a while: the timer's handler. */
void door_rested(void *arg);

#endif
