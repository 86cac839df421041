/* own.h - the groups that connections have of their own: the mesh, of which
 * nobody says who he is, is in those that the open of its socket names
 * (ots-record(5)). Pure. Bounded: who came first is forgotten first; there are
 * as many as sockets, for each start of ots-listen. */
#ifndef OTS_STORE_OWN_H
#define OTS_STORE_OWN_H

#include <sys/queue.h>

#include "arena.h"
#include "map.h"

#define OWN_MAX 4096

struct own_one;
TAILQ_HEAD(own_queue, own_one);

struct own {
	struct map all; /* by connection */
	struct own_queue queue;
	size_t n;
};

void own_init(struct own *o, const uint64_t seed[2]);
void own_fini(struct own *o);

/* groups as of store_groups_put. Without memory it is not known. */
void own_put(struct own *o, struct slice conn, struct slice groups);
/* NULL: none. A loan until the next own_put. */
const char *own_get(const struct own *o, struct slice conn);

/* That text taken apart. 0, or -1: no memory. */
int own_groups(
    const char *text, const struct slice **groups, size_t *n, struct arena *a);

#endif
