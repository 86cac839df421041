/* args.h - what the options of ots-cat mean together. */
#ifndef CAT_ARGS_H
#define CAT_ARGS_H

#include <limits.h>
#include <stdint.h>

#include "run.h"

#define ARGS_NO_FORMAT UINT_MAX

/* Texts of options; NULL: not given. */
struct args {
	const char *target, *callsign, *uid, *user;
	unsigned format; /* an enum cat_format, or ARGS_NO_FORMAT */
	uint64_t ttl, login_fd;
};

/* Completes *cfg; what is wrong ends the program (die.h). Reads certificates
 * and passwords. */
void args_complete(struct run_config *cfg, const struct args *a);

#endif
