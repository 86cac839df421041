/* pass.h - the stream through ots-store: from one descriptor into the spool and
 * on to another, at once, with records of the writer put in between two others.
 * Looks for line feeds, and for nothing else. Records go on when they are
 * whole, so that who comes next begins with one.
 *
 * Nothing is read while something waits to be written: who reads slowly slows
 * the writer of our input, as without us. Where the spool has no room, records
 * go on by way of a small buffer, beside it: from one border of records to
 * another, and counted; unless we are to wait. */
#ifndef OTS_STORE_PASS_H
#define OTS_STORE_PASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "spool.h"

/* Read at most so much at a time. */
#define PASS_CHUNK ((size_t)64 << 10)
/* Write at most so much at a time: after kill -9 no more than this comes twice.
 */
#define PASS_PIECE ((size_t)16384)

enum pass_got {
	PASS_MORE,    /* go on */
	PASS_BLOCKED, /* not now: wait for the descriptor */
	PASS_EMPTY,   /* there is nothing left, for now */
	PASS_END,     /* of the input */
	PASS_FULL,    /* no room in the spool, and we are to wait for it */
	PASS_FAILED   /* errno */
};

struct pass {
	int in, out;
	struct spool *spool;
	/* What the writer has to say; and at the start an empty line and our
	 * hello. Whole lines of it go out where a record ends. */
	struct buf own;
	bool own_open; /* a line of it is out in part */
	/* Beside the spool: side_at to side_to go out next; to side_n a record
	 * that is not whole yet. */
	char *side;
	size_t side_at, side_to, side_n;
	bool beside;
	bool patient; /* set by the caller: wait rather than go beside it */
	uint64_t side_records, side_bytes; /* gone so, since it began */
	bool in_border, out_border;        /* the last byte was an LF */
	uint64_t bytes, reads, own_records;
};

/* in and out should not block. 0, or -1 with errno. */
int pass_init(struct pass *p, struct spool *spool, int in, int out);
void pass_fini(struct pass *p);

/* Queue whole or partial lines of the writer, to go out when they are whole:
 * where to read to, *n bytes; NULL: there is enough. Then commit. */
char *pass_own_room(struct pass *p, size_t *n);
void pass_own_commit(struct pass *p, size_t n);
/* Its writer has died: what it has not ended is dropped. */
void pass_own_torn(struct pass *p);

/* Write what is to be written: PASS_EMPTY, PASS_BLOCKED or PASS_FAILED. */
enum pass_got pass_write(struct pass *p);
/* Only when pass_write has said PASS_EMPTY. Read up to max bytes once:
 * PASS_MORE, PASS_EMPTY (that was all for now), PASS_BLOCKED, PASS_END,
 * PASS_FULL (ask again later) or PASS_FAILED. */
enum pass_got pass_read(struct pass *p, size_t max);

/* Beside the spool: may it go back? Asked for by the caller, now and then. */
void pass_try_spool(struct pass *p);
/* At the end of the input: forget a record that is not whole; was there one? */
bool pass_torn(struct pass *p);

#endif
