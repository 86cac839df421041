#include "decode.h"

#include "base64.h"

void
decode_fini(struct decode *d)
{
	cotpb_free(&d->pb);
	cotxml_free(&d->xml);
	buf_fini(&d->raw);
}

static bool
ready(struct decode *d)
{
	if (!d->pb)
		d->pb = cotpb_new(d->max);
	if (!d->xml)
		d->xml = cotxml_new(d->max);
	return d->pb && d->xml;
}

enum cot_why
decode_message(struct decode *d, struct slice msg, struct slice *xml)
{
	struct cotparts parts;
	enum cot_why why;

	if (!ready(d))
		return COT_MEMORY;
	why = cotpb_decode(d->pb, msg, &parts);
	if (!why)
		why = cotxml_parse_parts(d->xml, &parts, NULL, &d->cot);
	if (!why)
		*xml = d->cot.xml;
	return why;
}

enum cot_why
decode_base64(struct decode *d, struct slice text, struct slice *xml)
{
	size_t most = BASE64_DECODED_MAX(text.n);
	ssize_t n;
	char *to;

	/* Two bytes may be padding. */
	if (most > d->max + 2)
		return COT_TOO_BIG;
	d->raw.max = d->max + 3;
	buf_clear(&d->raw);
	to = buf_reserve(&d->raw, most ? most : 1);
	if (!to)
		return COT_MEMORY;
	n = base64_decode(to, text);
	if (n < 0)
		return COT_PROTOBUF;
	buf_commit(&d->raw, (size_t)n);
	return decode_message(d, buf_slice(&d->raw), xml);
}
