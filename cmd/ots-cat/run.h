/* run.h - the descriptors, timers and states of ots-cat around its core. */
#ifndef CAT_RUN_H
#define CAT_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "cat.h"
#include "link.h"
#include "self.h"

#define RUN_NEVER UINT64_MAX

struct run_config {
	struct link_config link;
	enum cat_format format;
	enum proto_want proto;
	uint64_t count;      /* 0: no end */
	uint64_t wait_us;    /* after the end of standard input, or RUN_NEVER */
	uint64_t timeout_us; /* in all, or RUN_NEVER */
	struct self self;    /* callsign empty: nobody */
	struct slice user;   /* empty: none; else said first, with */
	struct buf password;
	int ready_fd;
	bool verbose;
};

/* Until it is done: the exit code, after a line for a human where that is not
 * 0. The password is wiped, the context of TLS freed. What cannot be begun at
 * all ends the program at once (die.h). */
int run(struct run_config *cfg);

#endif
