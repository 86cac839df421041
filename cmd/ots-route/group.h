/* group.h - groups and sets of them (cot-streaming 7.1).
 * Pure. Names are escaped as in records. A set never changes once made and is
 * shared by count, so that what was sent under a set keeps it when the sender
 * moves to other groups. */
#ifndef OTS_ROUTE_GROUP_H
#define OTS_ROUTE_GROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "map.h"
#include "str.h"

/* In one set; with the most destinations of a send still under
 * REC_FIELDS_MAX. */
#define GROUPS_MAX 64

struct group {
	unsigned refs;
	size_t n;
	char key[]; /* "group:NAME" */
};

struct gset {
	unsigned refs;
	size_t n;
	struct group *v[];
};

/* The set of these names, each once, at most GROUPS_MAX; with one reference.
 * NULL: no memory. `all` has every group that any set names. */
struct gset *gset_make(struct map *all, const struct slice *names, size_t n);
struct gset *gset_ref(struct gset *s);
void gset_unref(struct map *all, struct gset *s);

struct slice group_key(const struct group *g);
struct slice group_name(const struct group *g);
bool gset_has(const struct gset *s, struct slice name);
/* Is there a group in both? */
bool gset_meet(const struct gset *a, const struct gset *b);
/* Exactly these names? */
bool gset_is(const struct gset *s, const struct slice *names, size_t n);

#endif
