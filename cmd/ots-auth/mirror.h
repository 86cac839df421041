/* mirror.h - follows the ledger of a CA (ledger.h) into the table of issued
 * certificates. What was there already is written again without harm, so it
 * begins anew whenever it cannot be sure: at start, and when the file is
 * another one than before. A torn last line waits for its rest. */
#ifndef OTS_AUTH_MIRROR_H
#define OTS_AUTH_MIRROR_H

#include <stdbool.h>
#include <stdint.h>

#include "accounts.h"
#include "ledger.h"

struct mirror;

/* seed: of maps. NULL: no memory. path must outlive it. */
struct mirror *mirror_new(const char *path, const uint64_t seed[2]);
void mirror_free(struct mirror **m);

enum mirror_news {
	MIRROR_SAME,   /* nothing has come */
	MIRROR_MORE,   /* some went in, more is there: call again soon */
	MIRROR_DONE,   /* some went in, that is all */
	MIRROR_ABSENT, /* there is no ledger (told once) */
	MIRROR_FAIL,   /* errno: the file cannot be read (told once each) */
	MIRROR_AWAY,   /* errno: accounts_certs did not take it; comes again */
};

/* One step, of 1 MiB at most. */
enum mirror_news mirror_step(struct mirror *m, struct accounts *a);

struct mirror_counts {
	uint64_t certs, revoked, bad, restarts;
};
struct mirror_counts mirror_counts(const struct mirror *m);

#endif
