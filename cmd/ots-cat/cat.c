#include "cat.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base64.h"
#include "cotline.h"

#define PROGRAM "ots-cat"
#define NODE    "local" /* no connection of ours is ever named */

void
cat_init(
    struct cat *c, enum cat_wire wire, enum cat_format format, const char *via)
{
	memset(c, 0, sizeof *c);
	c->wire = wire;
	c->format = format;
	c->via = via;
	framer_init(&c->in_cot, CAT_MESSAGE_MAX);
	framer_init(&c->net_cot, CAT_MESSAGE_MAX);
	rec_lines_init(&c->in_lines, REC_LINE_MAX);
	rec_lines_init(&c->net_lines, REC_LINE_MAX);
	buf_init(&c->scratch, REC_LINE_MAX);
}

void
cat_fini(struct cat *c)
{
	framer_fini(&c->in_cot);
	framer_fini(&c->net_cot);
	rec_lines_fini(&c->in_lines);
	rec_lines_fini(&c->net_lines);
	buf_fini(&c->scratch);
}

void
cat_begin(struct cat *c, struct buf *tx, struct buf *out)
{
	if (c->wire == CAT_RECORDS)
		rec_hello(tx, PROGRAM, NODE, 0);
	if (c->format == CAT_RECORD)
		rec_hello(out, PROGRAM, NODE, 0);
}

bool
cat_enough(const struct cat *c)
{
	return c->count && c->received >= c->count;
}

/* ---- to the server ---------------------------------------------------- */

/* Whole or not at all: what failed is cut off again. */
static bool
whole(struct buf *b, size_t before)
{
	if (!b->failed)
		return true;
	buf_truncate(b, before);
	b->failed = false;
	return false;
}

void
cat_send(struct cat *c, struct slice xml, struct buf *tx)
{
	size_t before = buf_size(tx);
	uint32_t n = (uint32_t)xml.n;

	if (c->wire == CAT_DATAGRAMS) {
		if (xml.n > CAT_DATAGRAM_MAX) {
			c->bad++;
			return;
		}
		buf_append(tx, &n, sizeof n);
	}
	buf_put(tx, xml);
	if (whole(tx, before))
		c->sent++;
	else
		c->bad++;
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

static const char *
framer_fault(enum frame_kind kind)
{
	return kind >= FRAME_TOO_BIG ? frame_kind_name(kind) : NULL;
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
		if (kind == FRAME_NONE || framer_fault(kind))
			return framer_fault(kind);
		if (kind == FRAME_PB)
			c->skipped++;
		else
			cat_send(c, msg, tx);
	}
}

/* Text of the label xml, in the scratch if it needed one. */
static bool
rec_xml(struct cat *c, struct slice *xml)
{
	buf_clear(&c->scratch);
	return rec_value(&c->rec, "xml", &c->scratch, xml) && xml->n;
}

static bool
rec_is_event(const struct rec *r)
{
	return rec_is(r, "cot") || rec_is(r, "frame") || rec_is(r, "send");
}

static void
input_record(struct cat *c, struct slice line, struct buf *tx)
{
	size_t before = buf_size(tx);
	struct slice xml;
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
		if (whole(tx, before))
			c->sent++;
		else
			c->bad++;
	} else if (rec_is_event(&c->rec)) {
		if (rec_xml(c, &xml))
			cat_send(c, xml, tx);
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

/* ---- from the server -------------------------------------------------- */

static bool
put_frame(struct cat *c, struct slice msg, bool pb, const char *peer,
    uint64_t now_us, struct buf *out)
{
	struct rec_writer w;

	rec_begin(&w, out, "frame");
	rec_put_u64(&w, "t", now_us);
	rec_puts(&w, "via", c->via);
	rec_puts(&w, "peer", peer);
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
	return whole(out, before);
}

/* One message; nothing once there were enough. */
static void
received(struct cat *c, struct slice msg, bool pb, const char *peer,
    uint64_t now_us, struct buf *out)
{
	bool done = true;

	if (cat_enough(c))
		return;
	if (c->format == CAT_RECORD) {
		done = put_frame(c, msg, pb, peer, now_us, out);
	} else if (c->format == CAT_XML) {
		if (pb) {
			c->skipped++;
			return;
		}
		done = put_line(msg, out);
	}
	if (done)
		c->received++;
	else
		c->bad++;
}

static const char *
net_stream(struct cat *c, const char *p, size_t n, const char *peer,
    uint64_t now_us, struct buf *out)
{
	enum frame_kind kind;
	struct slice msg;

	framer_feed(&c->net_cot, p, n);
	for (;;) {
		kind = framer_next(&c->net_cot, &msg);
		if (kind == FRAME_NONE || framer_fault(kind))
			return framer_fault(kind);
		if (kind == FRAME_AUTH)
			c->skipped++;
		else
			received(c, msg, kind == FRAME_PB, peer, now_us, out);
	}
}

/* 0xBF, version 1, 0xBF, one TakMessage to the end (cot-streaming 4.4), or XML.
 * Datagrams have nothing to do with each other: a new framer for each. */
static void
net_datagram(struct cat *c, const char *p, size_t n, const char *peer,
    uint64_t now_us, struct buf *out)
{
	uint64_t before = c->received + c->skipped;
	struct slice d = {p, n};

	if (slice_starts(d, "\xbf\x01\xbf")) {
		d.p += 3;
		d.n -= 3;
		received(c, d, true, peer, now_us, out);
		return;
	}
	net_stream(c, p, n, peer, now_us, out);
	if (before == c->received + c->skipped && !cat_enough(c))
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
	event = rec_is_event(&c->rec);
	if (c->format == CAT_RECORD) {
		buf_put(out, line);
		buf_putc(out, '\n');
		event = whole(out, before) && event;
	} else if (c->format == CAT_XML) {
		if (!event)
			return;
		if (!rec_xml(c, &xml)) {
			c->skipped++;
			return;
		}
		event = put_line(xml, out);
	}
	c->received += event;
}

static void
net_records(struct cat *c, const char *p, size_t n, struct buf *out)
{
	uint64_t dropped = c->net_lines.dropped;
	struct slice line;

	rec_lines_feed(&c->net_lines, p, n);
	while (rec_lines_next(&c->net_lines, &line))
		net_record(c, line, out);
	c->bad += c->net_lines.dropped - dropped;
}

const char *
cat_net(struct cat *c, const char *p, size_t n, const char *peer,
    uint64_t now_us, struct buf *out)
{
	const char *wrong = NULL;
	bool raw = c->format == CAT_RAW;
	size_t before = buf_size(out);

	if (raw && !cat_enough(c)) {
		buf_append(out, p, n);
		c->bad += !whole(out, before);
	}
	if (c->wire == CAT_RECORDS)
		net_records(c, p, n, out);
	else if (c->wire == CAT_DATAGRAMS)
		net_datagram(c, p, n, peer, now_us, out);
	else if (!c->deaf)
		wrong = net_stream(c, p, n, peer, now_us, out);
	if (!raw || !wrong)
		return wrong;
	/* Whoever wants the bytes gets them, but nobody counts any more. */
	c->deaf = true;
	return NULL;
}
