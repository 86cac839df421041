#include "cotcanon.h"

#include "cotmake.h"

/* A buffer that grew beyond this for one event is given back after it. */
#define KEEP_MEMORY ((size_t)256 << 10)

#define BUFFERS 8

static struct buf *
buffer(struct cotcanon *x, size_t i)
{
	struct buf *const all[BUFFERS] = {&x->blanks, &x->point_body,
	    &x->detail, &x->rest, &x->event_attrs, &x->point_attrs, &x->texts,
	    &x->out};

	return all[i];
}

void
cotcanon_init(struct cotcanon *x, size_t max)
{
	size_t i;

	*x = (struct cotcanon){.to = &x->rest};
	for (i = 0; i < BUFFERS; i++)
		buf_init(buffer(x, i), max);
}

void
cotcanon_fini(struct cotcanon *x)
{
	size_t i;

	for (i = 0; i < BUFFERS; i++)
		buf_fini(buffer(x, i));
}

static void
refuse(struct cotcanon *x, enum cot_why why)
{
	if (!x->why)
		x->why = why;
}

void
cotcanon_begin(struct cotcanon *x, size_t values,
    const struct cotcanon_tag *tag, struct cot *c)
{
	size_t i;

	for (i = 0; i < BUFFERS; i++) {
		struct buf *b = buffer(x, i);

		buf_clear(b);
		if (b->cap > KEEP_MEMORY)
			buf_release(b);
	}
	cot_reset(c);
	x->why = COT_OK;
	x->c = c;
	x->tag = tag;
	x->depth = 0;
	x->section = IN_EVENT;
	x->child = CHILD_OTHER;
	x->facts = -1;
	x->seen_event = x->seen_detail = x->tagged = x->looped = false;
	x->dest = x->open = x->leaf = x->text_run = false;
	x->to = &x->rest;
	if (!buf_reserve(&x->texts, values))
		refuse(x, values > x->texts.max ? COT_TOO_BIG : COT_MEMORY);
}

bool
cotcanon_tag_valid(struct slice name)
{
	size_t i;

	if (name.n == 0 || name.n > 64)
		return false;
	for (i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool letter = (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z') || c == '_';
		bool later = (c >= '0' && c <= '9') || c == '.' || c == '-';

		if (!letter && (i == 0 || !later))
			return false;
	}
	return true;
}

/* ---- writing: failures stick to the buffers, finish looks at them ---- */

static void
put_name(struct buf *b, const struct cotcanon_name *name)
{
	if (name->prefix.n) {
		(void)buf_put(b, name->prefix);
		(void)buf_putc(b, ':');
	}
	(void)buf_put(b, name->local);
}

static void
put_value(struct buf *b, struct slice value)
{
	(void)buf_append(b, "=\"", 2);
	(void)cotmake_escape(b, value);
	(void)buf_putc(b, '"');
}

static void
put_attr(struct buf *b, const struct cotcanon_name *name, struct slice value)
{
	(void)buf_putc(b, ' ');
	put_name(b, name);
	put_value(b, value);
}

/* A copy that stays until the next event. */
static struct slice
keep(struct cotcanon *x, struct slice v)
{
	size_t at = buf_size(&x->texts);

	if (v.n == 0)
		return (struct slice){"", 0};
	if (v.n > x->texts.cap - x->texts.len) {
		refuse(x, COT_TOO_BIG);
		return (struct slice){"", 0};
	}
	(void)buf_append(&x->texts, v.p, v.n);
	return (struct slice){buf_data(&x->texts) + at, v.n};
}

static void
close_start_tag(struct cotcanon *x)
{
	if (x->open)
		(void)buf_putc(x->to, '>');
	x->open = false;
}

static void
put_end(struct cotcanon *x, const struct cotcanon_name *name)
{
	if (x->open) {
		(void)buf_append(x->to, "/>", 2);
	} else {
		(void)buf_append(x->to, "</", 2);
		put_name(x->to, name);
		(void)buf_putc(x->to, '>');
	}
	x->open = false;
}

/* The first _flow-tags_ gets our tag, unless one has it. */
static void
put_tag(struct cotcanon *x)
{
	if (x->tagged || x->looped)
		return;
	x->tagged = true;
	(void)buf_putc(x->to, ' ');
	(void)buf_puts(x->to, x->tag->name);
	put_value(x->to, slice_of(x->tag->value));
}

/* Our tag, where no _flow-tags_ element was. */
static void
put_flow_tags(struct cotcanon *x)
{
	if (!x->tag || x->tagged || x->looped)
		return;
	close_start_tag(x);
	(void)buf_puts(x->to, "<_flow-tags_");
	put_tag(x);
	(void)buf_append(x->to, "/>", 2);
}

/* ---- start tags ---- */

static void
start_child(struct cotcanon *x, const struct cotcanon_name *name)
{
	if (name->prefix.n)
		return;
	x->facts = cot_element(x->c, name->local);
	if (slice_is(name->local, "marti")) {
		x->child = CHILD_MARTI;
		x->marti_from = buf_size(&x->detail);
	} else if (slice_is(name->local, "_flow-tags_")) {
		x->child = CHILD_FLOW_TAGS;
	}
}

/* A child of event: where its content goes. */
static void
start_section(struct cotcanon *x, const struct cotcanon_name *name)
{
	bool point = !name->prefix.n && slice_is(name->local, "point");
	bool detail = !name->prefix.n && slice_is(name->local, "detail");

	if ((point && x->c->has_point) || (detail && x->seen_detail))
		refuse(x, COT_TWICE);
	x->section = point ? IN_POINT : detail ? IN_DETAIL : IN_REST;
	x->to = point ? &x->point_body : detail ? &x->detail : &x->rest;
	x->c->has_point |= point;
	x->seen_detail |= detail;
}

void
cotcanon_start(struct cotcanon *x, const struct cotcanon_name *name)
{
	if (x->why)
		return;
	x->depth++;
	close_start_tag(x);
	buf_clear(&x->blanks); /* between two tags: dropped */
	x->text_run = false;
	x->leaf = true;
	x->dest = false;
	if (x->depth == 1) {
		x->seen_event = true;
		if (name->prefix.n || !slice_is(name->local, "event"))
			refuse(x, COT_ROOT);
		return;
	}
	if (x->depth == 2)
		start_section(x, name);
	if (x->depth == 2 && x->section == IN_POINT)
		return;
	if (x->depth == 3) {
		x->child = CHILD_OTHER;
		x->facts = -1;
		if (x->section == IN_DETAIL)
			start_child(x, name);
	}
	x->dest = x->depth == 4 && x->section == IN_DETAIL &&
	    x->child == CHILD_MARTI && !name->prefix.n &&
	    slice_is(name->local, "dest");
	(void)buf_putc(x->to, '<');
	put_name(x->to, name);
	x->open = true;
}

/* A fact of the child of detail, or of a dest, that we stand in. */
static void
learn(struct cotcanon *x, struct slice name, struct slice value)
{
	if (x->dest)
		refuse(x, cot_dest(x->c, name, keep(x, value)));
	else if (x->depth == 3 && x->facts >= 0)
		refuse(x, cot_fact(x->c, x->facts, name, keep(x, value)));
	else if (x->depth == 3 && x->child == CHILD_FLOW_TAGS && x->tag &&
	    slice_is(name, x->tag->name))
		x->looped = true;
}

void
cotcanon_attr(
    struct cotcanon *x, const struct cotcanon_name *name, struct slice value)
{
	bool event = x->depth == 1,
	     point = x->depth == 2 && x->section == IN_POINT;
	int i = -1;

	if (x->why)
		return;
	if (!name->prefix.n)
		i = event   ? cot_attr(name->local)
		    : point ? cot_coord(name->local)
			    : -1;
	if (i >= 0) {
		value = keep(x, value);
		if (event)
			x->c->attr[i] = value;
		else
			x->c->point[i] = value;
		return;
	}
	if (event && !name->prefix.n && slice_is(name->local, "version"))
		return;
	if (x->section == IN_DETAIL && !name->prefix.n)
		learn(x, name->local, value);
	put_attr(event  ? &x->event_attrs
		: point ? &x->point_attrs
			: x->to,
	    name, value);
}

void
cotcanon_start_end(struct cotcanon *x)
{
	if (x->why || x->depth != 3 || x->section != IN_DETAIL)
		return;
	cot_element_end(x->c, x->facts);
	if (x->child == CHILD_FLOW_TAGS && x->tag)
		put_tag(x);
}

/* ---- content ---- */

void
cotcanon_text(struct cotcanon *x, struct slice t)
{
	size_t i = 0;

	if (x->why || x->depth == 0)
		return;
	if (!x->text_run) {
		while (i < t.n && is_blank(t.p[i]))
			i++;
		(void)buf_append(&x->blanks, t.p, i);
		if (i == t.n)
			return;
		x->text_run = true;
		close_start_tag(x);
		(void)cotmake_escape(x->to, buf_slice(&x->blanks));
	}
	(void)cotmake_escape(x->to, (struct slice){t.p + i, t.n - i});
}

static void
end_marti(struct cotcanon *x)
{
	struct cot *c = x->c;

	if (c->n_marti == COT_MARTI_MAX)
		refuse(x, COT_DESTS);
	else
		c->marti[c->n_marti++] = (struct cot_range){
		    x->marti_from, buf_size(&x->detail) - x->marti_from};
}

void
cotcanon_end(struct cotcanon *x, const struct cotcanon_name *name)
{
	bool child = x->depth > 2 || (x->depth == 2 && x->section == IN_REST);

	if (x->why || x->depth == 0)
		return;
	/* Blanks alone are content only of an element that has nothing else:
	 * a remark of one blank, but not an indented detail. */
	if (!x->text_run && x->leaf && child && buf_size(&x->blanks)) {
		close_start_tag(x);
		(void)cotmake_escape(x->to, buf_slice(&x->blanks));
	}
	buf_clear(&x->blanks);
	x->text_run = x->leaf = false;
	if (x->depth == 2 && x->section == IN_DETAIL)
		put_flow_tags(x);
	if (x->depth > 2 || (x->depth == 2 && x->section != IN_POINT))
		put_end(x, name);
	if (x->depth == 3 && x->section == IN_DETAIL && x->child == CHILD_MARTI)
		end_marti(x);
	if (--x->depth == 1) {
		x->section = IN_EVENT;
		x->to = &x->rest;
	}
}

/* ---- the whole ---- */

static void
put_time(struct buf *b, const char *name, const char *text)
{
	(void)buf_puts(b, name);
	(void)buf_append(b, text, TIMETEXT_LEN);
	(void)buf_putc(b, '"');
}

static void
put_known(struct buf *b, const char *name, struct slice value)
{
	(void)buf_putc(b, ' ');
	(void)buf_puts(b, name);
	put_value(b, value);
}

static void
put_point(struct cotcanon *x, struct buf *b)
{
	enum cot_coord i;

	(void)buf_puts(b, "<point");
	for (i = COT_P_LAT; i <= COT_P_LE; i++)
		put_known(b, cot_coord_name(i), x->c->point[i]);
	(void)buf_put(b, buf_slice(&x->point_attrs));
	if (!buf_size(&x->point_body)) {
		(void)buf_append(b, "/>", 2);
		return;
	}
	(void)buf_putc(b, '>');
	(void)buf_put(b, buf_slice(&x->point_body));
	(void)buf_puts(b, "</point>");
}

static void
assemble(struct cotcanon *x)
{
	struct cot *c = x->c;
	struct buf *b = &x->out;
	size_t i;

	(void)buf_puts(b, "<event version=\"2.0\"");
	put_time(b, " time=\"", c->text[0]);
	put_time(b, " start=\"", c->text[1]);
	put_time(b, " stale=\"", c->text[2]);
	put_known(b, "type", c->attr[COT_A_TYPE]);
	put_known(b, "uid", c->attr[COT_A_UID]);
	put_known(b, "how", c->attr[COT_A_HOW]);
	(void)buf_put(b, buf_slice(&x->event_attrs));
	(void)buf_putc(b, '>');
	put_point(x, b);
	for (i = 0; i < c->n_marti; i++)
		c->marti[i].off += buf_size(b);
	(void)buf_put(b, buf_slice(&x->detail));
	(void)buf_put(b, buf_slice(&x->rest));
	(void)buf_puts(b, "</event>");
	c->xml = buf_slice(b);
}

/* All events have a detail, so that whoever adds to it finds it. */
static void
make_detail(struct cotcanon *x)
{
	static const struct cotcanon_name detail = {.local = {"detail", 6}};

	x->to = &x->detail;
	(void)buf_puts(x->to, "<detail");
	x->open = true;
	put_flow_tags(x);
	put_end(x, &detail);
}

enum cot_why
cotcanon_finish(struct cotcanon *x)
{
	size_t i;

	if (!x->why && (!x->seen_event || x->depth))
		refuse(x, COT_XML);
	if (!x->why)
		refuse(x, cot_check(x->c));
	if (!x->why && x->looped && !x->tag->again)
		refuse(x, COT_LOOP);
	if (x->why)
		return x->why;
	if (!x->seen_detail)
		make_detail(x);
	assemble(x);
	for (i = 0; i < BUFFERS; i++)
		if (buffer(x, i)->failed)
			refuse(x,
			    buffer(x, i)->no_memory ? COT_MEMORY : COT_TOO_BIG);
	return x->why;
}
