/* From the parts of TAK protocol version 1 to an event: cot-streaming 5.3. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "cotxml_in.h"
#include "num.h"

/* Digits of a number that is written, and of a time. */
#define VALUES_MORE (3 * TIMETEXT_LEN + 5 * NUM_FIXED8_SIZE)

/* The greatest time that text can have: year 9999. */
#define TIME_MAX_MS UINT64_C(253402300799999)

/* A buffer that grew beyond this for one event is given back after it. */
#define KEEP_MEMORY ((size_t)256 << 10)

#define UNKNOWN     9999999
#define BATTERY_MAX INT32_MAX

/* ---- what may be in XML ---- */

/* Valid UTF-8 is; these characters still are not legal: controls, and U+FFFE
 * and U+FFFF (XML 1.0, 2.2). */
static bool
legal(struct slice t)
{
	size_t i;

	for (i = 0; i < t.n; i++) {
		unsigned char c = (unsigned char)t.p[i];

		if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
			return false;
		if (c == 0xEF && (unsigned char)t.p[i + 1] == 0xBF &&
		    (unsigned char)t.p[i + 2] >= 0xBE)
			return false;
	}
	return true;
}

/* Adds to *size. */
static enum cot_why
check_text(struct slice t, size_t *size)
{
	*size += t.n;
	if (!utf8_valid(t.p, t.n))
		return COT_UTF8;
	return legal(t) ? COT_OK : COT_XML;
}

static enum cot_why
check_elements(const struct cotparts *parts, size_t *size)
{
	enum cot_why why = COT_OK;
	unsigned i, k;

	for (i = 0; i < PART_ELEMENT_COUNT && !why; i++)
		for (k = 0; k < PART_ATTRS_MAX && parts->has[i] && !why; k++)
			why = check_text(parts->value[i][k].text, size);
	return why;
}

/* *size: of all texts. */
static enum cot_why
check_parts(const struct cotparts *parts, size_t max, size_t *size)
{
	enum cot_why why = COT_OK;
	unsigned i;

	*size = 0;
	for (i = 0; i < PART_TEXT_COUNT && !why; i++)
		why = check_text(parts->text[i], size);
	if (!why)
		why = check_text(parts->detail, size);
	if (!why)
		why = check_elements(parts, size);
	for (i = 0; i < 3 && !why; i++)
		if (parts->ms[i] > TIME_MAX_MS)
			why = (enum cot_why)(COT_TIME + i);
	if (!why && *size > max)
		why = COT_TOO_BIG;
	if (!why && parts->detail.n && !cotxml_bounded(parts->detail))
		why = COT_ATTRIBUTES;
	return why;
}

/* ---- telling canon ---- */

static void
tell(struct cotxml *x, const char *name, struct slice value)
{
	const struct cotcanon_name n = {.local = slice_of(name)};

	cotcanon_attr(&x->canon, &n, value);
}

static void
tell_number(struct cotxml *x, const char *name, double v)
{
	char text[NUM_FIXED8_SIZE];

	if (!isfinite(v)) {
		tell(x, name, SLICE("NaN")); /* refused, or unknown */
		return;
	}
	tell(x, name, (struct slice){text, num_fixed8(v, text)});
}

static void
start(struct cotxml *x, const char *name)
{
	const struct cotcanon_name n = {.local = slice_of(name)};

	cotcanon_start(&x->canon, &n);
}

static void
end(struct cotxml *x, const char *name)
{
	const struct cotcanon_name n = {.local = slice_of(name)};

	cotcanon_end(&x->canon, &n);
}

static void
tell_event(struct cotxml *x, const struct cotparts *parts)
{
#define X(id, name) [PART_##id] = name,
	static const char *const texts[] = {COTPARTS_TEXTS(X)};
#undef X
	static const char *const times[] = {"time", "start", "stale"};
	char text[TIMETEXT_LEN + 1];
	unsigned i;

	start(x, "event");
	for (i = 0; i < 3; i++) {
		timetext_format((int64_t)parts->ms[i], text);
		tell(x, times[i], (struct slice){text, TIMETEXT_LEN});
	}
	for (i = 0; i < PART_TEXT_COUNT; i++)
		if (parts->text[i].n)
			tell(x, texts[i], parts->text[i]);
		else if (i == PART_ACCESS)
			tell(x, texts[i], SLICE("Undefined"));
	cotcanon_start_end(&x->canon);
}

static void
tell_point(struct cotxml *x, const struct cotparts *parts)
{
	enum cot_coord i;

	start(x, "point");
	for (i = COT_P_LAT; i <= COT_P_LE; i++)
		if (i >= COT_P_HAE && parts->point[i] == UNKNOWN)
			tell(x, cot_coord_name(i), SLICE("9999999"));
		else
			tell_number(x, cot_coord_name(i), parts->point[i]);
	cotcanon_start_end(&x->canon);
	end(x, "point");
}

static void
tell_count(struct cotxml *x, const char *name, double v)
{
	uint32_t n = v >= 0 && v < BATTERY_MAX ? (uint32_t)v : BATTERY_MAX;
	char text[16];
	int len = str_fmt(text, sizeof text, "%" PRIu32, n);

	tell(x, name, (struct slice){text, len < 0 ? 0 : (size_t)len});
}

static void
tell_value(struct cotxml *x, const char *name, enum cotparts_kind kind,
    const struct cotparts_value *v)
{
	if (kind == PART_DOUBLE)
		tell_number(x, name, v->number);
	else if (kind == PART_UINT)
		tell_count(x, name, v->number);
	else if (kind == PART_STRING || v->text.n)
		tell(x, name, v->text);
}

static void
tell_element(
    struct cotxml *x, const struct cotparts *parts, enum cotparts_element i)
{
	const struct cotparts_shape *shape = &cotparts_shape[i];
	unsigned k;

	start(x, shape->name);
	for (k = 0; k < shape->n; k++)
		tell_value(x, shape->attr[k].name, shape->attr[k].kind,
		    &parts->value[i][k]);
	cotcanon_start_end(&x->canon);
	end(x, shape->name);
}

/* By itself: what is in it cannot end the detail that it is in. */
static void
tell_xml_detail(struct cotxml *x, struct slice xml)
{
	struct buf *b = &x->document;

	x->typed = 0;
	if (xml.n == 0)
		return;
	buf_clear(b);
	if (b->cap > KEEP_MEMORY)
		buf_release(b);
	(void)buf_puts(b, "<detail>");
	(void)buf_put(b, xml);
	if (buf_puts(b, "</detail>") < 0)
		cotxml_refuse(x, errno == ENOMEM ? COT_MEMORY : COT_TOO_BIG);
	else
		cotxml_run(x, buf_slice(b), true);
}

static void
tell_detail(struct cotxml *x, const struct cotparts *parts)
{
	enum cotparts_element i;

	start(x, "detail");
	cotcanon_start_end(&x->canon);
	tell_xml_detail(x, parts->detail);
	for (i = 0; i < PART_ELEMENT_COUNT; i++)
		if (parts->has[i] && !(x->typed & 1U << i))
			tell_element(x, parts, i);
	end(x, "detail");
}

enum cot_why
cotxml_parse_parts(struct cotxml *x, const struct cotparts *parts,
    const struct cotcanon_tag *tag, struct cot *c)
{
	size_t size;
	enum cot_why why = check_parts(parts, x->max, &size);

	if (why)
		return why;
	if (cotxml_refresh(x) < 0)
		return COT_MEMORY;
	cotcanon_begin(&x->canon, size + VALUES_MORE, tag, c);
	tell_event(x, parts);
	tell_point(x, parts);
	tell_detail(x, parts);
	end(x, "event");
	return cotcanon_finish(&x->canon);
}
