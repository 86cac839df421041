#include "state.h"

#include <stdlib.h>

/* A longer host or user is cut: then it shares what it may use with others
 * that begin alike. */
#define HOST_MAX 128

static struct slice
cut(struct slice s, size_t max)
{
	return (struct slice){s.p, s.n < max ? s.n : max};
}

/* The table's key: the host, a TAB (never within an escaped value), the
 * user. */
struct peer *
peer_get(struct route *r, struct slice host, struct slice user)
{
	char text[HOST_MAX + 1 + EVENT_NAME_MAX];
	struct slice key = {text, 0};
	struct peer *p;
	void **at;

	host = cut(host, HOST_MAX);
	user = cut(user, EVENT_NAME_MAX);
	memcpy(text, host.p, host.n);
	key.n = host.n;
	if (user.n > 0) {
		text[key.n++] = '\t';
		memcpy(text + key.n, user.p, user.n);
		key.n += user.n;
	}
	at = map_at(&r->peers, key, true);
	if (at == NULL)
		return NULL;
	if (*at != NULL)
		return peer_ref(*at);
	p = calloc(1, sizeof(*p) + key.n);
	if (p == NULL) {
		(void)map_del(&r->peers, key);
		return NULL;
	}
	p->refs = 1;
	p->n = key.n;
	memcpy(p->text, key.p, key.n);
	*at = p;
	return p;
}

struct peer *
peer_ref(struct peer *p)
{
	if (p != NULL)
		p->refs++;
	return p;
}

void
peer_unref(struct route *r, struct peer *p)
{
	if (p == NULL || --p->refs > 0)
		return;
	(void)map_del(&r->peers, (struct slice){p->text, p->n});
	free(p);
}

/* HOST of HOST:PORT; an address in brackets keeps its own colons. */
static struct slice
peer_host(struct slice peer)
{
	const char *colon = memrchr(peer.p, ':', peer.n);

	if (colon == NULL || peer.p[peer.n - 1] == ']')
		return peer;
	return (struct slice){peer.p, (size_t)(colon - peer.p)};
}

void
peer_open(struct route *r, struct conn *c, const struct rec *rec)
{
	struct slice peer, user = {"", 0};
	struct peer *p;

	if (!rec_raw(rec, "peer", &peer) || peer.n == 0)
		return;
	(void)rec_raw(rec, "user", &user);
	p = peer_get(r, peer_host(peer), user);
	if (p == NULL) {
		r->count[ROUTE_DROPPED]++;
		return;
	}
	/* What it raised before its open was heard of is of this peer, too. */
	if (p != c->peer)
		alert_move(r, c, p);
	peer_unref(r, c->peer);
	c->peer = p;
}
