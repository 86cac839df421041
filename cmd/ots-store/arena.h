/* arena.h - memory for one record: taken piece by piece, given back at once.
 * Pure. A piece never moves. Zeroed memory with only `max` set is a valid empty
 * arena; a piece that would pass max bytes is refused. */
#ifndef OTS_STORE_ARENA_H
#define OTS_STORE_ARENA_H

#include <stddef.h>

#include "str.h"

struct arena_block;

struct arena {
	struct arena_block *last;
	size_t taken, max;
};

/* n bytes, aligned for pointers and numbers; or NULL: ENOBUFS, ENOMEM. */
void *arena_take(struct arena *a, size_t n);
/* A copy of s; p NULL: as above. */
struct slice arena_copy(struct arena *a, struct slice s);
/* All of it ends; some memory is kept for the next record. */
void arena_clear(struct arena *a);
void arena_fini(struct arena *a);

#endif
