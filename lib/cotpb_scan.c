#include "cotpb_scan.h"

#include "cotwalk.h"

/* The first attributes of an event, always in this order. */
static bool
read_times(const struct cotwalk *w, struct cotpb_event *e)
{
	static const char *const names[] = {
	    "version", "time", "start", "stale"};
	unsigned i;

	if (w->n_attr < 4)
		return false;
	for (i = 0; i < 4; i++)
		if (!slice_is(w->attr[i].name, names[i]))
			return false;
	for (i = 0; i < 3; i++)
		e->time[i] = w->attr[i + 1].value;
	return true;
}

static bool
read_event_tag(const struct cotwalk *w, struct cotpb_event *e)
{
#define X(id, name) [PART_##id] = {name, sizeof name - 1},
	static const struct slice names[PART_TEXT_COUNT] = {COTPARTS_TEXTS(X)};
#undef X
	unsigned i, k;

	if (w->empty || !slice_is(w->name, "event") || !read_times(w, e))
		return false;
	for (i = 4; i < w->n_attr; i++)
		for (k = 0; k < PART_TEXT_COUNT; k++)
			if (slice_eq(w->attr[i].name, names[k]))
				e->text[k] = w->attr[i].value;
	return e->text[PART_TYPE].n && e->text[PART_UID].n &&
	    e->text[PART_HOW].n;
}

static bool
read_point_tag(const struct cotwalk *w, struct cotpb_event *e)
{
	enum cot_coord i;

	for (i = COT_P_LAT; i <= COT_P_LE; i++) {
		e->point[i] = cotwalk_attr(w, cot_coord_name(i));
		if (e->point[i].n == 0)
			return false;
	}
	return true;
}

/* ---- detail ---- */

/* All attributes that it must have, and no others. */
static bool
has_shape(const struct cotwalk *w, int element, struct slice *value)
{
	const struct cotparts_shape *shape = &cotparts_shape[element];
	unsigned i, n = 0;

	if (!w->empty)
		return false;
	for (i = 0; i < shape->n; i++) {
		value[i] = cotwalk_attr(w, shape->attr[i].name);
		if (value[i].p)
			n++;
		else if (shape->attr[i].kind != PART_MAYBE)
			return false;
		/* It would be absent behind protobuf. */
		if (value[i].p && value[i].n == 0 &&
		    shape->attr[i].kind == PART_MAYBE)
			return false;
	}
	return n == w->n_attr;
}

/* The child of detail that begins there, up to its end. */
static bool
child(struct cotwalk *w, const char *from, struct cotpb_event *e)
{
	int element = cotparts_element(w->name);
	bool cut = element >= 0 ? e->count[element]++ == 0
				: slice_is(w->name, "marti");

	if (cut && element >= 0)
		e->fits[element] = has_shape(w, element, e->value[element]);
	if (!cotwalk_skip(w))
		return false;
	if (!cut)
		return true;
	if (e->n_cut == COTPB_CUTS)
		return false;
	e->cut[e->n_cut++] =
	    (struct cotpb_cut){{from, (size_t)(w->at - from)}, element};
	return true;
}

/* The content of detail, up to and with its end tag. */
static bool
read_detail(struct cotwalk *w, struct cotpb_event *e)
{
	const char *from = w->at, *at = from;
	enum cotwalk_token t;

	while ((t = cotwalk_next(w)) != COTWALK_END) {
		if (t == COTWALK_BAD ||
		    (t == COTWALK_START && !child(w, at, e)))
			return false;
		at = w->at;
	}
	e->detail = (struct slice){from, (size_t)(at - from)};
	return true;
}

/* ---- the whole ---- */

/* A child of event, up to its end tag. */
static bool
section(struct cotwalk *w, struct cotpb_event *e)
{
	if (slice_is(w->name, "detail"))
		return !e->detail.p && read_detail(w, e);
	if (slice_is(w->name, "point") &&
	    (e->point[0].p || !read_point_tag(w, e)))
		return false;
	return cotwalk_skip(w);
}

bool
cotpb_scan(struct slice xml, struct cotpb_event *e)
{
	struct cotwalk w;
	enum cotwalk_token t;

	memset(e, 0, sizeof *e);
	cotwalk_init(&w, xml);
	if (cotwalk_next(&w) != COTWALK_START || !read_event_tag(&w, e))
		return false;
	while ((t = cotwalk_next(&w)) != COTWALK_END)
		if (t == COTWALK_BAD || (t == COTWALK_START && !section(&w, e)))
			return false;
	return cotwalk_next(&w) == COTWALK_DONE && e->point[0].p;
}
