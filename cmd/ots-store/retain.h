/* retain.h - forgetting: of each kind what is older than its age, in small
 * steps between the batches, with a pause after each as long as it took. */
#ifndef OTS_STORE_RETAIN_H
#define OTS_STORE_RETAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "store.h"

struct retain_config {
	uint64_t age_us[STORE_KIND_COUNT]; /* 0: for ever */
	bool vacuum;                       /* give the room back */
};

/* The ages that are meant when nobody says any. */
void retain_defaults(struct retain_config *c);
/* For opt.h: KIND=AGE, AGE is a number with s, m, h, d, w or y behind it, or
 * "ever". NULL, or what is wrong. */
const char *retain_option(void *config, const char *text);

struct retain {
	const struct retain_config *conf;
	enum store_kind kind; /* where the round is */
	bool found;           /* this round forgot something */
	bool vacuum;          /* the round is over, and there is room to give */
	uint64_t next;        /* monotonic */
	uint64_t rows;        /* looked at, since the start */
};

void retain_init(struct retain *r, const struct retain_config *c);
/* When the next step is due (monotonic clock). */
uint64_t retain_due(const struct retain *r);
/* One step, if it is due. now: since 1970. 0, or -1 as of store.h. */
int retain_step(struct retain *r, struct store *s, int64_t now);

#endif
