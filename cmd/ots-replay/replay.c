#include "replay.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "cotline.h"
#include "cotscan.h"
#include "timetext.h"

#define PROGRAM "ots-replay"
#define NODE    "local"
#define ID_MAX  ((size_t)16 << 10)
#define OUT_MAX ((size_t)256 << 20) /* one event of line feeds on one line */

/* The year 9999: no sum of such times overflows. */
#define TIME_MAX_US UINT64_C(253402300799999999)

void
replay_init(
    struct replay *r, const struct replay_config *cfg, const uint64_t seed[2])
{
	memset(r, 0, sizeof *r);
	r->cfg = *cfg;
	rename_init(&r->names, seed);
	framer_init(&r->framer, REPLAY_MESSAGE_MAX);
	rec_lines_init(&r->lines, REC_LINE_MAX);
	buf_init(&r->out, OUT_MAX);
	buf_init(&r->scratch, REC_LINE_MAX);
	buf_init(&r->fresh, 2 * REC_LINE_MAX);
	buf_init(&r->rewrite.plain, ID_MAX);
	buf_init(&r->rewrite.fresh, ID_MAX);
	buf_init(&r->relabel.fresh, 2 * REC_LINE_MAX);
	buf_init(&r->relabel.value, REC_LINE_MAX);
	r->relabel.rewrite = &r->rewrite;
	r->decode.max = REPLAY_MESSAGE_MAX;
}

void
replay_fini(struct replay *r)
{
	rename_fini(&r->names);
	framer_fini(&r->framer);
	rec_lines_fini(&r->lines);
	buf_fini(&r->out);
	buf_fini(&r->scratch);
	buf_fini(&r->fresh);
	buf_fini(&r->rewrite.plain);
	buf_fini(&r->rewrite.fresh);
	buf_fini(&r->relabel.fresh);
	buf_fini(&r->relabel.value);
	decode_fini(&r->decode);
}

void
replay_feed(struct replay *r, const char *p, size_t n)
{
	r->rest = (struct slice){p, n};
}

void
replay_file_end(struct replay *r)
{
	if (r->kind == SNIFF_RECORDS && rec_lines_end(&r->lines))
		r->bad++;
	rec_lines_fini(&r->lines);
	rec_lines_init(&r->lines, REC_LINE_MAX);
	framer_fini(&r->framer);
	framer_init(&r->framer, REPLAY_MESSAGE_MAX);
	r->kind = SNIFF_MORE;
}

void
replay_again(struct replay *r)
{
	if (r->learning)
		r->events = r->skipped = r->bad = 0;
	r->learning = false;
	r->begun = r->playing = r->inside = false;
}

void
replay_learn(struct replay *r)
{
	r->learning = true;
}

/* ---- when -------------------------------------------------------------- */

static uint64_t
bound_us(const struct replay *r, const struct replay_bound *b)
{
	return b->relative ? r->first_us + b->us : b->us;
}

static bool
within(const struct replay *r, uint64_t at)
{
	if (r->cfg.from.set && at < bound_us(r, &r->cfg.from))
		return false;
	return !r->cfg.until.set || at < bound_us(r, &r->cfg.until);
}

/* Is an item of that time played, and if so, when? */
static bool
schedule(struct replay *r, uint64_t at)
{
	uint64_t gap;

	if (!r->begun) {
		r->begun = true;
		r->first_us = at;
	}
	r->inside = within(r, at);
	if (!r->inside)
		return false;
	if (!r->playing || at + REPLAY_BACK_US < r->at_us) {
		r->playing = true;
		r->at_us = at;
	} else if (at > r->at_us) {
		gap = at - r->at_us;
		if (gap > r->cfg.max_gap_us)
			gap = r->cfg.max_gap_us;
		if (r->cfg.speed > 0)
			r->due_us += (double)gap / r->cfg.speed;
		r->at_us = at;
	}
	return true;
}

/* What says nothing of a time goes with what was before it. */
static bool
scheduled(struct replay *r, bool timed, uint64_t at)
{
	if (timed)
		return schedule(r, at);
	return r->inside || !r->begun;
}

static uint64_t
due(const struct replay *r)
{
	return r->due_us < (double)TIME_MAX_US ? (uint64_t)r->due_us
					       : TIME_MAX_US;
}

static uint64_t
wall(const struct replay *r, uint64_t now_us)
{
	return r->cfg.speed > 0 ? r->cfg.start_wall_us + due(r) : now_us;
}

static bool
event_us(struct slice xml, uint64_t *us)
{
	struct slice raw;
	int64_t ms;

	if (!cotscan_attr(xml, "time", &raw) || timetext_parse(raw, &ms) < 0 ||
	    ms < 0)
		return false;
	*us = (uint64_t)ms * 1000;
	return true;
}

/* ---- what -------------------------------------------------------------- */

/* Set up what changes in this event. */
static void
prepare(struct replay *r, struct slice xml, uint64_t wall_us)
{
	bool moved = r->cfg.now &&
	    rewrite_shift(xml, (int64_t)(wall_us / 1000), &r->times);

	r->rewrite.times = moved ? &r->times : NULL;
	r->rewrite.names = rename_active(&r->names) ? &r->names : NULL;
	r->relabel.move_t = r->cfg.now;
	r->relabel.t_us = wall_us;
}

static void
learn(struct replay *r, struct slice xml)
{
	struct slice raw;

	if (!r->names.prefix.n || !cotscan_attr(xml, "uid", &raw) ||
	    raw.n > 4 * RENAME_UID_MAX)
		return;
	buf_clear(&r->rewrite.plain);
	rewrite_plain(&r->rewrite.plain, raw);
	if (rename_learn(&r->names, buf_slice(&r->rewrite.plain)) < 0)
		r->names.unknown++;
}

/* Whole or not at all: what failed is cut off again. */
static bool
whole(struct replay *r, size_t before)
{
	if (!r->out.failed)
		return true;
	buf_truncate(&r->out, before);
	r->out.failed = false;
	return false;
}

static bool
put_cot(struct replay *r, struct slice xml)
{
	size_t before = buf_size(&r->out);

	buf_clear(&r->fresh);
	if (rewrite_event(&r->rewrite, xml, NULL, 0, &r->fresh) < 0)
		return false;
	cotline_put(&r->out, buf_slice(&r->fresh));
	buf_putc(&r->out, '\n');
	return whole(r, before);
}

static bool
put_line(struct replay *r, struct slice line)
{
	size_t before = buf_size(&r->out);

	buf_put(&r->out, line);
	buf_putc(&r->out, '\n');
	return whole(r, before);
}

static bool
take_cot(struct replay *r, struct slice xml, uint64_t now_us)
{
	uint64_t at = 0;
	bool timed = event_us(xml, &at);

	learn(r, xml);
	if (r->learning || !scheduled(r, timed, at))
		return false;
	prepare(r, xml, wall(r, now_us));
	if (put_cot(r, xml)) {
		r->events++;
		return true;
	}
	r->bad++;
	return false;
}

/* The event in a record, as XML whatever it came as; empty: none. */
static struct slice
event_of(struct replay *r)
{
	const struct slice none = {"", 0};
	struct slice xml, raw;

	buf_clear(&r->scratch);
	if (!rec_is(&r->rec, "cot") && !rec_is(&r->rec, "frame") &&
	    !rec_is(&r->rec, "send"))
		return none;
	if (rec_raw(&r->rec, "xml", &raw))
		return rec_value(&r->rec, "xml", &r->scratch, &xml) ? xml
								    : none;
	if (rec_raw(&r->rec, "pb", &raw) &&
	    decode_base64(&r->decode, raw, &xml) == COT_OK)
		return xml;
	return none;
}

/* The time basis is when it was received, else what the event says. */
static bool
take_record(struct replay *r, struct slice line, uint64_t now_us)
{
	int got = rec_parse(&r->rec, line);
	uint64_t at = 0;
	struct slice xml;
	bool timed, done;

	if (got < 0)
		r->bad++;
	if (got <= 0 || rec_is(&r->rec, "hello"))
		return false;
	xml = event_of(r);
	learn(r, xml);
	timed =
	    rec_u64(&r->rec, "t", TIME_MAX_US, &at) == 0 || event_us(xml, &at);
	if (r->learning || !scheduled(r, timed, at))
		return false;
	prepare(r, xml, wall(r, now_us));
	if (r->cfg.now || r->rewrite.names)
		done = relabel_put(&r->relabel, &r->rec, xml, &r->out) == 0;
	else
		done = put_line(r, line);
	r->events += done && xml.n;
	r->bad += !done;
	return done;
}

/* ---- the stream -------------------------------------------------------- */

/* What this recording is; all of them are the same. */
static int
look(struct replay *r)
{
	r->kind = sniff(&r->rest);
	if (r->kind == SNIFF_MORE)
		return 0;
	if (r->all != SNIFF_MORE && r->all != r->kind) {
		r->why = "ots-records and bare CoT do not mix";
		return -1;
	}
	if (r->all == SNIFF_MORE && r->kind == SNIFF_RECORDS)
		rec_hello(&r->out, PROGRAM, NODE, 0, 0);
	r->all = r->kind;
	return 0;
}

/* One message of a bare stream, as XML whatever it came as; false: there is no
 * event in it. */
static bool
event_in(struct replay *r, enum frame_kind kind, struct slice *msg)
{
	enum cot_why why;

	if (kind == FRAME_XML)
		return true;
	if (kind != FRAME_PB) {
		r->skipped++;
		return false;
	}
	why = decode_message(&r->decode, *msg, msg);
	/* A frame of no event is legal and says nothing. */
	r->bad += why && why != COT_EMPTY;
	return why == COT_OK;
}

/* 1: one more message; 0: what was lent is used up; -1: see why. */
static int
message(struct replay *r, struct slice *msg)
{
	enum frame_kind kind;
	uint64_t dropped = r->lines.dropped;
	int got;

	if (r->kind == SNIFF_RECORDS) {
		got = rec_lines_next(&r->lines, msg);
		r->bad += r->lines.dropped - dropped;
		return got;
	}
	for (;;) {
		kind = framer_next(&r->framer, msg);
		if (kind == FRAME_NONE)
			return 0;
		if (kind >= FRAME_TOO_BIG) {
			r->why = frame_kind_name(kind);
			return -1;
		}
		if (event_in(r, kind, msg))
			return 1;
	}
}

static bool
take(struct replay *r, struct slice msg, uint64_t now_us)
{
	if (r->kind == SNIFF_RECORDS)
		return take_record(r, msg, now_us);
	return take_cot(r, msg, now_us);
}

int
replay_next(struct replay *r, uint64_t now_us, struct replay_item *item)
{
	struct slice msg;
	int got;

	if (r->kind == SNIFF_MORE && look(r) < 0)
		return -1;
	while (r->kind != SNIFF_MORE) {
		got = message(r, &msg);
		if (got < 0)
			return -1;
		if (got > 0 && take(r, msg, now_us)) {
			*item = (struct replay_item){due(r), r->at_us};
			return 1;
		}
		if (got > 0)
			continue;
		if (r->rest.n == 0)
			return 0;
		if (r->kind == SNIFF_RECORDS)
			rec_lines_feed(&r->lines, r->rest.p, r->rest.n);
		else
			framer_feed(&r->framer, r->rest.p, r->rest.n);
		r->rest.n = 0;
	}
	return 0;
}
