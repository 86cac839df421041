/* takp.h - the three events by which a stream changes to TAK protocol version 1
 * (cot-streaming 4.1): the server's offer (t-x-takp-v), the client's request
 * (t-x-takp-q), the server's answer (t-x-takp-r). Pure. */
#ifndef OTS_TAKP_H
#define OTS_TAKP_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "str.h"

#define TAKP_VERSION 1
#define TAKP_UID_MAX 256 /* bytes of the raw uid that an answer repeats */

enum takp_kind { TAKP_NONE, TAKP_OFFER, TAKP_REQUEST, TAKP_ANSWER };

struct takp {
	enum takp_kind kind;
	/* Raw, as it stands in the document; empty if there is none, it is too
	 * long, is no value of an attribute, or has a control character. */
	struct slice uid;
	/* Version 1 is offered, wanted, granted. */
	bool yes;
};

/* What an event document of a stranger is; one look at its root start tag says
 * TAKP_NONE of all others. The uid is a loan. */
enum takp_kind takp_read(struct slice xml, struct takp *t);

/* Append one. uid: raw, as takp_read gave it, or of our own that needs no
 * escape. 0, or -1 (buf.h). */
int takp_offer(struct buf *out, int64_t now_ms, struct slice uid);
int takp_request(struct buf *out, int64_t now_ms, struct slice uid);
int takp_answer(struct buf *out, int64_t now_ms, struct slice uid, bool yes);

#endif
