/* output.h - writing to clients: when, and what the sockets take (part of
 * server.h). */
#ifndef OTS_LISTEN_OUTPUT_H
#define OTS_LISTEN_OUTPUT_H

#include "server.h"

/* Flush what is due. */
void output_due(struct server *s);
/* How many microseconds nothing is due, or LOOP_NEVER. */
uint64_t output_wait(const struct server *s);
/* Apply the policy to full queues, and free what slow clients hold. */
void output_relieve(struct server *s);
/* Its socket takes no more: watch it. */
void output_block(struct server *s, struct conn *k);
/* Its link has another descriptor from now on. */
void output_moved(struct server *s, struct conn *k);
/* One more try to flush a client that is to be closed. */
void output_last(struct server *s, struct conn *k);
/* Flush all that can be flushed, at the end. */
void output_rest(struct server *s);

#endif
