/* proto.h - what version of the TAK protocol goes out: the client's side of
 * cot-streaming 4.2. Pure: the caller tells what was heard and when the time to
 * wait is over, and asks what may be done. Whatever goes out, both versions
 * are understood when they come in. */
#ifndef CAT_PROTO_H
#define CAT_PROTO_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "str.h"
#include "takp.h"

/* How long an offer, and then an answer, is waited for. */
#define PROTO_WAIT_US 60000000

enum proto_want { PROTO_WANT_XML, PROTO_WANT_PROTOBUF, PROTO_WANT_AUTO };

enum proto_state {
	PROTO_XML,     /* for good */
	PROTO_WAITS,   /* XML; something may still come that changes it */
	PROTO_OFFERED, /* the request is to be sent next */
	PROTO_ASKED,   /* it was sent: nothing else goes out until the answer */
	PROTO_BINARY,  /* TakMessages, for good */
	PROTO_OVER,    /* cannot go on: `why` */
};

struct proto {
	enum proto_want want;
	enum proto_state state;
	bool datagrams;
	char uid[TAKP_UID_MAX]; /* of the offer, raw */
	size_t uid_n;
	const char *why; /* goes behind the name of the other side */
};

/* On a stream the server's offer is waited for, unless XML is wanted. Where
 * there are datagrams, nobody offers: protobuf is sent from the beginning, or
 * (PROTO_WANT_AUTO) from when it was heard on. */
void proto_init(struct proto *p, enum proto_want want, bool datagrams);

/* Is it an event of the link itself (t-x-takp-*), which is shown to nobody? */
bool proto_is_control(struct slice type);

/* Such an event of the server. If that makes it PROTO_BINARY, the stream that
 * comes in is binary from the end of this event on. */
void proto_hear(struct proto *p, struct slice xml);
/* A TakMessage in a datagram. */
void proto_hear_pb(struct proto *p);

/* PROTO_OFFERED: append the request. 0, or -1 (buf.h), then ask again. */
int proto_ask(struct proto *p, int64_t now_ms, struct buf *tx);

/* Is there an end to this state, PROTO_WAIT_US from its beginning (PROTO_ASKED:
 * from when all was sent)? It is over. */
bool proto_is_timed(const struct proto *p);
void proto_late(struct proto *p);

/* No event may be sent now. */
bool proto_is_mute(const struct proto *p);

static inline bool
proto_is_binary(const struct proto *p)
{
	return p->state == PROTO_BINARY;
}

#endif
