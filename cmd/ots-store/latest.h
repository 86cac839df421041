/* latest.h - where everybody was, for a server that starts anew.
 *
 * When a new ots-listen says hello, all connections have gone, but those who
 * had them will be back. ots-route is told the last position of each device
 * that was there until then, as `latest`: the labels of the stored event, its
 * user, the groups that it was sent into, and the xml. Not of those who had
 * left, were incognito, or have come back (store.h says who is shown). A new
 * ots-route has not heard of them, so they are told whenever ots-listen has
 * told its connections again (`announced`), and by a new writer: what ots-route
 * knows already it leaves. */
#ifndef OTS_STORE_LATEST_H
#define OTS_STORE_LATEST_H

#include <stdbool.h>

#include "buf.h"
#include "store.h"

struct latest {
	struct store *store; /* a loan */
	bool wanted;
	char after[STORE_KEY_MAX + 1]; /* those up to this one are told */
	uint64_t told, left; /* in this round; not, for want of room */
};

/* All of them, from the first one on. */
void latest_wanted(struct latest *l);
/* Append some, until out has half a MiB; wanted is false when all are told. 0,
 * or -1 as of store.h. */
int latest_send(struct latest *l, struct buf *out, int64_t now);

#endif
