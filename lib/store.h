/* store.h - what the server remembers: events and what they say of devices,
 * chats, items, alerts ... (of db.h, either engine). The schema is in
 * store_ddl.c. Times are microseconds since 1970, UTC. One writer at a time for
 * each spool; any number of readers.
 *
 * What strangers wrote is stored as it came, whatever it says. Two exceptions:
 * a key of a table of the present state (a chat room, a member of it, who a
 * receipt is for ...) of more than STORE_KEY_MAX bytes is left out, and where
 * there are STORE_TYPES_MAX types already, a further one is kept as the longest
 * known prefix of it. The XML of the event has both.
 *
 * Functions return 0, or -1 with errno as in db.h; store_why says why. */
#ifndef OTS_STORE_H
#define OTS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "str.h"

#define STORE_KEY_MAX   1024  /* bytes, as COT_TEXT_MAX */
#define STORE_TYPES_MAX 16384 /* different types of events */
/* A batch takes no more than this (but always one event): ENOBUFS. */
#define STORE_BATCH_ROWS  16384
#define STORE_BATCH_BYTES ((size_t)32 << 20)
#define STORE_RETAIN_ROWS 1000

struct store;

/* As accounts_open. */
struct store *store_open(const char *uri, char err[256]);
void store_close(struct store **s);
const char *store_why(const struct store *s);
/* For who writes a lot: larger caches. */
int store_heavy(struct store *s);

/* Writing -------------------------------------------------------------------*/

/* How far a spool is in the database: 0 and 0 at first. */
struct store_place {
	uint64_t segment, offset;
};
/* Must be asked once before the first store_commit: it says where this writer
 * begins. */
int store_place(struct store *s, const char *spool, struct store_place *out);

/* One checked event, as ots-parse told it. p NULL: absent. */
struct store_event {
	int64_t t; /* when it arrived */
	int64_t time, start, stale;
	struct slice uid, type, how;
	double lat, lon, hae, ce, le;
	bool located; /* the point is a place: not 0,0 and not 999... */
	struct slice conn, user;
	struct slice device; /* uid of the device that sent it */
	struct slice callsign, team, role, endpoint, phone;
	struct slice takv[4];       /* device, platform, os, version */
	struct slice xml;           /* canonical */
	const struct slice *groups; /* that it was sent into, sorted */
	size_t n_groups;
	bool identity; /* it says who its sender is (cot-streaming 1.6) */
	bool has_track, has_battery;
	double speed, course; /* m/s, degrees: with has_track */
	int64_t battery;      /* percent: with has_battery */
};

/* What an event says besides. Values that are absent have p NULL. */
struct store_chat {
	struct slice room, room_name, parent, owner, sender_uid,
	    sender_callsign, text;
	int64_t time;
	const struct slice *member;
	size_t n_members;
};
struct store_receipt {
	struct slice chat, who;
	char kind; /* d delivered, r read, p pending, s failed */
};
struct store_item {
	const char *kind; /* marker, route, drawing, line */
	struct slice callsign, remarks, color, iconset, parent;
};
struct store_alert {
	struct slice type, callsign; /* of the emergency */
	bool cancel; /* of all open alerts with the uid of the event */
};
struct store_blob {               /* casevac, video, file share, statistics */
	struct slice title, json; /* JSON: the attributes as they came */
};
struct store_conn {
	struct slice conn, user, serial, via, peer, why;
	int64_t t;
};
struct store_mail {
	struct slice receiver; /* uid of a device */
	struct slice receipt;
	int64_t expires;
};

/* A batch: all that was added since the last store_commit (or store_drop), in
 * the order in which it happened. Nothing of it is in the database before
 * store_commit, which writes all of it and the new place in one transaction.
 * Values are copied. -1: ENOBUFS (commit first); EINVAL (no uid, or one over
 * STORE_KEY_MAX: nothing was added); ENOMEM (drop the batch, it is not whole).
 */
int store_add(struct store *s, const struct store_event *e);
/* About the event that was added last. */
int store_add_chat(struct store *s, const struct store_chat *c);
int store_add_receipt(struct store *s, const struct store_receipt *r);
int store_add_item(struct store *s, const struct store_item *i);
int store_add_alert(struct store *s, const struct store_alert *a);
int store_add_casevac(struct store *s, const struct store_blob *b);
int store_add_video(struct store *s, const struct store_blob *b);
int store_add_share(struct store *s, const struct store_blob *b);
int store_add_stats(struct store *s, const struct store_blob *b);
/* The event deletes what has that uid. */
int store_add_deletion(struct store *s, struct slice uid);
int store_add_mail(struct store *s, const struct store_mail *m);
/* Without an event. An open that is told again changes nothing. */
int store_add_open(struct store *s, const struct store_conn *c);
int store_add_close(struct store *s, const struct store_conn *c);
/* A new ots-listen of that node: connections from before t are gone. */
int store_add_restart(struct store *s, struct slice node, int64_t t);
/* A mail is on its way to its receiver; has been taken by its client. */
int store_add_sent(
    struct store *s, struct slice receipt, struct slice receiver, int64_t t);
int store_add_delivered(
    struct store *s, struct slice receipt, struct slice receiver, int64_t t);

/* EAGAIN: the database is away, and it is not known whether the batch was
 * written. EACCES, EPROTO: it lets nobody write. In these cases the batch is
 * still there: call it again with the same place, which finds out; until then
 * nothing can be added (ENOBUFS). Else the batch is given up: EINVAL, EIO: it
 * refuses something in it, and the caller tries smaller ones. EBUSY: another
 * writer has moved the place of this spool. The place must be another one than
 * the last. */
int store_commit(
    struct store *s, const char *spool, const struct store_place *place);
/* Give the batch up; ask store_place again if a store_commit of it failed. */
void store_drop(struct store *s);
/* Events and bytes in the batch. */
size_t store_pending(const struct store *s, size_t *bytes);

/* Places of one degree by one: the same for all in it, growing with lat, then
 * with lon. */
#define STORE_CELLS (180 * 360)
int64_t store_cell(double lat, double lon);

/* Reading, for the writer ---------------------------------------------------*/

/* Texts are loans until fn returns. It returns 0, or else ends the walk; it
 * must not call the store. */

/* The newest event of each device that is located and not stale at `now`. */
struct store_latest {
	int64_t id; /* of the event: when it arrived, made unique */
	int64_t stale;
	const char *uid, *type, *callsign, *user, *xml;
	const char *groups; /* as store_groups_next reads it */
	double lat, lon;
};
int store_each_latest(struct store *s, int64_t now,
    int (*fn)(void *arg, const struct store_latest *l), void *arg);

/* Mail for a device: pending, or sent before `sent_before` without having been
 * delivered, arrived before `before`, not expired at `now`; oldest first, at
 * most `max`. */
struct store_letter {
	int64_t id, expires, tries;
	const char *receipt, *uid, *device, *user, *groups, *xml;
};
struct store_mail_query {
	struct slice receiver;
	int64_t before, sent_before, now;
	size_t max;
};
int store_each_mail(struct store *s, const struct store_mail_query *q,
    int (*fn)(void *arg, const struct store_letter *l), void *arg);
/* How many wait for a device. */
int store_mail_count(
    struct store *s, struct slice receiver, int64_t now, int64_t *n);

/* A device: who is meant by a callsign; each that was seen since a time. */
struct store_device {
	const char *uid, *callsign, *user, *conn, *groups;
	int64_t last_seen;
};
int store_each_device_named(struct store *s, struct slice callsign,
    int (*fn)(void *arg, const struct store_device *d), void *arg);
int store_each_device(struct store *s, int64_t since,
    int (*fn)(void *arg, const struct store_device *d), void *arg);
/* 1: it is known and fn was called; 0. */
int store_device(struct store *s, struct slice uid,
    int (*fn)(void *arg, const struct store_device *d), void *arg);

/* Group names of a set, one after the other: each is separated from the next by
 * TAB, and in them backslash and TAB are written \\ and \t. *at begins with the
 * text of the set. The name is written into out: its length, -1: no more. */
int store_groups_next(const char **at, char *out, size_t size);

/* Retention -----------------------------------------------------------------*/

/* What can be forgotten by its age: X(ID, name, help). */
#define STORE_KINDS(X)                                                         \
	X(EVENTS, "events", "events; the last of each uid is kept as latest")  \
	X(LATEST, "latest", "the last event of a uid whose events are gone")   \
	X(POSITIONS, "positions", "tracks")                                    \
	X(CHATS, "chats", "chats and their receipts")                          \
	X(ITEMS, "items", "markers, routes, drawings, lines")                  \
	X(ALERTS, "alerts", "emergencies")                                     \
	X(CASEVACS, "casevacs", "casualty evacuations")                        \
	X(VIDEOS, "videos", "video feeds that were announced")                 \
	X(SHARES, "shares", "files that were shared")                          \
	X(STATS, "stats", "statistics of devices")                             \
	X(DELETIONS, "deletions", "that something was deleted")                \
	X(CONNECTIONS, "connections", "connections that have ended")           \
	X(DEVICES, "devices", "devices that are away")                         \
	X(MAIL, "mail", "mail that was delivered or has expired")

enum store_kind {
#define X(id, name, help) STORE_##id,
	STORE_KINDS(X)
#undef X
	    STORE_KIND_COUNT
};
const char *store_kind_name(enum store_kind k);
/* 0, or -1: no such kind. */
int store_kind_of(struct slice name, enum store_kind *k);

/* Forget at most STORE_RETAIN_ROWS that are older than `before`, in a
 * transaction of their own: how many rows were looked at; 0: none are left;
 * -1. A pause between two calls lets others in. */
int64_t store_retain(struct store *s, enum store_kind k, int64_t before);
/* Give some of the room back that was freed: 1: there is more; 0; -1. On
 * PostgreSQL each call is a VACUUM of one table, which may take long. */
int store_vacuum(struct store *s);

#endif
