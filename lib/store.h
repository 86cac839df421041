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

#include "buf.h"
#include "str.h"

#define STORE_KEY_MAX   1024  /* bytes, as COT_TEXT_MAX */
#define STORE_TYPES_MAX 16384 /* different types of events */
/* A batch takes no more than this (but always one event): ENOBUFS. */
#define STORE_BATCH_ROWS  32768
#define STORE_BATCH_BYTES ((size_t)48 << 20)
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
	bool shown;    /* ... to all, and to who comes later (7.9) */
	bool has_track, has_battery;
	double speed, course; /* m/s, degrees: with has_track */
	int64_t battery;      /* percent: with has_battery */
};

/* What an event says besides. Values that are absent have p NULL. */
struct store_chat {
	struct slice room, room_name, parent, owner, sender_uid,
	    sender_callsign, text;
	struct slice message; /* its id, by which receipts name it */
	int64_t time;
	const struct slice *member;
	size_t n_members;
};
struct store_receipt {
	struct slice chat, who; /* the id of a message */
	char kind;              /* d delivered, r read, p pending, s failed */
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
	struct slice groups; /* that its open names: of store_groups_put */
	int64_t t;
};
/* Mail for a device, as long as it is that user's; n 0: of no user. */
struct store_mail {
	struct slice receiver, user;
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
/* All at that connection leave the others' maps, until they send again; while
 * it is incognito, until it says that it no longer is. */
int store_add_hidden(struct store *s, struct slice conn, bool incognito);
/* This device at that connection takes its leave. */
int store_add_left(struct store *s, struct slice conn, struct slice uid);
/* A mail is on its way to its receiver, over that connection; its client, which
 * is that user's, has taken it. */
int store_add_sent(struct store *s, struct slice receipt, struct slice receiver,
    struct slice conn, int64_t t);
int store_add_delivered(struct store *s, struct slice receipt,
    struct slice receiver, struct slice user, int64_t t);

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
/* The id of the newest event: after a store_commit. */
int64_t store_last_id(const struct store *s);

/* Places of one degree by one: the same for all in it, growing with lat, then
 * with lon. */
#define STORE_CELLS (180 * 360)
int64_t store_cell(double lat, double lon);

/* Reading, for the writer ---------------------------------------------------*/

/* Texts are loans until fn returns. It returns 0, or else ends the walk; it
 * must not call the store. */

/* By which event a device is on the others' maps that was there when its
 * ots-listen ended (store_add_restart), and has not come back: those that are
 * not stale at `now`, of devices behind `after` ("": all) in the order of their
 * uids. */
struct store_latest {
	int64_t id; /* of the event: when it arrived, made unique */
	int64_t stale;
	const char *uid, *user, *xml;
	const char *groups; /* as store_groups_next reads it */
};
int store_each_latest(struct store *s, const char *after, int64_t now,
    int (*fn)(void *arg, const struct store_latest *l), void *arg);

/* Mail for a device of a user that is at the connection conn: pending, or sent
 * over another connection, which has ended, or before `sent_before`, and not
 * delivered. With ids up to `upto`, not expired at `now`; oldest first, at most
 * `max`. */
struct store_letter {
	int64_t id, expires, tries;
	const char *receipt, *uid, *device, *user, *groups, *xml;
};
struct store_mail_query {
	struct slice receiver, user, conn;
	int64_t upto, sent_before, now;
	size_t max;
};
int store_each_mail(struct store *s, const struct store_mail_query *q,
    int (*fn)(void *arg, const struct store_letter *l), void *arg);
/* How many wait for a device of a user; without those of the batch. */
int store_mail_count(struct store *s, struct slice receiver, struct slice user,
    int64_t now, int64_t *n);
/* Each device for which a mail is that was not delivered, and whose it was;
 * with those of the batch. */
int store_each_receiver(struct store *s, struct slice receipt,
    int (*fn)(void *arg, struct slice uid, struct slice user), void *arg);

/* A device, as it will be with the batch: each of a callsign (up to 1000); each
 * that was seen since a time. */
struct store_device {
	const char *uid;
	const char *callsign, *user; /* NULL: none */
	const char *conn;            /* "": it is away */
	int64_t last_seen, connected_at;
};
int store_each_device_named(struct store *s, struct slice callsign,
    int (*fn)(void *arg, const struct store_device *d), void *arg);
int store_each_device(struct store *s, int64_t since,
    int (*fn)(void *arg, const struct store_device *d), void *arg);
/* 1: it is known and fn was called; 0. */
int store_device(struct store *s, struct slice uid,
    int (*fn)(void *arg, const struct store_device *d), void *arg);

/* The connections that are open in the database, and the device that spoke last
 * at each (NULL: none yet). */
struct store_open {
	const char *conn, *user, *device;
	const char *groups; /* that its open named; NULL: none */
	bool incognito;
};
int store_each_open(struct store *s,
    int (*fn)(void *arg, const struct store_open *o), void *arg);

/* Group names of a set, one after the other: each is separated from the next by
 * TAB, and in them backslash and TAB are written \\ and \t. *at begins with the
 * text of the set. The name is written into out: its length, -1: no more. */
int store_groups_next(const char **at, char *out, size_t size);
/* Append such a text. 0, or -1 as of buf.h. */
int store_groups_put(struct buf *out, const struct slice *groups, size_t n);

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
 * PostgreSQL nothing: its autovacuum makes room usable again. */
int store_vacuum(struct store *s);

#endif
