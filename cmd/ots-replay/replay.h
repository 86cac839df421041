/* replay.h - the core of ots-replay: from the bytes of recordings to what is
 * due when. Pure: times come from the caller, microseconds everywhere. */
#ifndef REPLAY_REPLAY_H
#define REPLAY_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "decode.h"
#include "frame.h"
#include "record.h"
#include "relabel.h"
#include "rename.h"
#include "rewrite.h"
#include "sniff.h"
#include "str.h"

#define REPLAY_MESSAGE_MAX ((size_t)8 << 20)
#define REPLAY_NEVER       UINT64_MAX

/* A recording may go back by so much (events of several devices are not in
 * order); further back it begins anew, and what follows is due at once. */
#define REPLAY_BACK_US 60000000

/* An end of the part that is played: a time, or a distance from the first. */
struct replay_bound {
	bool set, relative;
	uint64_t us;
};

struct replay_config {
	double speed; /* 0: everything at once */
	bool now;     /* move times */
	uint64_t max_gap_us;
	uint64_t start_wall_us; /* when the first is due; see replay_next */
	struct replay_bound from, until;
};

struct replay_item {
	uint64_t due_us; /* after the beginning */
	uint64_t at_us;  /* its time in the recording */
};

struct replay {
	struct replay_config cfg;
	struct rename names;
	struct buf out; /* items appended by replay_next; consume at will */
	const char *why;

	enum sniff kind, all; /* of this recording, of every one */
	struct slice rest;    /* lent, not yet given to framer or lines */
	struct framer framer;
	struct rec_lines lines;
	struct rec rec;
	struct rewrite rewrite;
	struct relabel relabel;
	struct decode decode;
	struct rewrite_times times;
	struct buf scratch, fresh;
	bool learning;

	bool begun;   /* there was an item: first_us is its time */
	bool playing; /* one was played: at_us is its time */
	bool inside;  /* the last one was played */
	uint64_t first_us, at_us;
	double due_us;

	uint64_t events, skipped, bad;
};

void replay_init(
    struct replay *r, const struct replay_config *cfg, const uint64_t seed[2]);
void replay_fini(struct replay *r);

/* Lend bytes until replay_next returns 0. */
void replay_feed(struct replay *r, const char *p, size_t n);

/* 1: one more item was appended to r->out; 0: feed more; -1: this recording
 * cannot go on, r->why tells. With a speed of 0 an item's new time is now_us
 * since 1970, else start_wall_us and what it is due after that. */
int replay_next(struct replay *r, uint64_t now_us, struct replay_item *item);

/* The end of a file; another may follow. */
void replay_file_end(struct replay *r);
/* The same recordings come again: their times begin anew. */
void replay_again(struct replay *r);
/* Learn uids only: no items. Ended by replay_again. */
void replay_learn(struct replay *r);

#endif
