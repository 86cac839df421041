/* cat.h - the core of ots-cat: what is read on one side becomes what is
 * written on the other. Pure: bytes and the time come from the caller, bytes
 * go to the buffers of the caller, which stops feeding while they are full.
 *
 *   standard input --cat_input--> tx (to the server)
 *   the server     --cat_net----> out (standard output)
 *
 * Events are changed from XML to protobuf and back where the two sides differ;
 * where they do not, they pass unparsed. What is said about the link itself
 * (t-x-takp-*, TakControl) passes in neither direction. An event that does not
 * fit into its buffer is dropped and counted. */
#ifndef CAT_CAT_H
#define CAT_CAT_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "codec.h"
#include "frame.h"
#include "proto.h"
#include "record.h"
#include "sniff.h"
#include "str.h"

#define CAT_MESSAGE_MAX  ((size_t)8 << 20) /* one event */
#define CAT_DATAGRAM_MAX ((size_t)65507)   /* what UDP over IPv4 can carry */

enum cat_format {
	CAT_XML,    /* one event, one line */
	CAT_RECORD, /* ots-record(5) */
	CAT_RAW,    /* bytes as they come */
};

enum cat_wire {
	CAT_STREAM,    /* events head to tail */
	CAT_DATAGRAMS, /* one event each; tx: see cat_datagram_next */
	CAT_RECORDS,   /* ots-records both ways */
};

struct cat {
	enum cat_wire wire;
	enum cat_format format;
	struct proto proto; /* what goes to the server */
	const char *via;    /* label of received events: a loan */
	uint64_t count;     /* stop after so many received; 0: never */
	/* An event was dropped because of what it is: set them after cat_init.
	 * from is the peer, or NULL: standard input. */
	void (*on_bad)(void *arg, const char *from, const char *why);
	void *arg;

	enum sniff in_kind;
	struct framer in_cot, net_cot;
	struct rec_lines in_lines, net_lines;
	struct rec rec;
	struct codec codec;
	struct buf scratch; /* one value without escapes */
	bool deaf;          /* raw: the framer gave up counting */

	uint64_t sent, received;
	uint64_t skipped; /* no event, where one could have been */
	uint64_t bad;     /* torn, malformed, too long */
};

/* want is of no meaning for CAT_RECORDS. */
void cat_init(struct cat *c, enum cat_wire wire, enum cat_format format,
    enum proto_want want, const char *via);
void cat_fini(struct cat *c);

/* The first bytes of the streams that are records. */
void cat_begin(struct cat *c, struct buf *tx, struct buf *out);

/* Bytes of standard input, but not while proto_is_mute: NULL, or why it cannot
 * go on. Its end. */
const char *cat_input(struct cat *c, const char *p, size_t n, struct buf *tx);
void cat_input_end(struct cat *c);

/* Queue one event for the server, as cat_input does with those it finds. */
void cat_send(struct cat *c, struct slice xml, struct buf *tx);

/* The server has offered protobuf (PROTO_OFFERED): ask for it, behind what is
 * in tx. */
void cat_ask(struct cat *c, uint64_t now_us, struct buf *tx);

/* Bytes of the server's stream, or one datagram, from peer ("ADDR:PORT"), at
 * now_us since 1970. NULL, or why it cannot go on. */
const char *cat_net(struct cat *c, const char *p, size_t n, const char *peer,
    uint64_t now_us, struct buf *out);

/* Have `count` events been received? Then nothing more is put out. */
bool cat_enough(const struct cat *c);

/* The first datagram in tx; false: none. Forget it with cat_datagram_done. */
bool cat_datagram_next(const struct buf *tx, struct slice *datagram);
void cat_datagram_done(struct buf *tx);

#endif
