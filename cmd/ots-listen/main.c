/* ots-listen: owns the sockets of EUDs. See ots-listen(8). */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "die.h"
#include "opt.h"
#include "server.h"

/* Descriptors beside those of clients: wires, signals, epoll, listeners. */
#define OTHER_FDS 64

/* Who only watches may wait so many times --gather-max. */
#define WATCHERS_WAIT 50

struct config {
	struct net_addr tcp[SERVER_LISTENERS_MAX];
	const char *tcp_text[SERVER_LISTENERS_MAX];
	int n_tcp;
	const char *node;
	uint64_t max_clients, max_event, max_send, queue_max, queue_burst,
	    queue_total;
	uint64_t input_total;
	uint64_t gather_max, dead_after;
};

static struct config cfg = {
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
    {0, "node", "NAME", "OTS_NODE_ID", OPT_STR, &cfg.node, 0, 0, NULL,
	"name of this node in connection ids [local]"},
    {0, "max-clients", "N", NULL, OPT_U64, &cfg.max_clients, 1, 1 << 24, NULL,
	"clients at a time [what open files allow]"},
    {0, "max-event", "BYTES", NULL, OPT_BYTES, &cfg.max_event, 1024, 8 << 20,
	NULL, "longest message of a client [1M]"},
    {0, "max-send", "BYTES", NULL, OPT_BYTES, &cfg.max_send, 1024, 8 << 20,
	NULL, "longest event delivered [64K, what ATAK takes]"},
    {0, "queue-max", "BYTES", NULL, OPT_BYTES, &cfg.queue_max, 131072,
	(uint64_t)1 << 30, NULL, "queue of a slow client [1M]"},
    {0, "queue-burst", "BYTES", NULL, OPT_BYTES, &cfg.queue_burst, 131072,
	(uint64_t)1 << 30, NULL, "queue of any client for one second [16M]"},
    {0, "queue-total", "BYTES", NULL, OPT_BYTES, &cfg.queue_total, 1 << 20,
	(uint64_t)1 << 40, NULL, "queues of all such clients [256M]"},
    {0, "input-total", "BYTES", NULL, OPT_BYTES, &cfg.input_total, 1 << 20,
	(uint64_t)1 << 40, NULL, "unfinished messages of all clients [256M]"},
    {0, "gather-max", "MS", NULL, OPT_MS, &cfg.gather_max, 0, 10000000, NULL,
	"longest time that deliveries are gathered [20]"},
    {0, "dead-after", "S", NULL, OPT_U64, &cfg.dead_after, 10, 86400, NULL,
	"close a client that has not answered for so long [120]"},
    {0},
};

static const struct opt_prog prog = {
    .name = "ots-listen",
    .synopsis = "--tcp ADDR:PORT [options] <deliveries >frames",
    .about = "Owns the connections of TAK clients: frames out, deliveries in.",
    .opts = opts,
    .ctx = &cfg,
};

static void
set_up(struct server *s)
{
	uint64_t files = net_raise_nofile(), seed[2];
	struct listen_config c = {.node = cfg.node,
	    .max_event = cfg.max_event,
	    .max_send = cfg.max_send,
	    .queue_max = cfg.queue_max,
	    .queue_burst = cfg.queue_burst,
	    .input_total = cfg.input_total,
	    .queue_total = cfg.queue_total};
	int i;

	if (!cfg.max_clients) {
		if (files <= OTHER_FDS)
			die(EXIT_USAGE,
			    "the limit of open files (%llu) is too "
			    "low: raise it with ulimit -n",
			    (unsigned long long)files);
		cfg.max_clients = files - OTHER_FDS;
		if (cfg.max_clients > 1 << 24)
			cfg.max_clients = 1 << 24;
	}
	c.max_clients = (uint32_t)cfg.max_clients;
	clock_seed(seed);
	if (listen_init(&s->core, &c, &s->out.q, seed, clock_wall_us()) < 0)
		die(EXIT_USAGE, "--node \"%s\": not 1 to %d of A-Z a-z 0-9 _ -",
		    cfg.node, SLOT_NODE_MAX);
	if (loop_init(&s->loop) < 0 || loop_init(&s->inputs) < 0)
		die_sys(EXIT_TEMP, "unable to make an event loop");
	s->dead_ms = (unsigned)cfg.dead_after * 1000;
	/* Who only watches can wait longer: that is what keeps the traffic of
	 * the active ones quick when ten thousand watch. */
	s->gather[LISTEN_ACTIVE].max_us = cfg.gather_max;
	s->gather[LISTEN_WATCHER].max_us = cfg.gather_max * WATCHERS_WAIT;
	for (i = 0; i < cfg.n_tcp; i++)
		if (server_listen(s, &link_tcp, &cfg.tcp[i]) < 0)
			die_sys(errno == EADDRINUSE || errno == EACCES
				? EXIT_USAGE
				: EXIT_TEMP,
			    "unable to listen on %s", cfg.tcp_text[i]);
}

int
main(int argc, char **argv)
{
	static struct server s;
	struct opt_common common;

	opt_parse(&prog, &common, argc, argv);
	if (cfg.n_tcp == 0)
		die(EXIT_USAGE, "nothing to listen on: give --tcp ADDR:PORT");
	signal(SIGPIPE, SIG_IGN);
	s.chunk = malloc(WIRE_READ);
	if (!s.chunk)
		die_sys(EXIT_TEMP, "unable to start");
	set_up(&s);
	if (common.check_only)
		return 0;
	if (wire_out_open(&s.out, &s.loop, STDOUT_FILENO, (size_t)1 << 20,
		(size_t)128 << 20) < 0)
		die_sys(EXIT_TEMP, "unable to use standard output");
	if (wire_in_open(&s.in, &s.loop, STDIN_FILENO, s.chunk, REC_LINE_MAX) <
	    0)
		die_sys(EXIT_TEMP, "unable to use standard input");
	return server_run(&s, common.ready_fd);
}
