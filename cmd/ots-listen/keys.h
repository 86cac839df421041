/* keys.h - which clients answer to which address.
 * Pure. A key is kept as it stands in records, escaped: nobody here needs to
 * know what it means. Members are pointers to a struct holder inside the
 * caller's client; each holder knows its keys. */
#ifndef OTS_LISTEN_KEYS_H
#define OTS_LISTEN_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "map.h"
#include "str.h"

#define KEYS_LEN_MAX    1024 /* bytes of a key */
#define KEYS_PER_HOLDER 8192

struct key;

struct held {
	struct key *key;
	uint32_t at; /* place in the key's members */
};

struct holder {
	struct held *held;
	uint32_t n, cap;
};

struct key {
	struct holder **member;
	uint32_t n, cap;
	struct slice name; /* of a copy behind this struct */
};

struct keys {
	struct map by_name;
};

void keys_init(struct keys *k, const uint64_t seed[2]);
void keys_fini(struct keys *k);

/* 1; 0: held already; -1: ENOMEM, or E2BIG over a limit. */
int keys_bind(struct keys *k, struct holder *h, struct slice name);
/* false: it did not hold it */
bool keys_unbind(struct keys *k, struct holder *h, struct slice name);
/* Give up all. */
void keys_leave(struct keys *k, struct holder *h);

/* NULL: nobody answers to it. */
const struct key *keys_find(const struct keys *k, struct slice name);
bool keys_holds(const struct holder *h, const struct key *key);

#endif
