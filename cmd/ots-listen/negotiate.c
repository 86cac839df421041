#include "negotiate.h"

#include "lay.h"
#include "takp.h"

/* Names the transaction; a connection has one at most. */
#define OFFER_UID "takp"

static int64_t
now_ms(const struct listen *l)
{
	return (int64_t)(l->wall / 1000);
}

void
listen_offer(struct listen *l, struct client *c)
{
	if (l->cfg.no_protobuf)
		return;
	buf_clear(&l->scratch);
	if (takp_offer(&l->scratch, now_ms(l), SLICE(OFFER_UID)) == 0 &&
	    lay_for(l, c, buf_slice(&l->scratch)) == 0)
		l->n.offers++;
}

void
negotiate(struct listen *l, struct client *c, struct slice xml)
{
	struct takp t;
	bool yes;

	if (takp_read(xml, &t) != TAKP_REQUEST)
		return;
	yes = t.yes && !l->cfg.no_protobuf;
	/* Yes is said once, so it needs no limit. */
	if (!yes && lay_spares(l, c))
		return;
	buf_clear(&l->scratch);
	if (takp_answer(&l->scratch, now_ms(l), t.uid, yes) < 0 ||
	    lay_for(l, c, buf_slice(&l->scratch)) < 0)
		return;
	if (!yes) {
		l->n.denied++;
		return;
	}
	l->n.granted++;
	/* The answer is the last XML in its queue, the request the last that
	 * is read from it. */
	c->kind = FAN_PB;
	framer_binary(&c->framer);
}
