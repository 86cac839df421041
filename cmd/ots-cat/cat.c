#include "cat.h"

#include <stddef.h>
#include <string.h>

#include "base64.h"
#include "cat_own.h"
#include "cotscan.h"

#define PROGRAM "ots-cat"
#define NODE    "local" /* no connection of ours is ever named */

void
cat_init(struct cat *c, enum cat_wire wire, enum cat_format format,
    enum proto_want want, const char *via)
{
	memset(c, 0, sizeof *c);
	c->wire = wire;
	c->format = format;
	c->via = via;
	proto_init(&c->proto, wire == CAT_RECORDS ? PROTO_WANT_XML : want,
	    wire == CAT_DATAGRAMS);
	codec_init(&c->codec, CAT_MESSAGE_MAX);
	framer_init(&c->in_cot, CAT_MESSAGE_MAX);
	framer_init(&c->net_cot, CAT_MESSAGE_MAX);
	rec_lines_init(&c->in_lines, REC_LINE_MAX);
	rec_lines_init(&c->net_lines, REC_LINE_MAX);
	buf_init(&c->scratch, REC_LINE_MAX);
}

void
cat_fini(struct cat *c)
{
	codec_fini(&c->codec);
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
		rec_hello(tx, PROGRAM, NODE, 0, 0);
	if (c->format == CAT_RECORD)
		rec_hello(out, PROGRAM, NODE, 0, 0);
}

bool
cat_enough(const struct cat *c)
{
	return c->count && c->received >= c->count;
}

bool
cat_whole(struct buf *b, size_t before)
{
	if (!b->failed)
		return true;
	buf_truncate(b, before);
	b->failed = false;
	return false;
}

void
cat_bad(struct cat *c, const char *from, enum cot_why why)
{
	c->bad++;
	if (c->on_bad)
		c->on_bad(c->arg, from, cot_why_name(why));
}

bool
cat_is_control(struct slice xml)
{
	struct slice type;

	return cotscan_attr(xml, "type", &type) && proto_is_control(type);
}

bool
cat_rec_event(const struct cat *c)
{
	return rec_is(&c->rec, "cot") || rec_is(&c->rec, "frame") ||
	    rec_is(&c->rec, "send");
}

bool
cat_rec_xml(struct cat *c, struct slice *xml)
{
	buf_clear(&c->scratch);
	return rec_value(&c->rec, "xml", &c->scratch, xml) && xml->n;
}

bool
cat_rec_pb(struct cat *c, struct slice *msg)
{
	struct slice text;
	ssize_t n;
	char *to;

	buf_clear(&c->scratch);
	if (!rec_raw(&c->rec, "pb", &text))
		return false;
	to = buf_reserve(&c->scratch, BASE64_DECODED_MAX(text.n) + 1);
	n = to ? base64_decode(to, text) : -1;
	if (n <= 0)
		return false;
	buf_commit(&c->scratch, (size_t)n);
	*msg = buf_slice(&c->scratch);
	return true;
}
