/* run.h - the loop of ots-parse, and what it logs. */
#ifndef OTS_PARSE_RUN_H
#define OTS_PARSE_RUN_H

#include "parse.h"

/* For struct parse_conf. */
void run_bad_message(void *arg, const char *why, struct slice conn);
void run_bad_record(void *arg, const char *why);

/* From standard input to standard output until its end, or a signal. */
void run_loop(struct parse *p);

#endif
