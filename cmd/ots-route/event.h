/* event.h - the labels of one cot record, read in one pass.
 * Pure. All values are views into the record, escaped as they stand there:
 * escaping is one-to-one, so they compare and travel without being undone. */
#ifndef OTS_ROUTE_EVENT_H
#define OTS_ROUTE_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "group.h"
#include "record.h"

/* A longer uid, callsign or type is no identity: keys and tables are bounded
 * by it. */
#define EVENT_NAME_MAX 256
#define EVENT_TYPE_MAX 64

struct event {
	const struct rec *rec;
	struct slice conn, uid, type, how, stale, callsign, endpoint, link_uid,
	    xml;
	struct slice pb; /* the event as a TakMessage, without marti; or none */
	struct slice base; /* the type up to its ; */
	struct gset *in;   /* a loan: the groups it is sent into */
	bool part;         /* it names the groups that it is for */
	bool ack;          /* has an ackresponse */
	bool again;
	bool marti;
	bool emergency, cancel;
	bool identity; /* of its sender: cot-streaming 1.6 */
	unsigned n_dest;
};

/* 0, or -1: uid, type or xml is missing. */
int event_read(struct event *e, const struct rec *rec);

/* An emergency that begins; the end of one. */
bool event_alert(const struct event *e);
bool event_cancel(const struct event *e);

/* The class for ots-listen's queues. */
const char *event_class(const struct event *e);

/* Append the event's xml, still escaped, without its marti elements. 0, or -1
 * with errno EBADMSG: the ranges are not in it, or as of buf.h. */
int event_strip(const struct event *e, struct buf *out);

#endif
