/* play.h - files in, pauses, writes: what ots-replay does around its core.
 * What is impossible ends the program (die.h). */
#ifndef REPLAY_PLAY_H
#define REPLAY_PLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "replay.h"

struct play_config {
	char **files; /* "-": standard input */
	int n_files;
	uint64_t loops; /* 0: for ever */
	bool verbose;
};

/* 0 when all was played. A reader of the output that has gone ends it with
 * EXIT_TEMP, quietly. */
int play(const struct play_config *cfg, struct replay *r);

#endif
