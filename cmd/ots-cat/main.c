/* ots-cat: netcat for TAK. Standard input goes to a server, what the server
 * sends to standard output. */
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "args.h"
#include "die.h"
#include "login.h"
#include "opt.h"
#include "run.h"
#include "str.h"

static const char *
opt_at(void *ctx, const char *text)
{
	return self_at(text, &((struct run_config *)ctx)->self);
}

int
main(int argc, char **argv)
{
	struct run_config cfg = {.wait_us = RUN_NEVER,
	    .timeout_us = RUN_NEVER,
	    .link.secure.password_fd = SECRET_FD_NONE,
	    .self = {
		.lat = SLICE("0"), .lon = SLICE("0"), .interval_us = 60000000}};
	struct secure_config *tls = &cfg.link.secure;
	struct args a = {
	    .format = ARGS_NO_FORMAT, .ttl = 1, .login_fd = SECRET_FD_NONE};
	const struct opt opts[] = {
	    {'f', "format", "FORMAT", NULL, OPT_WORD,
		OPT_WORDS(&a.format, "xml", "record", "raw"), 0, 0, NULL,
		"put out xml, record or raw"},
	    {0, "proto", "VERSION", NULL, OPT_WORD,
		OPT_WORDS(&cfg.proto, "xml", "protobuf", "auto"), 0, 0, NULL,
		"send xml (the default), protobuf, or auto"},
	    {'w', "wait", "SECONDS", NULL, OPT_SECONDS, &cfg.wait_us, 0,
		OPT_SECONDS_MAX, NULL,
		"end so long after the end of standard input"},
	    {'c', "count", "N", NULL, OPT_U64, &cfg.count, 1, UINT64_MAX, NULL,
		"end when N events have come"},
	    {'t', "timeout", "SECONDS", NULL, OPT_SECONDS, &cfg.timeout_us, 0,
		OPT_SECONDS_MAX, NULL, "fail if not at an end by then"},
	    {'l', "listen", NULL, NULL, OPT_FLAG, &cfg.link.listens, 0, 0, NULL,
		"udp: bind the address and put out what arrives"},
	    {'a', "as", "CALLSIGN", NULL, OPT_STR, &a.callsign, 0, 0, NULL,
		"be a person of that name on the map"},
	    {'u', "uid", "UID", NULL, OPT_STR, &a.uid, 0, 0, NULL,
		"uid of that person (a random one)"},
	    {0, "at", "LAT,LON", NULL, OPT_FN, NULL, 0, 0, opt_at,
		"where that person is (0,0)"},
	    {'i', "interval", "SECONDS", NULL, OPT_SECONDS,
		&cfg.self.interval_us, 0, OPT_SECONDS_MAX, NULL,
		"how often it is said; 0: once (60)"},
	    {0, "ttl", "N", NULL, OPT_U64, &a.ttl, 0, 255, NULL,
		"mcast: how many networks far (1)"},
	    {0, "interface", "NAME", NULL, OPT_STR, &cfg.link.group.interface,
		0, 0, NULL, "mcast: interface, by name or IPv4 address"},
	    {0, "p12", "FILE", NULL, OPT_STR, &tls->p12, 0, 0, NULL,
		"tls: our certificate, its key and the server's CA"},
	    {0, "password-fd", "FD", NULL, OPT_U64, &tls->password_fd, 0,
		SECRET_FD_MAX, NULL, "read the password of --p12 from FD"},
	    {0, "cert", "FILE", NULL, OPT_STR, &tls->cert, 0, 0, NULL,
		"tls: our certificate, in PEM"},
	    {0, "key", "FILE", NULL, OPT_STR, &tls->key, 0, 0, NULL,
		"tls: its key"},
	    {0, "ca", "FILE", NULL, OPT_STR, &tls->ca, 0, 0, NULL,
		"tls: the CA that the server must be of"},
	    {0, "no-verify", NULL, NULL, OPT_FLAG, &tls->anyone, 0, 0, NULL,
		"tls: any server will do"},
	    {0, "check-name", NULL, NULL, OPT_FLAG, &tls->check_name, 0, 0,
		NULL, "tls: its certificate must be for HOST"},
	    {0, "user", "NAME", NULL, OPT_STR, &a.user, 0, 0, NULL,
		"tls: say this user's name and password first"},
	    {0, "login-fd", "FD", NULL, OPT_U64, &a.login_fd, 0, SECRET_FD_MAX,
		NULL, "read the password of --user from FD"},
	    {0},
	};
	const struct opt_prog prog = {"ots-cat", "[options] TARGET",
	    "Send events from standard input, put out those that come. "
	    "TARGET is HOST:PORT,\ntls://HOST:PORT, udp://HOST:PORT, "
	    "mcast://GROUP:PORT or unix:PATH.",
	    opts, &cfg, 1, 1};
	struct opt_common common;

	opt_parse(&prog, &common, argc, argv);
	a.target = common.args[0];
	args_complete(&cfg, &a);
	if (common.check_only) {
		tls_ctx_free(&cfg.link.tls);
		buf_fini(&cfg.password);
		return 0;
	}
	cfg.ready_fd = common.ready_fd;
	cfg.verbose = common.verbose;
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		die_sys(EXIT_TEMP, "unable to ignore SIGPIPE");
	return run(&cfg);
}
