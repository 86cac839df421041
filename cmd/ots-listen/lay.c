#include "lay.h"

#include <errno.h>

#include "base64.h"
#include "cotpb.h"
#include "log.h"

/* As it stands before an event (cot-streaming 2.1). */
#define DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

#define ANSWERS_QUEUE ((size_t)16384)

static bool
too_big(struct listen *l)
{
	l->n.too_big++;
	log_kv(LOG_BAD_RECORD, "why", "an event over --max-send", NULL);
	return false;
}

static bool
no_memory(struct listen *l)
{
	l->n.no_memory++;
	return false;
}

/* ---- XML ---- */

static bool
lay_xml(struct listen *l, struct lay *e, enum fan_kind kind)
{
	struct slice head = SLICE("");
	size_t n = e->xml.n;
	char *to;

	if (kind == FAN_DECLARED)
		head = SLICE(DECLARATION);
	/* Escaped it is at most twice as long: no need to look closer. */
	if (n / 2 > l->cfg.max_send)
		return too_big(l);
	to = fan_reserve(&l->fan, kind, head.n + n);
	if (!to)
		return no_memory(l);
	memcpy(to, head.p, head.n);
	if (e->escaped)
		n = rec_unescape_into(to + head.n, e->xml);
	else
		memcpy(to + head.n, e->xml.p, n);
	if (head.n + n > l->cfg.max_send)
		return too_big(l);
	e->ref[kind] = fan_commit(&l->fan, kind, head.n + n, e->class, e->uid);
	return true;
}

/* ---- protobuf ---- */

/* Begin a frame with a message of n bytes: where they go. */
static char *
open_frame(struct listen *l, size_t n, size_t *head)
{
	/* What padding stands for is written before it is taken back. */
	char *to = fan_reserve(&l->fan, FAN_PB, FRAME_HEAD_MAX + n + 2);

	if (!to) {
		(void)no_memory(l);
		return NULL;
	}
	*head = frame_head(to, n);
	return to + *head;
}

static void
close_frame(struct listen *l, struct lay *e, size_t n)
{
	e->ref[FAN_PB] = fan_commit(&l->fan, FAN_PB, n, e->class, e->uid);
}

/* Bytes that this base64 stands for, if it is some. */
static size_t
decoded(struct slice text)
{
	if (text.n < 4)
		return 0;
	return BASE64_DECODED_MAX(text.n) - slice_ends(text, "=") -
	    slice_ends(text, "==");
}

/* What ots-parse has encoded. 1; 0: there is no memory; -1: it is none, or too
 * large: it may have fields that XML has not. */
static int
lay_ready(struct listen *l, struct lay *e)
{
	size_t n = decoded(e->pb), head;
	char *to;

	if (n == 0)
		return -1;
	if (n > l->cfg.max_send)
		return -1;
	to = open_frame(l, n, &head);
	if (!to)
		return 0;
	if (base64_decode(to, e->pb) != (ssize_t)n) {
		l->n.bad++;
		return -1;
	}
	close_frame(l, e, head + n);
	return 1;
}

static bool
not_encoded(struct listen *l)
{
	if (errno == ENOBUFS)
		return too_big(l);
	if (errno == ENOMEM)
		return no_memory(l);
	l->n.unencodable++;
	log_kv(LOG_BAD_RECORD, "why",
	    "an event that cannot be written as protobuf", NULL);
	return false;
}

/* The canonical XML in plain. */
static bool
plain(struct listen *l, const struct lay *e, struct slice *xml)
{
	struct fan_ref laid = e->ref[FAN_XML];

	*xml = e->xml;
	if (!e->escaped)
		return true;
	if (laid.c) {
		*xml = (struct slice){
		    laid.c->data + laid.c->ev[laid.i].off, laid.len};
		return true;
	}
	buf_clear(&l->scratch);
	if (rec_unescape(&l->scratch, e->xml) < 0)
		return false;
	*xml = buf_slice(&l->scratch);
	return true;
}

/* What came as XML alone. */
static bool
lay_encoded(struct listen *l, struct lay *e)
{
	struct cotpb_source from = {.without_marti = true};
	size_t n, head;
	char *to;

	if (!l->pb)
		l->pb = cotpb_new(l->cfg.max_event);
	if (!l->pb)
		return no_memory(l);
	buf_clear(&l->message);
	if (!plain(l, e, &from.xml) ||
	    cotpb_encode(l->pb, &from, &l->message) < 0)
		return not_encoded(l);
	n = buf_size(&l->message);
	if (n > l->cfg.max_send)
		return too_big(l);
	l->n.encoded++;
	to = open_frame(l, n, &head);
	if (!to)
		return false;
	memcpy(to, buf_data(&l->message), n);
	close_frame(l, e, head + n);
	return true;
}

static bool
lay_pb(struct listen *l, struct lay *e)
{
	int r = e->pb.n ? lay_ready(l, e) : -1;

	return r < 0 ? lay_encoded(l, e) : r > 0;
}

bool
lay_down(struct listen *l, struct lay *e, enum fan_kind kind)
{
	if (e->ref[kind].c)
		return true;
	if (e->failed[kind])
		return false;
	e->failed[kind] =
	    !(kind == FAN_PB ? lay_pb(l, e) : lay_xml(l, e, kind));
	if (e->receipt && !e->failed[kind])
		fan_ask(e->ref[kind], e->receipt);
	return !e->failed[kind];
}

/* ---- our own events ---- */

bool
lay_spares(struct listen *l, struct client *c)
{
	if (c->q.bytes > ANSWERS_QUEUE &&
	    (c->blocked || c->last_pong == l->now))
		return true;
	c->last_pong = l->now;
	return false;
}

int
lay_for(struct listen *l, struct client *c, struct slice xml)
{
	struct lay e = {.xml = xml, .class = FAN_CONTROL};

	if (!lay_down(l, &e, c->kind))
		return -1;
	if (fan_push(&c->q, e.ref[c->kind]) < 0) {
		l->n.no_memory++;
		return -1;
	}
	listen_mark(l, c, FAN_CONTROL);
	return 0;
}
