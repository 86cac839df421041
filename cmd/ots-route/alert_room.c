#include "state.h"

/* What gives way when there are too many alerts. Who raises many, on as many
 * connections as he likes, must not end those of others. */

#define ALERTS_MAX  1000
#define ALERTS_CONN 16 /* of one connection */
#define ALERTS_PEER 32 /* of one peer, also those that it left */

/* Which limit one more would pass. */
enum limit {
	LIMIT_NONE,
	LIMIT_CONN,
	LIMIT_PEER,
	LIMIT_ALL,
};

/* `old` is about to be replaced: it does not count. */
static enum limit
alert_limit(
    const struct route *r, const struct conn *c, const struct alert *old)
{
	size_t all = r->n_alerts, peer = 0, own = c->alerts;

	if (c->peer != NULL)
		peer = c->peer->alerts;
	if (old != NULL) {
		all--;
		if (c->peer != NULL && old->peer == c->peer)
			peer--;
		if (old->live && old->from == c)
			own--;
	}
	if (!c->feed && own >= ALERTS_CONN)
		return LIMIT_CONN;
	if (!c->feed && peer >= ALERTS_PEER)
		return LIMIT_PEER;
	return all >= ALERTS_MAX ? LIMIT_ALL : LIMIT_NONE;
}

/* How readily it gives way to one of `c`; 0: not at all. Those whose sender
 * has gone come first, from the peer that left most of them; then those of the
 * connection with most; then those of local programs. The only one of a
 * connection gives way to its own. */
static unsigned
alert_rank(const struct alert *a, const struct conn *c)
{
	if (!a->live)
		return ALERTS_MAX + 1 + (a->peer != NULL ? a->peer->left : 0);
	if (a->from->alerts > 1 && !a->from->feed)
		return a->from->alerts;
	return a->from == c || a->from->feed ? 1 : 0;
}

/* Of those that rank equal, the oldest. */
static struct alert *
alert_victim(const struct route *r, const struct conn *c,
    const struct alert *old, enum limit limit)
{
	struct alert *a, *victim = NULL;
	unsigned rank, most = 0;

	TAILQ_FOREACH(a, &r->alerts, link)
	{
		if (a == old ||
		    (limit == LIMIT_CONN && !(a->live && a->from == c)) ||
		    (limit == LIMIT_PEER && a->peer != c->peer))
			continue;
		rank = alert_rank(a, c);
		if (rank > most ||
		    (victim != NULL && rank == most &&
			a->began < victim->began)) {
			most = rank;
			victim = a;
		}
	}
	return victim;
}

bool
alert_make_room(struct route *r, const struct conn *c, const struct alert *old)
{
	enum limit limit = alert_limit(r, c, old);
	struct alert *victim;

	if (limit == LIMIT_NONE)
		return true;
	victim = alert_victim(r, c, old, limit);
	if (victim == NULL)
		return false;
	alert_end(r, victim, "evicted");
	return true;
}
