/* state.h - what the files of ots-route's core share.
 * Pure. A name (uid or callsign) knows all who have it; an ident is one uid
 * on one connection; its pos is the latest position sent under it. Names are
 * escaped as in records throughout. */
#ifndef OTS_ROUTE_STATE_H
#define OTS_ROUTE_STATE_H

#include <stdbool.h>
#include <sys/queue.h>

#include "event.h"
#include "group.h"
#include "map.h"
#include "route.h"
#include "slot.h"
#include "users.h"

#define CONNS_MAX  1000000 /* then records of further ones are dropped */
#define IDENTS_MAX 1024    /* uids on one connection */
#define FEED_MAX   65536   /* uids of all local programs */
#define TO_MAX     128     /* keys in one send: REC_FIELDS_MAX bounds it */
#define SYNC_US    5000000 /* how long an answer to hello is waited for */
/* How much may be looked at, changed connections times known uids and sets,
 * to tell exactly those who lose sight of something. */
#define EXACT_MAX 2000000

struct pos {
	TAILQ_ENTRY(pos) link;
	struct ident *owner; /* NULL: the mark of a replay under way */
	char *xml;           /* escaped; NULL: no position is kept */
	size_t n, cap;
	char type[EVENT_TYPE_MAX];
	size_t type_n;
	int64_t stale_ms;
	uint64_t live;  /* seq when last sent to all; 0: only told again */
	uint64_t known; /* seq when first stored */
	/* Who was shown it, NULL: nobody. With the type it stays when the xml
	 * must make room: they are to be told when the uid goes. */
	struct gset *in;
};

struct ident {
	LIST_ENTRY(ident) by_uid;
	LIST_ENTRY(ident) by_callsign;
	TAILQ_ENTRY(ident) link; /* of the conn, least recently used first */
	struct conn *conn;
	struct name *uid;
	struct name *callsign; /* NULL: not known */
	struct user *user;     /* of one that ots-store knows; NULL: none */
	struct pos pos;
};

LIST_HEAD(ident_list, ident);
TAILQ_HEAD(ident_queue, ident);
TAILQ_HEAD(pos_queue, pos);
TAILQ_HEAD(conn_queue, conn);

struct name {
	struct ident_list idents;
	size_t n;
	char text[];
};

/* Where connections come from: the host and, if there is one, the user. What
 * one of them may make us remember is bounded over all its connections, those
 * that are gone too: whoever reconnects has no more than who stays. */
struct peer {
	unsigned refs;
	unsigned alerts; /* that it raised */
	unsigned left;   /* those of them whose connection has gone */
	size_t n;
	char text[];
};

/* Where a newcomer stands. */
enum conn_wait {
	WAIT_NOT,
	WAIT_SERVE, /* in r->newcomers */
	WAIT_NOW,   /* in r->serving */
	WAIT_SYNC,  /* in r->waiting: what is told again goes to it too */
};

/* Whether a connection takes part. */
enum access {
	ACCESS_NEW,    /* its open was not heard: its events are held */
	ACCESS_WAIT,   /* its user is not known yet: in no group */
	ACCESS_OK,     /* in the groups that are its due */
	ACCESS_BARRED, /* told to hang up */
};

/* What each event looks at comes first. */
struct conn {
	char id[SLOT_TEXT_MAX];
	enum access access;
	/* Stands for all local programs, or for what ots-store remembers. */
	bool feed;
	bool mesh; /* stands for all devices on a multicast group or UDP port */
	bool incognito;
	bool unalarmed; /* is to be told active alerts once it is known */
	bool alarming;  /* in r->alarming */
	size_t id_n;
	struct gset *in, *out;
	struct user *user; /* NULL: has none, or they do not count */
	struct gset *own;  /* that its open names, of the mesh; NULL: none */
	struct ident_queue idents;
	struct ident *device; /* the first uid that it said */
	struct ident *last;   /* the one used last: saves a look-up */
	uint64_t round;       /* in which it was heard of */
	size_t n_idents;
	uint64_t born, served;
	TAILQ_ENTRY(conn) queued;
	enum conn_wait wait;
	unsigned alerts; /* that are live and its own */
	size_t serving_at;
	struct peer *peer; /* NULL: the feed */
	TAILQ_ENTRY(conn) alarm;
	LIST_ENTRY(conn) by_out; /* of out->readers */
	LIST_ENTRY(conn) by_user;
	struct buf *held; /* lines that came before its open; NULL: none */
	/* While a change is made (regroup.c): what it was, NULL: as it is. */
	struct gset *was_in, *was_out;
	TAILQ_ENTRY(conn) changed;
	/* While it is told what is new to it: what it saw before, and what
	 * t-x-g-c is to say then (who asked for the change); NULL: nothing. */
	struct gset *had;
	char *notice;
	bool had_alerts; /* it saw those, too */
	bool opened;     /* its open was heard */
	bool changing;   /* in r->changed */
	bool moved;      /* by the last snapshot */
};

struct alert {
	TAILQ_ENTRY(alert) link; /* next to be repeated first */
	struct slice uid;        /* in mem, as are the next two */
	struct slice owner;      /* uid of the device, may be empty */
	struct slice xml;
	struct conn *from; /* who does not get it; NULL: has gone */
	struct peer *peer; /* who raised it; NULL: the feed */
	struct user *user; /* whose it is: it is in the groups of that one */
	/* Counted in from->alerts: from raised it, or has come back from the
	 * same peer. Who comes back from elsewhere is not sure to be the same:
	 * at a limit the alert is one whose sender has gone. */
	bool live;
	bool kept; /* by ots-listen under from */
	struct gset *in;
	struct gset *part;    /* of its sender's groups only; NULL: all */
	uint64_t began, next; /* mono_us */
	uint64_t seq;         /* when its sender sent it; 0: only told again */
	char mem[];
};

TAILQ_HEAD(alert_queue, alert);

/* A list of connections that grows. */
struct crowd {
	struct conn **v;
	size_t n, cap;
};

struct route {
	struct route_config cfg;
	struct buf *out;
	struct map conns, idents, uids, callsigns, peers;
	struct groups groups;
	struct users users;
	struct gset *anon, *nobody;
	size_t waits; /* connections whose user is not known yet */
	size_t held;  /* bytes */
	struct conn_queue changed;
	size_t n_changed, exact_max;
	struct crowd lost; /* scratch */
	struct conn *feed, *stored;
	struct pos_queue latest; /* least recently sent first */
	size_t latest_bytes, n_idents;
	struct conn_queue newcomers, waiting;
	struct conn_queue alarming; /* now known: to be told the alerts */
	struct conn *serving[TO_MAX];
	size_t n_serving;
	struct pos mark;
	struct alert_queue alerts;
	size_t n_alerts;
	uint64_t seq, round, asked_us;
	bool synced;
	struct buf key, xml, a, b; /* scratch */
	uint64_t count[ROUTE_COUNTER_MAX];
};

static inline int64_t
now_ms(struct route_now now)
{
	return (int64_t)(now.wall_us / 1000);
}

static inline struct slice
conn_id(const struct conn *c)
{
	return (struct slice){c->id, c->id_n};
}

static inline struct slice
name_text(const struct name *n)
{
	return (struct slice){n->text, n->n};
}

/* --- route.c --- */
/* Ask ots-listen to tell its connections (again). */
void route_ask(struct route *r, struct route_now now);
/* One that makes no sense. */
void route_log_bad(const struct rec *rec, const char *why);

/* --- conn.c: connections --- */
struct conn *conn_find(const struct route *r, struct slice id);
/* A new one, in no group. NULL: no memory, over the limit or no id. */
struct conn *conn_make(struct route *r, struct slice id);
/* Its groups are these; says nothing to anybody. */
void conn_set_groups(
    struct route *r, struct conn *c, struct gset *in, struct gset *out);
/* bind or unbind: the keys of groups. */
void conn_bind(struct route *r, const struct conn *c, const char *kind,
    const struct gset *groups);
/* It takes part from now on: a newcomer, unless it has its groups' keys
 * already (`holds`). */
void conn_admit(struct route *r, struct conn *c, bool holds);
/* Forget who is on it; disconnect notices go to those who could see them. */
void conn_strip(struct route *r, struct conn *c, struct route_now now);
/* Forget it; the same notices. */
void conn_gone(struct route *r, struct conn *c, struct route_now now);
/* All of that node, or only those not heard of in this round. */
void conn_sweep(
    struct route *r, struct slice node, bool unheard, struct route_now now);
void conn_free(struct route *r, struct conn *c);

/* --- access.c: who takes part --- */
/* An open: its user and so its groups, or the end of it. 0, or -1: it names
 * another user, or other groups, than before. */
int access_open(struct route *r, struct conn *c, const struct rec *rec,
    struct route_now now);
/* An event of one that does not take part, or does since just now: true:
 * route it. */
bool access_event(struct route *r, struct conn *c, const struct rec *rec);
/* It is about to say that it is this device: if that one has made a choice of
 * its own, the groups are others from now on. */
void access_device(
    struct route *r, struct conn *c, struct slice uid, struct route_now now);
/* The groups that a device of a user (NULL: without one) sends into, if it has
 * no open that says otherwise. NULL: it may not be here. */
struct gset *access_in(
    const struct route *r, const struct user *u, struct slice uid);
/* What a snapshot has changed. */
void access_users(struct route *r, struct route_now now);

/* --- hold.c: what comes before its open --- */
/* False: no room. */
bool hold_put(struct route *r, struct conn *c, struct slice line);
/* Hand them to `fn`, in their order, and forget them. */
void hold_release(struct route *r, struct conn *c,
    void (*fn)(struct route *r, const struct rec *rec, struct route_now now),
    struct route_now now);
/* Forget them, counted. */
void hold_drop(struct route *r, struct conn *c);

/* --- regroup.c: groups change (cot-streaming 7.10) --- */
/* Its groups are to be these; nothing is said until regroup_run. */
void regroup_add(
    struct route *r, struct conn *c, struct gset *in, struct gset *out);
/* Tell all whom it concerns. False: they were so many that not exactly those
 * who lost sight of something were told. */
bool regroup_run(struct route *r, struct route_now now);
/* t-x-g-c, once it has been told what is new to it; by: the device that asked
 * (escaped), or NULL. */
void regroup_notice(
    struct route *r, struct conn *c, const char *by, struct route_now now);
/* It has been told what is new to it. */
void regroup_served(struct route *r, struct conn *c, struct route_now now);

/* --- sight.c: who sees whom --- */
/* Those who saw what was sent into `was`, and do not see what is sent into
 * `is` (NULL: nowhere), nor the uid of `i` (or NULL) elsewhere: in r->lost. */
void sight_lost(struct route *r, const struct gset *was, const struct gset *is,
    const struct conn *from, const struct ident *i, struct route_now now);
/* Does v see what is sent into `is`, or the uid of `i` elsewhere? Its own uid
 * counts as seen. */
bool sight_sees(const struct conn *v, const struct gset *is,
    const struct ident *i, struct route_now now);
/* Is there no other of its uid? */
bool sight_alone(const struct ident *i);
void crowd_add(struct route *r, struct crowd *w, struct conn *c);
/* t-x-d-d for a position, to those who could see it: it has gone. */
void sight_gone(struct route *r, const struct ident *i, struct route_now now);
/* t-x-d-d for a uid (escaped) of that type: to r->lost, or to `groups` but not
 * to `except`. */
void sight_tell(struct route *r, struct slice uid, struct slice type,
    const struct gset *groups, const struct conn *except, struct route_now now);

/* --- state.c: who is who --- */
struct ident *ident_find(
    const struct route *r, const struct conn *c, struct slice uid);
/* Find or make; the least recently used is forgotten at the limit. */
struct ident *ident_make(struct route *r, struct conn *c, struct slice uid);
void ident_drop(struct route *r, struct ident *i);
/* 0, or -1: no memory. */
int ident_rename(struct route *r, struct ident *i, struct slice callsign);
/* The sender of an identity event says who it is. NULL: no memory. */
struct ident *ident_learn(
    struct route *r, struct conn *c, const struct event *e);
/* Forget it without a word to ots-listen. */
void ident_unlink(struct route *r, struct ident *i);

/* --- peer.c: where connections come from --- */
struct peer *peer_get(struct route *r, struct slice host, struct slice user);
struct peer *peer_ref(struct peer *p);
void peer_unref(struct route *r, struct peer *p);
/* `peer` (its port does not count) and `user` of an open. */
void peer_open(struct route *r, struct conn *c, const struct rec *rec);

/* --- deliver.c: who gets it --- */
struct send {
	struct slice except; /* a conn, or empty */
	struct slice uid;    /* escaped */
	const char *class;
	struct slice xml;
	/* The same event in its other encoding, as ots-parse made it; empty
	 * unless xml is what ots-parse made, too (without its marti). */
	struct slice pb;
	struct slice receipt; /* ots-store wants to know; or empty */
	bool keep;
	bool plain; /* uid and xml are not escaped yet */
};

void send_groups(struct route *r, const struct gset *to, const struct send *s);
void send_conns(
    struct route *r, struct conn *const *to, size_t n, const struct send *s);
/* ots-listen need not tell this position or alert again. */
void send_forget(struct route *r, const struct conn *c, struct slice uid);
void deliver_event(
    struct route *r, struct conn *c, struct event *e, struct route_now now);

/* A record begun with rec_begin: count it if it could not be written. */
void route_end(struct route *r, struct rec_writer *w);

/* --- store.c: mail of ots-store --- */
void store_mail(struct route *r, const struct rec *rec);
/* The xml of ots-store as it is delivered, without its marti; empty: it is not
 * canonical. In r->xml, or as it was. */
struct slice store_plain(struct route *r, struct slice xml);

/* --- stored.c: positions that ots-store knows --- */
void stored_latest(
    struct route *r, const struct rec *rec, struct route_now now);
/* This uid speaks itself: what ots-store said of it counts no more. */
void stored_forget(struct route *r, const struct ident *i);
/* ... and is not to be seen from now on. */
void stored_hide(struct route *r, struct slice uid, struct route_now now);
/* The groups of those in r->users.changed have. */
void stored_users(struct route *r, struct route_now now);

/* --- latest.c: latest positions and newcomers --- */
/* live: it was just sent to all; else it was told again. */
void latest_store(struct route *r, struct ident *i, const struct event *e,
    struct gset *in, bool live);
void latest_drop(struct route *r, struct ident *i);
/* Its sender is in other groups: send it into them, as if just sent. */
void latest_regroup(
    struct route *r, struct ident *i, struct gset *in, struct route_now now);
void latest_newcomer(struct route *r, struct conn *c, enum conn_wait wait);
void latest_serve(struct route *r, struct route_now now);
/* Everything is told again: those who waited for it are newcomers again. */
void latest_synced(struct route *r);

/* --- alert.c: emergencies --- */
void alert_raise(struct route *r, struct conn *c, const struct event *e,
    struct gset *in, struct route_now now);
/* It was told again: raise it, unless it is being repeated already. */
void alert_again(struct route *r, struct conn *c, const struct event *e,
    struct route_now now);
/* Is it an alert that alert_raise repeats? */
bool alert_fits(const struct route *r, const struct event *e);
/* True: it ended an alert, and must go to all. */
bool alert_cancel(struct route *r, const struct conn *c, const struct event *e,
    struct route_now now);
/* It missed the alerts of before: it gets them when it has said who it is, so
 * that nobody who comes back gets his own. */
void alert_newcomer(struct route *r, struct conn *c);
/* This uid is new on its connection: alerts of it have their sender back. */
void alert_back(struct route *r, const struct ident *i);
/* The connection has said who it is. */
void alert_known(struct route *r, struct conn *c);
/* Tell those that are now known. False: nobody waits. */
bool alert_serve(struct route *r, struct route_now now);
/* Not repeated any more; why: for the log, or NULL when it is replaced. */
void alert_end(struct route *r, struct alert *a, const char *why);
/* Its alerts are now of this peer. */
void alert_move(struct route *r, const struct conn *c, struct peer *to);
void alert_conn_gone(struct route *r, struct conn *c);
void alert_free_all(struct route *r);
/* Its event with new times, in r->xml. False: no memory. */
bool alert_retime(struct route *r, const struct alert *a, struct route_now now);
/* A cancel of ours, to those groups (NULL: none). */
void alert_tell_end(struct route *r, const struct alert *a,
    const struct gset *to, struct route_now now);

/* --- alert_room.c: how many --- */
/* For one of `c` that replaces `old` (or NULL). False: nothing gives way, so
 * the new one is not repeated. */
bool alert_make_room(
    struct route *r, const struct conn *c, const struct alert *old);

/* --- alert_group.c: alerts are in the groups of their users --- */
/* Groups have changed, the keys of ots-listen not yet: all who receive from a
 * group that an alert leaves are told that it has gone. */
void alert_regroup_before(struct route *r, struct route_now now);
/* The keys have changed, too. exact: those who lost sight of an alert are told
 * now. */
void alert_regroup(struct route *r, bool exact, struct route_now now);
/* The user takes part no more: its alerts end. */
void alert_bar(struct route *r, const struct user *u, struct route_now now);

/* --- control.c: control types (cot-streaming 7.8) --- */
enum control {
	CONTROL_FORWARD,
	CONTROL_CONSUMED,
	CONTROL_FORBIDDEN,
};

enum control control_event(struct route *r, struct conn *c,
    const struct event *e, struct route_now now);
#define CONTROL_INCOGNITO "incognito:1"

#endif
