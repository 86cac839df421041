/* tell.h - what is told of clients, in records (part of listen.h).
 * Labels: open conn via peer [group] [user serial] t [again key ...]; frame
 * conn [user serial] via t ...; delivered conn receipt t; close conn [user
 * serial] why t. */
#ifndef OTS_LISTEN_TELL_H
#define OTS_LISTEN_TELL_H

#include "listen.h"

void tell_open(struct listen *l, const struct client *c, bool again);
void tell_close(struct listen *l, const struct client *c, const char *why);
/* All bytes of that delivery are with it, as far as its link knows. */
void tell_delivered(
    struct listen *l, const struct client *c, const struct receipt *r);
/* Begin the frame of a message that came just now; its content and tell_end
 * follow. Its t is never that of another one: connection and t name it. */
void tell_frame(struct listen *l, struct rec_writer *w, struct client *c);
void tell_end(struct listen *l, struct rec_writer *w);

#endif
