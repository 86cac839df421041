/* args.h - what the options of ots-cat mean together. */
#ifndef CAT_ARGS_H
#define CAT_ARGS_H

#include <stdint.h>

#include "run.h"

/* Texts of options; NULL: not given. */
struct args {
	const char *target, *format, *callsign, *uid, *user;
	uint64_t ttl, login_fd;
};

/* Completes *cfg; what is wrong ends the program (die.h). Reads certificates
 * and passwords. */
void args_complete(struct run_config *cfg, const struct args *a);

#endif
