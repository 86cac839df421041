/* hostile.h - what hostile clients send. */
#ifndef OTS_TEST_HOSTILE_H
#define OTS_TEST_HOSTILE_H

#include "buf.h"

enum attack_end {
	ATTACK_WAIT,  /* read until the server closes, or the time is over */
	ATTACK_RESET, /* all sent: close with a reset */
	ATTACK_HALF,  /* all sent: shut the sending half and wait */
	ATTACK_HOLD,  /* all sent: neither read nor close */
};

struct attack {
	const char *name;
	enum attack_end end;
	size_t step; /* bytes a turn; 0: as many as the socket takes */
	/* Append what is sent. run: text of this run, for forged markers. */
	void (*make)(struct buf *b, const char *run);
};

/* In protobuf, or on the way to it (attacks_pb.c). */
void make_switch(struct buf *b, const char *run);
void make_requests(struct buf *b, const char *run);
void make_pb_injection(struct buf *b, const char *run);
void make_pb_broken(struct buf *b, const char *run);

extern const struct attack attacks[];
extern const size_t n_attacks;

#endif
