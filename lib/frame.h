/* frame.h - find message borders in one client's byte stream.
 * Pure: no I/O, clock or logging. Sizes are bytes. One framer per connection.
 * The scanner is that of cot-streaming 2.2: bytes, not characters; a message
 * ends at the first </event> or </auth> (or /> of the root start tag) outside
 * CDATA and comments; 0xBF at a border begins a TAK protocol frame (4.3).
 * Nothing is looked at twice, so any message takes time linear in its size.
 * An idle framer holds no memory beyond this struct. */
#ifndef OTS_FRAME_H
#define OTS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "str.h"

enum frame_kind {
	FRAME_NONE,    /* feed more */
	FRAME_XML,     /* one <event> document, without declaration */
	FRAME_AUTH,    /* one <auth> document (at most FRAME_AUTH_MAX) */
	FRAME_PB,      /* the payload of one 0xBF frame: a TakMessage */
	FRAME_TOO_BIG, /* a message over the maximum: close */
	FRAME_GARBAGE, /* FRAME_GARBAGE_MAX bytes without a message: close */
	FRAME_DOCTYPE, /* a document type declaration: close */
	FRAME_LENGTH, /* a length of over 5 bytes, or over the maximum: close */
};

#define FRAME_AUTH_MAX    4096
#define FRAME_GARBAGE_MAX 65536

struct framer {
	struct buf keep; /* the unfinished message */
	const char *in;  /* bytes lent by framer_feed */
	size_t in_n;
	size_t scan; /* how far the unfinished message was looked at */
	size_t eat;  /* bytes of the message last handed out */
	size_t max;
	uint64_t garbage; /* bytes skipped in all */
	uint32_t run;     /* bytes skipped since the last message */
	uint8_t state;
	char quote;
	bool auth;
	bool binary;
};

void framer_init(struct framer *f, size_t max);
void framer_fini(struct framer *f);

/* Lend n bytes until framer_next returns FRAME_NONE or an error. Only then
 * may more be fed. */
void framer_feed(struct framer *f, const char *p, size_t n);

/* The next message: *msg is a loan until the next framer_ call. FRAME_NONE
 * means that all was consumed (what is unfinished was copied). After one of
 * the errors from FRAME_TOO_BIG on, the stream cannot go on; ENOMEM counts as
 * FRAME_TOO_BIG. */
enum frame_kind framer_next(struct framer *f, struct slice *msg);

/* From the end of the message last handed out on the stream is 0xBF frames
 * only: all other bytes are skipped, and counted as garbage, to the next 0xBF
 * (cot-streaming 4.2, 4.3); a zero byte right behind a frame is none. */
void framer_binary(struct framer *f);

/* What stands before a TakMessage of n bytes on a stream (cot-streaming 4.3):
 * how many bytes were written. n is below 2^32. */
#define FRAME_HEAD_MAX 6
size_t frame_head(char head[FRAME_HEAD_MAX], size_t n);

/* What stands before one in a datagram (4.4). */
#define FRAME_MESH "\xbf\x01\xbf"

/* A word for each kind, as logs show it. */
const char *frame_kind_name(enum frame_kind k);

#endif
