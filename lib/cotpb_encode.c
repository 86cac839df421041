#include <errno.h>
#include <math.h>

#include "cotpb_in.h"
#include "num.h"

/* A typed element on its way out. */
union element {
	ProtobufCMessage base;
	Tak__Contact contact;
	Tak__Group group;
	Tak__PrecisionLocation precision;
	Tak__Status status;
	Tak__Takv takv;
	Tak__Track track;
};

struct out {
	Tak__TakMessage message;
	Tak__CotEvent event;
	Tak__Detail detail;
	union element element[PART_ELEMENT_COUNT];
};

/* ---- values ---- */

/* The references that canonical XML has. */
static const struct {
	struct slice text;
	char c;
} references[] = {{{"&amp;", 5}, '&'}, {{"&lt;", 4}, '<'}, {{"&gt;", 4}, '>'},
    {{"&quot;", 6}, '"'}, {{"&apos;", 6}, '\''}, {{"&#9;", 4}, '\t'},
    {{"&#10;", 5}, '\n'}, {{"&#13;", 5}, '\r'}};

#define REFERENCES (sizeof references / sizeof references[0])

static bool
reference(struct slice *raw, char *c)
{
	size_t i;

	for (i = 0; i < REFERENCES; i++) {
		size_t n = references[i].text.n;

		if (raw->n < n || memcmp(raw->p, references[i].text.p, n) != 0)
			continue;
		*c = references[i].c;
		raw->p += n;
		raw->n -= n;
		return true;
	}
	return false;
}

/* A raw value with its references undone: *raw itself if it has none, else a
 * copy in x->texts, which has room for all of the event and never moves. */
static bool
undo(struct cotpb *x, struct slice raw, ProtobufCBinaryData *out)
{
	char *const to = x->texts.p + x->texts.len, *w = to;
	const char *amp;

	/* protobuf-c only reads it. */
	*out = (ProtobufCBinaryData){raw.n, (uint8_t *)(uintptr_t)raw.p};
	if (raw.n == 0 || !memchr(raw.p, '&', raw.n))
		return true;
	while (raw.n && (amp = memchr(raw.p, '&', raw.n))) {
		memcpy(w, raw.p, (size_t)(amp - raw.p));
		w += amp - raw.p;
		raw.n -= (size_t)(amp - raw.p);
		raw.p = amp;
		if (!reference(&raw, w++))
			return false;
	}
	memcpy(w, raw.p, raw.n);
	w += raw.n;
	buf_commit(&x->texts, (size_t)(w - to));
	*out = (ProtobufCBinaryData){(size_t)(w - to), (uint8_t *)to};
	return true;
}

/* v was read from XML. If that was written from `exact`: what was meant. */
static double
unrounded(double v, double exact)
{
	char text[NUM_FIXED8_SIZE];
	double written;
	size_t n;

	if (v == exact || !isfinite(exact))
		return v;
	n = num_fixed8(exact, text);
	return num_double((struct slice){text, n}, &written) == 0 &&
		written == v
	    ? exact
	    : v;
}

/* ---- detail ---- */

/* Does the value suit its kind? */
static bool
put_value(struct cotpb *x, enum cotparts_kind kind, struct slice raw, void *to)
{
	uint64_t u;

	switch (kind) {
	case PART_UINT:
		if (num_u64(raw, INT32_MAX, &u) < 0)
			return false;
		*(uint32_t *)to = (uint32_t)u;
		return true;
	case PART_DOUBLE:
		return num_double(raw, to) == 0;
	default:
		return undo(x, raw, to);
	}
}

/* What a message of the same element had that XML could not hold. */
static void
keep_element(Tak__Detail *last, ProtobufCMessage *m, enum cotparts_element i)
{
	ProtobufCMessage *was = last ? *cotpb_element(last, i) : NULL;
	double *v;
	unsigned k;

	if (!was)
		return;
	m->n_unknown_fields = was->n_unknown_fields;
	m->unknown_fields = was->unknown_fields;
	for (k = 0; k < cotparts_shape[i].n; k++) {
		if (cotparts_shape[i].attr[k].kind != PART_DOUBLE)
			continue;
		v = cotpb_value(m, i, k);
		*v = unrounded(*v, *(double *)cotpb_value(was, i, k));
	}
}

/* The element as a message, if it is one (cot-streaming 5.2.3). */
static bool
put_element(struct cotpb *x, union element *m, enum cotparts_element i)
{
	static const union element empty[PART_ELEMENT_COUNT] = {
	    [PART_CONTACT].contact = TAK__CONTACT__INIT,
	    [PART_GROUP].group = TAK__GROUP__INIT,
	    [PART_PRECISION].precision = TAK__PRECISION_LOCATION__INIT,
	    [PART_STATUS].status = TAK__STATUS__INIT,
	    [PART_TAKV].takv = TAK__TAKV__INIT,
	    [PART_TRACK].track = TAK__TRACK__INIT,
	};
	const struct cotpb_event *e = &x->event;
	unsigned k;

	if (e->count[i] != 1 || !e->fits[i])
		return false;
	*m = empty[i];
	for (k = 0; k < cotparts_shape[i].n; k++)
		if (e->value[i][k].p &&
		    !put_value(x, cotparts_shape[i].attr[k].kind,
			e->value[i][k], cotpb_value(&m->base, i, k)))
			return false;
	return true;
}

/* The children that are neither typed nor left out, as they are. */
static int
put_rest(struct cotpb *x, Tak__Detail *d, bool without_marti)
{
	const struct cotpb_event *e = &x->event;
	const char *from = e->detail.p, *end = from + e->detail.n;
	struct slice rest;
	unsigned i;

	buf_clear(&x->detail);
	for (i = 0; i < e->n_cut; i++) {
		const struct cotpb_cut *c = &e->cut[i];

		if (c->element < 0
			? !without_marti
			: !*cotpb_element(d, (enum cotparts_element)c->element))
			continue;
		(void)buf_append(&x->detail, from, (size_t)(c->whole.p - from));
		from = c->whole.p + c->whole.n;
	}
	if (buf_append(&x->detail, from, (size_t)(end - from)) < 0)
		return -1;
	rest = buf_slice(&x->detail);
	d->xml_detail =
	    (ProtobufCBinaryData){rest.n, (uint8_t *)(uintptr_t)rest.p};
	return 0;
}

static int
put_detail(struct cotpb *x, const struct cotpb_source *from, Tak__Detail *last,
    struct out *o)
{
	enum cotparts_element i;
	bool any = false;

	o->detail = (Tak__Detail)TAK__DETAIL__INIT;
	if (!x->event.detail.p)
		return 0;
	for (i = 0; i < PART_ELEMENT_COUNT; i++) {
		if (!put_element(x, &o->element[i], i))
			continue;
		keep_element(last, &o->element[i].base, i);
		*cotpb_element(&o->detail, i) = &o->element[i].base;
		any = true;
	}
	if (put_rest(x, &o->detail, from->without_marti) < 0)
		return -1;
	if (last) {
		o->detail.base.n_unknown_fields = last->base.n_unknown_fields;
		o->detail.base.unknown_fields = last->base.unknown_fields;
	}
	if (any || o->detail.xml_detail.len || o->detail.base.n_unknown_fields)
		o->event.detail = &o->detail;
	return 0;
}

/* ---- event ---- */

static int
bad(void)
{
	errno = EBADMSG;
	return -1;
}

static int
put_event(struct cotpb *x, Tak__CotEvent *e)
{
	enum cotparts_text t;
	int64_t ms;
	int i;

	for (t = 0; t < PART_TEXT_COUNT; t++)
		if (!undo(x, x->event.text[t], cotpb_text(e, t)))
			return bad();
	for (i = 0; i < 3; i++) {
		if (timetext_parse(x->event.time[i], &ms) < 0 || ms < 0)
			return bad();
		*cotpb_ms(e, i) = (uint64_t)ms;
	}
	for (i = 0; i < COT_P_COUNT; i++)
		if (num_double(x->event.point[i], cotpb_coord(e, i)) < 0)
			return bad();
	return 0;
}

/* What the message had that XML could not hold. */
static void
keep_event(Tak__TakMessage *last, struct out *o)
{
	Tak__CotEvent *was = last->cot_event;
	double *v;
	int i;

	o->message.submission_time = last->submission_time;
	o->message.creation_time = last->creation_time;
	o->message.base.n_unknown_fields = last->base.n_unknown_fields;
	o->message.base.unknown_fields = last->base.unknown_fields;
	o->event.base.n_unknown_fields = was->base.n_unknown_fields;
	o->event.base.unknown_fields = was->base.unknown_fields;
	for (i = 0; i < COT_P_COUNT; i++) {
		v = cotpb_coord(&o->event, i);
		*v = unrounded(*v, *cotpb_coord(was, i));
	}
	/* That is what no access is called in XML. */
	if (!was->access.len &&
	    slice_is((struct slice){(char *)o->event.access.data,
			 o->event.access.len},
		"Undefined"))
		o->event.access = was->access;
}

/* Memory for the texts of an event of n bytes. */
static int
make_room(struct cotpb *x, size_t n)
{
	buf_clear(&x->texts);
	buf_clear(&x->detail);
	if (x->texts.cap > COTPB_KEEP)
		buf_release(&x->texts);
	if (x->detail.cap > COTPB_KEEP)
		buf_release(&x->detail);
	return buf_reserve(&x->texts, n) ? 0 : -1;
}

int
cotpb_encode(struct cotpb *x, const struct cotpb_source *from, struct buf *out)
{
	Tak__TakMessage *last = from->decoded ? x->last : NULL;
	struct out o;
	char *to;

	if (!cotpb_scan(from->xml, &x->event))
		return bad();
	if (make_room(x, from->xml.n) < 0)
		return -1;
	if (last && !last->cot_event)
		last = NULL;
	o.message = (Tak__TakMessage)TAK__TAK_MESSAGE__INIT;
	o.event = (Tak__CotEvent)TAK__COT_EVENT__INIT;
	o.message.cot_event = &o.event;
	if (put_event(x, &o.event) < 0 ||
	    put_detail(x, from, last ? last->cot_event->detail : NULL, &o) < 0)
		return -1;
	if (last)
		keep_event(last, &o);
	to = buf_reserve(out, tak__tak_message__get_packed_size(&o.message));
	if (!to)
		return -1;
	buf_commit(out, tak__tak_message__pack(&o.message, (uint8_t *)to));
	return 0;
}
