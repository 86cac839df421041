/* grants.h - the groups that users, and devices with a choice of their own,
 * send into: one moment of accounts.h. */
#ifndef OTS_STORE_GRANTS_H
#define OTS_STORE_GRANTS_H

#include <stdbool.h>

#include "accounts.h"
#include "map.h"

struct grants {
	struct map all; /* user, or user NUL device */
	uint64_t seed[2];
	uint64_t revision;
	bool ready; /* it was read once */
};

void grants_init(struct grants *g, const uint64_t seed[2]);
void grants_fini(struct grants *g);

/* Read anew if it has changed: 0, or -1 with errno as in accounts.h: what was
 * known stays. */
int grants_refresh(struct grants *g, struct accounts *a);

/* The groups that an event of that user, from that device (p NULL: unknown), is
 * sent into, sorted; until the next grants_refresh. As in ots-route: without a
 * user __ANON__; nobody knows the user, or it is disabled: none. But where
 * there are no users at all, ots-route does without ots-auth, and it is
 * __ANON__. */
const struct slice *grants_of(
    const struct grants *g, struct slice user, struct slice device, size_t *n);

#endif
