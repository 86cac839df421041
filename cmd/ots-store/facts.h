/* facts.h - what one cot record says, as the database keeps it.
 * Pure. First the labels (facts_event), then, when its sender is known, what
 * stands in the detail (facts_detail). Nothing that an event holds makes it
 * disappear: what a rule cannot read is left out of that rule only. Slices are
 * loans from the record's line and from the arena. The rules are those of
 * ots-dataplane 3.3 to 3.12, more tolerant, and those of the kinds that 3.11
 * has none for. */
#ifndef OTS_STORE_FACTS_H
#define OTS_STORE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "record.h"
#include "store.h"

/* Labels, in the order in which ots-parse writes them (ots-record(5)). */
#define FACTS_LABELS(X)                                                        \
	X(UID, "uid")                                                          \
	X(TYPE, "type")                                                        \
	X(HOW, "how")                                                          \
	X(TIME, "time")                                                        \
	X(START, "start")                                                      \
	X(STALE, "stale")                                                      \
	X(LAT, "lat")                                                          \
	X(LON, "lon")                                                          \
	X(HAE, "hae")                                                          \
	X(CE, "ce")                                                            \
	X(LE, "le")                                                            \
	X(CALLSIGN, "callsign")                                                \
	X(ENDPOINT, "endpoint")                                                \
	X(PHONE, "phone")                                                      \
	X(TEAM, "team")                                                        \
	X(ROLE, "role")                                                        \
	X(DEVICE, "takv-device")                                               \
	X(PLATFORM, "takv-platform")                                           \
	X(OS, "takv-os")                                                       \
	X(VERSION, "takv-version")                                             \
	X(LINK_UID, "link-uid")                                                \
	X(EMERGENCY, "emergency")                                              \
	X(CANCEL, "emergency-cancel")                                          \
	X(ACK, "ackresponse")                                                  \
	X(CONN, "conn")                                                        \
	X(USER, "user")                                                        \
	X(VIA, "via")                                                          \
	X(T, "t")                                                              \
	X(AGAIN, "again")                                                      \
	X(XML, "xml")

enum facts_label {
#define X(id, label) FACTS_##id,
	FACTS_LABELS(X)
#undef X
	    FACTS_LABEL_COUNT
};

enum facts_says {
	SAYS_CHAT = 1 << 0,
	SAYS_RECEIPT = 1 << 1,
	SAYS_ITEM = 1 << 2,
	SAYS_ALERT = 1 << 3,
	SAYS_CASEVAC = 1 << 4,
	SAYS_VIDEO = 1 << 5,
	SAYS_SHARE = 1 << 6,
	SAYS_STATS = 1 << 7
};

struct facts {
	struct store_event event;
	struct slice label[FACTS_LABEL_COUNT]; /* p NULL: absent */
	struct slice base;                     /* the type up to its ; */
	bool again; /* told before: it is in the database already */

	unsigned says; /* which of the next ones are there */
	struct store_chat chat;
	struct store_receipt receipt;
	struct store_item item;
	struct store_alert alert;
	struct store_blob casevac, video, share, stats;
	struct slice *deleted; /* uids */
	size_t n_deleted;
};

/* The labels of r. now, in microseconds: when a record came that does not say
 * it, or says a time to come. conn, user and identity are known then; device
 * is absent, the groups are those that the record names (sorted; with a conn:
 * none). 0, or -1 with errno: EBADMSG (uid, type or xml is missing), ENOMEM,
 * ENOBUFS. */
int facts_event(
    struct facts *f, const struct rec *r, int64_t now, struct arena *a);

/* What it says besides. event.device should be known before. 0, or -1 with
 * errno ENOMEM, ENOBUFS. */
int facts_detail(struct facts *f, struct arena *a);

/* An open or close record: 0, or -1 as facts_event (conn is missing). */
int facts_conn(
    struct store_conn *c, const struct rec *r, int64_t now, struct arena *a);

/* When a record came: its t; now, if it says none, or a time to come. */
int64_t facts_arrival(const struct rec *r, int64_t now, struct arena *a);

/* The value of a label, escapes undone; p NULL: it is absent, or no memory. */
struct slice facts_value(
    const struct rec *r, const char *label, struct arena *a);

/* ---- within the family ---- */

/* The longest uid, name or the like that is taken from the detail (cot.h). */
#define FACTS_NAME_MAX 1024

/* Sorts by bytes and leaves each once: how many there are then. */
size_t facts_sort(struct slice *v, size_t n);

#endif
