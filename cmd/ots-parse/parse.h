/* parse.h - the core of ots-parse: bytes in, records (or XML, JSON, 0xBF
 * frames) out.
 * No system calls. One struct parse is one input stream: ots-records, whose
 * frames become events and whose other records pass, or bare CoT.
 *
 *   parse_feed; while (parse_next) flush `out` when it is large; ... parse_end
 */
#ifndef OTS_PARSE_H
#define OTS_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "cot.h"
#include "cotpb.h"
#include "cotxml.h"
#include "frame.h"
#include "record.h"

enum parse_input { INPUT_AUTO, INPUT_RECORD, INPUT_COT };
enum parse_format { FORMAT_RECORD, FORMAT_XML, FORMAT_JSON, FORMAT_PB };

struct parse_conf {
	const char *node;
	const char *flow_tag; /* NULL: none */
	size_t max_event;
	enum parse_input input;
	enum parse_format format;
	/* One message was dropped; conn may be empty. */
	void (*on_bad_message)(void *arg, const char *why, struct slice conn);
	/* One record was dropped. */
	void (*on_bad_record)(void *arg, const char *why);
	void *arg;
};

struct parse_counts {
	uint64_t records;     /* read, whole ones */
	uint64_t bad_records; /* torn, malformed or too long */
	uint64_t frames;      /* messages looked at */
	uint64_t events;      /* accepted */
	uint64_t passed;      /* other records */
	uint64_t without_pb;  /* of the events: told as XML alone */
	uint64_t dropped[COT_WHY_COUNT];
};

struct parse {
	struct parse_conf conf;
	enum parse_input input; /* INPUT_AUTO: not yet known */
	struct cotxml *xml;
	struct cotpb *pb;
	struct rec_lines lines;
	struct framer framer;
	uint64_t now_us;
	uint64_t over_long; /* of lines.dropped, how many were told */
	const char *fault;  /* a bare stream cannot go on; why */
	struct buf out;     /* the caller writes and consumes it */
	struct buf scratch; /* the value of xml */
	struct buf line;    /* a record on its way to JSON */
	struct buf raw;     /* a TakMessage that came in, */
	struct buf msg;     /* one that goes out, */
	struct buf text;    /* and this as base64 */
	struct rec rec;
	struct rec made; /* one of ours, for JSON */
	struct cot cot;
	struct parse_counts n;
};

/* 0, or -1 with errno. Strings of conf are loans. */
int parse_init(struct parse *p, const struct parse_conf *conf);
void parse_fini(struct parse *p);

/* The first bytes of the output. 0, or -1: no memory. */
int parse_hello(struct parse *p);

/* Lend n bytes until parse_next returns false. now: wall clock. */
void parse_feed(struct parse *p, const char *bytes, size_t n, uint64_t now_us);
/* One step; its output is in `out`. False: feed more, or see `fault`. */
bool parse_next(struct parse *p);
/* Did what was fed end inside a record or an event? */
bool parse_inside(const struct parse *p);
/* End of the input: what is unfinished is told as bad. */
void parse_end(struct parse *p);

#endif
