#include "codec.h"

#include <errno.h>
#include <string.h>

/* A TakMessage is no longer than twice its document: what escapes are in it
 * was longer there, and numbers take less than ten bytes each. */
#define OUT_MAX(max) (2 * (max) + 1024)

void
codec_init(struct codec *k, size_t max)
{
	memset(k, 0, sizeof *k);
	k->max = max;
	buf_init(&k->out, OUT_MAX(max));
}

void
codec_fini(struct codec *k)
{
	cotxml_free(&k->xml);
	cotpb_free(&k->pb);
	buf_fini(&k->out);
}

static bool
ready(struct codec *k)
{
	if (!k->xml)
		k->xml = cotxml_new(k->max);
	if (!k->pb)
		k->pb = cotpb_new(k->max);
	return k->xml && k->pb;
}

enum cot_why
codec_to_pb(struct codec *k, struct slice xml, struct slice *msg)
{
	struct cotpb_source from = {0};
	enum cot_why why;

	if (!ready(k))
		return COT_MEMORY;
	why = cotxml_parse(k->xml, xml, NULL, &k->cot);
	if (why != COT_OK)
		return why;
	from.xml = k->cot.xml;
	buf_clear(&k->out);
	if (cotpb_encode(k->pb, &from, &k->out) < 0)
		return errno == ENOMEM ? COT_MEMORY
		    : errno == ENOBUFS ? COT_TOO_BIG
				       : COT_XML;
	*msg = buf_slice(&k->out);
	return COT_OK;
}

enum cot_why
codec_read(struct codec *k, struct slice msg, struct slice *type)
{
	enum cot_why why;

	if (!ready(k))
		return COT_MEMORY;
	why = cotpb_decode(k->pb, msg, &k->parts);
	if (why == COT_OK)
		*type = k->parts.text[PART_TYPE];
	return why;
}

enum cot_why
codec_to_xml(struct codec *k, struct slice *xml)
{
	enum cot_why why = cotxml_parse_parts(k->xml, &k->parts, NULL, &k->cot);

	if (why == COT_OK)
		*xml = k->cot.xml;
	return why;
}
