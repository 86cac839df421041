/* From the server to standard output: cat.h. */
#include <errno.h>
#include <stddef.h>

#include "base64.h"
#include "cat_own.h"
#include "cotline.h"

/* What is read at once. */
struct part {
	const char *p;
	size_t n;
	const char *peer;
	uint64_t now_us;
	struct buf *out;
	uint64_t found; /* messages, of whatever kind */
};

static bool
put_frame(struct cat *c, struct slice msg, bool pb, const struct part *from)
{
	struct rec_writer w;

	rec_begin(&w, from->out, "frame");
	rec_put_u64(&w, "t", from->now_us);
	rec_puts(&w, "via", c->via);
	rec_puts(&w, "peer", from->peer);
	if (pb) {
		buf_clear(&c->scratch);
		base64_encode(&c->scratch, msg);
		rec_put(&w, "pb", buf_slice(&c->scratch));
		if (c->scratch.failed)
			w.err = ENOBUFS;
	} else {
		rec_put(&w, "xml", msg);
	}
	return rec_end(&w) == 0;
}

static bool
put_line(struct slice xml, struct buf *out)
{
	size_t before = buf_size(out);

	cotline_put(out, xml);
	buf_putc(out, '\n');
	return cat_whole(out, before);
}

/* One message; nothing once there were enough. Raw bytes are out already. */
static void
put_event(struct cat *c, struct slice msg, bool pb, const struct part *from)
{
	bool done = true;

	if (cat_enough(c))
		return;
	if (c->format == CAT_RECORD)
		done = put_frame(c, msg, pb, from);
	else if (c->format == CAT_XML)
		done = put_line(msg, from->out);
	if (done)
		c->received++;
	else
		c->bad++;
}

static void
got_xml(struct cat *c, struct slice xml, const struct part *from)
{
	if (cat_is_control(xml))
		proto_hear(&c->proto, xml);
	else
		put_event(c, xml, false, from);
}

/* Only for XML it must be a good one: records and raw bytes do not check. */
static void
got_pb(struct cat *c, struct slice msg, const struct part *from)
{
	struct slice type = {0};
	enum cot_why why = codec_read(&c->codec, msg, &type);

	if (why == COT_OK || why == COT_EMPTY)
		proto_hear_pb(&c->proto);
	if (why == COT_EMPTY || (why == COT_OK && proto_is_control(type)))
		return;
	if (c->format == CAT_XML) {
		if (cat_enough(c))
			return;
		if (why == COT_OK)
			why = codec_to_xml(&c->codec, &msg);
		if (why != COT_OK) {
			cat_bad(c, from->peer, why);
			return;
		}
	}
	put_event(c, msg, true, from);
}

static const char *
net_stream(struct cat *c, struct part *from)
{
	enum frame_kind kind;
	struct slice msg;
	bool binary;

	framer_feed(&c->net_cot, from->p, from->n);
	for (;; from->found++) {
		kind = framer_next(&c->net_cot, &msg);
		if (kind == FRAME_NONE)
			return NULL;
		if (kind >= FRAME_TOO_BIG)
			return frame_kind_name(kind);
		binary = proto_is_binary(&c->proto);
		if (kind == FRAME_AUTH)
			c->skipped++;
		else if (kind == FRAME_PB)
			got_pb(c, msg, from);
		else
			got_xml(c, msg, from);
		if (!binary && proto_is_binary(&c->proto))
			framer_binary(&c->net_cot);
	}
}

/* FRAME_MESH and one TakMessage to the end (cot-streaming 4.4), or XML.
 * Datagrams have nothing to do with each other: a new framer for each. */
static void
net_datagram(struct cat *c, struct part *from)
{
	struct slice d = {from->p, from->n};

	if (slice_starts(d, FRAME_MESH)) {
		d.p += sizeof FRAME_MESH - 1;
		d.n -= sizeof FRAME_MESH - 1;
		got_pb(c, d, from);
		return;
	}
	(void)net_stream(c, from);
	if (from->found == 0 && !cat_enough(c))
		c->bad++;
	framer_fini(&c->net_cot);
	framer_init(&c->net_cot, CAT_MESSAGE_MAX);
}

/* The other side's hello is not ours to repeat: this stream has had one. */
static void
net_record(struct cat *c, struct slice line, struct buf *out)
{
	size_t before = buf_size(out);
	int got = rec_parse(&c->rec, line);
	bool event;
	struct slice xml;

	if (got < 0)
		c->bad++;
	if (got <= 0 || cat_enough(c) || rec_is(&c->rec, "hello"))
		return;
	event = cat_rec_event(c);
	if (c->format == CAT_RECORD) {
		buf_put(out, line);
		buf_putc(out, '\n');
		event = cat_whole(out, before) && event;
	} else if (c->format == CAT_XML) {
		if (!event)
			return;
		if (!cat_rec_xml(c, &xml)) {
			c->skipped++;
			return;
		}
		event = put_line(xml, out);
	}
	c->received += event;
}

static void
net_records(struct cat *c, const struct part *from)
{
	uint64_t dropped = c->net_lines.dropped;
	struct slice line;

	rec_lines_feed(&c->net_lines, from->p, from->n);
	while (rec_lines_next(&c->net_lines, &line))
		net_record(c, line, from->out);
	c->bad += c->net_lines.dropped - dropped;
}

const char *
cat_net(struct cat *c, const char *p, size_t n, const char *peer,
    uint64_t now_us, struct buf *out)
{
	struct part from = {p, n, peer, now_us, out, 0};
	const char *wrong = NULL;
	bool raw = c->format == CAT_RAW;
	size_t before = buf_size(out);

	if (raw && !cat_enough(c)) {
		buf_append(out, p, n);
		c->bad += !cat_whole(out, before);
	}
	if (c->wire == CAT_RECORDS)
		net_records(c, &from);
	else if (c->wire == CAT_DATAGRAMS)
		net_datagram(c, &from);
	else if (!c->deaf)
		wrong = net_stream(c, &from);
	if (!raw || !wrong)
		return wrong;
	/* Whoever wants the bytes gets them, but nobody counts any more. */
	c->deaf = true;
	return NULL;
}
