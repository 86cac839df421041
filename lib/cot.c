#include "cot.h"

#include "num.h"

static const char *const whys[COT_WHY_COUNT] = {
#define X(id, name, help) [COT_##id] = name,
    COT_WHYS(X)
#undef X
};

struct fact {
	const char *label;
	struct slice element, attribute;
};

static const struct fact facts[COT_F_COUNT] = {
#define X(id, label, element, attribute)                                       \
	[COT_F_##id] = {label, {element, sizeof element - 1},                  \
	    {attribute, sizeof attribute - 1}},
    COT_FACTS(X)
#undef X
};

struct dest_attr {
	const char *label;
	struct slice attribute;
};

static const struct dest_attr dests[COT_D_COUNT] = {
#define X(id, label, attribute)                                                \
	[COT_##id] = {label, {attribute, sizeof attribute - 1}},
    COT_DESTS_X(X)
#undef X
};

static const char *const attrs[COT_A_COUNT] = {
    "uid", "type", "how", "time", "start", "stale"};
static const char *const coords[COT_P_COUNT] = {
    "lat", "lon", "hae", "ce", "le"};

const char *
cot_why_name(enum cot_why why)
{
	return whys[why];
}

void
cot_reset(struct cot *c)
{
	memset(c->attr, 0, sizeof c->attr);
	memset(c->point, 0, sizeof c->point);
	memset(c->fact, 0, sizeof c->fact);
	c->seen = 0;
	c->n_dest = c->n_marti = 0;
	c->has_point = c->emergency_cancel = c->ackresponse = false;
	c->xml = (struct slice){NULL, 0};
}

static int
find(const char *const *names, int n, struct slice name)
{
	int i;

	for (i = 0; i < n; i++)
		if (slice_is(name, names[i]))
			return i;
	return -1;
}

int
cot_attr(struct slice name)
{
	return find(attrs, COT_A_COUNT, name);
}

int
cot_coord(struct slice name)
{
	return find(coords, COT_P_COUNT, name);
}

const char *
cot_coord_name(enum cot_coord p)
{
	return coords[p];
}

/* The handle of an element is the number of its first fact. */
int
cot_element(struct cot *c, struct slice name)
{
	int i;

	if (slice_is(name, "ackresponse"))
		c->ackresponse = true;
	for (i = 0; i < COT_F_COUNT; i++)
		if (slice_eq(name, facts[i].element))
			return c->seen & (UINT32_C(1) << i) ? -1 : i;
	return -1;
}

enum cot_why
cot_fact(struct cot *c, int element, struct slice name, struct slice value)
{
	int i;

	if (element < 0)
		return COT_OK;
	for (i = element; i < COT_F_COUNT &&
	     slice_eq(facts[i].element, facts[element].element);
	     i++) {
		if (!slice_eq(name, facts[i].attribute))
			continue;
		if (value.n > COT_TEXT_MAX)
			return COT_TOO_LONG;
		c->fact[i] = value;
		return COT_OK;
	}
	if (element == COT_F_EMERGENCY && slice_is(name, "cancel"))
		c->emergency_cancel = slice_is(value, "true");
	return COT_OK;
}

void
cot_element_end(struct cot *c, int element)
{
	if (element < 0)
		return;
	if (element == COT_F_LINK_UID && c->fact[COT_F_LINK_UID].n == 0) {
		/* Not the link that we look for. */
		c->fact[COT_F_LINK_UID] = c->fact[COT_F_LINK_TYPE] =
		    c->fact[COT_F_LINK_RELATION] = (struct slice){NULL, 0};
		return;
	}
	c->seen |= UINT32_C(1) << element;
}

enum cot_why
cot_dest(struct cot *c, struct slice name, struct slice value)
{
	int i;

	if (value.n == 0)
		return COT_OK;
	for (i = 0; i < COT_D_COUNT; i++) {
		if (!slice_eq(name, dests[i].attribute))
			continue;
		/* Without it a private message would reach everybody. */
		if (value.n > COT_TEXT_MAX)
			return COT_TOO_LONG;
		if (c->n_dest == COT_DEST_MAX)
			return COT_DESTS;
		c->dest[c->n_dest++] =
		    (struct cot_dest){(enum cot_dest_kind)i, value};
		return COT_OK;
	}
	return COT_OK;
}

/* In range and finite. */
static bool
within(struct slice text, double limit)
{
	double v;

	return num_double(text, &v) == 0 && v >= -limit && v <= limit;
}

static enum cot_why
check_point(struct cot *c)
{
	double v;
	int i;

	if (!c->has_point)
		return COT_POINT;
	if (!within(c->point[COT_P_LAT], 90))
		return COT_LAT;
	if (!within(c->point[COT_P_LON], 180))
		return COT_LON;
	/* ATAK drops an event without them, or with a text in them, and for
	 * some drawings writes NaN itself: 9999999 is "unknown" to all. */
	for (i = COT_P_HAE; i <= COT_P_LE; i++)
		if (num_double(c->point[i], &v) < 0)
			c->point[i] = SLICE("9999999");
	return COT_OK;
}

static enum cot_why
check_times(struct cot *c)
{
	int i;

	for (i = 0; i < 3; i++) {
		if (timetext_parse(c->attr[COT_A_TIME + i], &c->ms[i]) < 0)
			return (enum cot_why)(COT_TIME + i);
		/* ATAK drops what lies outside 1970 to 2106. */
		if (c->ms[i] < 0)
			c->ms[i] = 0;
		if (c->ms[i] > TIMETEXT_MAX_MS)
			c->ms[i] = TIMETEXT_MAX_MS;
		timetext_format(c->ms[i], c->text[i]);
	}
	return COT_OK;
}

enum cot_why
cot_check(struct cot *c)
{
	enum cot_why why;

	if (c->attr[COT_A_UID].n == 0)
		return COT_UID;
	if (c->attr[COT_A_TYPE].n == 0)
		return COT_TYPE;
	if (c->attr[COT_A_HOW].n == 0)
		c->attr[COT_A_HOW] = SLICE("m-g");
	if (c->attr[COT_A_UID].n > COT_TEXT_MAX ||
	    c->attr[COT_A_TYPE].n > COT_TYPE_MAX ||
	    c->attr[COT_A_HOW].n > COT_TYPE_MAX)
		return COT_TOO_LONG;
	why = check_times(c);
	return why ? why : check_point(c);
}

static void
put_facts(struct rec_writer *w, const struct cot *c, int from, int to)
{
	int i;

	for (i = from; i <= to; i++)
		if (c->fact[i].n || (i == COT_F_ENDPOINT && c->fact[i].p))
			rec_put(w, facts[i].label, c->fact[i]);
}

static void
put_marti(struct rec_writer *w, struct cot_range r)
{
	char text[48];
	int n = str_fmt(text, sizeof text, "%zu+%zu", r.off, r.len);

	rec_put(w, "marti", (struct slice){text, n < 0 ? 0 : (size_t)n});
}

void
cot_put(struct rec_writer *w, const struct cot *c)
{
	size_t i;

	for (i = 0; i < COT_A_TIME; i++)
		rec_put(w, attrs[i], c->attr[i]);
	for (i = 0; i < 3; i++)
		rec_put(w, attrs[COT_A_TIME + i],
		    (struct slice){c->text[i], TIMETEXT_LEN});
	for (i = 0; i < COT_P_COUNT; i++)
		rec_put(w, coords[i], c->point[i]);
	put_facts(w, c, COT_F_CALLSIGN, COT_F_VERSION);
	for (i = 0; i < c->n_dest; i++)
		rec_put(w, dests[c->dest[i].kind].label, c->dest[i].value);
	for (i = 0; i < c->n_marti; i++)
		put_marti(w, c->marti[i]);
	put_facts(w, c, COT_F_CHAT_ID, COT_F_EMERGENCY);
	if (c->emergency_cancel)
		rec_puts(w, "emergency-cancel", "1");
	if (c->ackresponse)
		rec_puts(w, "ackresponse", "1");
}

size_t
cot_fields(const struct cot *c)
{
	size_t i,
	    n = 1 + COT_A_COUNT + COT_P_COUNT + c->n_dest + c->n_marti +
	    c->emergency_cancel + c->ackresponse + 1;

	for (i = 0; i < COT_F_COUNT; i++)
		n += c->fact[i].p != NULL;
	return n;
}
