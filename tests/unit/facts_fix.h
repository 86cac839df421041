/* facts_fix.h - what the tests of facts.h share: an event as XML, made a record
 * as ots-parse does, and read. */
#ifndef OTS_FACTS_FIX_H
#define OTS_FACTS_FIX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/ots-store/facts.h"
#include "cotxml.h"

#define NOW ((int64_t)1714979300000000)
#define TIMES                                                                  \
	" time=\"2024-05-06T07:08:09Z\" start=\"2024-05-06T07:08:09Z\""        \
	" stale=\"2024-05-06T07:09:09Z\""
#define POINT "<point lat=\"1.5\" lon=\"-2.5\" hae=\"3\" ce=\"4\" le=\"5\"/>"
#define EVENT(type, uid, detail)                                               \
	"<event version=\"2.0\" type=\"" type "\" uid=\"" uid                  \
	"\" how=\"m-g\"" TIMES ">" POINT "<detail>" detail "</detail></event>"

static struct {
	struct cotxml *xml;
	struct buf line;
	struct rec rec;
	struct arena arena;
	struct facts facts;
} t;

static inline int
setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof t);
	t.xml = cotxml_new(COTXML_SIZE_MAX);
	buf_init(&t.line, REC_LINE_MAX);
	t.arena.max = (size_t)64 << 20;
	return t.xml ? 0 : -1;
}

static inline int
teardown(void **state)
{
	(void)state;
	cotxml_free(&t.xml);
	buf_fini(&t.line);
	arena_fini(&t.arena);
	return 0;
}

/* As ots-parse writes it; more: further labels, as they stand in a line. */
static inline void
make(struct slice doc, const char *more)
{
	struct rec_writer w;
	struct cot cot;
	struct slice line;

	assert_int_equal(cotxml_parse(t.xml, doc, NULL, &cot), COT_OK);
	buf_clear(&t.line);
	rec_begin(&w, &t.line, "cot");
	cot_put(&w, &cot);
	rec_put(&w, "xml", cot.xml);
	assert_int_equal(rec_end(&w), 0);
	buf_truncate(&t.line, buf_size(&t.line) - 1);
	assert_int_equal(buf_puts(&t.line, more), 0);
	line = buf_slice(&t.line);
	assert_int_equal(rec_parse(&t.rec, line), 1);
}

static inline struct facts *
of(struct slice doc, const char *more, const char *device)
{
	make(doc, more);
	arena_clear(&t.arena);
	assert_int_equal(facts_event(&t.facts, &t.rec, NOW, &t.arena), 0);
	if (device)
		t.facts.event.device = slice_of(device);
	assert_int_equal(facts_detail(&t.facts, &t.arena), 0);
	return &t.facts;
}

static inline struct facts *
say(const char *doc)
{
	return of(slice_of(doc), "\tconn:n.1.1\tt:1714979299000000", "DEV");
}

static inline void
is(struct slice got, const char *want)
{
	if (want == NULL) {
		assert_null(got.p);
		return;
	}
	assert_non_null(got.p);
	if (!slice_is(got, want))
		fail_msg("got %.*s, want %s", (int)got.n, got.p, want);
}

#endif
