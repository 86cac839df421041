/* ots-certs revoke: from the new crl.pem on, servers refuse them. */
#include <stdio.h>
#include <stdlib.h>

#include "ca_own.h"
#include "commands.h"
#include "die.h"
#include "entry.h"
#include "names.h"

static struct {
	const char *reason;
} arg = {.reason = "unspecified"};

static const struct opt opts[] = {
    {0, "reason", "REASON", NULL, OPT_STR, &arg.reason, 0, 0, NULL,
	"keyCompromise, superseded, cessationOfOperation ... (RFC 5280)"},
    {0},
};

struct wanted {
	const struct ca_entry **e;
	size_t n;
};

static void
add(struct wanted *w, const struct ca_entry *e)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (w->e[i] == e)
			return;
	w->e[w->n++] = e;
}

/* Those of one argument that can still be used. */
static void
collect(const struct ca *ca, const char *what, struct wanted *w)
{
	const struct ca_entry **e;
	size_t n = entry_find(ca, what, &e), i, good = 0;
	int64_t now = ca_now();

	if (n == 0)
		die(EXIT_USAGE, "no certificate has the name or serial \"%s\"",
		    what);
	for (i = 0; i < n; i++) {
		if (e[i]->kind == PKI_ROOT || e[i]->kind == PKI_ISSUING)
			die(EXIT_USAGE,
			    "%s is the CA itself: make a new CA instead", what);
		if (e[i]->revoked || e[i]->not_after <= now)
			continue;
		add(w, e[i]);
		good++;
	}
	if (good == 0)
		printf("%s: revoked or expired already\n", what);
	free(e);
}

static int
run(void *ctx, int nargs, char **args)
{
	int reason = reason_number(arg.reason), i;
	struct ca *ca = certs_open(ctx, CA_WRITE);
	struct wanted w;
	size_t k;

	if (reason < 0)
		die(EXIT_USAGE, "--reason \"%s\": not one of RFC 5280 5.3.1",
		    arg.reason);
	w = (struct wanted){calloc(ca_count(ca) + 1, sizeof *w.e), 0};
	if (!w.e)
		die_sys(EXIT_TEMP, "unable to revoke");
	for (i = 0; i < nargs; i++)
		collect(ca, args[i], &w);
	/* What the CRL must be signed with is there before anything is said. */
	(void)ca_key(ca, 0);
	if (w.n) {
		ca_revoke(ca, w.e, w.n, reason);
		ca_crl_sign(ca, 0);
	} else {
		(void)ca_crl_mend(ca);
	}
	for (k = 0; k < w.n; k++)
		printf("%s: %s is revoked\n", w.e[k]->name, w.e[k]->serial);
	free(w.e);
	ca_close(&ca);
	return 0;
}

const struct opt_command cmd_revoke = {"revoke", "[options] USER|SERIAL ...",
    "revoke certificates", opts, 1, -1, run};
