/* lay.h - one event in the encodings that its receivers read (part of
 * listen.h). Each is laid down in the fan when the first of them asks for it,
 * so that what nobody reads costs nothing. */
#ifndef OTS_LISTEN_LAY_H
#define OTS_LISTEN_LAY_H

#include "listen.h"

/* Slices are loans as long as it is used, and no other event may be laid down
 * meanwhile. */
struct lay {
	struct slice xml; /* canonical */
	bool escaped;     /* ... as it stands in a record */
	struct slice pb;  /* base64 of its TakMessage; empty: made from xml */
	enum fan_class class;
	uint64_t uid;
	struct receipt *receipt;       /* NULL: none */
	struct fan_ref ref[FAN_KINDS]; /* c NULL: not laid down */
	bool failed[FAN_KINDS];        /* ... and never will be */
};

/* Lay it down, where it is not yet. False: in that encoding it is not to be
 * had, or over --max-send; counted once. */
bool lay_down(struct listen *l, struct lay *e, enum fan_kind kind);

/* An event of our own for one client, in its encoding: 0, or -1. */
int lay_for(struct listen *l, struct client *c, struct slice xml);

/* Such answers are never dropped from a queue: who has more than that to read
 * gets one for all that it asks at one time, and none while it does not read.
 * Is c such a one? If not, it is taken to be answered now. */
bool lay_spares(struct listen *l, struct client *c);

#endif
