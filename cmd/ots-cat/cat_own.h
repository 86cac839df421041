/* cat_own.h - what the two directions of the core share (cat.c). */
#ifndef CAT_CAT_OWN_H
#define CAT_CAT_OWN_H

#include "cat.h"

/* Whole or not at all: what failed is cut off again. */
bool cat_whole(struct buf *b, size_t before);

/* An event is dropped; from: cat.h. */
void cat_bad(struct cat *c, const char *from, enum cot_why why);

/* Is the document one about the link? */
bool cat_is_control(struct slice xml);

/* Does c->rec hold an event? Its label xml, in the scratch if it needed one;
 * its label pb, decoded in the scratch. False: there is none. */
bool cat_rec_event(const struct cat *c);
bool cat_rec_xml(struct cat *c, struct slice *xml);
bool cat_rec_pb(struct cat *c, struct slice *msg);

#endif
