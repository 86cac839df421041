/* Any bytes as a document that may be one of the negotiation: what is answered
 * to it is an event, whatever its uid, and says what was meant. */
#include "cotxml.h"
#include "fuzz.h"
#include "takp.h"

#define MAX ((size_t)65536)
#define NOW 1714979289123

/* The strict parser takes it. */
static void
is_event(struct slice doc, bool has_uid)
{
	static struct cotxml *x;
	static struct cot c;

	if (!x)
		x = cotxml_new(MAX);
	must(x != NULL);
	if (has_uid)
		must(cotxml_parse(x, doc, NULL, &c) == COT_OK);
	else
		must(cotxml_parse(x, doc, NULL, &c) == COT_UID);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice doc = {(const char *)data, size};
	struct buf out = {.max = MAX};
	struct takp t, back;

	if (size > MAX)
		return 0;
	if (takp_read(doc, &t) == TAKP_NONE) {
		must(!t.yes && t.uid.n == 0);
		return 0;
	}
	must(t.uid.n <= TAKP_UID_MAX);
	must(takp_answer(&out, NOW, t.uid, t.yes) == 0);
	is_event(buf_slice(&out), t.uid.n > 0);
	must(takp_read(buf_slice(&out), &back) == TAKP_ANSWER);
	must(back.yes == t.yes);
	buf_fini(&out);
	return 0;
}
