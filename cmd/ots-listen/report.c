#include "report.h"

#include "log.h"

static bool
client_at_fault(const char *why)
{
	static const char *const others[] = {"eof", "reset", "timeout",
	    "hangup", "revoked", "expired", "superseded", "ca-changed"};
	size_t i;

	for (i = 0; i < sizeof others / sizeof others[0]; i++)
		if (slice_is(slice_of(why), others[i]))
			return false;
	return true;
}

static void
log_client(struct log_line *line, const struct client *c)
{
	log_s(line, "conn", c->conn);
	log_s(line, "peer", c->peer);
	if (!c->who)
		return;
	log_s(line, "user", c->who->user);
	log_s(line, "serial", c->who->peer.serial);
}

void
report_refuse(const char *via, const char *peer, const struct identity *who,
    const char *why)
{
	struct log_line line;

	log_open(&line, LOG_REFUSE);
	log_s(&line, "via", via);
	log_s(&line, "peer", peer);
	if (who) {
		log_s(&line, "user", who->user);
		log_s(&line, "serial", who->peer.serial);
	}
	log_s(&line, "why", why);
	log_send(&line);
}

void
report_accept(const struct client *c)
{
	struct log_line line;

	log_open(&line, LOG_ACCEPT);
	log_client(&line, c);
	if (c->who) {
		log_s(&line, "version", c->who->peer.version);
		log_u64(&line, "resumed", c->who->peer.resumed);
	}
	log_send(&line);
}

void
report_close(const struct client *c)
{
	struct log_line line;

	log_open(&line, client_at_fault(c->why) ? LOG_BAD_CLIENT : LOG_CLOSE);
	log_client(&line, c);
	log_s(&line, "why", c->why);
	log_u64(&line, "messages", c->messages);
	log_u64(&line, "garbage", c->framer.garbage);
	log_u64(&line, "unsent", c->q.bytes);
	log_u64(&line, "replaced", c->q.replaced);
	log_u64(&line, "dropped", c->q.dropped);
	log_send(&line);
}

static void
report_client(const struct client *c)
{
	struct log_line line;

	log_open(&line, LOG_CLIENT);
	log_client(&line, c);
	log_u64(&line, "messages", c->messages);
	log_u64(&line, "keys", c->holder.n);
	log_u64(&line, "queued", c->q.bytes);
	log_u64(&line, "blocked", c->blocked);
	log_u64(&line, "replaced", c->q.replaced);
	log_u64(&line, "dropped", c->q.dropped);
	log_send(&line);
}

void
report_counters(const struct server *s, bool clients)
{
	const struct listen *l = &s->core;
	uint64_t queued = 0, replaced = l->n.replaced, dropped = l->n.dropped,
		 garbage = l->n.garbage;
	struct listen_counters n = l->n;
	struct log_line line;
	uint32_t i;

	for (i = 0; i < l->slots.cap; i++) {
		const struct client *c = l->slots.obj[i];

		if (!c)
			continue;
		queued += c->q.bytes;
		replaced += c->q.replaced;
		dropped += c->q.dropped;
		garbage += c->framer.garbage;
		if (clients)
			report_client(c);
	}
	n.replaced = replaced;
	n.dropped = dropped;
	n.garbage = garbage;
	n.bad += s->in.bad;
	log_open(&line, LOG_COUNTERS);
	log_u64(&line, "clients", l->slots.used);
	log_u64(&line, "blocked", l->n_blocked);
	log_u64(&line, "queued", queued);
#define X(name, help) log_u64(&line, #name, n.name);
	LISTEN_COUNTERS(X)
#undef X
	if (s->secure.ctx) {
		log_u64(&line, "unfinished", s->enter.crowd.n);
#define X(name, help) log_u64(&line, #name, s->enter.n.name);
		ENTER_COUNTERS(X)
#undef X
	}
	if (s->udps.n) {
#define X(name, help) log_u64(&line, "mesh_" #name, s->udps.n_mesh.name);
		MESH_COUNTERS(X)
#undef X
	}
	log_send(&line);
}
