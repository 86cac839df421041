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

#define CONNS_MAX  1000000 /* then records of further ones are dropped */
#define IDENTS_MAX 1024    /* uids on one connection */
#define FEED_MAX   65536   /* uids of all local programs */
#define TO_MAX     128     /* keys in one send: REC_FIELDS_MAX bounds it */
#define SYNC_US    5000000 /* how long an answer to hello is waited for */

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

struct conn {
	char id[SLOT_TEXT_MAX];
	size_t id_n;
	struct gset *in, *out;
	struct ident_queue idents;
	size_t n_idents;
	struct ident *device; /* the first uid that it said */
	struct ident *last;   /* the one used last: saves a look-up */
	uint64_t round;       /* in which it was heard of */
	uint64_t born, served;
	TAILQ_ENTRY(conn) queued;
	enum conn_wait wait;
	size_t serving_at;
	struct peer *peer; /* NULL: the feed */
	TAILQ_ENTRY(conn) alarm;
	bool unalarmed;  /* is to be told active alerts once it is known */
	bool alarming;   /* in r->alarming */
	unsigned alerts; /* that are live and its own */
	bool feed;       /* stands for all local programs */
	bool incognito;
};

struct alert {
	TAILQ_ENTRY(alert) link; /* next to be repeated first */
	struct slice uid;        /* in mem, as are the next two */
	struct slice owner;      /* uid of the device, may be empty */
	struct slice xml;
	struct conn *from; /* who does not get it; NULL: has gone */
	struct peer *peer; /* who raised it; NULL: the feed */
	/* Counted in from->alerts: from raised it, or has come back from the
	 * same peer. Who comes back from elsewhere is not sure to be the same:
	 * at a limit the alert is one whose sender has gone. */
	bool live;
	bool kept; /* by ots-listen under from */
	struct gset *in;
	uint64_t began, next; /* mono_us */
	uint64_t seq;         /* when its sender sent it; 0: only told again */
	char mem[];
};

TAILQ_HEAD(alert_queue, alert);

struct route {
	struct route_config cfg;
	struct buf *out;
	struct map conns, idents, uids, callsigns, groups, peers;
	struct gset *anon;
	struct conn *feed;
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

/* --- state.c: who is who --- */
struct conn *conn_find(const struct route *r, struct slice id);
/* A new connection: binds its groups unless it `holds` them already, and makes
 * it a newcomer. NULL: no memory, over the limit or no id. */
struct conn *conn_make(struct route *r, struct slice id, bool holds);
/* Forget it; disconnect notices go to those who could see it. */
void conn_gone(struct route *r, struct conn *c, struct route_now now);
/* All of that node, or only those not heard of in this round. */
void conn_sweep(
    struct route *r, struct slice node, bool unheard, struct route_now now);
void conn_bind_groups(struct route *r, const struct conn *c);
void conn_free(struct route *r, struct conn *c);

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
/* Does a uid live on another connection too, where those who are shown this
 * one can see it? */
bool ident_elsewhere(const struct ident *i, struct route_now now);

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
void deliver_gone(struct route *r, const struct ident *i, struct route_now now);

/* A record begun with rec_begin: count it if it could not be written. */
void route_end(struct route *r, struct rec_writer *w);

/* --- latest.c: latest positions and newcomers --- */
/* live: it was just sent to all; else it was told again. */
void latest_store(struct route *r, struct ident *i, const struct event *e,
    struct gset *in, bool live);
void latest_drop(struct route *r, struct ident *i);
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
bool alert_cancel(struct route *r, const struct event *e, struct route_now now);
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

/* --- alert_room.c: how many --- */
/* For one of `c` that replaces `old` (or NULL). False: nothing gives way, so
 * the new one is not repeated. */
bool alert_make_room(
    struct route *r, const struct conn *c, const struct alert *old);

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
