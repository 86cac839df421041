#include "parse.h"

#include <errno.h>

#include "format.h"
#include "sniff.h"

#define PROGRAM "ots-parse"

/* The caller empties `out` between steps; a step appends one record, which as
 * JSON may be several times its size. */
#define OUT_MAX (8 * REC_LINE_MAX)

/* Buffers that one event made this large are given back. */
#define KEEP_MEMORY ((size_t)1 << 20)

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
	p->xml = cotxml_new(conf->max_event);
	return p->xml ? 0 : -1;
}

void
parse_fini(struct parse *p)
{
	cotxml_free(&p->xml);
	rec_lines_fini(&p->lines);
	framer_fini(&p->framer);
	buf_fini(&p->out);
	buf_fini(&p->scratch);
	buf_fini(&p->line);
}

int
parse_hello(struct parse *p)
{
	if (p->conf.format != FORMAT_RECORD)
		return 0;
	return rec_hello(&p->out, PROGRAM, p->conf.node, 0);
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

/* ---- out ---- */

static int
put_line(struct buf *out, struct slice line)
{
	if (buf_put(out, line) == 0 && buf_putc(out, '\n') == 0)
		return 0;
	out->failed = false;
	return -1;
}

/* The event's labels, then the frame's, and the longest one last. */
static int
put_event(struct parse *p, struct buf *out, const struct rec *frame)
{
	static const char *const not_ours[] = {"xml", "pb", NULL};
	struct rec_writer w;

	rec_begin(&w, out, "cot");
	cot_put(&w, &p->cot);
	if (frame) {
		rec_put_fields(&w, frame, not_ours);
	} else {
		rec_puts(&w, "via", "local");
		rec_put_u64(&w, "t", p->now_us);
	}
	rec_put(&w, "xml", p->cot.xml);
	return rec_end(&w);
}

static int
put_event_json(struct parse *p, const struct rec *frame)
{
	struct slice line;

	buf_clear(&p->line);
	if (put_event(p, &p->line, frame) < 0)
		return -1;
	line = buf_slice(&p->line);
	line.n--; /* the LF */
	if (rec_parse(&p->made, line) != 1)
		return -1;
	return format_json(&p->out, &p->made);
}

static enum cot_why
put_cot(struct parse *p, const struct rec *frame)
{
	int r;

	if (cot_fields(&p->cot) + (frame ? frame->n : 3) > REC_FIELDS_MAX)
		return COT_FIELDS;
	switch (p->conf.format) {
	case FORMAT_RECORD:
		r = put_event(p, &p->out, frame);
		break;
	case FORMAT_XML:
		r = put_line(&p->out, p->cot.xml);
		break;
	default:
		r = put_event_json(p, frame);
	}
	if (r == 0)
		return COT_OK;
	return errno == ENOMEM ? COT_MEMORY : COT_TOO_BIG;
}

/* ---- events ---- */

static void
take_event(struct parse *p, struct slice doc, const struct rec *frame)
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
	why = cotxml_parse(p->xml, doc, tag.name ? &tag : NULL, &p->cot);
	if (!why)
		why = put_cot(p, frame);
	if (why)
		bad_message(p, why, frame);
	else
		p->n.events++;
}

static void
take_frame(struct parse *p, const struct rec *r)
{
	struct slice doc, raw;

	buf_clear(&p->scratch);
	if (p->scratch.cap > KEEP_MEMORY)
		buf_release(&p->scratch);
	if (rec_value(r, "xml", &p->scratch, &doc)) {
		take_event(p, doc, r);
		return;
	}
	p->n.frames++;
	if (rec_raw(r, "xml", &raw))
		bad_message(p, COT_MEMORY, r);
	else
		bad_message(
		    p, rec_raw(r, "pb", &raw) ? COT_PROTOBUF : COT_EMPTY, r);
}

/* Any other record: as it is, or what the format can say of it. */
static void
pass(struct parse *p, const struct rec *r)
{
	struct slice xml;
	int err = 0;

	p->n.passed++;
	switch (p->conf.format) {
	case FORMAT_RECORD:
		err = put_line(&p->out, r->line);
		break;
	case FORMAT_XML:
		buf_clear(&p->scratch);
		if (rec_is(r, "cot") && rec_value(r, "xml", &p->scratch, &xml))
			err = put_line(&p->out, xml);
		break;
	case FORMAT_JSON:
		/* A password is for ots-route alone. */
		if (!rec_is(r, "auth"))
			err = format_json(&p->out, r);
	}
	if (err < 0)
		bad_record(p, "memory");
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
		take_event(p, msg, NULL);
		return true;
	case FRAME_AUTH: /* who speaks here is known: nobody */
		return true;
	case FRAME_PB:
		/* An empty frame is legal and says nothing. */
		if (msg.n) {
			p->n.frames++;
			bad_message(p, COT_PROTOBUF, NULL);
		}
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
