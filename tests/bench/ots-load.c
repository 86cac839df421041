/* ots-load - a load generator for TAK servers that checks every delivery.
 * Descriptors: 0 commands with --control; 1 results; 2 complaints; one socket
 * for each client. See README.md beside it, and load/load.h. */
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "die.h"
#include "load/load.h"
#include "num.h"

enum {
	O_IDLE = 256,
	O_DM,
	O_STOP,
	O_STOP_FOR,
	O_PIDS,
	O_HOSTILE,
	O_RAMP,
	O_DRAIN,
	O_SOURCES,
	O_PAD,
	O_VERIFY,
	O_CONTROL,
	O_WAIT,
	O_CERT,
	O_KEY,
	O_CA,
	O_TLS12,
	O_AGAIN,
	O_RESUME,
	O_PROTO_SHARE,
	O_FRAMES
};

static const struct option options[] = {
    {"clients", required_argument, NULL, 'n'},
    {"rate", required_argument, NULL, 'r'},
    {"duration", required_argument, NULL, 'd'},
    {"idle", required_argument, NULL, O_IDLE},
    {"dm", required_argument, NULL, O_DM},
    {"stop", required_argument, NULL, O_STOP},
    {"stop-for", required_argument, NULL, O_STOP_FOR},
    {"pids", required_argument, NULL, O_PIDS},
    {"hostile", required_argument, NULL, O_HOSTILE},
    {"ramp", required_argument, NULL, O_RAMP},
    {"drain", required_argument, NULL, O_DRAIN},
    {"sources", required_argument, NULL, O_SOURCES},
    {"pad", required_argument, NULL, O_PAD},
    {"verify", no_argument, NULL, O_VERIFY},
    {"control", no_argument, NULL, O_CONTROL},
    {"wait", no_argument, NULL, O_WAIT},
    {"cert", required_argument, NULL, O_CERT},
    {"key", required_argument, NULL, O_KEY},
    {"ca", required_argument, NULL, O_CA},
    {"tls1.2", no_argument, NULL, O_TLS12},
    {"again", required_argument, NULL, O_AGAIN},
    {"resume", no_argument, NULL, O_RESUME},
    {"proto", no_argument, NULL, 'p'},
    {"proto-share", required_argument, NULL, O_PROTO_SHARE},
    {"frames", no_argument, NULL, O_FRAMES},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char usage[] =
    "usage: ots-load [options] ADDR:PORT\n"
    "  -n, --clients N      clients that send and receive [10]\n"
    "  -r, --rate R         events a second of each [1]\n"
    "  -d, --duration S     seconds of the measured phase; 0: until \"stop\" "
    "[10]\n"
    "      --idle N         further connections that only receive\n"
    "      --dm SHARE       share of direct messages, 0 to 1\n"
    "      --stop SHARE     share of the clients that stop reading\n"
    "      --stop-for S     they read again after S seconds\n"
    "      --hostile N      misbehaving clients\n"
    "      --pids A,B,...   the server's programs: CPU and memory\n"
    "      --ramp N         connections a second [2000]\n"
    "      --drain S        seconds to wait for what is missing [20]\n"
    "      --sources N      use N source addresses, 127.1.0.1 onwards\n"
    "      --pad BYTES      make each event longer\n"
    "      --verify         frame every byte, check what every event says\n"
    "  -p, --proto          the clients change to protobuf\n"
    "      --proto-share S  ... that share of them, 0 to 1\n"
    "      --frames         they send frames without asking, and read XML\n"
    "      --cert FILE      TLS: certificate of all clients, PEM\n"
    "      --key FILE       its key\n"
    "      --ca FILE        who signs the server's\n"
    "      --tls1.2         not 1.3\n"
    "      --again N        all close and come back at once, N times\n"
    "      --resume         ... with tickets\n"
    "      --control        commands on standard input: go, stop,\n"
    "                       gap FROM TO (monotonic microseconds)\n"
    "      --wait           begin to measure at \"go\"\n"
    "  -v, --verbose        name some of the lost events\n"
    "  -h, --help           this text\n"
    "Exit: 0 every property held; 1 one did not; 100 usage; 111 system.\n";

static uint64_t
whole(const char *name, const char *text, uint64_t max)
{
	uint64_t v;

	if (num_u64(slice_of(text), max, &v) != 0)
		die(EXIT_USAGE, "--%s: not a number up to %llu: %s", name,
		    (unsigned long long)max, text);
	return v;
}

static double
real(const char *name, const char *text, double max)
{
	double v;

	if (num_double(slice_of(text), &v) != 0 || v < 0 || v > max)
		die(EXIT_USAGE, "--%s: not a number from 0 to %g: %s", name,
		    max, text);
	return v;
}

static uint64_t
seconds(const char *name, const char *text)
{
	return (uint64_t)(real(name, text, 86400) * 1e6);
}

static void
pids(struct load_conf *c, const char *text)
{
	size_t n;

	for (; *text != '\0'; text += n + (text[n] == ',')) {
		char one[16];

		n = strcspn(text, ",");
		if (c->n_pids == LOAD_PIDS_MAX ||
		    str_fmt(one, sizeof(one), "%.*s", (int)n, text) < 0)
			die(EXIT_USAGE, "--pids: too many");
		c->pid[c->n_pids++] = (int)whole("pids", one, INT32_MAX);
	}
}

static void
set_rare(struct load_conf *c, int o, const char *arg)
{
	switch (o) {
	case O_STOP_FOR:
		c->stop_us = seconds("stop-for", arg);
		break;
	case O_PIDS:
		pids(c, arg);
		break;
	case O_HOSTILE:
		c->hostile = whole("hostile", arg, 1000);
		break;
	case O_RAMP:
		c->ramp = whole("ramp", arg, 1000000);
		break;
	case O_DRAIN:
		c->drain_us = seconds("drain", arg);
		break;
	case O_SOURCES:
		c->sources = whole("sources", arg, 200);
		break;
	case O_PAD:
		c->pad = whole("pad", arg, 500000);
		break;
	case O_VERIFY:
		c->verify = true;
		break;
	case O_CONTROL:
		c->control = true;
		break;
	case O_CERT:
		c->cert = arg;
		break;
	case O_KEY:
		c->key = arg;
		break;
	case O_CA:
		c->ca = arg;
		break;
	case O_TLS12:
		c->tls12 = true;
		break;
	case O_AGAIN:
		c->again = whole("again", arg, 1000);
		break;
	case O_RESUME:
		c->resume = true;
		break;
	case O_PROTO_SHARE:
		c->proto = real("proto-share", arg, 1);
		break;
	case O_FRAMES:
		c->frames = true;
		break;
	case O_WAIT:
		c->wait = c->control = true;
		break;
	default:
		(void)fputs(usage, stderr);
		exit(EXIT_USAGE);
	}
}

static void
set(struct load_conf *c, int o, const char *arg)
{
	switch (o) {
	case 'n':
		c->clients = whole("clients", arg, 20000);
		break;
	case 'r':
		c->rate = real("rate", arg, 100000);
		break;
	case 'd':
		c->duration_us = seconds("duration", arg);
		break;
	case O_IDLE:
		c->idle = whole("idle", arg, 100000);
		break;
	case O_DM:
		c->dm = real("dm", arg, 1);
		break;
	case O_STOP:
		c->stop = real("stop", arg, 1);
		break;
	case 'p':
		if (c->proto <= 0)
			c->proto = 1;
		break;
	case 'v':
		c->verbose = true;
		break;
	case 'h':
		(void)fputs(usage, stdout);
		exit(0);
	default:
		set_rare(c, o, arg);
	}
}

static struct load load = {.conf = {.clients = 10,
			       .rate = 1,
			       .ramp = 2000,
			       .duration_us = 10000000,
			       .drain_us = 20000000}};

int
main(int argc, char **argv)
{
	struct load_conf *c = &load.conf;
	int o;

	die_name("ots-load");
	while ((o = getopt_long(argc, argv, "n:r:d:pvh", options, NULL)) != -1)
		set(c, o, optarg);
	if (optind + 1 != argc ||
	    net_parse(slice_of(argv[optind]), &c->server) != 0)
		set_rare(c, '?', NULL);
	if (c->rate <= 0 || c->ramp == 0)
		die(EXIT_USAGE, "a rate and a ramp of 0 lead nowhere");
	if (c->frames && c->proto > 0)
		die(EXIT_USAGE, "who sends --frames does not ask (--proto)");
	if (!c->cert != !c->key || !c->cert != !c->ca)
		die(EXIT_USAGE, "TLS needs --cert, --key and --ca");
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		die_sys(EXIT_TEMP, "unable to ignore SIGPIPE");
	if (net_raise_nofile() < c->clients + c->idle + c->hostile + 16)
		die(EXIT_TEMP, "too few descriptors: see ulimit -n");
	if (load_run(&load) != 0)
		die_sys(EXIT_TEMP, "unable to go on");
	return report(&load) ? 0 : EXIT_NO;
}
