#include "put.h"

#include <errno.h>

#include "base64.h"
#include "format.h"

/* Buffers that one event made this large are given back. */
#define KEEP_MEMORY ((size_t)1 << 20)

void
put_empty(struct buf *b)
{
	buf_clear(b);
	if (b->cap > KEEP_MEMORY)
		buf_release(b);
}

static int
put_line(struct buf *out, struct slice line)
{
	if (buf_put(out, line) == 0 && buf_putc(out, '\n') == 0)
		return 0;
	out->failed = false;
	return -1;
}

/* ---- protobuf ---- */

/* The TakMessage into p->msg. 0, or -1 with errno (cotpb.h). */
static int
encode(struct parse *p, const struct cotpb_source *from)
{
	put_empty(&p->msg);
	return cotpb_encode(p->pb, from, &p->msg);
}

/* p->msg as base64 in p->text; what cannot be had is empty. */
static struct slice
delivered(struct parse *p, bool decoded)
{
	const struct cotpb_source from = {
	    .xml = p->cot.xml, .without_marti = true, .decoded = decoded};

	put_empty(&p->text);
	if (encode(p, &from) == 0 &&
	    base64_encode(&p->text, buf_slice(&p->msg)) == 0)
		return buf_slice(&p->text);
	return (struct slice){"", 0};
}

/* With marti: such a stream goes to a server. */
static int
put_frame(struct parse *p, struct slice xml, bool decoded)
{
	const struct cotpb_source from = {.xml = xml, .decoded = decoded};
	size_t before = buf_size(&p->out);
	char head[FRAME_HEAD_MAX];

	if (encode(p, &from) < 0)
		return -1;
	if (buf_append(&p->out, head, frame_head(head, buf_size(&p->msg))) ==
		0 &&
	    buf_put(&p->out, buf_slice(&p->msg)) == 0)
		return 0;
	buf_truncate(&p->out, before);
	p->out.failed = false;
	return -1;
}

/* ---- records ---- */

/* The event's labels, then the frame's, and the longest ones last. */
static int
put_labels(const struct parse *p, struct buf *out, const struct rec *frame,
    struct slice pb)
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
	if (pb.n)
		rec_put_raw(&w, "pb", pb);
	return rec_end(&w);
}

/* An event that has no protobuf form, or whose record it would make too long,
 * is told without. */
static int
put_record(struct parse *p, const struct rec *frame, bool decoded)
{
	struct slice pb = delivered(p, decoded);

	if (pb.n && put_labels(p, &p->out, frame, pb) == 0)
		return 0;
	if (put_labels(p, &p->out, frame, (struct slice){"", 0}) < 0)
		return -1;
	p->n.without_pb++;
	return 0;
}

static int
put_json(struct parse *p, const struct rec *frame)
{
	struct slice line;

	buf_clear(&p->line);
	if (put_labels(p, &p->line, frame, (struct slice){"", 0}) < 0)
		return -1;
	line = buf_slice(&p->line);
	line.n--; /* the LF */
	if (rec_parse(&p->made, line) != 1)
		return -1;
	return format_json(&p->out, &p->made);
}

enum cot_why
put_cot(struct parse *p, const struct rec *frame, bool decoded)
{
	int r;

	/* Room for pb is that of ev and xml in the frame, which go. */
	if (cot_fields(&p->cot) + (frame ? frame->n : 3) > REC_FIELDS_MAX)
		return COT_FIELDS;
	switch (p->conf.format) {
	case FORMAT_RECORD:
		r = put_record(p, frame, decoded);
		break;
	case FORMAT_XML:
		r = put_line(&p->out, p->cot.xml);
		break;
	case FORMAT_PB:
		r = put_frame(p, p->cot.xml, decoded);
		break;
	default:
		r = put_json(p, frame);
	}
	if (r == 0)
		return COT_OK;
	return errno == ENOMEM ? COT_MEMORY : COT_TOO_BIG;
}

/* ---- what passes ---- */

static int
put_other_cot(struct parse *p, const struct rec *r)
{
	struct slice xml;

	if (!rec_is(r, "cot") || !rec_raw(r, "xml", &xml))
		return 0;
	put_empty(&p->scratch);
	if (!rec_value(r, "xml", &p->scratch, &xml)) {
		errno = ENOMEM;
		return -1;
	}
	if (p->conf.format == FORMAT_PB)
		return put_frame(p, xml, false);
	return put_line(&p->out, xml);
}

const char *
put_other(struct parse *p, const struct rec *r)
{
	int err = 0;

	switch (p->conf.format) {
	case FORMAT_RECORD:
		err = put_line(&p->out, r->line);
		break;
	case FORMAT_XML:
	case FORMAT_PB:
		err = put_other_cot(p, r);
		break;
	case FORMAT_JSON:
		/* A password is for ots-route alone. */
		if (!rec_is(r, "auth"))
			err = format_json(&p->out, r);
	}
	if (err == 0)
		return NULL;
	if (errno == ENOBUFS)
		return "too-long";
	return errno == EBADMSG ? "malformed" : "memory";
}
