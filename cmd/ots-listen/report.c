#include "report.h"

#include "log.h"

static bool
client_at_fault(const char *why)
{
	return !slice_is(slice_of(why), "eof") &&
	    !slice_is(slice_of(why), "reset") &&
	    !slice_is(slice_of(why), "timeout") &&
	    !slice_is(slice_of(why), "hangup");
}

void
report_close(const struct client *c)
{
	struct log_line line;

	log_open(&line, client_at_fault(c->why) ? LOG_BAD_CLIENT : LOG_CLOSE);
	log_s(&line, "conn", c->conn);
	log_s(&line, "peer", c->peer);
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
	log_s(&line, "conn", c->conn);
	log_s(&line, "peer", c->peer);
	log_u64(&line, "messages", c->messages);
	log_u64(&line, "keys", c->holder.n);
	log_u64(&line, "queued", c->q.bytes);
	log_u64(&line, "blocked", c->blocked);
	log_u64(&line, "replaced", c->q.replaced);
	log_u64(&line, "dropped", c->q.dropped);
	log_send(&line);
}

void
report_counters(const struct listen *l, uint64_t bad_records, bool clients)
{
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
	n.bad += bad_records;
	log_open(&line, LOG_COUNTERS);
	log_u64(&line, "clients", l->slots.used);
	log_u64(&line, "blocked", l->n_blocked);
	log_u64(&line, "queued", queued);
#define X(name, help) log_u64(&line, #name, n.name);
	LISTEN_COUNTERS(X)
#undef X
	log_send(&line);
}
