#include "proto.h"

#include <string.h>

#define REMEDY ": --proto auto goes on in XML"

void
proto_init(struct proto *p, enum proto_want want, bool datagrams)
{
	memset(p, 0, sizeof *p);
	p->want = want;
	p->datagrams = datagrams;
	if (want == PROTO_WANT_XML)
		p->state = PROTO_XML;
	else if (datagrams && want == PROTO_WANT_PROTOBUF)
		p->state = PROTO_BINARY;
	else
		p->state = PROTO_WAITS;
}

bool
proto_is_control(struct slice type)
{
	return slice_starts(type, "t-x-takp-");
}

/* XML from now on, or the end. */
static void
no_protobuf(struct proto *p, const char *why)
{
	p->state = p->want == PROTO_WANT_AUTO ? PROTO_XML : PROTO_OVER;
	p->why = why;
}

static void
offered(struct proto *p, const struct takp *offer)
{
	if (!offer->yes)
		return;
	p->state = PROTO_OFFERED;
	p->uid_n = offer->uid.n < sizeof p->uid ? offer->uid.n : 0;
	if (p->uid_n)
		memcpy(p->uid, offer->uid.p, p->uid_n);
}

void
proto_hear(struct proto *p, struct slice xml)
{
	struct takp t;
	enum takp_kind kind = takp_read(xml, &t);

	if (p->datagrams)
		return;
	if (kind == TAKP_OFFER && p->state == PROTO_WAITS)
		offered(p, &t);
	else if (kind == TAKP_ANSWER && p->state == PROTO_ASKED && t.yes)
		p->state = PROTO_BINARY;
	else if (kind == TAKP_ANSWER && p->state == PROTO_ASKED)
		no_protobuf(p, "has refused to speak protobuf" REMEDY);
}

void
proto_hear_pb(struct proto *p)
{
	if (p->datagrams && p->state == PROTO_WAITS)
		p->state = PROTO_BINARY;
}

int
proto_ask(struct proto *p, int64_t now_ms, struct buf *tx)
{
	struct slice uid = {p->uid, p->uid_n};

	if (takp_request(tx, now_ms, uid.n ? uid : SLICE("ots-cat")) < 0)
		return -1;
	p->state = PROTO_ASKED;
	return 0;
}

bool
proto_is_timed(const struct proto *p)
{
	return p->state == PROTO_ASKED ||
	    (p->state == PROTO_WAITS && !p->datagrams);
}

void
proto_late(struct proto *p)
{
	if (p->state == PROTO_ASKED || p->state == PROTO_OFFERED) {
		p->state = PROTO_OVER;
		p->why = "has not answered the request for protobuf in time: "
			 "--proto xml does not ask";
	} else if (p->state == PROTO_WAITS && !p->datagrams) {
		no_protobuf(p, "has not offered protobuf in time" REMEDY);
	}
}

bool
proto_is_mute(const struct proto *p)
{
	if (p->state == PROTO_ASKED || p->state == PROTO_OVER)
		return true;
	return p->want == PROTO_WANT_PROTOBUF && p->state != PROTO_BINARY;
}
