/* self.h - the position event of the person that ots-cat stands for. Pure. */
#ifndef CAT_SELF_H
#define CAT_SELF_H

#include <stdint.h>

#include "buf.h"
#include "str.h"

struct self {
	struct slice callsign, uid;
	struct slice lat, lon; /* as they shall stand in the event */
	uint64_t interval_us;  /* 0: said once */
};

/* "LAT,LON" in degrees: NULL, or what is wrong. The slices are loans. */
const char *self_at(const char *text, struct self *me);

/* Append the event, canonical; -1 with errno (buf.h). It is stale after three
 * intervals, or ten minutes where it is said once. */
int self_put(struct buf *out, const struct self *me, int64_t now_ms);

#endif
