/* users.h - the table of users that ots-auth tells: who exists, and which
 * groups each may send into and receive from (cot-streaming 7.1).
 * Pure. A snapshot changes nothing until its end has come and it is whole:
 * what it says is laid aside (`next`) and then taken over at once. Names are
 * escaped as in records. */
#ifndef OTS_ROUTE_USERS_H
#define OTS_ROUTE_USERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "group.h"
#include "record.h"

#define USERS_MAX        1000000
#define USER_DEVICES_MAX 256

/* What a user, or one of its devices, may. */
struct grant {
	struct gset *in, *out; /* NULL: none (unknown, or nothing new) */
	char *by;              /* the device that asked; NULL: none */
};

struct device {
	LIST_ENTRY(device) link;
	struct grant now, next;
	uint64_t seen; /* the snapshot that told it last */
	bool changed;  /* by the last snapshot */
	size_t n;
	char uid[];
};

LIST_HEAD(device_list, device);
TAILQ_HEAD(user_queue, user);

struct user {
	struct conn_list conns; /* its live connections */
	struct device_list devices;
	struct grant now, next;
	uint64_t seen;
	bool known, disabled, next_disabled;
	bool listed;   /* in users.changed */
	bool changed;  /* its own sets were, by the last snapshot */
	unsigned refs; /* of connections and alerts */
	TAILQ_ENTRY(user) link;
	size_t n;
	char name[];
};

struct users {
	struct map all;
	struct groups *groups;
	struct user_queue changed; /* by the last snapshot: for the caller */
	bool ready;                /* there was one */
	size_t known;              /* users */
	/* The snapshot that is coming. */
	bool open, failed;
	uint64_t seen, revision, records;
	/* Since the beginning. */
	uint64_t bad, torn;
};

void users_init(
    struct users *us, struct groups *groups, const uint64_t seed[2]);
/* All references to users must have been given back. */
void users_fini(struct users *us);

enum users_news {
	USERS_NOTHING,
	USERS_BAD,   /* the record makes no sense: why in *why */
	USERS_TORN,  /* the snapshot is not whole: it changes nothing */
	USERS_WHOLE, /* taken over: see `changed` */
};

/* A record of ots-auth. Kinds that are not of snapshots are nothing. */
enum users_news users_record(
    struct users *us, const struct rec *rec, const char **why);
/* Its stream ended. True: in the middle of a snapshot. */
bool users_lost(struct users *us);
/* The caller has looked at `changed`. */
void users_settled(struct users *us);

/* The user of that name, also if it is not known (yet); NULL: no memory. */
struct user *users_get(struct users *us, struct slice name);
struct user *user_ref(struct user *u);
void user_unref(struct users *us, struct user *u);

static inline struct slice
user_name(const struct user *u)
{
	return (struct slice){u->name, u->n};
}

/* NULL: it has made no choice of its own. */
struct device *user_device(const struct user *u, struct slice uid);

#endif
