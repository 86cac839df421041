/* wire.h - ots-record streams on descriptors inside a loop.
 * wire_in reads and cuts records, wire_out gathers and writes. Neither ever
 * blocks, whatever the descriptor is: pipe, FIFO, socket, terminal or file. */
#ifndef OTS_WIRE_H
#define OTS_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "loop.h"
#include "record.h"

#define WIRE_READ ((size_t)256 << 10) /* bytes read at most per turn */

struct wire_in {
	struct loop *loop;
	struct loop_io io;
	struct rec_lines lines;
	struct rec rec;
	char *chunk; /* WIRE_READ bytes, shared by the caller's wires */
	bool paused, ended;
	uint64_t records, bad;
	/* A whole record. */
	void (*on_record)(void *arg, const struct rec *r);
	/* All records of one read have been handed out. May be NULL. */
	void (*on_batch)(void *arg);
	/* End of the stream (err 0) or an error. The descriptor is not closed.
	 */
	void (*on_end)(void *arg, int err);
	void *arg;
};

/* chunk: WIRE_READ bytes of scratch that may be shared by all wires of one
 * loop. Set the handlers and arg before. 0, or -1 with errno. */
int wire_in_open(
    struct wire_in *w, struct loop *l, int fd, char *chunk, size_t line_max);
void wire_in_close(struct wire_in *w);
void wire_in_pause(struct wire_in *w, bool pause);
/* Before the end of a program whose successor reads the same pipe: wait, for
 * at most wait_us, for the rest of the line that was begun, and read nothing
 * behind it. Works while paused, too. */
void wire_in_last(struct wire_in *w, uint64_t wait_us);

struct wire_out {
	struct loop *loop;
	struct loop_io io;
	struct buf q;
	size_t high; /* above: wire_out_full */
	bool blocked, was_full, broken;
	uint64_t bytes;
	/* Fell to half of `high` after having been above. May be NULL. */
	void (*on_room)(void *arg);
	/* The reader is gone (EPIPE) or another error. */
	void (*on_end)(void *arg, int err);
	void *arg;
};

/* max: the queue's maximum, where appending fails; high <= max. */
int wire_out_open(
    struct wire_out *w, struct loop *l, int fd, size_t high, size_t max);
void wire_out_close(struct wire_out *w);

/* Append records to w->q with rec_begin ... rec_end, then flush once a turn:
 * writes what the descriptor takes now and watches for the rest. */
void wire_out_flush(struct wire_out *w);

static inline bool
wire_out_full(const struct wire_out *w)
{
	return buf_size(&w->q) > w->high;
}

/* Give fd a non-blocking open file description of its own where possible, so
 * that the mode of a terminal or pipe shared with others is left alone. */
int wire_unshare(int fd, int flags);

#endif
