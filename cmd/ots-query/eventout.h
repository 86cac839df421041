/* eventout.h - an event as it came. Pure. A failure is the buffer's (buf.h). */
#ifndef OTS_QUERY_EVENTOUT_H
#define OTS_QUERY_EVENTOUT_H

#include "buf.h"
#include "store_query.h"

/* A record cot (ots-record(5)). 0, or -1: it cannot be one (a NUL, too long);
 * nothing was put. */
int event_record(struct buf *b, const struct store_event_row *e);

#endif
