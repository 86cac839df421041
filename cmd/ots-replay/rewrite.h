/* rewrite.h - change times and uids in an event, byte by byte: what is not
 * changed stays as it was written. Pure. Works on any well-formed document,
 * canonical or not; what is not well-formed is copied from where it ceases to
 * be. Linear in the size. */
#ifndef REPLAY_REWRITE_H
#define REPLAY_REWRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "rename.h"
#include "str.h"

/* The times that an event gets. */
struct rewrite_times {
	int64_t time_ms, start_ms, stale_ms;
};

struct rewrite {
	const struct rewrite_times *times; /* NULL: they stay */
	const struct rename *names;        /* NULL: uids stay */
	struct buf plain, fresh; /* scratch: one id, and its successor */
};

/* With times, flow tags are taken out too: a server would know them again and
 * drop the event. marks: offsets in xml, ascending; each becomes the offset in
 * what was appended. 0, or -1 with errno (buf.h). */
int rewrite_event(struct rewrite *w, struct slice xml, size_t *marks,
    size_t n_marks, struct buf *out);

/* The event at now_ms, with the same distances between its times; false if its
 * time cannot be read. */
bool rewrite_shift(
    struct slice xml, int64_t now_ms, struct rewrite_times *times);

/* Append an attribute's value without entities; unknown ones stay. */
void rewrite_plain(struct buf *out, struct slice raw);

#endif
