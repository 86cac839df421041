/* check.h - what becomes of a name and a password.
 *
 *   request -> (limits) -> looked up -> remembered? -> queue -> worker ->
 * verdict
 *
 * No system calls: the caller brings the answers of the database and of the
 * workers, and the time (microseconds, monotonic). Requests for one name and
 * password that come while one of them is in hand get its verdict. Everything
 * is bounded; at a bound the verdict is "busy". Every request gets exactly one
 * verdict, some from within check_ask. Secrets are wiped when their job ends.
 */
#ifndef OTS_AUTH_CHECK_H
#define OTS_AUTH_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "accounts.h"
#include "slot.h"

#define CHECK_ID_MAX     128 /* bytes of a client's id for its request */
#define CHECK_JOBS_MAX   1024
#define CHECK_ASKS_MAX   8192
#define CHECK_PER_WORKER 64 /* that wait: some 6 s of work */
#define CHECK_LOOKUP_US  ((uint64_t)2000000)

enum check_counter {
	CHECK_ASKED,
	CHECK_RIGHT,
	CHECK_WRONG,
	CHECK_REMEMBERED, /* of those right */
	CHECK_SHARED,     /* got the verdict of an equal request */
	CHECK_LIMITED,
	CHECK_BUSY,
	CHECK_AWAY,
	CHECK_COUNTERS
};

struct check_ask {
	struct slot_id client;
	struct slice id, name, secret, peer;
};

struct check_config {
	uint64_t seed[2];
	unsigned workers;
	/* Ask the database for the hash of name: check_hash will follow, or
	 * never. */
	void (*lookup)(void *arg, uint64_t job, const char *name);
	/* Give it to a worker that is idle: check_done will follow. False: all
	 * are at work. */
	bool (*work)(
	    void *arg, uint64_t job, const char *hash, struct slice secret);
	/* why: NULL if ok. The ask comes without its secret. */
	void (*verdict)(
	    void *arg, const struct check_ask *ask, const char *why);
	void *arg;
};

struct check;

struct check *check_new(const struct check_config *cfg);
void check_free(struct check **c);

void check_ask(struct check *c, const struct check_ask *ask, uint64_t now);
/* "": no such user, disabled, no password. NULL: the database is away. A job
 * that is not known (any more) is nothing. */
void check_hash(struct check *c, uint64_t job, const char *hash, uint64_t now);

enum check_result { CHECK_IS_WRONG, CHECK_IS_RIGHT, CHECK_IS_LOST };
/* A worker's result (LOST: it died); it is idle again, and may get the next
 * job from within. */
void check_done(
    struct check *c, uint64_t job, enum check_result result, uint64_t now);
/* A worker came. */
void check_more(struct check *c, uint64_t now);

/* A new list of users holds. */
void check_revision(struct check *c, uint64_t revision);

/* When check_tick is due, or UINT64_MAX. */
uint64_t check_deadline(const struct check *c);
void check_tick(struct check *c, uint64_t now);

uint64_t check_count(const struct check *c, enum check_counter n);
const char *check_counter_name(enum check_counter n);
/* Requests in hand. */
unsigned check_pending(const struct check *c);

#endif
