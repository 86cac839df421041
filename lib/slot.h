/* slot.h - ids of connections: NODE.SLOT.GENERATION.
 * Pure. A table of slots with a free list; a slot's generation differs at
 * every use, also over a restart of the program (the first one comes from the
 * clock), so a late delivery cannot reach the next client in the same slot.
 * Memory of the table moves when it grows: keep ids, not pointers. */
#ifndef OTS_SLOT_H
#define OTS_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "str.h"

#define SLOT_NONE     UINT32_MAX
#define SLOT_NODE_MAX 32
#define SLOT_TEXT_MAX (SLOT_NODE_MAX + 1 + 10 + 1 + 20 + 1)

struct slot_id {
	uint32_t slot;
	uint64_t gen;
};

struct slots {
	void **obj;    /* NULL: free */
	uint64_t *gen; /* of the current or last use */
	uint32_t *next_free;
	uint32_t cap, used, max, first_free;
	uint64_t next_gen;
	char node[SLOT_NODE_MAX + 1];
};

/* node: 1 to SLOT_NODE_MAX bytes of A-Z a-z 0-9 _ -. first_gen: microseconds
 * since 1970. 0, or -1 with errno EINVAL. */
int slots_init(
    struct slots *s, const char *node, uint32_t max, uint64_t first_gen);
void slots_fini(struct slots *s);

/* 0, or -1 with errno ENFILE (max reached) or ENOMEM. */
int slots_take(struct slots *s, void *obj, struct slot_id *id);
void slots_free(struct slots *s, struct slot_id id);
/* NULL: not this generation, or free. */
void *slots_get(const struct slots *s, struct slot_id id);

int slots_text(
    const struct slots *s, struct slot_id id, char out[SLOT_TEXT_MAX]);
/* 0, or -1 with errno EINVAL: not an id; ENOENT: another node's. */
int slots_parse(const struct slots *s, struct slice text, struct slot_id *id);

bool slots_node_valid(struct slice node);

#endif
