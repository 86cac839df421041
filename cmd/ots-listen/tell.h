/* tell.h - what is told of clients, in records (part of listen.h).
 * Labels: open conn via peer [group] [user serial] t [again key ...]; frame
 * conn [user serial] via t ...; close conn [user serial] why t. */
#ifndef OTS_LISTEN_TELL_H
#define OTS_LISTEN_TELL_H

#include "listen.h"

void tell_open(struct listen *l, const struct client *c, bool again);
void tell_close(struct listen *l, const struct client *c, const char *why);
/* Begin a frame; its content and tell_end follow. */
void tell_frame(struct listen *l, struct rec_writer *w, const struct client *c);
void tell_end(struct listen *l, struct rec_writer *w);

#endif
