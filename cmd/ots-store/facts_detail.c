/* What stands in the detail of an event. The walk only gathers; what it means
 * is then decided in facts_rules.c. */
#include "facts_own.h"

#include <errno.h>

#include "jsontext.h"
#include "num.h"

/* ---- values ---- */

static struct slice
plain(struct detail *d, struct slice raw)
{
	char *p;

	if (!raw.p || !raw.n || !memchr(raw.p, '&', raw.n))
		return raw;
	p = arena_take(d->arena, raw.n);
	if (!p) {
		d->failed = true;
		return (struct slice){NULL, 0};
	}
	return (struct slice){p, cotwalk_undo(p, raw)};
}

static struct slice
text_attr(struct detail *d, const char *name)
{
	return plain(d, cotwalk_attr(&d->walk, name));
}

/* What is empty or longer than a name is absent. */
static struct slice
name_attr(struct detail *d, const char *name)
{
	struct slice v = cotwalk_attr(&d->walk, name);

	if (v.n)
		v = plain(d, v);
	if (v.n == 0 || v.n > FACTS_NAME_MAX)
		return (struct slice){NULL, 0};
	return v;
}

static bool
attr_is(struct detail *d, const char *name, const char *value)
{
	return slice_is(cotwalk_attr(&d->walk, name), value);
}

/* The texts right within the element whose start tag was the last; up to its
 * end tag. */
static struct slice
texts(struct detail *d)
{
	unsigned depth = d->walk.depth;
	struct slice one = {NULL, 0};
	bool many = false;

	buf_clear(&d->text);
	while (
	    cotwalk_next(&d->walk) != COTWALK_BAD && d->walk.depth >= depth) {
		if (d->walk.token != COTWALK_TEXT || d->walk.depth != depth)
			continue;
		if (!one.p) {
			one = d->walk.text;
			continue;
		}
		if (!many)
			(void)buf_put(&d->text, one);
		many = true;
		(void)buf_put(&d->text, d->walk.text);
	}
	d->failed |= d->text.failed;
	if (many)
		one = arena_copy(d->arena, buf_slice(&d->text));
	d->failed |= many && !one.p;
	return plain(d, one);
}

/* ---- elements right below detail ---- */

static void
read_track(struct detail *d)
{
	struct store_event *e = &d->facts->event;
	double v;

	if (num_double(cotwalk_attr(&d->walk, "speed"), &v) == 0 && v >= 0 &&
	    v < 9999999) {
		e->speed = v;
		e->has_track = true;
	}
	if (num_double(cotwalk_attr(&d->walk, "course"), &v) == 0 &&
	    v >= -360 && v <= 720) {
		e->course = v < 0 ? v + 360 : v > 360 ? v - 360 : v;
		e->has_track = true;
	}
}

/* Percent, with or without the sign. */
static void
read_status(struct detail *d)
{
	struct store_event *e = &d->facts->event;
	struct slice text = cotwalk_attr(&d->walk, "battery");
	double v;

	if (text.n && text.p[text.n - 1] == '%')
		text.n--;
	if (num_double(text, &v) < 0 || v < 0 || v > 100)
		return;
	e->battery = (int64_t)(v + 0.5);
	e->has_battery = true;
}

static void
read_remarks(struct detail *d)
{
	d->remarks_time = text_attr(d, "time");
	d->remarks_source = name_attr(d, "sourceID");
	d->remarks = texts(d);
	d->has_remarks = true;
}

static void
read_emergency(struct detail *d)
{
	d->emergency = texts(d);
}

static void
read_color(struct detail *d)
{
	d->color = name_attr(d, "argb");
	if (!d->color.p)
		d->color = name_attr(d, "value");
}

static void
read_stroke(struct detail *d)
{
	d->stroke = name_attr(d, "value");
}

static void
read_icon(struct detail *d)
{
	d->icon = name_attr(d, "iconsetpath");
	if (!d->icon.p)
		d->icon = name_attr(d, "iconsetPath");
}

static void
read_creator(struct detail *d)
{
	d->creator = name_attr(d, "uid");
}

/* Every link: what it points at may be deleted, or be the parent. */
static void
read_link(struct detail *d)
{
	struct slice uid = name_attr(d, "uid");

	if (!uid.p)
		return;
	if (!d->parent.p && attr_is(d, "relation", "p-p"))
		d->parent = uid;
	if (d->n_links < DETAIL_LINKS_MAX)
		d->links[d->n_links++] = uid;
}

/* ---- rooms ---- */

/* uid0, uid1 ...; uid0 is the sender's (cot-streaming 7.4). */
static void
read_members(struct detail *d, struct detail_room *room)
{
	struct slice name, uid;
	unsigned i;
	uint64_t n;

	room->group = name_attr(d, "id");
	room->uid = arena_take(d->arena, d->walk.n_attr * sizeof *room->uid);
	if (!room->uid) {
		d->failed = true;
		return;
	}
	for (i = 0; i < d->walk.n_attr; i++) {
		name = d->walk.attr[i].name;
		if (!slice_starts(name, "uid") ||
		    num_u64((struct slice){name.p + 3, name.n - 3}, 9999, &n))
			continue;
		uid = plain(d, d->walk.attr[i].value);
		if (uid.n == 0 || uid.n > FACTS_NAME_MAX)
			continue;
		if (n == 0)
			room->sender = uid;
		room->uid[room->n++] = uid;
	}
	room->n = facts_sort(room->uid, room->n);
}

static void
read_room(struct detail *d, struct detail_room *room)
{
	unsigned depth = d->walk.depth;

	room->there = true;
	room->id = name_attr(d, "id");
	room->name = name_attr(d, "chatroom");
	room->parent = name_attr(d, "parent");
	room->callsign = name_attr(d, "senderCallsign");
	room->message = name_attr(d, "messageId");
	room->owned = attr_is(d, "groupOwner", "true");
	while (cotwalk_next(&d->walk) != COTWALK_BAD && d->walk.depth >= depth)
		if (d->walk.token == COTWALK_START && !room->uid &&
		    d->walk.depth == depth + 1 &&
		    slice_is(d->walk.name, "chatgrp"))
			read_members(d, room);
}

static void
read_chat(struct detail *d)
{
	read_room(d, &d->chat);
}

static void
read_chatreceipt(struct detail *d)
{
	read_room(d, &d->receipt);
}

/* ---- what is kept as JSON ---- */

static void
put_attrs(struct detail *d, const char *except)
{
	struct buf *out = &d->text;
	const struct cotwalk_attr *a = d->walk.attr;
	bool first = true;
	unsigned i;

	(void)buf_putc(out, '{');
	for (i = 0; i < d->walk.n_attr; i++) {
		if (except && slice_is(a[i].name, except))
			continue;
		if (!first)
			(void)buf_putc(out, ',');
		first = false;
		(void)json_str(out, a[i].name);
		(void)buf_putc(out, ':');
		(void)json_str(out, plain(d, a[i].value));
	}
}

/* The attributes of this element and, as a list under its name, those of each
 * element `child` somewhere within; up to the end tag. */
static struct slice
read_json(struct detail *d, const char *child, struct slice *title,
    const char *title_attr)
{
	unsigned depth = d->walk.depth;
	unsigned n = 0;

	buf_clear(&d->text);
	put_attrs(d, child);
	while (child && cotwalk_next(&d->walk) != COTWALK_BAD &&
	    d->walk.depth >= depth) {
		if (d->walk.token != COTWALK_START ||
		    !slice_is(d->walk.name, child) || n == DETAIL_LIST_MAX)
			continue;
		if (title && !title->p)
			*title = text_attr(d, title_attr);
		if (n)
			(void)buf_putc(&d->text, ',');
		else
			(void)buf_fmt(&d->text, "%s\"%s\":[",
			    buf_size(&d->text) > 1 ? "," : "", child);
		n++;
		put_attrs(d, NULL);
		(void)buf_putc(&d->text, '}');
	}
	(void)buf_puts(&d->text, n ? "]}" : "}");
	d->failed |= d->text.failed;
	return arena_copy(d->arena, buf_slice(&d->text));
}

static void
read_medevac(struct detail *d)
{
	struct store_blob *b = &d->facts->casevac;

	b->title = text_attr(d, "title");
	b->json = read_json(d, "zMist", NULL, NULL);
	d->facts->says |= SAYS_CASEVAC;
}

static void
read_video(struct detail *d)
{
	struct store_blob *b = &d->facts->video;
	struct slice alias = {NULL, 0}, url = text_attr(d, "url");

	b->json = read_json(d, "ConnectionEntry", &alias, "alias");
	b->title = alias.n ? alias : url;
	d->facts->says |= SAYS_VIDEO;
}

static void
read_share(struct detail *d)
{
	struct store_blob *b = &d->facts->share;

	b->title = text_attr(d, "filename");
	if (!b->title.n)
		b->title = text_attr(d, "name");
	b->json = read_json(d, NULL, NULL, NULL);
	d->facts->says |= SAYS_SHARE;
}

static void
read_stats(struct detail *d)
{
	d->facts->stats.json = read_json(d, NULL, NULL, NULL);
	d->facts->says |= SAYS_STATS;
}

/* ---- the walk ---- */

static const struct {
	struct slice name;
	void (*read)(struct detail *d);
	bool all; /* not only the first of this name */
} elements[] = {
    {{"contact", 7}, NULL, false},
    {{"link", 4}, read_link, true},
    {{"track", 5}, read_track, false},
    {{"status", 6}, read_status, false},
    {{"remarks", 7}, read_remarks, false},
    {{"color", 5}, read_color, false},
    {{"usericon", 8}, read_icon, false},
    {{"strokeColor", 11}, read_stroke, false},
    {{"creator", 7}, read_creator, false},
    {{"__chat", 6}, read_chat, false},
    {{"__chatreceipt", 13}, read_chatreceipt, false},
    {{"emergency", 9}, read_emergency, false},
    {{"_medevac_", 9}, read_medevac, false},
    {{"__video", 7}, read_video, false},
    {{"fileshare", 9}, read_share, false},
    {{"stats", 5}, read_stats, false},
};

/* The element whose start tag was the last. */
static void
child(struct detail *d)
{
	struct slice name = d->walk.name;
	size_t i;

	for (i = 0; i < sizeof elements / sizeof elements[0]; i++) {
		if (!slice_eq(name, elements[i].name))
			continue;
		if (elements[i].read &&
		    (elements[i].all || !(d->seen & 1u << i)))
			elements[i].read(d);
		d->seen |= 1u << i;
		return;
	}
}

/* On to the end of the child of detail, wherever in it we are. */
static void
leave(struct detail *d)
{
	while (d->walk.depth > 2 && cotwalk_next(&d->walk) != COTWALK_BAD)
		;
}

static void
walk(struct detail *d)
{
	enum cotwalk_token t;
	bool inside = false;

	cotwalk_init(&d->walk, d->facts->event.xml);
	while (
	    (t = cotwalk_next(&d->walk)) != COTWALK_BAD && t != COTWALK_DONE) {
		if (d->walk.depth == 2 && t == COTWALK_START)
			inside = slice_is(d->walk.name, "detail");
		if (d->walk.depth != 3 || t != COTWALK_START)
			continue;
		if (inside)
			child(d);
		leave(d);
	}
}

int
facts_detail(struct facts *f, struct arena *a)
{
	struct detail d;
	bool failed;

	/* Not the walk and the links: they say themselves how much of them is
	 * there. */
	memset(&d, 0, offsetof(struct detail, links));
	d.facts = f;
	d.arena = a;
	buf_init(&d.text, DETAIL_TEXT_MAX);
	walk(&d);
	failed = d.failed || facts_rules(&d) < 0;
	buf_fini(&d.text);
	if (!failed)
		return 0;
	errno = ENOMEM;
	return -1;
}
