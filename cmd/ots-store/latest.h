/* latest.h - where everybody was, for a server that starts anew: when a new
 * ots-listen says hello, the last positions that are not stale are put into the
 * stream as `latest` records: the labels of the stored event, those of its
 * sender's groups, and the xml. */
#ifndef OTS_STORE_LATEST_H
#define OTS_STORE_LATEST_H

#include <stdbool.h>

#include "buf.h"
#include "store.h"

struct latest {
	struct store *store; /* a loan */
	bool wanted;
	uint64_t told; /* since the start */
};

void latest_wanted(struct latest *l);
/* Append them, those that have room in out. 0, or -1 as of store.h. */
int latest_send(struct latest *l, struct buf *out, int64_t now);

#endif
