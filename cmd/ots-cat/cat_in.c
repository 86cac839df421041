/* From standard input to the server: cat.h. */
#include <stddef.h>
#include <string.h>

#include "cat_own.h"

/* One TakMessage of a device begins with an empty TakControl: it reads and
 * writes version 1 (cot-streaming 4.4). */
#define MESH_HEAD SLICE(FRAME_MESH "\x0a\x00")

/* What goes before a message on its way; false: there is no way. */
static bool
put_head(struct cat *c, size_t n, bool pb, struct buf *tx)
{
	char head[FRAME_HEAD_MAX];
	uint32_t size;

	if (c->wire != CAT_DATAGRAMS) {
		if (pb)
			buf_append(tx, head, frame_head(head, n));
		return true;
	}
	if (pb)
		n += MESH_HEAD.n;
	if (n > CAT_DATAGRAM_MAX)
		return false;
	size = (uint32_t)n;
	buf_append(tx, &size, sizeof size);
	if (pb)
		buf_put(tx, MESH_HEAD);
	return true;
}

/* One message that is in the encoding of the wire. */
static void
queue(struct cat *c, struct slice msg, bool pb, struct buf *tx)
{
	size_t before = buf_size(tx);

	if (!put_head(c, msg.n, pb, tx)) {
		cat_bad(c, NULL, COT_TOO_BIG);
		return;
	}
	buf_put(tx, msg);
	if (cat_whole(tx, before))
		c->sent++;
	else
		c->bad++;
}

void
cat_send(struct cat *c, struct slice xml, struct buf *tx)
{
	enum cot_why why;
	struct slice msg;

	if (!proto_is_binary(&c->proto)) {
		queue(c, xml, false, tx);
		return;
	}
	why = codec_to_pb(&c->codec, xml, &msg);
	if (why == COT_OK)
		queue(c, msg, true, tx);
	else
		cat_bad(c, NULL, why);
}

void
cat_ask(struct cat *c, uint64_t now_us, struct buf *tx)
{
	size_t before = buf_size(tx);

	if (c->proto.state == PROTO_OFFERED)
		(void)proto_ask(&c->proto, (int64_t)(now_us / 1000), tx);
	(void)cat_whole(tx, before);
}

bool
cat_datagram_next(const struct buf *tx, struct slice *datagram)
{
	uint32_t n;

	if (buf_size(tx) < sizeof n)
		return false;
	memcpy(&n, buf_data(tx), sizeof n);
	*datagram = (struct slice){buf_data(tx) + sizeof n, n};
	return true;
}

void
cat_datagram_done(struct buf *tx)
{
	struct slice datagram;

	if (cat_datagram_next(tx, &datagram))
		buf_consume(tx, sizeof(uint32_t) + datagram.n);
}

/* An event document that somebody wrote. What is about a link was about
 * another one than ours. */
static void
send_xml(struct cat *c, struct slice xml, struct buf *tx)
{
	if (cat_is_control(xml))
		c->skipped++;
	else
		cat_send(c, xml, tx);
}

/* A TakMessage that somebody wrote. */
static void
send_pb(struct cat *c, struct slice msg, struct buf *tx)
{
	bool pb = proto_is_binary(&c->proto);
	struct slice type = {0};
	enum cot_why why = codec_read(&c->codec, msg, &type);

	if (why == COT_EMPTY || (why == COT_OK && proto_is_control(type))) {
		c->skipped++;
		return;
	}
	if (why == COT_OK && !pb)
		why = codec_to_xml(&c->codec, &msg);
	if (why == COT_OK)
		queue(c, msg, pb, tx);
	else
		cat_bad(c, NULL, why);
}

static const char *
input_cot(struct cat *c, struct slice in, struct buf *tx)
{
	enum frame_kind kind;
	struct slice msg;

	if (c->wire == CAT_RECORDS)
		return "not ots-records, which alone this socket takes: "
		       "put `ots-parse |` before";
	framer_feed(&c->in_cot, in.p, in.n);
	for (;;) {
		kind = framer_next(&c->in_cot, &msg);
		if (kind == FRAME_NONE)
			return NULL;
		if (kind >= FRAME_TOO_BIG)
			return frame_kind_name(kind);
		if (kind == FRAME_PB)
			send_pb(c, msg, tx);
		else
			send_xml(c, msg, tx);
	}
}

static void
input_record(struct cat *c, struct slice line, struct buf *tx)
{
	size_t before = buf_size(tx);
	struct slice msg;
	int got = rec_parse(&c->rec, line);

	if (got < 0)
		c->bad++;
	if (got <= 0)
		return;
	if (c->wire == CAT_RECORDS) {
		if (!rec_is(&c->rec, "cot"))
			return;
		buf_put(tx, line);
		buf_putc(tx, '\n');
		if (cat_whole(tx, before))
			c->sent++;
		else
			c->bad++;
	} else if (cat_rec_event(c)) {
		if (cat_rec_xml(c, &msg))
			send_xml(c, msg, tx);
		else if (cat_rec_pb(c, &msg))
			send_pb(c, msg, tx);
		else
			c->skipped++;
	}
}

static void
input_records(struct cat *c, struct slice in, struct buf *tx)
{
	uint64_t dropped = c->in_lines.dropped;
	struct slice line;

	rec_lines_feed(&c->in_lines, in.p, in.n);
	while (rec_lines_next(&c->in_lines, &line))
		input_record(c, line, tx);
	c->bad += c->in_lines.dropped - dropped;
}

const char *
cat_input(struct cat *c, const char *p, size_t n, struct buf *tx)
{
	struct slice in = {p, n};

	if (c->in_kind == SNIFF_MORE)
		c->in_kind = sniff(&in);
	if (c->in_kind == SNIFF_COT)
		return input_cot(c, in, tx);
	if (c->in_kind == SNIFF_RECORDS)
		input_records(c, in, tx);
	return NULL;
}

void
cat_input_end(struct cat *c)
{
	if (c->in_kind == SNIFF_RECORDS && rec_lines_end(&c->in_lines))
		c->bad++;
}
