/* Any bytes as an event document. What is accepted is canonical, is its own
 * canonical form, says the same again, and fits into a record. */
#include "cotscan.h"
#include "cotxml.h"
#include "fuzz.h"

static struct cotxml *xml;
static struct cot cot;

static void
labels(struct buf *out)
{
	struct rec_writer w;

	rec_begin(&w, out, "cot");
	cot_put(&w, &cot);
	rec_put(&w, "xml", cot.xml);
	must(rec_end(&w) == 0);
}

/* The labels are a record that reads back, and no more fields than said. */
static void
check_record(struct buf *out)
{
	static struct rec rec;
	struct buf scratch = {.max = 1 << 20};
	struct slice line = buf_slice(out), v;

	line.n--;
	must(rec_parse(&rec, line) == 1);
	must(rec.n <= cot_fields(&cot));
	must(rec_value(&rec, "uid", &scratch, &v));
	must(slice_eq(v, cot.attr[COT_A_UID]));
	buf_fini(&scratch);
}

static void
check_marti(void)
{
	size_t i;

	for (i = 0; i < cot.n_marti; i++) {
		struct slice part;

		must(cot.marti[i].off < cot.xml.n &&
		    cot.marti[i].len <= cot.xml.n - cot.marti[i].off);
		part = (struct slice){
		    cot.xml.p + cot.marti[i].off, cot.marti[i].len};
		must(slice_starts(part, "<marti"));
		must(slice_ends(part, "/>") || slice_ends(part, "</marti>"));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct cotcanon_tag tag = {"T", "now", true};
	struct buf first = {.max = 1 << 22}, second = {.max = 1 << 22};
	struct slice doc = {(const char *)data, size};
	char *copy;

	if (!xml)
		xml = cotxml_new(65536);
	must(xml != NULL);
	(void)cotxml_parse(xml, doc, &tag, &cot);
	if (cotxml_parse(xml, doc, NULL, &cot) != COT_OK)
		return 0;
	must(cotscan_canonical(cot.xml));
	must(utf8_valid(cot.xml.p, cot.xml.n));
	must(!memchr(cot.xml.p, '\n', cot.xml.n));
	check_marti();
	labels(&first);
	check_record(&first);
	copy = slice_dup(cot.xml);
	must(copy != NULL);
	must(cotxml_parse(xml, slice_of(copy), NULL, &cot) == COT_OK);
	labels(&second);
	must(slice_eq(buf_slice(&first), buf_slice(&second)));
	free(copy);
	buf_fini(&first);
	buf_fini(&second);
	return 0;
}
