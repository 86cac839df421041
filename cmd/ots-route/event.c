#include "event.h"

#include <errno.h>

#include "num.h"

static bool
label_is(struct slice label, const char *lit)
{
	return memcmp(label.p, lit, label.n) == 0;
}

/* By length first: a record has some 25 labels, and this runs for each of
 * them. */
static void
read_field(struct event *e, const struct rec_field *f)
{
	struct slice l = f->label;

	switch (l.n) {
	case 2:
		if (label_is(l, "pb"))
			e->pb = f->raw;
		break;
	case 3:
		if (label_is(l, "uid"))
			e->uid = f->raw;
		else if (label_is(l, "xml"))
			e->xml = f->raw;
		else if (label_is(l, "how"))
			e->how = f->raw;
		break;
	case 4:
		if (label_is(l, "conn"))
			e->conn = f->raw;
		else if (label_is(l, "type"))
			e->type = f->raw;
		break;
	case 5:
		if (label_is(l, "stale"))
			e->stale = f->raw;
		else if (label_is(l, "again"))
			e->again = slice_is(f->raw, "1");
		else if (label_is(l, "marti"))
			e->marti = true;
		break;
	case 8:
		if (label_is(l, "callsign"))
			e->callsign = f->raw;
		else if (label_is(l, "endpoint"))
			e->endpoint = f->raw; /* may be empty: p says it */
		else if (label_is(l, "link-uid"))
			e->link_uid = f->raw;
		else if (label_is(l, "dest-uid"))
			e->n_dest++;
		break;
	case 9:
		if (label_is(l, "emergency"))
			e->emergency = true;
		break;
	case 11:
		if (label_is(l, "ackresponse"))
			e->ack = true;
		break;
	case 16:
		if (label_is(l, "emergency-cancel"))
			e->cancel = slice_is(f->raw, "1");
		break;
	default:
		if (l.n >= 10 && slice_starts(l, "dest-"))
			e->n_dest++;
		break;
	}
}

int
event_read(struct event *e, const struct rec *rec)
{
	const char *semicolon;

	memset(e, 0, sizeof(*e));
	e->rec = rec;
	for (size_t i = 1; i < rec->n; i++)
		read_field(e, &rec->f[i]);
	if (e->uid.n == 0 || e->type.n == 0 || e->xml.n == 0) {
		errno = EBADMSG;
		return -1;
	}
	e->base = e->type;
	semicolon = memchr(e->type.p, ';', e->type.n);
	if (semicolon != NULL)
		e->base.n = (size_t)(semicolon - e->type.p);
	e->identity = slice_starts(e->base, "a-") && e->callsign.n > 0 &&
	    e->endpoint.p != NULL && !e->ack && !slice_ends(e->uid, "-ping") &&
	    e->uid.n <= EVENT_NAME_MAX && e->callsign.n <= EVENT_NAME_MAX &&
	    e->type.n <= EVENT_TYPE_MAX;
	return 0;
}

bool
event_cancel(const struct event *e)
{
	return slice_is(e->base, "b-a-o-can") || e->cancel;
}

bool
event_alert(const struct event *e)
{
	return e->emergency && slice_starts(e->base, "b-a-") &&
	    !event_cancel(e);
}

const char *
event_class(const struct event *e)
{
	if (slice_starts(e->base, "t-"))
		return "control";
	if (e->emergency || e->cancel || slice_starts(e->base, "b-t-f") ||
	    slice_starts(e->base, "b-f-t-") || slice_starts(e->base, "b-a-") ||
	    slice_starts(e->base, "b-r-f-h-c"))
		return "chat";
	if (e->identity ||
	    (slice_starts(e->base, "a-") && slice_starts(e->how, "m-")))
		return "position";
	return "item";
}

/* "OFFSET+LENGTH" */
static int
range_read(struct slice text, size_t max, size_t *from, size_t *to)
{
	const char *plus = memchr(text.p, '+', text.n);
	uint64_t off, len;
	struct slice a, b;

	if (plus == NULL)
		return -1;
	a = (struct slice){text.p, (size_t)(plus - text.p)};
	b = (struct slice){plus + 1, text.n - a.n - 1};
	if (num_u64(a, max, &off) < 0 || num_u64(b, max - off, &len) < 0)
		return -1;
	*from = (size_t)off;
	*to = (size_t)(off + len);
	return 0;
}

/* Where in the escaped text the byte `want` of the plain text stands, going on
 * from (*at, *plain): an escape is two bytes for one. */
static bool
advance(struct slice raw, size_t *at, size_t *plain, size_t want)
{
	while (*plain < want && *at < raw.n) {
		*at += raw.p[*at] == '\\' ? 2 : 1;
		(*plain)++;
	}
	return *plain == want && *at <= raw.n;
}

int
event_strip(const struct event *e, struct buf *out)
{
	size_t pos = 0, at = 0, plain = 0, from, to;
	struct slice text;

	while (rec_next(e->rec, "marti", &pos, &text)) {
		size_t begin = at;

		if (range_read(text, e->xml.n, &from, &to) < 0 ||
		    from < plain || !advance(e->xml, &at, &plain, from)) {
			errno = EBADMSG;
			return -1;
		}
		(void)buf_append(out, e->xml.p + begin, at - begin);
		if (!advance(e->xml, &at, &plain, to)) {
			errno = EBADMSG;
			return -1;
		}
	}
	return buf_append(out, e->xml.p + at, e->xml.n - at);
}
