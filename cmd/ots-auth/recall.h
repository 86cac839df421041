/* recall.h - passwords that were right lately, remembered without keeping them.
 * Pure. An entry is a name, the hash that the password was checked against, and
 * a keyed mark over all three (passwd_mark): it says yes to the same password
 * as long as the user has the same hash, and nothing to anything else. The key
 * is random and never leaves the process. */
#ifndef OTS_AUTH_RECALL_H
#define OTS_AUTH_RECALL_H

#include <stdbool.h>
#include <stdint.h>

#include "map.h"
#include "passwd.h"

#define RECALL_US   ((uint64_t)600 * 1000000) /* 10 minutes */
#define RECALL_MARK 32

struct recall;

/* max: names kept; the one remembered first makes room. NULL: no memory. */
struct recall *recall_new(const uint64_t seed[2], unsigned max);
/* Wipes what it held. */
void recall_free(struct recall **r);

/* The password was right. revision: of the list of users that was valid. */
void recall_put(struct recall *r, const char *name, const char *hash,
    struct slice secret, uint64_t revision, uint64_t now);
/* Is it the password that was right against this very hash? */
bool recall_right(struct recall *r, const char *name, const char *hash,
    struct slice secret, uint64_t now);
/* The same against the hash of then, which nobody can look up now, if the list
 * of users has not changed since. */
bool recall_right_away(struct recall *r, const char *name, struct slice secret,
    uint64_t revision, uint64_t now);
/* The user's present hash ("": none, disabled, or no such user): anything else
 * that is remembered of it is forgotten. */
void recall_confirm(
    struct recall *r, const char *name, const char *hash, uint64_t revision);
unsigned recall_count(const struct recall *r);

/* A mark of a name and password alone, for telling equal requests. */
void recall_same(const struct recall *r, const char *name, struct slice secret,
    uint8_t out[RECALL_MARK]);

#endif
