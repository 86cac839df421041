/* Any bytes as a TakMessage, and as a canonical event. What is accepted comes
 * back from its XML as a message that does not change any more; any message
 * that is made of a text can be read. */
#include "cotpb.h"
#include "cotscan.h"
#include "cotxml.h"
#include "fuzz.h"

#define MAX ((size_t)64 << 10)

static struct cotpb *pb;
static struct cotxml *small, *large;
static struct cot cot;

/* *out becomes the message of what was decoded last. */
static void
encode(struct buf *out)
{
	const struct cotpb_source from = {.xml = cot.xml, .decoded = true};

	buf_clear(out);
	must(cotpb_encode(pb, &from, out) == 0);
}

static enum cot_why
decode(struct cotxml *xml, struct slice msg)
{
	struct cotparts parts;
	enum cot_why why = cotpb_decode(pb, msg, &parts);

	return why ? why : cotxml_parse_parts(xml, &parts, NULL, &cot);
}

static void
as_message(struct slice msg)
{
	struct buf first = {.max = 1 << 22}, second = {.max = 1 << 22};

	/* Escaped it may be longer: there is room for it the second time. */
	if (msg.n > MAX || decode(small, msg) != COT_OK)
		return;
	must(cotscan_canonical(cot.xml));
	must(utf8_valid(cot.xml.p, cot.xml.n));
	encode(&first);
	must(decode(large, buf_slice(&first)) == COT_OK);
	encode(&second);
	must(slice_eq(buf_slice(&first), buf_slice(&second)));
	must(cotxml_parse(large, cot.xml, NULL, &cot) == COT_OK);
	buf_fini(&first);
	buf_fini(&second);
}

static void
as_text(struct slice text, bool without_marti)
{
	const struct cotpb_source from = {
	    .xml = text, .without_marti = without_marti};
	struct buf out = {.max = 1 << 22};
	struct cotparts parts;

	if (cotpb_encode(pb, &from, &out) == 0)
		must(cotpb_decode(pb, buf_slice(&out), &parts) == COT_OK);
	else
		must(buf_size(&out) == 0);
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct slice in = {(const char *)data, size};

	if (!pb) {
		pb = cotpb_new(16 * MAX);
		small = cotxml_new(MAX);
		large = cotxml_new(16 * MAX);
		must(pb && small && large);
	}
	as_message(in);
	as_text(in, false);
	as_text(in, true);
	return 0;
}
