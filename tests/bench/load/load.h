/* load.h - the state of the load generator ots-load and its parts.
 * One process, one thread. N clients send events at a fixed rate, open loop,
 * and judge everything they receive by a marker in its detail:
 *   <__load r="RUN" s="SENDER" n="SEQ" t="DUE" k="KIND" h="HASH"/>
 * r: this run; s: index of the sender; n: its running number, broadcasts and
 * direct messages together; t: when it was due, monotonic microseconds;
 * k: b broadcast, d direct, w before the measured phase, x forged by a hostile
 * client (nobody may ever see it); h: what the event says but for the marker,
 * in whichever encoding (says.h).
 * Times are microseconds of the monotonic clock, sizes bytes. */
#ifndef OTS_TEST_LOAD_H
#define OTS_TEST_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "buf.h"
#include "frame.h"
#include "loop.h"
#include "net.h"

#define LOAD_PIDS_MAX 16
#define LOAD_GAPS_MAX 256
#define MARK_MAX      192 /* a whole marker */
#define RUN_TEXT_MAX  20
#define TO_ALL        UINT32_MAX

/* ---- latencies in logarithmic steps (hist.c) ---- */

#define HIST_STEPS   64 /* for each power of two: 1.6 % wide */
#define HIST_BUCKETS (HIST_STEPS * 60)

struct hist {
	uint64_t n, max;
	uint64_t count[HIST_BUCKETS];
};

void hist_add(struct hist *h, uint64_t v);
/* The value that the share q of all do not pass. */
uint64_t hist_quantile(const struct hist *h, double q);

/* ---- other processes (proc.c) ---- */

struct proc_use {
	uint64_t cpu_ns, rss_kib, pss_kib;
};

/* What pid has used so far. 0, or -1: it is gone. */
int proc_use(int pid, struct proc_use *u);

/* ---- markers and events (event.c) ---- */

struct mark {
	uint64_t run, sender, seq, due;
	uint32_t hash;
	char kind;
	size_t at; /* where it begins */
};

enum mark_found { MARK_NONE, MARK_FOUND, MARK_CUT };

/* The first marker at or after p[*at]. MARK_FOUND: *at is behind it;
 * MARK_CUT: it may begin at *at, more bytes are needed; MARK_NONE. */
enum mark_found mark_find(const char *p, size_t n, size_t *at, struct mark *m);

/* ---- the generator ---- */

struct load_conf {
	struct net_addr server;
	uint64_t clients, idle, hostile, sources, pad;
	uint64_t ramp;         /* connections a second */
	double rate, dm, stop; /* events a second; shares from 0 to 1 */
	uint64_t duration_us;  /* 0: until told to stop */
	uint64_t stop_us;      /* 0: the whole run */
	uint64_t drain_us;
	bool verify;  /* frame every byte and compare what every event says */
	double proto; /* share of the clients that change to protobuf */
	bool frames;  /* all send frames without asking, and read XML */
	bool control, wait, verbose;
	const char *cert, *key, *ca; /* PEM files: TLS; or NULL */
	bool tls12;
	uint64_t again; /* how often all close and come back at once */
	bool resume;    /* ... with the ticket they were given */
	int pid[LOAD_PIDS_MAX];
	uint32_t n_pids;
};

enum client_state {
	CLIENT_NEW,
	CLIENT_CONNECTING,
	CLIENT_SHAKING, /* hands, by TLS */
	CLIENT_ASKING,  /* for protobuf: it speaks XML until it is answered */
	CLIENT_UP,
	CLIENT_GONE
};

struct load;

struct client {
	struct load *load;
	struct loop *loop;
	struct loop_io io;
	struct buf out;
	struct framer framer; /* if `framed` */
	uint32_t idx;
	enum client_state state;
	bool idle, stopper, stopped, probed;
	bool asks;                  /* for protobuf, when it is offered */
	bool framed;                /* all that it reads is cut into messages */
	bool frames_in, frames_out; /* protobuf it is */
	uint16_t n_carry;
	char carry[MARK_MAX]; /* the end of what was read: part of a marker */
	uint32_t next_seq;    /* events made */
	uint32_t flushed;     /* of these taken by the kernel */
	uint64_t received;
	struct ssl_st *ssl;
	struct ssl_session_st *session;
	uint64_t began;   /* to connect */
	uint64_t welcome; /* when the server had let it in (TLS) */
};

/* One event sent. */
struct sent {
	uint64_t at; /* when the kernel had taken it; 0: not yet */
	uint32_t to; /* TO_ALL, or the addressee */
};

/* A time in which events may get lost: a program was killed. */
struct gap {
	uint64_t from, to;
};

enum phase {
	PHASE_CONNECT, /* connections are being made */
	PHASE_AGAIN,   /* and made anew, all at once */
	PHASE_PROBE,   /* until everyone has heard a probe */
	PHASE_WAIT,    /* for "go" on standard input */
	PHASE_MEASURE,
	PHASE_DRAIN,
	PHASE_DONE
};

struct results {
	uint64_t sent, sent_dm, skipped;
	uint64_t delivered, delivered_dm, warm, idle_delivered, idle_expected;
	uint64_t stopped_received, stopped_gone;
	uint64_t dup, echo, reordered, misdelivered, forged, corrupt, garbage;
	uint64_t strange; /* events without a marker of this run */
	uint64_t connect_failed, disconnected, deaf, hostile_closed, attacks;
	uint64_t expected, lost, lost_gap; /* by judge */
	uint64_t offers, changed;          /* to protobuf */
	uint64_t resumed;
	uint64_t again_us, again_longest_us; /* all rounds; of one client */
};

struct foe;

struct load {
	struct load_conf conf;
	struct loop loop;
	/* The idle clients have a loop of their own, which gets a turn after
	 * the others, so that they do not make the latency of those. */
	struct loop idle_loop;
	struct loop_io idle_io, tick_io, stdin_io;
	int tick_fd;
	struct buf command;
	enum phase phase;
	uint64_t run;
	char run_text[RUN_TEXT_MAX];
	uint32_t total; /* clients and idle ones */
	struct client *client;
	uint32_t opened, up;
	uint32_t max_seq; /* events of one sender at most */
	struct sent *sent;
	uint32_t *cells; /* receivers x senders x stride */
	size_t stride;
	struct gap gap[LOAD_GAPS_MAX];
	uint32_t n_gaps;
	uint64_t t_start, t_up, t_probe, t_measure, t_end, t_last;
	uint64_t next_event; /* number of the next event over all senders */
	uint32_t senders;    /* clients but the stoppers */
	struct loop_timer resume;
	bool go, stop;
	struct results res;
	/* Bytes over the connections; those before the measured phase. */
	uint64_t in_bytes, out_bytes, in_before, out_before;
	struct hist latency, lag;
	/* Before, start, end; connected, connected again. */
	struct proc_use use[5][LOAD_PIDS_MAX];
	uint32_t rounds;
	uint64_t t_again;
	struct ssl_ctx_st *tls;
	struct foe *foe;
	uint32_t n_foes;
	char *chunk;
	struct buf text, frame;
};

#define CHUNK ((size_t)256 << 10)

/* client.c */
int client_open(struct client *c);
void client_close(struct client *c, bool expected);
/* Queue the event in load->text; false: the queue is full. */
bool client_send(struct client *c);
void client_stop_reading(struct client *c, bool stop);
/* Close, and be as before client_open. */
void client_reset(struct client *c);
/* It is connected, and speaks as it shall. */
void client_up(struct client *c);

/* hear.c: what it has read. Only with c->framed, message by message. */
void hear_bytes(struct client *c, char *p, size_t n, uint64_t now);
void hear_messages(struct client *c, const char *p, size_t n, uint64_t now);

/* tls.c: the session of a client that is connected. */
int secure_init(struct load *l);
void secure_fini(struct load *l);
int secure_begin(struct client *c);
/* 1: done; 0: wait, *out to write; -1 failed. */
int secure_shake(struct client *c, bool *out);
ssize_t secure_recv(struct client *c, char *p, size_t n);
ssize_t secure_send(struct client *c, const char *p, size_t n);
void secure_end(struct client *c);

/* event.c: build into load->text, as the sender speaks. kind as in the
 * marker. */
int event_position(
    struct load *l, uint32_t sender, char kind, uint64_t seq, uint64_t due);
int event_chat(
    struct load *l, uint32_t sender, uint32_t to, uint64_t seq, uint64_t due);

/* check.c */
int check_init(struct load *l);
void check_fini(struct load *l);
void check_mark(struct client *c, const struct mark *m, uint64_t now);
bool check_all_arrived(const struct load *l);
/* Count what is expected and what is missing. */
void check_judge(struct load *l);

/* hostile.c: clients of misbehaviour, from hostile_start to hostile_end. */
int hostile_start(struct load *l);
void hostile_end(struct load *l);

/* run.c: the phases. 0, or -1 with errno. */
int load_run(struct load *l);
/* A command has come: look at the phase now. */
void load_wake(struct load *l);

/* control.c: commands on standard input. */
int control_open(struct load *l);

/* report.c: key=value lines. true: every property held. */
bool report(struct load *l);

#endif
