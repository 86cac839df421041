#include "parse.h"

#include <errno.h>

#include "base64.h"
#include "put.h"
#include "sniff.h"

#define PROGRAM "ots-parse"

/* The caller empties `out` between steps; a step appends one record, which as
 * JSON may be several times its size. */
#define OUT_MAX (8 * REC_LINE_MAX)

int
parse_init(struct parse *p, const struct parse_conf *conf)
{
	memset(p, 0, sizeof *p);
	p->conf = *conf;
	p->input = conf->input;
	rec_lines_init(&p->lines, REC_LINE_MAX);
	framer_init(&p->framer, conf->max_event);
	buf_init(&p->out, OUT_MAX);
	buf_init(&p->scratch, REC_LINE_MAX);
	buf_init(&p->line, REC_LINE_MAX + 1);
	buf_init(&p->raw, conf->max_event + 3);
	buf_init(&p->msg, conf->max_event);
	buf_init(&p->text, REC_LINE_MAX);
	p->xml = cotxml_new(conf->max_event);
	p->pb = cotpb_new(conf->max_event);
	return p->xml && p->pb ? 0 : -1;
}

void
parse_fini(struct parse *p)
{
	cotxml_free(&p->xml);
	cotpb_free(&p->pb);
	rec_lines_fini(&p->lines);
	framer_fini(&p->framer);
	buf_fini(&p->out);
	buf_fini(&p->scratch);
	buf_fini(&p->line);
	buf_fini(&p->raw);
	buf_fini(&p->msg);
	buf_fini(&p->text);
}

int
parse_hello(struct parse *p)
{
	if (p->conf.format != FORMAT_RECORD)
		return 0;
	return rec_hello(&p->out, PROGRAM, p->conf.node, 0, 0);
}

static void
bad_record(struct parse *p, const char *why)
{
	p->n.bad_records++;
	p->conf.on_bad_record(p->conf.arg, why);
}

static void
bad_message(struct parse *p, enum cot_why why, const struct rec *frame)
{
	struct slice conn = {"", 0};

	p->n.dropped[why]++;
	if (frame)
		(void)rec_raw(frame, "conn", &conn);
	p->conf.on_bad_message(p->conf.arg, cot_why_name(why), conn);
}

/* ---- events ---- */

/* A document, or a TakMessage. */
struct source {
	struct slice bytes;
	bool pb;
};

static enum cot_why
read_event(
    struct parse *p, const struct source *from, const struct cotcanon_tag *tag)
{
	struct cotparts parts;
	enum cot_why why;

	if (!from->pb)
		return cotxml_parse(p->xml, from->bytes, tag, &p->cot);
	why = cotpb_decode(p->pb, from->bytes, &parts);
	return why ? why : cotxml_parse_parts(p->xml, &parts, tag, &p->cot);
}

static void
take_event(struct parse *p, const struct source *from, const struct rec *frame)
{
	char now[TIMETEXT_LEN + 1];
	struct cotcanon_tag tag = {p->conf.flow_tag, now, false};
	struct slice again;
	enum cot_why why;

	if (tag.name) {
		timetext_format((int64_t)(p->now_us / 1000), now);
		tag.again = frame && rec_raw(frame, "again", &again) &&
		    slice_is(again, "1");
	}
	p->n.frames++;
	why = read_event(p, from, tag.name ? &tag : NULL);
	/* A frame of no event is legal and says nothing. */
	if (why == COT_EMPTY && from->pb)
		return;
	if (!why)
		why = put_cot(p, frame, from->pb);
	if (why)
		bad_message(p, why, frame);
	else
		p->n.events++;
}

/* The bytes of base64, in p->raw. */
static enum cot_why
read_base64(struct parse *p, struct slice text, struct slice *bytes)
{
	size_t most = BASE64_DECODED_MAX(text.n);
	ssize_t n;
	char *to;

	put_empty(&p->raw);
	/* Two of them may be padding. */
	if (most > p->conf.max_event + 2)
		return COT_TOO_BIG;
	to = buf_reserve(&p->raw, most ? most : 1);
	if (!to)
		return COT_MEMORY;
	n = base64_decode(to, text);
	if (n < 0)
		return COT_PROTOBUF;
	buf_commit(&p->raw, (size_t)n);
	*bytes = buf_slice(&p->raw);
	return COT_OK;
}

static enum cot_why
source_of(struct parse *p, const struct rec *r, struct source *from)
{
	struct slice raw;

	put_empty(&p->scratch);
	from->pb = false;
	if (rec_value(r, "xml", &p->scratch, &from->bytes))
		return COT_OK;
	if (rec_raw(r, "xml", &raw))
		return COT_MEMORY;
	from->pb = true;
	/* No base64 has a byte that a record would escape. */
	if (rec_raw(r, "pb", &raw))
		return read_base64(p, raw, &from->bytes);
	return COT_EMPTY;
}

static void
take_frame(struct parse *p, const struct rec *r)
{
	struct source from;
	enum cot_why why = source_of(p, r, &from);

	if (!why) {
		take_event(p, &from, r);
		return;
	}
	p->n.frames++;
	bad_message(p, why, r);
}

static void
pass(struct parse *p, const struct rec *r)
{
	const char *why = put_other(p, r);

	p->n.passed++;
	if (why)
		bad_record(p, why);
}

static bool
next_record(struct parse *p)
{
	struct slice line;
	int r = rec_lines_next(&p->lines, &line);

	for (; p->over_long < p->lines.dropped; p->over_long++)
		bad_record(p, "too-long");
	if (r != 1)
		return false;
	r = rec_parse(&p->rec, line);
	if (r < 0) {
		bad_record(p, errno == E2BIG ? "limit" : "malformed");
	} else if (r > 0) {
		p->n.records++;
		if (rec_is(&p->rec, "frame"))
			take_frame(p, &p->rec);
		else
			pass(p, &p->rec);
	}
	return true;
}

static bool
next_message(struct parse *p)
{
	struct slice msg;
	enum frame_kind kind;

	if (p->fault)
		return false;
	kind = framer_next(&p->framer, &msg);
	switch (kind) {
	case FRAME_NONE:
		return false;
	case FRAME_XML:
	case FRAME_PB:
		take_event(p, &(struct source){msg, kind == FRAME_PB}, NULL);
		return true;
	case FRAME_AUTH: /* who speaks here is known: nobody */
		return true;
	default:
		p->fault = frame_kind_name(kind);
		return false;
	}
}

/* ---- in ---- */

static void
guess(struct parse *p, struct slice *bytes)
{
	switch (sniff(bytes)) {
	case SNIFF_MORE:
		break;
	case SNIFF_RECORDS:
		p->input = INPUT_RECORD;
		break;
	case SNIFF_COT:
		p->input = INPUT_COT;
	}
}

void
parse_feed(struct parse *p, const char *bytes, size_t n, uint64_t now_us)
{
	struct slice in = {bytes, n};

	p->now_us = now_us;
	if (p->input == INPUT_AUTO)
		guess(p, &in);
	if (p->input == INPUT_RECORD)
		rec_lines_feed(&p->lines, in.p, in.n);
	else if (p->input == INPUT_COT && !p->fault)
		framer_feed(&p->framer, in.p, in.n);
}

bool
parse_next(struct parse *p)
{
	if (p->input == INPUT_RECORD)
		return next_record(p);
	return p->input == INPUT_COT && next_message(p);
}

bool
parse_inside(const struct parse *p)
{
	if (p->input == INPUT_RECORD)
		return rec_lines_open(&p->lines);
	return p->input == INPUT_COT && !p->fault &&
	    buf_size(&p->framer.keep) > 0;
}

void
parse_end(struct parse *p)
{
	if (p->input == INPUT_RECORD && rec_lines_end(&p->lines))
		bad_record(p, "torn");
	if (p->input == INPUT_COT && !p->fault && buf_size(&p->framer.keep)) {
		p->n.frames++;
		bad_message(p, COT_XML, NULL);
	}
}
