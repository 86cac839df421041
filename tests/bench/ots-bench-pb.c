/* ots-bench-pb - what the second encoding of an event costs. One argument: how
 * many events. Prints microseconds of CPU for each step of one event. */
#include <stdio.h>
#include <time.h>

#include "base64.h"
#include "cotpb.h"
#include "cotxml.h"
#include "die.h"
#include "num.h"

#define MAX    ((size_t)1 << 20)
#define DOCS   64 /* different ones, in turn */
#define EVENTS 100000

/* A position as ATAK sends it, with what protobuf has no field for. */
#define HEAD                                                                   \
	"<event version='2.0' uid='ANDROID-%032d' type='a-f-G-U-C' how='m-g' " \
	"time='2024-05-06T07:08:09.123Z' start='2024-05-06T07:08:09.123Z' "    \
	"stale='2024-05-06T07:14:24.123Z'><point lat='48.5%04d' "              \
	"lon='-122.25%04d' hae='30.25' ce='5.5' le='9999999.0'/>"
#define DETAIL                                                                 \
	"<detail><takv device='GOOGLE PIXEL 7' platform='ATAK-CIV' os='34' "   \
	"version='5.5.0.3 (1a2b3c4d).1714979289-CIV'/><contact "               \
	"endpoint='*:-1:stcp' callsign='ALPHA %d'/><uid Droid='ALPHA %d'/>"    \
	"<precisionlocation geopointsrc='GPS' altsrc='GPS'/><__group "         \
	"name='Cyan' role='Team Member'/><status battery='87'/><track "        \
	"speed='1.5' course='270.25'/></detail></event>"

struct bench {
	struct cotxml *xml;
	struct cotpb *pb;
	struct cot cot;
	struct buf doc[DOCS], canonical[DOCS], msg[DOCS], text;
};

static void
must(bool truth, const char *what)
{
	if (!truth)
		die(EXIT_IMPOSSIBLE, "%s fails", what);
}

/* ---- the steps ---- */

static void
parse(struct bench *b, int i)
{
	must(cotxml_parse(b->xml, buf_slice(&b->doc[i]), NULL, &b->cot) ==
		COT_OK,
	    "cotxml_parse");
}

static void
encode(struct bench *b, int i)
{
	const struct cotpb_source from = {
	    .xml = buf_slice(&b->canonical[i]), .without_marti = true};

	buf_clear(&b->msg[i]);
	must(cotpb_encode(b->pb, &from, &b->msg[i]) == 0, "cotpb_encode");
}

static void
text(struct bench *b, int i)
{
	buf_clear(&b->text);
	must(base64_encode(&b->text, buf_slice(&b->msg[i])) == 0,
	    "base64_encode");
}

static void
decode(struct bench *b, int i)
{
	struct cotparts parts;

	must(cotpb_decode(b->pb, buf_slice(&b->msg[i]), &parts) == COT_OK &&
		cotxml_parse_parts(b->xml, &parts, NULL, &b->cot) == COT_OK,
	    "decoding");
}

/* ---- around them ---- */

static void
prepare(struct bench *b)
{
	int i;

	b->xml = cotxml_new(MAX);
	b->pb = cotpb_new(MAX);
	must(b->xml && b->pb, "memory");
	buf_init(&b->text, 2 * MAX);
	for (i = 0; i < DOCS; i++) {
		buf_init(&b->doc[i], MAX);
		buf_init(&b->canonical[i], MAX);
		buf_init(&b->msg[i], MAX);
		must(buf_fmt(&b->doc[i], HEAD DETAIL, i, i, i, i, i) == 0,
		    "memory");
		parse(b, i);
		must(buf_put(&b->canonical[i], b->cot.xml) == 0, "memory");
		encode(b, i);
	}
}

static double
cpu_us(void)
{
	struct timespec t;

	must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0, "the clock");
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double
each_us(struct bench *b, void (*step)(struct bench *, int), uint64_t n)
{
	double start = cpu_us();
	uint64_t i;

	for (i = 0; i < n; i++)
		step(b, (int)(i % DOCS));
	return (cpu_us() - start) / (double)n;
}

int
main(int argc, char **argv)
{
	static struct bench b;
	uint64_t n = EVENTS;

	if (argc > 2 ||
	    (argc == 2 && num_u64(slice_of(argv[1]), 1 << 30, &n) < 0) ||
	    n == 0)
		die(EXIT_USAGE, "usage: ots-bench-pb [EVENTS]");
	prepare(&b);
	printf("bench=pb-steps events=%llu xml_bytes=%zu pb_bytes=%zu",
	    (unsigned long long)n, buf_size(&b.canonical[0]),
	    buf_size(&b.msg[0]));
	printf(" parse_xml_us=%.3f", each_us(&b, parse, n));
	printf(" encode_us=%.3f", each_us(&b, encode, n));
	printf(" base64_us=%.3f", each_us(&b, text, n));
	printf(" decode_pb_us=%.3f\n", each_us(&b, decode, n));
	return 0;
}
