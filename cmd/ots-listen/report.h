/* report.h - what ots-listen tells of itself in its log. */
#ifndef OTS_LISTEN_REPORT_H
#define OTS_LISTEN_REPORT_H

#include "server.h"

/* A client was not let in; who: NULL if nobody knows. */
void report_refuse(const char *via, const char *peer,
    const struct identity *who, const char *why);
/* A client has come. */
void report_accept(const struct client *c);
/* A client goes: why, and its totals. */
void report_close(const struct client *c);
/* One line of totals, and with `clients` one for each client. */
void report_counters(const struct server *s, bool clients);

#endif
