/* route.h - the core of ots-route: who gets what (cot-streaming 7).
 * No system calls but log lines: time comes in, records go out. Feed it every
 * record of standard input with route_record and those of local programs with
 * route_inject, call route_batch_end when a batch of input is done and
 * route_tick at route_deadline; everything it says is appended to `out`. */
#ifndef OTS_ROUTE_H
#define OTS_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "record.h"

/* The two clocks, read once per wake-up by the caller. */
struct route_now {
	uint64_t mono_us; /* for deadlines */
	uint64_t wall_us; /* for what stands in events */
};

/* Which chat ots-store keeps for those who are away: its --mailbox. */
enum route_mailbox { MAILBOX_OFF, MAILBOX_DIRECT, MAILBOX_ALL };

struct route_config {
	const char *node;
	uint64_t seed[2];            /* for the hash tables; random */
	void (*uuid)(char text[37]); /* a random UUID */
	struct buf *out;
	size_t out_high;      /* above: replays and repeats wait */
	uint64_t latest_max;  /* bytes of latest positions in all */
	uint64_t alert_every; /* microseconds between repeats; 0: never */
	uint64_t alert_life;  /* microseconds; then an alert is not repeated */
	enum route_mailbox mailbox;
	bool auth; /* users count: route_auth tells them; else all are equal */
};

/* Every count that SIGUSR1 shows: X(id, name, help). */
#define ROUTE_COUNTERS(X)                                                      \
	X(RECORDS, "records", "records read")                                  \
	X(BAD, "bad", "records dropped: labels missing or senseless")          \
	X(EVENTS, "events", "events to route")                                 \
	X(AGAIN, "again", "positions told again after a hello")                \
	X(INJECTED, "injected", "events of local programs")                    \
	X(BROADCAST, "broadcast", "events sent to groups")                     \
	X(EXPLICIT, "explicit", "events sent to named destinations")           \
	X(NOBODY, "nobody", "events whose destinations are nobody")            \
	X(MISSION, "mission", "events for missions only")                      \
	X(NO_GROUP, "no-group", "events for a group the sender is not in")     \
	X(HIDDEN, "hidden", "broadcasts of incognito clients, not sent")       \
	X(CONSUMED, "consumed", "control events for the server")               \
	X(FORBIDDEN, "forbidden", "server-only events sent by a client")       \
	X(CHAT_FAILED, "chat-failed", "chats sent back: nobody has the name")  \
	X(MAIL, "mail", "chats of the mailbox sent")                           \
	X(MAIL_LEFT, "mail-left",                                              \
	    "... not sent: the client has gone, or may not have it")           \
	X(LATEST, "latest", "positions of the store shown")                    \
	X(LATEST_LEFT, "latest-left",                                          \
	    "... not: heard of since, stale, or the user is not known")        \
	X(NEWCOMERS, "newcomers", "connections served with latest positions")  \
	X(REPLAYED, "replayed", "latest positions sent to newcomers")          \
	X(GONE, "gone", "disconnect notices")                                  \
	X(ALERTS, "alerts", "emergencies begun")                               \
	X(REPEATS, "repeats", "emergencies repeated")                          \
	X(SNAPSHOTS, "snapshots", "tables of users taken over")                \
	X(REGROUPED, "regrouped", "connections whose groups changed")          \
	X(NOTICES, "notices", "clients told that their groups changed")        \
	X(HANGUPS, "hangups",                                                  \
	    "connections refused: no such user, or disabled")                  \
	X(BARRED, "barred", "events of refused connections, dropped")          \
	X(WAITING, "waiting", "events before their user was known, dropped")   \
	X(UNOPENED, "unopened", "events whose open was not heard, dropped")    \
	X(EVICTED, "evicted", "positions or uids forgotten at a limit")        \
	X(DROPPED, "dropped", "records not written: no memory or no room")

enum route_counter {
#define X(id, name, help) ROUTE_##id,
	ROUTE_COUNTERS(X)
#undef X
	    ROUTE_COUNTER_MAX
};

struct route;

/* Writes hello. NULL: no memory. `out` must outlive it. */
struct route *route_new(const struct route_config *cfg, struct route_now now);
void route_free(struct route **r);

/* One record of standard input. */
void route_record(struct route *r, const struct rec *rec, struct route_now now);

/* One record of a local program, whose pseudo-connection is `id`. 0; or -1
 * with errno EBADMSG: nothing that it may say. For an event, what taps are to
 * see is appended to *tap (NULL: nobody looks). */
int route_inject(struct route *r, const struct rec *rec, struct slice id,
    struct buf *tap, struct route_now now);

/* One record of ots-auth. True: a whole table of users came with it; then a
 * batch is done, too. */
bool route_auth(struct route *r, const struct rec *rec, struct route_now now);
/* Its stream ended: what it was about to tell is forgotten, what it told
 * before stays. */
void route_auth_lost(struct route *r);
/* Is it known who the users are (or do they not count)? */
bool route_ready(const struct route *r);

/* A batch is done, or there is room in `out` again: newcomers are served as
 * far as there is room. */
void route_batch_end(struct route *r, struct route_now now);

/* Are there newcomers still to be served? */
bool route_pending(const struct route *r);

/* When to call route_tick next (mono_us), or UINT64_MAX. */
uint64_t route_deadline(const struct route *r);
void route_tick(struct route *r, struct route_now now);

uint64_t route_count(const struct route *r, enum route_counter c);
const char *route_counter_name(enum route_counter c);
/* Connections, known uids, bytes of latest positions, active alerts, users;
 * and what was dropped of what ots-auth says. */
struct route_gauges {
	size_t conns, uids, latest_bytes, alerts, users;
	uint64_t users_bad, users_torn;
};
struct route_gauges route_gauges(const struct route *r);

#endif
