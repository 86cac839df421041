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
    .handshake_timeout = 10000000,
    .unfinished_max = 4096,
    .unfinished_per_address = 1024,
};

static const char *
add(struct config *c, const struct link_ops *ops, const char *text)
{
	struct config_listener *li = &c->listener[c->n_listeners];

	if (c->n_listeners == SERVER_LISTENERS_MAX)
		return "too many addresses";
	if (net_parse(slice_of(text), &li->addr) < 0)
		return "not ADDR:PORT, [ADDR]:PORT or :PORT with a numeric "
		       "address";
	li->ops = ops;
	li->text = text;
	c->n_listeners++;
	return NULL;
}

static const char *
add_tcp(void *ctx, const char *text)
{
	return add(ctx, &link_tcp, text);
}

static const char *
add_tls(void *ctx, const char *text)
{
	struct config *c = ctx;

	c->tls = true;
	return add(c, &link_tls, text);
}

static const char *
set_password(void *ctx, const char *text)
{
	static const char *const words[] = {"as-needed", "always", "never"};
	struct config *c = ctx;
	int i;

	for (i = 0; i < 3; i++)
		if (slice_is(slice_of(text), words[i])) {
			c->password = (enum enter_rule)i;
			return NULL;
		}
	return "not as-needed, always or never";
}

static const struct opt opts[] = {
    {0, "tcp", "ADDR:PORT", NULL, OPT_FN, NULL, 0, 0, add_tcp,
	"serve TCP there (repeatable; port 0: any free one)"},
    {0, "tls", "ADDR:PORT", NULL, OPT_FN, NULL, 0, 0, add_tls,
	"serve TLS there, to clients with a certificate (repeatable)"},
    {0, "cert", "FILE", NULL, OPT_STR, &config.files.cert, 0, 0, NULL,
	"certificate of the server and its chain, PEM"},
    {0, "key", "FILE", NULL, OPT_STR, &config.files.key, 0, 0, NULL,
	"its private key, PEM"},
    {0, "ca", "FILE", NULL, OPT_STR, &config.files.ca, 0, 0, NULL,
	"who signs certificates of clients, PEM"},
    {0, "crl", "FILE", NULL, OPT_STR, &config.files.crl, 0, 0, NULL,
	"which of them are revoked, PEM"},
    {0, "auth", "PATH", NULL, OPT_STR, &config.auth, 0, 0, NULL,
	"socket of ots-auth, which checks passwords"},
    {0, "password", "WHEN", NULL, OPT_FN, NULL, 0, 0, set_password,
	"when one is wanted: as-needed, always, never [as-needed]"},
    {0, "per-user", "N", NULL, OPT_U64, &config.per_user, 0, 1 << 24, NULL,
	"sessions of a user; the newest stay [0: any number]"},
    {0, "handshake-timeout", "S", NULL, OPT_SECONDS, &config.handshake_timeout,
	100000, 600000000, NULL, "time to come in by TLS [10]"},
    {0, "unfinished-max", "N", NULL, OPT_U64, &config.unfinished_max, 1,
	1 << 20, NULL, "clients that are coming in by TLS [4096]"},
    {0, "unfinished-per-address", "N", NULL, OPT_U64,
	&config.unfinished_per_address, 1, 1 << 20, NULL,
	"... of one address [1024]"},
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
    .synopsis = "--tcp|--tls ADDR:PORT [options] <deliveries >frames",
    .about = "Owns the connections of TAK clients: frames out, deliveries in.",
    .opts = opts,
    .ctx = &config,
};
