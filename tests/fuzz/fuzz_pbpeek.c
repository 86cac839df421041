/* Any bytes as a TakMessage: the type that is seen in it is what the decoder
 * sees. */
#include "cotpb.h"
#include "fuzz.h"
#include "pbpeek.h"

#define MAX ((size_t)65536)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice msg = {(const char *)data, size}, type;
	static struct cotpb *x;
	struct cotparts parts;
	enum cot_why why;
	bool seen;

	if (!x)
		x = cotpb_new(MAX);
	must(x != NULL);
	if (size > MAX)
		return 0;
	seen = pbpeek_type(msg, &type) == PBPEEK_EVENT;
	if (seen && type.n)
		must(type.p >= msg.p && type.p + type.n <= msg.p + msg.n);
	why = cotpb_decode(x, msg, &parts);
	if (why == COT_EMPTY)
		must(!seen);
	/* The parts of an event that comes in several need not be well-formed
	 * each by itself: nobody writes that. */
	if (why == COT_OK && seen)
		must(slice_eq(type, parts.text[PART_TYPE]));
	return 0;
}
