/* map.h - a hash table from byte strings to pointers.
 * Pure. Keys are copied; values are loans. The hash is SipHash-1-3 under a
 * seed of the caller's (from getrandom), so that strangers who choose the keys
 * cannot choose the buckets. */
#ifndef OTS_MAP_H
#define OTS_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "str.h"

struct map_entry;

struct map {
	struct map_entry **tab;
	size_t n, cap;
	uint64_t seed[2];
};

/* The hash that maps use, for other tables. */
uint64_t map_hash(const uint64_t seed[2], struct slice key);

void map_init(struct map *m, const uint64_t seed[2]);
/* Frees the keys, not what the values point at. */
void map_fini(struct map *m);

void *map_get(const struct map *m, struct slice key);
/* The value of key, or with `make` a place for it (NULL at first). NULL: not
 * there, or no memory. The place stays valid until the key is removed. */
void **map_at(struct map *m, struct slice key, bool make);
/* Insert or replace. 0, or -1 with errno ENOMEM. */
int map_put(struct map *m, struct slice key, void *value);
/* Remove; the value it had, or NULL. */
void *map_del(struct map *m, struct slice key);

/* Walk in no order: start with *pos = 0; false at the end. Removing the entry
 * just returned is allowed, adding entries is not. */
bool map_next(const struct map *m, size_t *pos, struct slice *key, void **v);

#endif
