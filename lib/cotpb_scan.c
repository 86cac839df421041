#include "cotpb_scan.h"

#include "cotxml.h"

/* Attributes that an element may have: what cotxml lets through, and those that
 * the server writes itself. */
#define ATTRS_MAX (COTXML_ATTRS_MAX + COTXML_NAMESPACES_MAX + 8)

struct attribute {
	struct slice name, value;
};

struct scan {
	const char *at, *end;
	/* The last tag. */
	struct slice name;
	bool closing; /* </name> */
	bool empty;   /* <name/> */
	unsigned n;   /* attributes */
	struct attribute *attr;
	/* Open elements of the child of detail, or the like, that is passed. */
	struct slice *open;
};

static bool
name_byte(char c)
{
	return c != '=' && c != '"' && c != '\'' && c != '/' && c != '&' &&
	    (unsigned char)c > ' ';
}

/* A name at the front of the tag. */
static struct slice
take_name(struct slice *tag)
{
	struct slice name = {tag->p, 0};

	while (name.n < tag->n && name_byte(tag->p[name.n]))
		name.n++;
	tag->p += name.n;
	tag->n -= name.n;
	return name;
}

/* One name="value" behind a blank. */
static bool
take_attribute(struct scan *s, struct slice *tag)
{
	const char *close;
	struct slice name;

	if (tag->p[0] != ' ' || s->n == ATTRS_MAX)
		return false;
	tag->p++;
	tag->n--;
	name = take_name(tag);
	if (name.n == 0 || !slice_starts(*tag, "=\""))
		return false;
	close = memchr(tag->p + 2, '"', tag->n - 2);
	if (!close)
		return false;
	s->attr[s->n].name = name;
	s->attr[s->n++].value =
	    (struct slice){tag->p + 2, (size_t)(close - tag->p) - 2};
	tag->n -= (size_t)(close + 1 - tag->p);
	tag->p = close + 1;
	return true;
}

/* The tag that must begin here. */
static bool
take_tag(struct scan *s)
{
	struct slice tag;
	const char *close;

	if (s->at == s->end || *s->at != '<')
		return false;
	close = memchr(s->at, '>', (size_t)(s->end - s->at));
	if (!close)
		return false;
	tag = (struct slice){s->at + 1, (size_t)(close - s->at) - 1};
	s->at = close + 1;
	if (memchr(tag.p, '<', tag.n))
		return false;
	s->n = 0;
	s->closing = tag.n && tag.p[0] == '/';
	s->empty = tag.n && tag.p[tag.n - 1] == '/' && !s->closing;
	tag.p += s->closing;
	tag.n -= (size_t)(s->closing + s->empty);
	s->name = take_name(&tag);
	if (s->name.n == 0 || (s->closing && tag.n))
		return false;
	while (tag.n)
		if (!take_attribute(s, &tag))
			return false;
	return true;
}

/* Texts have no > in canonical XML. */
static bool
pass_text(struct scan *s)
{
	const char *from = s->at;

	if (from == s->end || *from == '<')
		return from != s->end;
	s->at = memchr(from, '<', (size_t)(s->end - from));
	return s->at && !memchr(from, '>', (size_t)(s->at - from));
}

/* Behind the element whose start tag was the last one. `depth`: of it. */
static bool
pass_element(struct scan *s, unsigned depth)
{
	unsigned n = 0;

	if (s->closing)
		return false;
	do {
		if (s->closing) {
			if (!slice_eq(s->name, s->open[--n]))
				return false;
		} else if (!s->empty) {
			if (n + depth > COTXML_DEPTH_MAX)
				return false;
			s->open[n++] = s->name;
		}
	} while (n && pass_text(s) && take_tag(s));
	return n == 0;
}

static struct slice
value_of(const struct scan *s, const char *name)
{
	unsigned i;

	for (i = 0; i < s->n; i++)
		if (slice_is(s->attr[i].name, name))
			return s->attr[i].value;
	return (struct slice){NULL, 0};
}

/* The first attributes of an event, always in this order. */
static bool
read_times(const struct scan *s, struct cotpb_event *e)
{
	static const char *const names[] = {
	    "version", "time", "start", "stale"};
	unsigned i;

	if (s->n < 4)
		return false;
	for (i = 0; i < 4; i++)
		if (!slice_is(s->attr[i].name, names[i]))
			return false;
	for (i = 0; i < 3; i++)
		e->time[i] = s->attr[i + 1].value;
	return true;
}

static bool
read_event_tag(const struct scan *s, struct cotpb_event *e)
{
#define X(id, name) [PART_##id] = {name, sizeof name - 1},
	static const struct slice names[PART_TEXT_COUNT] = {COTPARTS_TEXTS(X)};
#undef X
	unsigned i, k;

	if (s->closing || s->empty || !slice_is(s->name, "event") ||
	    !read_times(s, e))
		return false;
	for (i = 4; i < s->n; i++)
		for (k = 0; k < PART_TEXT_COUNT; k++)
			if (slice_eq(s->attr[i].name, names[k]))
				e->text[k] = s->attr[i].value;
	return e->text[PART_TYPE].n && e->text[PART_UID].n &&
	    e->text[PART_HOW].n;
}

static bool
read_point_tag(const struct scan *s, struct cotpb_event *e)
{
	enum cot_coord i;

	for (i = COT_P_LAT; i <= COT_P_LE; i++) {
		e->point[i] = value_of(s, cot_coord_name(i));
		if (e->point[i].n == 0)
			return false;
	}
	return true;
}

/* ---- detail ---- */

/* All attributes that it must have, and no others. */
static bool
has_shape(const struct scan *s, int element, struct slice *value)
{
	const struct cotparts_shape *shape = &cotparts_shape[element];
	unsigned i, n = 0;

	if (!s->empty)
		return false;
	for (i = 0; i < shape->n; i++) {
		value[i] = value_of(s, shape->attr[i].name);
		if (value[i].p)
			n++;
		else if (shape->attr[i].kind != PART_MAYBE)
			return false;
		/* It would be absent behind protobuf. */
		if (value[i].p && value[i].n == 0 &&
		    shape->attr[i].kind == PART_MAYBE)
			return false;
	}
	return n == s->n;
}

static bool
child(struct scan *s, struct cotpb_event *e)
{
	const char *from = s->at;
	int element;
	bool cut;

	if (!take_tag(s))
		return false;
	if (s->closing)
		return true;
	element = cotparts_element(s->name);
	cut = element >= 0 ? e->count[element]++ == 0
			   : slice_is(s->name, "marti");
	if (cut && element >= 0)
		e->fits[element] = has_shape(s, element, e->value[element]);
	if (!pass_element(s, 3))
		return false;
	s->closing = false;
	if (!cut)
		return true;
	if (e->n_cut == COTPB_CUTS)
		return false;
	e->cut[e->n_cut++] =
	    (struct cotpb_cut){{from, (size_t)(s->at - from)}, element};
	return true;
}

/* The content of detail, up to and with its end tag. */
static bool
read_detail(struct scan *s, struct cotpb_event *e)
{
	const char *from = s->at, *to;

	do {
		if (!pass_text(s))
			return false;
		to = s->at;
		if (!child(s, e))
			return false;
	} while (!s->closing);
	e->detail = (struct slice){from, (size_t)(to - from)};
	return slice_is(s->name, "detail");
}

/* ---- the whole ---- */

/* A child of event, up to its end tag. */
static bool
section(struct scan *s, struct cotpb_event *e)
{
	if (slice_is(s->name, "detail")) {
		if (e->detail.p)
			return false;
		e->detail = (struct slice){s->at, 0};
		return s->empty || read_detail(s, e);
	}
	if (slice_is(s->name, "point") &&
	    (e->point[0].p || !read_point_tag(s, e)))
		return false;
	return pass_element(s, 2);
}

bool
cotpb_scan(struct slice xml, struct cotpb_event *e)
{
	struct attribute attr[ATTRS_MAX];
	struct slice open[COTXML_DEPTH_MAX];
	struct scan s = {.at = xml.p, .attr = attr, .open = open};

	memset(e, 0, sizeof *e);
	if (xml.n == 0)
		return false;
	s.end = xml.p + xml.n;
	if (!take_tag(&s) || !read_event_tag(&s, e))
		return false;
	for (;;) {
		if (!pass_text(&s) || !take_tag(&s))
			return false;
		if (s.closing)
			break;
		if (!section(&s, e))
			return false;
	}
	return slice_is(s.name, "event") && s.at == s.end && e->point[0].p;
}
