/* ots-listen: owns the sockets of EUDs. See ots-listen(8). */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "die.h"
#include "door.h"
#include "secret.h"

/* Descriptors beside those of clients: wires, signals, epoll, listeners. */
#define OTHER_FDS 64

/* Who only watches may wait so many times --gather-max. */
#define WATCHERS_WAIT 50

/* The table of clients fits what may be open, unless it was said. */
static void
count_clients(void)
{
	uint64_t files = net_raise_nofile();
	uint64_t others = OTHER_FDS + 2 * (uint64_t)config.mesh.n;

	if (config.tls)
		others += config.unfinished_max;
	if (config.max_clients && config.max_clients <= (uint64_t)config.mesh.n)
		die(EXIT_USAGE,
		    "--max-clients %llu: no room beside the %d of --udp, "
		    "--udp-to and --mcast",
		    (unsigned long long)config.max_clients, config.mesh.n);
	if (config.max_clients)
		return;
	if (files <= others)
		die(EXIT_USAGE,
		    "the limit of open files (%llu) is too low: raise it with "
		    "ulimit -n",
		    (unsigned long long)files);
	config.max_clients = files - others;
	if (config.max_clients > 1 << 24)
		config.max_clients = 1 << 24;
}

static void
set_up_tls(struct server *s, const uint64_t seed[2])
{
	char err[TLS_ERR_MAX];

	if (!config.tls)
		return;
	if (!config.files.cert || !config.files.key || !config.files.ca)
		die(EXIT_USAGE, "--tls needs --cert, --key and --ca");
	if (config.password == ENTER_ALWAYS && !config.auth)
		die(EXIT_USAGE, "--password always needs --auth");
	if (secret_process() < 0)
		die_sys(EXIT_TEMP, "unable to forbid core dumps");
	s->secure.files = config.files;
	s->secure.core = &s->core;
	if (secure_load(&s->secure, err) < 0)
		die(EXIT_USAGE, "%s", err);
	s->enter.rule = config.password;
	s->enter.timeout_us = config.handshake_timeout;
	enter_init(&s->enter, s, seed, (uint32_t)config.unfinished_max,
	    (uint32_t)config.unfinished_per_address);
	if (!config.auth)
		return;
	if (auth_open(&s->auth, &s->loop, config.auth, config.node, s->chunk) <
	    0)
		die_sys(EXIT_TEMP, "unable to ask ots-auth");
	s->asks = true;
}

static void
set_up(struct server *s)
{
	uint64_t seed[2];
	struct listen_config c = {.node = config.node,
	    .max_event = config.max_event,
	    .max_send = config.max_send,
	    .queue_max = config.queue_max,
	    .queue_burst = config.queue_burst,
	    .input_total = config.input_total,
	    .queue_total = config.queue_total,
	    .per_user = (uint32_t)config.per_user,
	    .no_protobuf = config.no_protobuf};
	int i;

	count_clients();
	c.max_clients = (uint32_t)config.max_clients;
	clock_seed(seed);
	if (listen_init(&s->core, &c, &s->out.q, seed, clock_wall_us()) < 0)
		die(EXIT_USAGE, "--node \"%s\": not 1 to %d of A-Z a-z 0-9 _ -",
		    config.node, SLOT_NODE_MAX);
	if (loop_init(&s->loop) < 0 || loop_init(&s->inputs) < 0)
		die_sys(EXIT_TEMP, "unable to make an event loop");
	s->dead_ms = (unsigned)config.dead_after * 1000;
	/* Who only watches can wait longer: that is what keeps the traffic of
	 * the active ones quick when ten thousand watch. */
	s->gather[LISTEN_ACTIVE].max_us = config.gather_max;
	s->gather[LISTEN_WATCHER].max_us = config.gather_max * WATCHERS_WAIT;
	set_up_tls(s, seed);
	for (i = 0; i < config.n_listeners; i++)
		if (door_open(s, config.listener[i].ops,
			&config.listener[i].addr) < 0)
			die_sys(errno == EADDRINUSE || errno == EACCES
				? EXIT_USAGE
				: EXIT_TEMP,
			    "unable to listen on %s", config.listener[i].text);
	udp_open(s, &config.mesh);
}

int
main(int argc, char **argv)
{
	static struct server s;
	struct opt_common common;

	opt_parse(&config_prog, &common, argc, argv);
	if (config.n_listeners + config.mesh.n == 0)
		die(EXIT_USAGE,
		    "nothing to listen on: give --tcp, --tls, --udp or --mcast "
		    "with ADDR:PORT");
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
