/* writer_own.h - within writer*.c: the state of the writer. */
#ifndef OTS_STORE_WRITER_OWN_H
#define OTS_STORE_WRITER_OWN_H

#include "accounts.h"
#include "origin.h"
#include "rows.h"
#include "spool.h"
#include "writer.h"

#define SECOND ((uint64_t)1000000)

/* A batch is over with so many records, or twice as many KiB, or after so long.
 * There is more than that: the next one may be larger, if this one took less
 * time; the fewer batches, the fewer times the row of a device is written. */
#define BATCH_RECORDS ((size_t)4096)
#define BATCH_LEAST   ((size_t)64)
#define BATCH_MOST    ((size_t)32000) /* of STORE_BATCH_ROWS */
#define BATCH_EACH    ((size_t)2048)  /* bytes */
#define BATCH_US      (SECOND / 5)
#define BATCH_QUICK   (2 * SECOND / 3)
#define BATCH_SLOW    (4 * SECOND)

struct writer_line {
	struct slice text; /* without its LF */
	uint64_t end;      /* the place behind it */
};

struct writer {
	const struct writer_config *cfg;
	struct spool_reader *spool;
	struct store *store;
	struct accounts *accounts;
	struct rows rows;
	struct retain retain;
	/* The batch: lines of the spool. */
	struct writer_line *line;
	size_t n, cap, bytes;
	size_t most;        /* records */
	uint64_t from, end; /* places before it and behind it */
	/* The database. */
	struct origin origin;
	bool away;
	uint64_t away_since, away_said; /* monotonic */
	unsigned tries;
	uint64_t grants_at, lost, mail_full;
	/* To the filter. */
	struct buf out;
};

/* Errors as of store.h; and ECANCELED: the writer is asked to end. */

/* The database is away: say so, wait a little. 0: try again; -1: ECANCELED. */
int writer_away(struct writer *w, const char *why);
/* It is there. */
void writer_back(struct writer *w);

/* How large the next batch may be, when one of up to `most` records took so
 * long and was full, or not. */
size_t writer_next(size_t most, bool full, uint64_t us);
/* Write the batch, however long that takes. 0, or -1: ENOMEM, EBUSY, EACCES,
 * EPROTO, ECANCELED; what is not in the database then is still in the spool. */
int writer_batch(struct writer *w);

#endif
