/* rows.h - from the lines of the spool to a batch of the store.
 * No system call but what the store does for mail. The same line may be added
 * again, when a batch has to be made anew. */
#ifndef OTS_STORE_ROWS_H
#define OTS_STORE_ROWS_H

#include "conns.h"
#include "facts.h"
#include "grants.h"
#include "latest.h"
#include "mail.h"
#include "own.h"

struct rows_tally {
	uint64_t records, bad, events;
};

struct rows {
	struct store *store; /* a loan */
	struct grants grants;
	struct conns conns;
	struct own own;
	struct mail mail;
	struct latest latest;
	int64_t last_t;          /* when the last of all records arrived */
	struct rows_tally tally; /* of the batch: the caller sets it to zero */
	struct arena arena;      /* of one line */
	struct facts facts;
	struct rec rec;
};

void rows_init(struct rows *x, const uint64_t seed[2]);
void rows_fini(struct rows *x);
/* What the database knows of connections. 0, or -1 as of store.h. */
int rows_load(struct rows *x, int64_t now);

/* One line, without its LF. now: microseconds since 1970. poor: only the event,
 * not what it says besides. 0, or -1 as of store.h. */
int rows_add(struct rows *x, struct slice line, int64_t now, bool poor);

/* The batch is in the database. */
void rows_done(struct rows *x);

#endif
