#include "clock.h"
#include "load.h"
#include "says.h"
#include "timetext.h"

/* ---- bytes ---- */

/* Markers wherever they stand. The end of what came before is put in front of
 * p, where there is room for a marker. */
void
hear_bytes(struct client *c, char *p, size_t n, uint64_t now)
{
	struct mark m;
	size_t at = 0;
	enum mark_found f;

	p -= c->n_carry;
	n += c->n_carry;
	memcpy(p, c->carry, c->n_carry);
	while ((f = mark_find(p, n, &at, &m)) == MARK_FOUND)
		check_mark(c, &m, now);
	c->n_carry = 0;
	if (f == MARK_CUT) {
		c->n_carry = (uint16_t)(n - at);
		memcpy(c->carry, p + at, n - at);
	}
}

/* ---- TAK protocol negotiation, cot-streaming 4 ---- */

static void
ask(struct client *c, struct slice uid)
{
	struct load *l = c->load;
	int64_t now_ms = (int64_t)(clock_wall_us() / 1000);
	char now[TIMETEXT_LEN + 1], stale[TIMETEXT_LEN + 1];

	timetext_format(now_ms, now);
	timetext_format(now_ms + 60000, stale);
	buf_clear(&l->text);
	(void)buf_fmt(&l->text,
	    "<event version=\"2.0\" uid=\"%.*s\" type=\"t-x-takp-q\" "
	    "access=\"Undefined\" time=\"%s\" start=\"%s\" stale=\"%s\" "
	    "how=\"m-g\"><point lat=\"0.00000000\" lon=\"0.00000000\" "
	    "hae=\"0.00000000\" ce=\"9999999\" le=\"9999999\"/><detail>"
	    "<TakControl><TakRequest version=\"1\"/></TakControl></detail>"
	    "</event>",
	    (int)uid.n, uid.p, now, now, stale);
	if (l->text.failed || !client_send(c))
		client_close(c, false);
}

/* An event of the link (t-x-takp-*)? Then it is taken care of. */
static bool
link_event(struct client *c, struct slice msg)
{
	struct slice text = msg, name, value, uid = {NULL, 0}, type = {NULL, 0};
	struct tag t;

	if (!tag_next(&text, &t))
		return false;
	while (attr_next(&t.attrs, &name, &value)) {
		if (slice_is(name, "uid"))
			uid = value;
		if (slice_is(name, "type"))
			type = value;
	}
	if (!slice_starts(type, "t-x-takp-"))
		return false;
	c->load->res.offers += slice_is(type, "t-x-takp-v");
	if (c->state != CLIENT_ASKING)
		return true;
	if (slice_is(type, "t-x-takp-v")) {
		ask(c, uid);
	} else if (slice_find(msg, SLICE("status=\"true\""))) {
		/* From here on nothing but frames comes. */
		framer_binary(&c->framer);
		c->frames_in = c->frames_out = true;
		c->load->res.changed++;
		client_up(c);
	} else {
		client_close(c, false);
	}
	return true;
}

/* ---- messages ---- */

static void
message(struct client *c, enum frame_kind k, struct slice msg, uint64_t now)
{
	struct slice xml = k == FRAME_PB ? pb_xml(msg) : msg;
	struct load *l = c->load;
	struct mark m;
	size_t at = 0;

	if (k == FRAME_XML && link_event(c, msg))
		return;
	if (mark_find(xml.p, xml.n, &at, &m) != MARK_FOUND) {
		l->res.strange++;
		return;
	}
	if (l->conf.verify && m.run == l->run &&
	    (k == FRAME_PB ? says_pb(msg) : says_xml(msg)) != m.hash)
		l->res.corrupt++;
	check_mark(c, &m, now);
}

/* Nothing but whole events may come, and only those of its kind. */
void
hear_messages(struct client *c, const char *p, size_t n, uint64_t now)
{
	struct load *l = c->load;
	uint64_t garbage = c->framer.garbage;
	enum frame_kind k;
	struct slice msg;

	framer_feed(&c->framer, p, n);
	while (c->state != CLIENT_GONE &&
	    (k = framer_next(&c->framer, &msg)) != FRAME_NONE) {
		if (k != (c->frames_in ? FRAME_PB : FRAME_XML)) {
			l->res.garbage++;
			client_close(c, false);
			return;
		}
		message(c, k, msg, now);
	}
	if (c->state != CLIENT_GONE)
		l->res.garbage += c->framer.garbage - garbage;
}
