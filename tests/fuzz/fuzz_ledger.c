/* Any bytes as a ledger: what is a line of it can be written again, and then
 * says the same. */
#include "fuzz.h"
#include "ledger.h"

static void
unescape(struct buf *out, struct slice *s)
{
	size_t start = buf_size(out);

	must(rec_unescape(out, *s) == 0);
	*s = (struct slice){buf_data(out) + start, buf_size(out) - start};
}

static void
again(const struct ledger_line *l)
{
	struct buf text = {.max = 1 << 20}, out = {.max = 1 << 20};
	struct ledger_line copy = *l, got;
	struct slice rest, line;

	must(buf_reserve(&text, 1 << 18) != NULL);
	unescape(&text, &copy.name);
	unescape(&text, &copy.uid);
	must(ledger_write(&out, &copy) == 0);
	rest = buf_slice(&out);
	must(ledger_next(&rest, &line) && rest.n == 0);
	must(ledger_parse(line, &got) == 0);
	must(got.what == l->what && got.t_us == l->t_us &&
	    got.not_before == l->not_before && got.not_after == l->not_after &&
	    got.reason == l->reason && got.number == l->number);
	must(slice_eq(got.serial, l->serial) &&
	    slice_eq(got.sha256, l->sha256) && slice_eq(got.name, l->name) &&
	    slice_eq(got.uid, l->uid) && slice_eq(got.der, l->der));
	buf_fini(&text);
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size}, line;
	struct ledger_line l;

	if (size > 1 << 17)
		return 0;
	while (ledger_next(&text, &line))
		if (ledger_parse(line, &l) == 0 && l.what != LEDGER_OTHER)
			again(&l);
	return 0;
}
