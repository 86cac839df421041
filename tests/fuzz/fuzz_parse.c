/* Any bytes as the input of ots-parse. However they are cut, the same comes
 * out: whole records, and of every event two encodings that say the same. */
#include "../../cmd/ots-parse/parse.h"
#include "base64.h"
#include "fuzz.h"
#include "sniff.h"

#define MAX ((size_t)16 << 10)

/* A reader that takes all that MAX lets through, canonical as it is. */
static struct cotxml *xml;
static struct cotpb *pb;

static void
on_bad_message(void *arg, const char *why, struct slice conn)
{
	(void)arg;
	(void)conn;
	must(why && *why);
}

static void
on_bad_record(void *arg, const char *why)
{
	(void)arg;
	must(why && *why);
}

/* What becomes of it, in pieces of that size. */
static struct parse_counts
run(struct slice in, enum parse_format format, size_t piece, struct buf *out)
{
	static struct parse p;
	struct parse_conf conf = {.node = "n",
	    .flow_tag = "T",
	    .max_event = MAX,
	    .format = format,
	    .on_bad_message = on_bad_message,
	    .on_bad_record = on_bad_record};
	struct slice rest = in;
	struct parse_counts n;
	size_t k;

	conf.input = sniff(&rest) == SNIFF_COT ? INPUT_COT : INPUT_RECORD;
	must(parse_init(&p, &conf) == 0);
	for (; in.n; in.p += k, in.n -= k) {
		k = in.n < piece ? in.n : piece;
		parse_feed(&p, in.p, k, 1);
		while (parse_next(&p))
			;
	}
	parse_end(&p);
	n = p.n;
	must(buf_put(out, buf_slice(&p.out)) == 0);
	parse_fini(&p);
	return n;
}

/* What an event says, but for numbers, which may be written otherwise, and
 * destinations, which are not delivered. */
static void
put_labels(struct cot *c, struct buf *out)
{
	struct rec_writer w;
	int i;

	c->n_dest = c->n_marti = 0;
	for (i = 0; i < COT_P_COUNT; i++)
		c->point[i] = (struct slice){"", 0};
	rec_begin(&w, out, "cot");
	cot_put(&w, c);
	must(rec_end(&w) == 0);
}

static void
check_both(struct slice text, struct slice msg)
{
	static struct cot cot;
	struct buf one = {.max = 1 << 20}, two = {.max = 1 << 20};
	struct cotparts parts;

	must(cotxml_parse(xml, text, NULL, &cot) == COT_OK);
	put_labels(&cot, &one);
	must(cotpb_decode(pb, msg, &parts) == COT_OK);
	must(cotxml_parse_parts(xml, &parts, NULL, &cot) == COT_OK);
	put_labels(&cot, &two);
	must(slice_eq(buf_slice(&one), buf_slice(&two)));
	buf_fini(&one);
	buf_fini(&two);
}

static void
check_event(const struct rec *r)
{
	struct buf text = {.max = REC_LINE_MAX};
	struct slice event, base64;
	char *msg;
	ssize_t n;

	must(rec_value(r, "xml", &text, &event));
	if (rec_raw(r, "pb", &base64)) {
		msg = malloc(BASE64_DECODED_MAX(base64.n) + 1);
		must(msg != NULL);
		n = base64_decode(msg, base64);
		must(n > 0 && (size_t)n <= MAX);
		check_both(event, (struct slice){msg, (size_t)n});
		free(msg);
	}
	buf_fini(&text);
}

static void
check_records(struct slice out, bool ours)
{
	static struct rec r;
	const char *lf;

	for (; out.n; out.n -= (size_t)(lf + 1 - out.p), out.p = lf + 1) {
		lf = memchr(out.p, '\n', out.n);
		must(lf != NULL);
		must(rec_parse(
			 &r, (struct slice){out.p, (size_t)(lf - out.p)}) >= 0);
		if (ours && rec_is(&r, "cot"))
			check_event(&r);
	}
}

static void
check_frames(struct slice out, uint64_t most)
{
	struct framer f;
	struct slice msg;
	struct cotparts parts;
	enum frame_kind kind;

	framer_init(&f, MAX);
	framer_feed(&f, out.p, out.n);
	while ((kind = framer_next(&f, &msg)) == FRAME_PB) {
		must(cotpb_decode(pb, msg, &parts) == COT_OK);
		must(most-- > 0);
	}
	must(kind == FRAME_NONE && f.garbage == 0 && buf_size(&f.keep) == 0);
	framer_fini(&f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = {(const char *)data, size};
	struct buf out[4] = {{.max = 64 << 20}, {.max = 64 << 20},
	    {.max = 64 << 20}, {.max = 64 << 20}};
	struct parse_counts n;
	int i;

	if (size > 4 * MAX)
		return 0;
	if (!xml) {
		xml = cotxml_new(8 * MAX);
		pb = cotpb_new(8 * MAX);
	}
	must(xml && pb);
	(void)run(in, FORMAT_RECORD, SIZE_MAX, &out[0]);
	(void)run(in, FORMAT_RECORD, 1 + size % 7, &out[1]);
	must(slice_eq(buf_slice(&out[0]), buf_slice(&out[1])));
	/* What passes is not ours to answer for. */
	check_records(buf_slice(&out[0]), !slice_find(in, SLICE("ev:cot")));
	n = run(in, FORMAT_PB, SIZE_MAX, &out[2]);
	check_frames(buf_slice(&out[2]), n.events + n.passed);
	(void)run(in, FORMAT_JSON, SIZE_MAX, &out[3]);
	for (i = 0; i < 4; i++)
		buf_fini(&out[i]);
	return 0;
}
