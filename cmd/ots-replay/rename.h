/* rename.h - which uid becomes which, and where in longer ids a uid stands.
 * Pure. Texts are plain: no entities, no escapes. */
#ifndef REPLAY_RENAME_H
#define REPLAY_RENAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "map.h"
#include "str.h"

#define RENAME_UID_MAX  1024   /* bytes; a longer uid keeps its name */
#define RENAME_UIDS_MAX 200000 /* known at once */

struct rename {
	struct map map;      /* uid to its new name */
	struct slice prefix; /* a loan; empty: none */
	size_t n;
	uint64_t unknown; /* uids that found no room */
};

void rename_init(struct rename *m, const uint64_t seed[2]);
void rename_fini(struct rename *m);

/* Anything to do? */
bool rename_active(const struct rename *m);

/* From now on that uid has that name. 0, or -1 with errno ENOMEM, EINVAL (an
 * empty or too long uid) or ENFILE. */
int rename_add(struct rename *m, struct slice from, struct slice to);

/* An event of that uid was seen: with a prefix it gets a new name, unless it
 * has one. What is derived from a device's uid counts as that device's. */
int rename_learn(struct rename *m, struct slice uid);

/* Append what an id becomes; false, and nothing appended, if it stays. Known
 * forms: UID, UID-ping, UID-9-1-1, GeoChat.UID.UID.*, BAO.F.*.UID. `own`: it is
 * an event's own uid, which always gets the prefix. */
bool rename_id(
    const struct rename *m, struct slice id, bool own, struct buf *out);

#endif
