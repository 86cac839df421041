/* Any bytes as the beginning of a client's stream: what is made of them fits,
 * is text, and does not depend on what follows. */
#include "../../cmd/ots-listen/authdoc.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = {(const char *)data, size};
	struct authdoc doc = {0}, again = {0};
	size_t used = 0, used_again = 0;

	if (size > 1 << 16 || authdoc_read(bytes, &doc, &used) != AUTHDOC_WHOLE)
		return 0;
	must(used <= size);
	must(doc.user[0] && utf8_valid(doc.user, strlen(doc.user)));
	must(utf8_valid(doc.secret, strlen(doc.secret)));
	bytes.n = used;
	must(authdoc_read(bytes, &again, &used_again) == AUTHDOC_WHOLE);
	must(used == used_again);
	must(slice_is(slice_of(doc.user), again.user));
	must(slice_is(slice_of(doc.secret), again.secret));
	return 0;
}
