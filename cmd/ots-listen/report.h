/* report.h - what ots-listen tells of itself in its log. */
#ifndef OTS_LISTEN_REPORT_H
#define OTS_LISTEN_REPORT_H

#include "listen.h"

/* A client goes: why, and its totals. */
void report_close(const struct client *c);
/* One line of totals, and with `clients` one for each client. */
void report_counters(
    const struct listen *l, uint64_t bad_records, bool clients);

#endif
