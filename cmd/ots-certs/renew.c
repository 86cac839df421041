/* ots-certs renew: new certificates in time, for a daily service. */
#include <stdio.h>
#include <stdlib.h>

#include "ca_own.h"
#include "commands.h"
#include "die.h"
#include "names.h"

#define DAYS_UNSET UINT64_MAX

static struct {
	uint64_t within, days;
	bool rekey;
} arg = {.within = DAYS_UNSET};

static const struct opt opts[] = {
    {0, "within", "DAYS", NULL, OPT_U64, &arg.within, 0, 36500, NULL,
	"only what ends within DAYS (30, or at once for those named)"},
    {0, "days", "N", NULL, OPT_U64, &arg.days, 1, 36500, NULL,
	"life of the new certificates (730, users 365)"},
    {0, "rekey", NULL, NULL, OPT_FLAG, &arg.rekey, 0, 0, NULL, "with new keys"},
    {0},
};

/* What ends with the CA would end then again: no reason for a new one each
 * day. */
static bool
ends_with_ca(const struct ca *ca, const struct ca_entry *e)
{
	struct pki_facts f;

	if (pki_cert_facts(ca->cert[0], &f) < 0 || e->not_after < f.not_after)
		return false;
	warnx_line("%s ends on %s with the CA: make a new CA in another folder "
		   "before",
	    e->name, day_text(e->not_after));
	return true;
}

static bool
due(const struct ca *ca, const struct ca_entry *e, bool named)
{
	if (arg.within == DAYS_UNSET && named)
		return true;
	return e->not_after - ca_now() <=
	    (int64_t)(arg.within == DAYS_UNSET ? 30 : arg.within) * 86400 &&
	    !ends_with_ca(ca, e);
}

static struct ca_pair
issue(struct ca *ca, enum pki_kind kind, const char *name, const char *uid,
    const struct pki_facts *f, struct pki_key *take)
{
	struct pki_order o = ca_order(ca, kind, name, arg.days);
	char(*hosts)[HOST_MAX];
	struct ca_pair p;
	size_t n;

	if (kind == PKI_CLIENT) {
		o.channels = f->channels;
		o.email_san = uid;
		return ca_pair_make(ca, &o, take, uid);
	}
	hosts = calloc(SERVER_NAMES_MAX + 1, HOST_MAX);
	if (!hosts)
		die_sys(EXIT_TEMP, "unable to renew %s", name);
	/* Those of OpenTAKServer may have no names but the CN. */
	n = san_hosts(f->san, hosts, SERVER_NAMES_MAX);
	if (n == 0 && host_name(name, hosts[0]) == 0)
		n = 1;
	p = server_issue(ca, name, hosts, n, take, arg.days);
	free(hosts);
	return p;
}

/* The ledger moves when something is issued: keep what is needed. */
static bool
renew(struct ca *ca, enum pki_kind kind, const char *name, bool named)
{
	struct ca_pair p = ca_pair_find(ca, kind, name, true);
	struct pki_key *key;
	struct pki_facts f;
	const char *uid;

	if (!p.entry || !due(ca, p.entry, named)) {
		if (!p.entry && named)
			die(EXIT_USAGE,
			    "%s has no certificate with its key here to renew",
			    name);
		ca_pair_free(&p);
		return false;
	}
	if (pki_cert_facts(p.cert, &f) < 0)
		die(EXIT_USAGE, "%s: %s", name, pki_why());
	uid = p.entry->uid;
	key = p.key;
	p.key = NULL;
	ca_pair_free(&p);
	if (arg.rekey)
		pki_key_free(&key);
	p = issue(ca, kind, name, uid, &f, key);
	printf("%s: %s until %s\n", name, p.entry->serial,
	    day_text(p.entry->not_after));
	ca_pair_free(&p);
	return true;
}

static bool
renew_servers(struct ca *ca)
{
	const char **name;
	size_t n = ca_server_names(ca, &name), i;
	bool done = false;

	for (i = 0; i < n; i++)
		if (renew(ca, PKI_SERVER, name[i], false))
			done = true;
	free(name);
	return done;
}

static enum pki_kind
kind_of(const struct ca *ca, const char *name)
{
	char dir[CA_PATH_MAX];

	ca_pair_dir(ca, PKI_SERVER, name, dir);
	return ca_has_file(dir, "key.pem") ? PKI_SERVER : PKI_CLIENT;
}

/* When half of its life is over, or it lacks something. */
static bool
renew_crl(struct ca *ca)
{
	struct ca_crl crl;

	if (ca_crl_state(ca, &crl) && crl.whole &&
	    ca_now() - crl.this_update < crl.next_update - ca_now())
		return false;
	ca_crl_sign(ca, 0);
	printf("%s/crl.pem is new\n", ca_dir(ca));
	return true;
}

static int
run(void *ctx, int nargs, char **args)
{
	struct ca *ca;
	bool done = false;
	char host[HOST_MAX];
	int i;

	for (i = 0; i < nargs; i++)
		if (!user_name_good(args[i]) && host_name(args[i], host) < 0)
			die(EXIT_USAGE,
			    "\"%s\" is neither a user's nor a host's name",
			    args[i]);
	ca = certs_open(ctx, CA_WRITE);
	if (nargs == 0)
		done = renew_servers(ca);
	for (i = 0; i < nargs; i++)
		if (renew(ca, kind_of(ca, args[i]), args[i], true))
			done = true;
	if (renew_crl(ca))
		done = true;
	ca_close(&ca);
	return done ? 0 : EXIT_NO;
}

const struct opt_command cmd_renew = {"renew", "[options] [NAME|USER ...]",
    "new certificates for those that end soon", opts, 0, -1, run};
