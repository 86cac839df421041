#include "mesh.h"

#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "cotscan.h"
#include "log.h"
#include "pbpeek.h"
#include "tell.h"

#define MARK '\xbf'

/* Before a TakMessage: a TakControl without content says that versions 1 to 1
 * are read (cot-streaming 5.1). */
#define HEAD   FRAME_MESH CONTROL "\0"
#define HEAD_N (sizeof HEAD - 1)
/* Tags of protobuf: number and type of a field. */
#define CONTROL     "\x0a" /* TakMessage.takControl */
#define CONTACT_UID '\x1a' /* TakControl.contactUid */

/* ---- in ---- */

static void
bad(struct mesh_datagram *d, const char *why)
{
	d->what = MESH_BAD;
	d->why = why;
}

/* What concerns two ends of a connection is not for the others. */
static bool
is_private(struct slice type)
{
	return slice_is(type, "t-x-c-t") || slice_starts(type, "t-x-takp-");
}

static void
is_xml(struct slice xml, struct mesh_datagram *d)
{
	struct slice type;

	d->event = xml;
	d->what = cotscan_attr(xml, "type", &type) && is_private(type)
	    ? MESH_IGNORED
	    : MESH_XML;
}

static void
is_message(struct slice msg, struct mesh_datagram *d)
{
	struct slice type;

	d->v1 = true;
	d->event = msg;
	if (pbpeek_type(msg, &type) == PBPEEK_EVENT)
		d->what = is_private(type) ? MESH_IGNORED : MESH_PB;
	else if (msg.n == 0 || slice_starts(msg, CONTROL))
		d->what = MESH_CONTROL;
	else
		bad(d, "no-event");
}

/* White space and NUL, which some write behind a text, are no garbage. */
static size_t
count_garbage(const char *p, const char *end)
{
	while (end > p && (is_blank(end[-1]) || end[-1] == '\0'))
		end--;
	return (size_t)(end - p);
}

/* The first document, or frame of a stream. */
static void
read_first(struct slice bytes, size_t max, struct mesh_datagram *d)
{
	struct framer f;
	struct slice msg;
	enum frame_kind kind;

	framer_init(&f, max);
	f.keep.wipe = true; /* <auth> that lacks its end */
	framer_feed(&f, bytes.p, bytes.n);
	kind = framer_next(&f, &msg);
	switch (kind) {
	case FRAME_XML:
		is_xml(msg, d);
		break;
	case FRAME_PB:
		is_message(msg, d);
		break;
	case FRAME_AUTH:
		d->what = MESH_IGNORED;
		break;
	case FRAME_NONE:
		bad(d, bytes.n ? "no-event" : "empty");
		break;
	default:
		bad(d, frame_kind_name(kind));
	}
	d->garbage = f.garbage;
	if (d->what != MESH_BAD)
		d->garbage += count_garbage(msg.p + msg.n, bytes.p + bytes.n);
	framer_fini(&f);
}

void
mesh_read(struct slice bytes, size_t max, struct mesh_datagram *d)
{
	*d = (struct mesh_datagram){0};
	if (bytes.n < 3 || bytes.p[0] != MARK || bytes.p[2] != MARK) {
		read_first(bytes, max, d);
		return;
	}
	if (bytes.p[1] != 1)
		bad(d, "version");
	else if (bytes.n - 3 > max)
		bad(d, frame_kind_name(FRAME_TOO_BIG));
	else
		is_message((struct slice){bytes.p + 3, bytes.n - 3}, d);
}

/* ---- who is heard ---- */

struct sender {
	TAILQ_ENTRY(sender) by_heard, by_v1;
	uint64_t heard, wrote_v1;
	bool v1;
	char name[NET_TEXT_MAX];
};

void
mesh_init(struct mesh *m, enum mesh_proto proto, const uint64_t seed[2])
{
	*m = (struct mesh){.proto = proto};
	map_init(&m->by_name, seed);
	TAILQ_INIT(&m->heard);
	TAILQ_INIT(&m->v1);
}

static void
leave_v1(struct mesh *m, struct sender *s)
{
	if (!s->v1)
		return;
	TAILQ_REMOVE(&m->v1, s, by_v1);
	m->n_v1--;
	s->v1 = false;
}

static void
forget(struct mesh *m, struct sender *s)
{
	leave_v1(m, s);
	TAILQ_REMOVE(&m->heard, s, by_heard);
	m->n_heard--;
	(void)map_del(&m->by_name, slice_of(s->name));
	free(s);
}

void
mesh_fini(struct mesh *m)
{
	struct sender *s;

	while ((s = TAILQ_FIRST(&m->heard)))
		forget(m, s);
	map_fini(&m->by_name);
}

/* Both lists are in the order of time: who is too old stands first. */
static void
expire(struct mesh *m, uint64_t now)
{
	struct sender *s;

	while ((s = TAILQ_FIRST(&m->heard)) && now - s->heard > MESH_BELIEVE_US)
		forget(m, s);
	while ((s = TAILQ_FIRST(&m->v1)) && now - s->wrote_v1 > MESH_BELIEVE_US)
		leave_v1(m, s);
}

/* A new one at the end of the list; NULL: no memory. */
static struct sender *
meet(struct mesh *m, struct slice from)
{
	struct sender *s;
	void **at;

	if (from.n >= sizeof s->name || !(s = calloc(1, sizeof *s)))
		return NULL;
	memcpy(s->name, from.p, from.n);
	at = map_at(&m->by_name, from, true);
	if (!at) {
		free(s);
		return NULL;
	}
	*at = s;
	TAILQ_INSERT_TAIL(&m->heard, s, by_heard);
	m->n_heard++;
	return s;
}

void
mesh_heard(struct mesh *m, struct slice from, bool v1, uint64_t now)
{
	struct sender *s;

	expire(m, now);
	s = map_get(&m->by_name, from);
	if (!s && m->n_heard == MESH_SENDERS_MAX) {
		/* Who is forgotten may be one who reads XML only. */
		m->unsure_until = now + MESH_BELIEVE_US;
		forget(m, TAILQ_FIRST(&m->heard));
	}
	if (!s && !(s = meet(m, from))) {
		m->unsure_until = now + MESH_BELIEVE_US;
		return;
	}
	s->heard = now;
	TAILQ_REMOVE(&m->heard, s, by_heard);
	TAILQ_INSERT_TAIL(&m->heard, s, by_heard);
	if (!v1)
		return;
	leave_v1(m, s);
	s->v1 = true;
	s->wrote_v1 = now;
	TAILQ_INSERT_TAIL(&m->v1, s, by_v1);
	m->n_v1++;
}

enum fan_kind
mesh_kind(struct mesh *m, uint64_t now)
{
	if (m->proto != MESH_AUTO)
		return m->proto == MESH_ALWAYS_PB ? FAN_PB : FAN_XML;
	expire(m, now);
	return m->n_heard && m->n_v1 == m->n_heard && now >= m->unsure_until
	    ? FAN_PB
	    : FAN_XML;
}

/* ---- frames ---- */

static void
put_frame(struct listen *l, struct client *c, const struct mesh_datagram *d,
    const char *from)
{
	bool pb = d->what == MESH_PB;
	struct rec_writer w;

	buf_clear(&l->scratch);
	if (pb && base64_encode(&l->scratch, d->event) < 0) {
		l->n.no_memory++;
		return;
	}
	tell_frame(l, &w, c);
	rec_puts(&w, "peer", from);
	rec_put(&w, pb ? "pb" : "xml", pb ? buf_slice(&l->scratch) : d->event);
	if (rec_end(&w) < 0) {
		l->n.no_memory++;
		return;
	}
	l->n.messages++;
	l->n.protobuf += pb;
	c->messages++;
}

static void
report_bad(
    const struct client *c, const char *why, size_t size, const char *from)
{
	struct log_line line;

	log_open(&line, LOG_BAD_MESSAGE);
	log_s(&line, "conn", c->conn);
	log_s(&line, "peer", from);
	log_s(&line, "why", why);
	log_u64(&line, "bytes", size);
	log_send(&line);
}

void
mesh_input(struct mesh *m, struct mesh_counters *n, struct listen *l,
    struct client *c, char *p, size_t size, const char *from)
{
	struct mesh_datagram d;

	mesh_read((struct slice){p, size}, l->cfg.max_event, &d);
	c->framer.garbage += d.garbage;
	if (d.what == MESH_XML && memchr(d.event.p, '\0', d.event.n)) {
		l->n.nul++;
		bad(&d, "nul");
	}
	if (d.what == MESH_BAD) {
		n->bad++;
		report_bad(c, d.why, size, from);
		/* It may have been <auth>, in pieces. */
		explicit_bzero(p, size);
		return;
	}
	mesh_heard(m, slice_of(from), d.v1, l->now);
	c->before_last_in = c->last_in;
	c->last_in = l->now;
	n->control += d.what == MESH_CONTROL;
	n->ignored += d.what == MESH_IGNORED;
	if (d.what == MESH_XML || d.what == MESH_PB)
		put_frame(l, c, &d, from);
	else
		explicit_bzero(p, size);
}

/* ---- out ---- */

/* Bytes before the TakMessage of a stream's frame; 0: it is none. */
static size_t
skip_head(struct slice frame)
{
	size_t i;

	for (i = 1; i < frame.n && i < FRAME_HEAD_MAX; i++)
		if (!((unsigned char)frame.p[i] & 0x80))
			return i + 1;
	return 0;
}

static struct iovec
piece(const char *p, size_t n)
{
	struct iovec v = {.iov_len = n};

	/* Only read by sendmsg(2); the type cannot say so. */
	memcpy(&v.iov_base, &p, sizeof p);
	return v;
}

int
mesh_pieces(struct slice delivery, struct iovec out[MESH_PIECES])
{
	size_t head;

	if (delivery.n == 0 || delivery.p[0] != MARK) {
		out[0] = piece(delivery.p, delivery.n);
		return delivery.n <= NET_DATAGRAM_MAX;
	}
	head = skip_head(delivery);
	if (head == 0 || delivery.n - head > NET_DATAGRAM_MAX - HEAD_N)
		return 0;
	out[0] = piece(HEAD, HEAD_N);
	out[1] = piece(delivery.p + head, delivery.n - head);
	return 2;
}

size_t
mesh_control(char out[MESH_CONTROL_MAX], struct slice uid)
{
	size_t n = uid.n < SLOT_NODE_MAX ? uid.n : SLOT_NODE_MAX;

	memcpy(out, HEAD, HEAD_N);
	if (n == 0)
		return HEAD_N;
	out[HEAD_N - 1] = (char)(n + 2);
	out[HEAD_N] = CONTACT_UID;
	out[HEAD_N + 1] = (char)n;
	memcpy(out + HEAD_N + 2, uid.p, n);
	return HEAD_N + 2 + n;
}
