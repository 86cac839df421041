/* snap.h - the list of users, groups and devices as text: the records of
 * ots-auth(8) from users to users-end. Pure.
 * It is made once and shared by all who are sent it; it never changes. */
#ifndef OTS_AUTH_SNAP_H
#define OTS_AUTH_SNAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"

#define SNAP_MAX ((size_t)64 << 20)
#define SNAP_LABELS                                                            \
	200 /* groups in one record; what is more follows in others */

struct snap {
	unsigned refs;
	uint64_t revision, count;
	size_t n;
	char text[];
};

struct snap *snap_ref(struct snap *s);
/* Gives up one reference; NULLs the pointer. */
void snap_drop(struct snap **s);

/* Collect one from its records. Zeroed memory is an empty one. */
struct snap_in {
	struct buf text;
	uint64_t revision, count;
	bool begun;
};

void snap_in_init(struct snap_in *in);
void snap_in_fini(struct snap_in *in);
/* 1: *out is a whole one, the caller's; 0: not yet; -1 with errno EBADMSG: not
 * what may come here (what was collected is forgotten), or ENOMEM, ENOBUFS. */
int snap_in_feed(struct snap_in *in, const struct rec *r, struct snap **out);

#endif
