#include "config.h"

struct config config = {
    .node = "local",
    .max_event = 1 << 20,
    .max_send = 65536,
    .queue_max = 1 << 20,
    .queue_burst = 16 << 20,
    .queue_total = 256 << 20,
    .input_total = 256 << 20,
    .gather_max = 20000,
    .dead_after = 120,
};

static const char *
add_tcp(void *ctx, const char *text)
{
	struct config *c = ctx;

	if (c->n_tcp == SERVER_LISTENERS_MAX)
		return "too many addresses";
	if (net_parse(slice_of(text), &c->tcp[c->n_tcp]) < 0)
		return "not ADDR:PORT, [ADDR]:PORT or :PORT with a numeric "
		       "address";
	c->tcp_text[c->n_tcp++] = text;
	return NULL;
}

static const struct opt opts[] = {
    {0, "tcp", "ADDR:PORT", NULL, OPT_FN, NULL, 0, 0, add_tcp,
	"serve TCP there (repeatable; port 0: any free one)"},
    {0, "node", "NAME", "OTS_NODE_ID", OPT_STR, &config.node, 0, 0, NULL,
	"name of this node in connection ids [local]"},
    {0, "max-clients", "N", NULL, OPT_U64, &config.max_clients, 1, 1 << 24,
	NULL, "clients at a time [what open files allow]"},
    {0, "max-event", "BYTES", NULL, OPT_BYTES, &config.max_event, 1024, 8 << 20,
	NULL, "longest message of a client [1M]"},
    {0, "max-send", "BYTES", NULL, OPT_BYTES, &config.max_send, 1024, 8 << 20,
	NULL, "longest event delivered [64K, what ATAK takes]"},
    {0, "queue-max", "BYTES", NULL, OPT_BYTES, &config.queue_max, 131072,
	(uint64_t)1 << 30, NULL, "queue of a slow client [1M]"},
    {0, "queue-burst", "BYTES", NULL, OPT_BYTES, &config.queue_burst, 131072,
	(uint64_t)1 << 30, NULL, "queue of any client for one second [16M]"},
    {0, "queue-total", "BYTES", NULL, OPT_BYTES, &config.queue_total, 1 << 20,
	(uint64_t)1 << 40, NULL, "queues of all such clients [256M]"},
    {0, "input-total", "BYTES", NULL, OPT_BYTES, &config.input_total, 1 << 20,
	(uint64_t)1 << 40, NULL, "unfinished messages of all clients [256M]"},
    {0, "gather-max", "MS", NULL, OPT_MS, &config.gather_max, 0, 10000000, NULL,
	"longest time that deliveries are gathered [20]"},
    {0, "dead-after", "S", NULL, OPT_U64, &config.dead_after, 10, 86400, NULL,
	"close a client that has not answered for so long [120]"},
    {0},
};

const struct opt_prog config_prog = {
    .name = "ots-listen",
    .synopsis = "--tcp ADDR:PORT [options] <deliveries >frames",
    .about = "Owns the connections of TAK clients: frames out, deliveries in.",
    .opts = opts,
    .ctx = &config,
};
