/* group.h - groups and sets of them (cot-streaming 7.1).
 * Pure. Names are escaped as in records. A set never changes once made and is
 * shared by count, so that what was sent under a set keeps it when the sender
 * moves to other groups. */
#ifndef OTS_ROUTE_GROUP_H
#define OTS_ROUTE_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "map.h"
#include "record.h"
#include "str.h"

/* In one set; with the most destinations of a send still under
 * REC_FIELDS_MAX. */
#define GROUPS_MAX     64
#define GROUP_NAME_MAX 64 /* bytes, as in accounts; of users likewise */

struct conn;
LIST_HEAD(conn_list, conn);

struct group {
	unsigned refs;
	uint64_t id;
	uint64_t bit; /* of gset.mask; shared where there are many groups */
	size_t n;
	char key[]; /* "group:NAME" */
};

struct gset {
	unsigned refs;
	uint64_t mask;            /* bits of its groups */
	struct conn_list readers; /* who receives from just this set */
	size_t n;
	struct group *v[];
};

/* All groups that any set names, and all sets: there is only one of each, so
 * equal sets are equal pointers. */
struct groups {
	struct map names, sets;
	uint64_t made;
};

void groups_init(struct groups *all, const uint64_t seed[2]);
void groups_fini(struct groups *all);

/* The set of these names, each once, at most GROUPS_MAX; with one reference.
 * NULL: no memory. */
struct gset *gset_make(struct groups *all, const struct slice *names, size_t n);
/* The groups of `a` that are not in `b`; NULL: no memory. */
struct gset *gset_minus(
    struct groups *all, const struct gset *a, const struct gset *b);
/* Those that are in both. */
struct gset *gset_both(
    struct groups *all, const struct gset *a, const struct gset *b);
struct gset *gset_ref(struct gset *s);
void gset_unref(struct groups *all, struct gset *s);

struct slice group_key(const struct group *g);
struct slice group_name(const struct group *g);
bool gset_has(const struct gset *s, struct slice name);
/* Is there a group in both? */
bool gset_meet(const struct gset *a, const struct gset *b);
/* Is each group of `a` in `b`? */
bool gset_within(const struct gset *a, const struct gset *b);
/* Exactly these names, in this order? */
bool gset_is(const struct gset *s, const struct slice *names, size_t n);

/* May a user or group have this name (escaped)? 1 to GROUP_NAME_MAX bytes of
 * UTF-8, no control characters, no space in front. */
bool group_name_ok(struct slice raw);
/* The names under a label that may be, the first GROUPS_MAX of which count:
 * how many. Each of the others is counted in *bad. */
size_t group_names(const struct rec *rec, const char *label,
    struct slice out[REC_FIELDS_MAX], uint64_t *bad);

#endif
