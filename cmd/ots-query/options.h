/* options.h - the tables of options and commands. */
#ifndef OTS_QUERY_OPTIONS_H
#define OTS_QUERY_OPTIONS_H

#include "opt.h"
#include "query.h"

extern struct app options_app; /* what they said */
extern const struct opt_prog options_prog;
extern const struct opt_command options_commands[];

#endif
