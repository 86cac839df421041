/* run_own.h - what the parts of run.h share: what comes in and goes out
 * (run_io.c), what we say of ourselves (run_say.c). */
#ifndef CAT_RUN_OWN_H
#define CAT_RUN_OWN_H

#include "conn.h"
#include "loop.h"
#include "run.h"
#include "wire.h"

#define QUEUE_HIGH ((size_t)1 << 20)
#define READ_NET   ((size_t)256 << 10)

struct run {
	struct run_config *cfg;
	struct loop loop;
	struct cat cat;
	struct link link;
	struct loop_io in_io, rx_io, tx_io;
	bool in_on, rx_on; /* watched now */
	bool in_open, rx_open, connected;
	bool unsent; /* there was something to send when the socket broke */
	struct conn conn;
	struct wire_out out;
	struct buf datagrams;
	struct loop_timer wait, timeout, interval, linger, proto;
	enum proto_state seen; /* of the protocol, at the last look */
	bool self_due;         /* a position waits for its answer */
	bool waiting, lingering, shut, over, give_up;
	int code, signals;
	char *chunk; /* of READ_NET bytes */
};

/* It is over: the first code counts. */
void run_finish(struct run *r, int code);

static inline bool
run_streams(const struct run *r)
{
	return r->cat.wire != CAT_DATAGRAMS;
}

/* ---- run_io.c ---- */

struct buf *run_tx(struct run *r);
void run_flush(struct run *r);
/* Is everything out? A socket that broke has emptied its queue. */
bool run_all_sent(struct run *r);
/* Where datagrams go is to be watched. */
void run_watch_tx(struct run *r);

void run_on_stdin(void *arg, uint32_t events);
void run_on_stream(void *arg);
void run_on_datagrams(void *arg, uint32_t events);
void run_on_out_end(void *arg, int err);

/* ---- run_say.c ---- */

/* The first words on a new connection; and the timers for later ones. */
void run_say_init(struct run *r);
void run_say_first(struct run *r);
/* What is next in the matter of the protocol, at each turn. */
void run_negotiate(struct run *r);

#endif
