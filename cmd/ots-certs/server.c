/* ots-certs server: key and certificate for a server. */
#include <stdio.h>
#include <stdlib.h>

#include "ca_own.h"
#include "commands.h"
#include "die.h"
#include "names.h"

static struct {
	uint64_t days;
	bool renew, rekey;
} arg;

static const struct opt opts[] = {
    {0, "days", "N", NULL, OPT_U64, &arg.days, 1, 36500, NULL,
	"life of the certificate (730)"},
    {0, "renew", NULL, NULL, OPT_FLAG, &arg.renew, 0, 0, NULL,
	"replace the certificate, keep the key"},
    {0, "rekey", NULL, NULL, OPT_FLAG, &arg.rekey, 0, 0, NULL, "replace both"},
    {0},
};

/* Without those that come twice. */
static size_t
read_names(char **args, int nargs, char (*hosts)[HOST_MAX])
{
	size_t n = 0, total = 0, k;
	int i;

	for (i = 0; i < nargs; i++) {
		if (n == SERVER_NAMES_MAX)
			die(EXIT_USAGE, "at most %d names", SERVER_NAMES_MAX);
		if (host_name(args[i], hosts[n]) < 0)
			die(EXIT_USAGE,
			    "\"%s\" is neither a DNS name nor an IP address",
			    args[i]);
		for (k = 0; k < n && strcmp(hosts[k], hosts[n]) != 0; k++)
			;
		if (k == n)
			total += strlen(hosts[n++]) + sizeof "DNS:, ";
	}
	if (total > sizeof((struct pki_facts *)0)->san)
		die(EXIT_USAGE, "these names are too long together");
	if (strlen(hosts[0]) >= PKI_CN_MAX || hosts[0][0] == '*')
		die(EXIT_USAGE,
		    "the first name is the certificate's: at most 64 "
		    "characters, no *");
	return n;
}

struct ca_pair
server_issue(struct ca *ca, const char *name, char (*hosts)[HOST_MAX], size_t n,
    struct pki_key *take, uint64_t days)
{
	struct pki_order o = ca_order(ca, PKI_SERVER, name, days);
	const char *san[SERVER_NAMES_MAX];
	size_t i;

	for (i = 0; i < n && i < SERVER_NAMES_MAX; i++)
		san[i] = hosts[i];
	o.san = san;
	o.n_san = i;
	return ca_pair_make(ca, &o, take, NULL);
}

/* Is the certificate that is there the one wanted? If it has other names, a
 * human must say so. */
static bool
good_already(const struct ca_pair *p, char (*hosts)[HOST_MAX], size_t n)
{
	struct pki_facts f;

	if (!p->entry || arg.renew || arg.rekey)
		return false;
	if (pki_cert_facts(p->cert, &f) < 0)
		die(EXIT_USAGE, "%s: %s", hosts[0], pki_why());
	if (!san_same(f.san, hosts, n))
		die(EXIT_USAGE,
		    "%s has a certificate for %s until %s: --renew replaces it",
		    hosts[0], f.san, day_text(f.not_after));
	return true;
}

static int
run(void *ctx, int nargs, char **args)
{
	char(*hosts)[HOST_MAX] = calloc(SERVER_NAMES_MAX + 1, HOST_MAX);
	char dir[CA_PATH_MAX];
	struct ca_pair p;
	struct ca *ca;
	size_t n;
	bool had;

	if (!hosts)
		die_sys(EXIT_TEMP, "unable to begin");
	n = read_names(args, nargs, hosts);
	ca = certs_open(ctx, CA_WRITE);
	p = ca_pair_find(ca, PKI_SERVER, hosts[0], false);
	had = good_already(&p, hosts, n);
	if (!had) {
		pki_cert_free(&p.cert);
		if (arg.rekey)
			pki_key_free(&p.key);
		p = server_issue(ca, hosts[0], hosts, n, p.key, arg.days);
	}
	ca_pair_dir(ca, PKI_SERVER, hosts[0], dir);
	printf("%s: %s until %s in %s%s\n", hosts[0], p.entry->serial,
	    day_text(p.entry->not_after), dir, had ? " (it was there)" : "");
	ca_pair_free(&p);
	ca_close(&ca);
	free(hosts);
	return 0;
}

const struct opt_command cmd_server = {"server", "[options] NAME ...",
    "key and certificate for a server", opts, 1, -1, run};
