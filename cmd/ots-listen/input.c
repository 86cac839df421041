#include "listen.h"

#include <errno.h>

#include "base64.h"
#include "cotmake.h"
#include "cotscan.h"
#include "lay.h"
#include "log.h"
#include "negotiate.h"
#include "pbpeek.h"
#include "tell.h"

/* Who holds so little of an unfinished message is not the one who makes it too
 * much. */
#define SHARE_MIN ((size_t)65536)

#define MALFORMED_MAX 64 /* TakMessages in a row */

static void
pong(struct listen *l, struct client *c)
{
	l->n.pings++;
	if (lay_spares(l, c))
		return;
	buf_clear(&l->scratch);
	if (cotmake_pong(&l->scratch, (int64_t)(l->wall / 1000)) == 0)
		(void)lay_for(l, c, buf_slice(&l->scratch));
}

/* Its type; false: it has none. Whoever sends nothing but frames that make no
 * sense is closed, as for garbage between messages (cot-streaming 8.4, P4). */
static bool
type_of(struct listen *l, struct client *c, enum frame_kind k, struct slice msg,
    struct slice *type)
{
	if (k == FRAME_XML)
		return cotscan_attr(msg, "type", type);
	switch (pbpeek_type(msg, type)) {
	case PBPEEK_MALFORMED:
		if (++c->malformed > MALFORMED_MAX)
			listen_doom(l, c, "malformed");
		return false;
	case PBPEEK_NONE:
		return false;
	case PBPEEK_EVENT:
		c->malformed = 0;
	}
	return true;
}

/* t-x-c-t is answered here (cot-streaming 6), t-x-takp- is for us (4.2): they
 * go no further. In a frame there is nothing left to negotiate. */
static bool
is_ours(struct listen *l, struct client *c, enum frame_kind k, struct slice msg)
{
	struct slice type;

	if (!type_of(l, c, k, msg, &type))
		return false;
	if (slice_is(type, "t-x-c-t")) {
		pong(l, c);
		return true;
	}
	if (!slice_starts(type, "t-x-takp-"))
		return false;
	if (k == FRAME_XML)
		negotiate(l, c, msg);
	return true;
}

static void
bad_message(const struct client *c, const char *why, size_t bytes)
{
	struct log_line line;

	log_open(&line, LOG_BAD_MESSAGE);
	log_s(&line, "conn", c->conn);
	log_s(&line, "why", why);
	log_u64(&line, "bytes", bytes);
	log_send(&line);
}

static void
put_frame(
    struct listen *l, struct client *c, const char *label, struct slice value)
{
	struct rec_writer w;

	tell_frame(l, &w, c);
	rec_put(&w, label, value);
	if (rec_end(&w) == 0) {
		l->n.messages++;
		c->messages++;
		return;
	}
	if (errno == EILSEQ) {
		l->n.nul++;
		bad_message(c, "nul", value.n);
	} else {
		l->n.no_memory++;
	}
}

static void
protobuf(struct listen *l, struct client *c, struct slice msg)
{
	if (msg.n == 0)
		return; /* legal, and says nothing (cot-streaming 4.3) */
	buf_clear(&l->scratch);
	if (base64_encode(&l->scratch, msg) < 0) {
		l->n.no_memory++;
		return;
	}
	l->n.protobuf++;
	put_frame(l, c, "pb", buf_slice(&l->scratch));
}

/* The memory of unfinished messages is bounded in all. Who holds little of it
 * is left alone: the one that makes it too much is closed. */
static int
account_unfinished(struct listen *l, struct client *c)
{
	size_t cap = c->framer.keep.cap;

	l->unfinished += cap - c->unfinished;
	c->unfinished = cap;
	if (l->unfinished <= l->cfg.input_total || cap <= SHARE_MIN)
		return 0;
	l->n.unfinished_full++;
	listen_doom(l, c, "input-full");
	return -1;
}

/* Nobody is asked for a password here: who needs one has given it before
 * (enter.c); on plain TCP, and beside a certificate, it means nothing
 * (cot-streaming 3.1). A copy of a part that came before is overwritten here,
 * what lies in the caller's memory by listen_input. */
static void
forget_auth(struct listen *l, struct client *c, struct slice msg)
{
	struct buf *keep = &c->framer.keep;

	l->n.auths++;
	if (buf_size(keep))
		explicit_bzero(keep->p + (msg.p - keep->p), msg.n);
}

int
listen_input(struct listen *l, struct client *c, char *p, size_t n)
{
	uint64_t auths = l->n.auths;
	enum frame_kind k;
	struct slice msg;

	framer_feed(&c->framer, p, n);
	while (
	    !c->doomed && (k = framer_next(&c->framer, &msg)) != FRAME_NONE) {
		c->before_last_in = c->last_in;
		c->last_in = l->now;
		switch (k) {
		case FRAME_XML:
			if (!is_ours(l, c, k, msg))
				put_frame(l, c, "xml", msg);
			break;
		case FRAME_PB:
			if (c->kind == FAN_XML)
				c->kind = FAN_DECLARED;
			if (!is_ours(l, c, k, msg))
				protobuf(l, c, msg);
			break;
		case FRAME_AUTH:
			forget_auth(l, c, msg);
			break;
		default:
			listen_doom(l, c, frame_kind_name(k));
		}
	}
	if (l->n.auths != auths || c->framer.auth)
		explicit_bzero(p, n);
	return c->doomed ? -1 : account_unfinished(l, c);
}
