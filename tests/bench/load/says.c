#include "says.h"

#include "num.h"

const struct pb_attr pb_event[] = {{"type", 1, 's'}, {"access", 2, 's'},
    {"qos", 3, 's'}, {"opex", 4, 's'}, {"uid", 5, 's'}, {"time", 6, 't'},
    {"start", 7, 't'}, {"stale", 8, 't'}, {"how", 9, 's'}, {NULL, 0, 0}};

const struct pb_attr pb_point[] = {{"lat", 10, 'd'}, {"lon", 11, 'd'},
    {"hae", 12, 'd'}, {"ce", 13, 'd'}, {"le", 14, 'd'}, {NULL, 0, 0}};

const struct pb_element pb_detail[] = {
    {"contact", 2, {{"endpoint", 1, 's'}, {"callsign", 2, 's'}}},
    {"__group", 3, {{"name", 1, 's'}, {"role", 2, 's'}}},
    {"precisionlocation", 4, {{"geopointsrc", 1, 's'}, {"altsrc", 2, 's'}}},
    {"status", 5, {{"battery", 1, 'u'}}},
    {"takv", 6,
	{{"device", 1, 's'}, {"platform", 2, 's'}, {"os", 3, 's'},
	    {"version", 4, 's'}}},
    {"track", 7, {{"speed", 1, 'd'}, {"course", 2, 'd'}}},
    {NULL, 0, {{NULL, 0, 0}}}};

/* ---- tags ---- */

bool
tag_next(struct slice *text, struct tag *t)
{
	const char *p = text->p, *end = p + text->n, *gt;

	for (;;) {
		p = memchr(p, '<', (size_t)(end - p));
		gt = p ? memchr(p, '>', (size_t)(end - p)) : NULL;
		if (!gt)
			return false;
		if (p[1] != '/' && p[1] != '?')
			break;
		p = gt;
	}
	t->at = p;
	t->empty = gt[-1] == '/';
	t->name.p = p + 1;
	t->name.n = strcspn(p + 1, " />");
	t->attrs.p = t->name.p + t->name.n;
	t->attrs.n = (size_t)(gt - t->attrs.p) - t->empty;
	*text = (struct slice){gt + 1, (size_t)(end - gt) - 1};
	return true;
}

bool
attr_next(struct slice *attrs, struct slice *name, struct slice *value)
{
	const char *p = attrs->p, *end = p + attrs->n, *eq, *quote;

	eq = memchr(p, '=', attrs->n);
	if (!eq || end - eq < 3)
		return false;
	while (p < eq && is_blank(*p))
		p++;
	quote = memchr(eq + 2, eq[1], (size_t)(end - eq) - 2);
	if (!quote)
		return false;
	*name = (struct slice){p, (size_t)(eq - p)};
	*value = (struct slice){eq + 2, (size_t)(quote - eq) - 2};
	*attrs = (struct slice){quote + 1, (size_t)(end - quote) - 1};
	return true;
}

/* ---- what they say ---- */

static uint32_t
mix(uint32_t h, const void *p, size_t n)
{
	const unsigned char *c = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ c[i]) * 16777619u;
	return (h ^ 0xff) * 16777619u;
}

static uint32_t
place(const char *element, struct slice attr)
{
	return mix(mix(2166136261u, element, strlen(element)), attr.p, attr.n);
}

uint32_t
says_number(const char *element, struct slice attr, double value)
{
	return mix(place(element, attr), &value, sizeof(value));
}

uint32_t
says_text(const char *element, struct slice attr, struct slice value)
{
	double v;

	if (num_double(value, &v) == 0)
		return says_number(element, attr, v);
	return mix(place(element, attr), value.p, value.n);
}

/* How deep a name stands does not matter here; long names are cut. */
#define NAME_MAX_LEN 32

static uint32_t
says_tag(const struct tag *t, char element[NAME_MAX_LEN])
{
	struct slice attrs = t->attrs, name, value;
	uint32_t sum = 0;

	if (str_fmt(element, NAME_MAX_LEN, "%.*s",
		(int)(t->name.n < NAME_MAX_LEN ? t->name.n : NAME_MAX_LEN - 1),
		t->name.p) < 0)
		return 0;
	if (!slice_is(t->name, "event"))
		sum = says_text(element, SLICE(""), SLICE(""));
	while (attr_next(&attrs, &name, &value)) {
		/* Neither is carried, nor says anything. */
		if (slice_is(name, "version") && slice_is(t->name, "event"))
			continue;
		if (slice_is(value, "Undefined") && slice_is(name, "access"))
			continue;
		sum += says_text(element, name, value);
	}
	return sum;
}

/* The text of an element that has no children. */
static uint32_t
says_content(const char *element, struct slice rest)
{
	const char *lt = memchr(rest.p, '<', rest.n);
	size_t n = lt ? (size_t)(lt - rest.p) : 0;

	return n ? says_text(element, SLICE("#"), (struct slice){rest.p, n})
		 : 0;
}

uint32_t
says_xml(struct slice text)
{
	char element[NAME_MAX_LEN];
	const char *behind;
	uint32_t sum = 0;
	struct tag t;

	while (tag_next(&text, &t)) {
		if (slice_is(t.name, "__load") || slice_is(t.name, "detail"))
			continue;
		if (slice_is(t.name, "marti")) {
			behind = slice_find(text, SLICE("</marti>"));
			if (!behind)
				break;
			text.n -= (size_t)(behind - text.p);
			text.p = behind;
			continue;
		}
		sum += says_tag(&t, element);
		if (!t.empty)
			sum += says_content(element, text);
	}
	return sum;
}
