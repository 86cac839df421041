/* What an event means, beside that it is one. */
#include "facts_own.h"

#include "timetext.h"

static const struct slice nothing = {NULL, 0};

/* Is the type this one, or one below it? */
static bool
kind_of(struct slice base, const char *type)
{
	size_t n = strlen(type);

	return slice_starts(base, type) && (base.n == n || base.p[n] == '-');
}

static struct slice
either(struct slice a, struct slice b)
{
	return a.n ? a : b;
}

/* ---- chat ---- */

static int64_t
chat_time(const struct detail *d)
{
	int64_t ms;

	if (timetext_parse(d->remarks_time, &ms) < 0)
		return d->facts->event.time;
	return ms * 1000;
}

/* The uid of a chat ends with it (cot-streaming 7.4); receipts name the chat by
 * it. */
static struct slice
message_of(struct slice uid)
{
	const char *dot = uid.p + uid.n;

	if (!slice_starts(uid, "GeoChat."))
		return uid;
	while (dot[-1] != '.')
		dot--;
	if (dot == uid.p + uid.n)
		return uid;
	return (struct slice){dot, (size_t)(uid.p + uid.n - dot)};
}

/* Also a chat without remarks (WinTAK), without members, without a place. */
static void
chat(struct detail *d)
{
	struct facts *f = d->facts;
	struct detail_room *r = &d->chat;
	struct slice room = either(either(r->id, r->name), r->group);

	if (!r->there || !room.n)
		return;
	f->chat = (struct store_chat){.room = room,
	    .room_name = either(r->name, room),
	    .parent = r->parent,
	    .sender_uid = either(either(r->sender, d->remarks_source),
		either(d->parent, f->event.device)),
	    .sender_callsign = either(r->callsign, f->event.callsign),
	    .text = d->remarks,
	    .message = either(r->message, message_of(f->event.uid)),
	    .time = chat_time(d),
	    .member = r->uid,
	    .n_members = r->n};
	if (r->owned)
		f->chat.owner = r->sender;
	f->says |= SAYS_CHAT;
}

/* b-t-f-d, -r, -p, -s: of the chat whose message id it names. */
static void
receipt(struct detail *d)
{
	struct facts *f = d->facts;
	const struct detail_room *r = d->receipt.there ? &d->receipt : &d->chat;

	f->receipt = (struct store_receipt){
	    .chat = either(r->message, message_of(f->event.uid)),
	    .who = either(either(f->event.device, d->parent),
		either(r->sender, r->callsign)),
	    .kind = f->base.p[f->base.n - 1]};
	f->says |= SAYS_RECEIPT;
}

static bool
is_receipt(struct slice base)
{
	return base.n == 7 && slice_starts(base, "b-t-f-") &&
	    memchr("drps", base.p[6], 4);
}

/* ---- what lies on the map ---- */

/* ots-dataplane 3.8 asks for certain letters in the type; all of a-* that is
 * no device does here. */
static bool
is_marker(const struct facts *f)
{
	if (kind_of(f->base, "b-m-p"))
		return !slice_is(f->base, "b-m-p-s-p-loc");
	return slice_starts(f->base, "a-") && !f->label[FACTS_ENDPOINT].p &&
	    !f->label[FACTS_ACK].p && !f->label[FACTS_DEVICE].p &&
	    !f->label[FACTS_PLATFORM].p && !f->label[FACTS_OS].p &&
	    !f->label[FACTS_VERSION].p &&
	    !slice_eq(f->event.uid, f->event.device);
}

static const char *
item_kind(const struct facts *f)
{
	if (kind_of(f->base, "b-m-r"))
		return "route";
	if (kind_of(f->base, "u-rb") || kind_of(f->base, "u-r-b"))
		return "line";
	if (kind_of(f->base, "u-d"))
		return "drawing";
	return is_marker(f) ? "marker" : NULL;
}

static void
item(struct detail *d)
{
	struct facts *f = d->facts;
	const char *kind = item_kind(f);

	if (!kind)
		return;
	f->item = (struct store_item){.kind = kind,
	    .callsign = f->event.callsign,
	    .remarks = d->remarks,
	    .color = either(d->color, d->stroke),
	    .iconset = d->icon,
	    .parent = either(d->parent, d->creator)};
	f->says |= SAYS_ITEM;
}

/* ---- alerts ---- */

/* cot-streaming 7.7 */
static struct slice
alert_name(struct slice base)
{
	static const struct {
		const char *type;
		struct slice name;
	} names[] = {{"b-a-o-tbl", {"911 Alert", 9}},
	    {"b-a-o-pan", {"Ring The Bell", 13}},
	    {"b-a-o-opn", {"In Contact", 10}},
	    {"b-a-g", {"Geo-fence Breached", 18}}, {"b-a-o-c", {"Custom", 6}}};
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (kind_of(base, names[i].type))
			return names[i].name;
	return base;
}

static struct slice
trim(struct slice s)
{
	while (s.n && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* The callsign is the text of the emergency, or that of the contact. */
static struct slice
alert_callsign(const struct detail *d)
{
	struct slice s = trim(d->emergency);

	if (s.n && s.n <= FACTS_NAME_MAX)
		return s;
	s = d->facts->event.callsign;
	if (slice_ends(s, "-Alert"))
		s.n -= 6;
	return s;
}

static void
alert(struct detail *d)
{
	struct facts *f = d->facts;
	bool cancel = slice_is(f->label[FACTS_CANCEL], "1") ||
	    kind_of(f->base, "b-a-o-can");

	if (!cancel && !f->label[FACTS_EMERGENCY].n && !kind_of(f->base, "b-a"))
		return;
	f->alert =
	    (struct store_alert){.type = either(f->label[FACTS_EMERGENCY],
				     cancel ? nothing : alert_name(f->base)),
		.callsign = alert_callsign(d),
		.cancel = cancel};
	f->says |= SAYS_ALERT;
}

/* ---- deletions ---- */

/* A device that says so of itself only takes its leave. */
static int
deletion(struct detail *d)
{
	struct facts *f = d->facts;
	size_t i;

	if (!kind_of(f->base, "t-x-d-d") || d->n_links == 0)
		return 0;
	f->deleted = arena_take(d->arena, d->n_links * sizeof *f->deleted);
	if (!f->deleted)
		return -1;
	for (i = 0; i < d->n_links; i++)
		if (!slice_eq(d->links[i], f->event.device))
			f->deleted[f->n_deleted++] = d->links[i];
	f->n_deleted = facts_sort(f->deleted, f->n_deleted);
	return 0;
}

int
facts_rules(struct detail *d)
{
	if (is_receipt(d->facts->base))
		receipt(d);
	else
		chat(d);
	item(d);
	alert(d);
	return deletion(d);
}
