/* stats.h - what the writer tells the filter, in memory that both share, and
 * what the filter tells everybody (SIGUSR1, the file status). */
#ifndef OTS_STORE_STATS_H
#define OTS_STORE_STATS_H

#include <stdatomic.h>
#include <stdint.h>

/* Totals since the filter started, over all its writers: X(name, text). */
#define STORE_COUNTS(X)                                                        \
	X(records, "records")       /* read from the spool */                  \
	X(bad, "bad-records")       /* lines that are none */                  \
	X(events, "events")         /* stored */                               \
	X(batches, "batches")       /* transactions */                         \
	X(refused, "refused")       /* by the database, for their content */   \
	X(skipped, "skipped-bytes") /* spool_lost */                           \
	X(mail, "mail")             /* sent to who was away */                 \
	X(mail_full, "mail-full")   /* not kept: there was enough for him */

struct store_stats {
	/* 0: not yet known, 1: it answers, 2: it is away. */
	_Atomic uint32_t database;
	/* Since when, microseconds since 1970. */
	_Atomic uint64_t since;
#define X(name, text) _Atomic uint64_t name;
	STORE_COUNTS(X)
#undef X
};

enum { STORE_DB_UNKNOWN, STORE_DB_UP, STORE_DB_AWAY };

static inline void
stats_add(_Atomic uint64_t *count, uint64_t n)
{
	atomic_fetch_add_explicit(count, n, memory_order_relaxed);
}

static inline uint64_t
stats_get(const _Atomic uint64_t *count)
{
	return atomic_load_explicit(count, memory_order_relaxed);
}

#endif
