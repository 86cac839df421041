/* deliver.h - records of ots-route become deliveries (part of listen.h). */
#ifndef OTS_LISTEN_DELIVER_H
#define OTS_LISTEN_DELIVER_H

#include "listen.h"

/* A `send` record: lay the event down once and queue it for all that it is
 * meant for. */
void deliver_send(struct listen *l, const struct rec *r);

#endif
