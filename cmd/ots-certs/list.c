/* ots-certs list: what was issued. */
#include "ca_own.h"
#include "commands.h"
#include "entry.h"
#include "die.h"

static struct {
	bool json, all;
	uint64_t expiring;
} arg = {.expiring = UINT64_MAX};

static const struct opt opts[] = {
    {0, "json", NULL, NULL, OPT_FLAG, &arg.json, 0, 0, NULL,
	"one JSON object a line"},
    {0, "all", NULL, NULL, OPT_FLAG, &arg.all, 0, 0, NULL,
	"with expired and revoked ones and the CA's own"},
    {0, "expiring", "DAYS", NULL, OPT_U64, &arg.expiring, 0, 36500, NULL,
	"only those that end within DAYS; 1 if there are none"},
    {0},
};

static bool
wanted(const struct ca_entry *e, int64_t now)
{
	bool own = e->kind == PKI_ROOT || e->kind == PKI_ISSUING;

	if (arg.expiring != UINT64_MAX)
		return !e->revoked && e->not_after > now &&
		    e->not_after - now <= (int64_t)arg.expiring * 86400;
	return arg.all || (!own && !e->revoked && e->not_after > now);
}

static void
warn_about_crl(const struct ca *ca)
{
	struct ca_crl crl;

	if (!ca_crl_state(ca, &crl) || !crl.whole)
		warnx_line("%s/crl.pem lacks a revocation: ots-certs crl "
			   "signs a new one",
		    ca_dir(ca));
	else if (crl.next_update && crl.next_update <= ca_now())
		warnx_line("%s/crl.pem has expired: ots-certs crl signs a new "
			   "one",
		    ca_dir(ca));
}

static int
run(void *ctx, int nargs, char **args)
{
	struct ca *ca = certs_open(ctx, CA_READ);
	int64_t now = ca_now();
	size_t i, shown = 0;

	(void)nargs;
	(void)args;
	for (i = 0; i < ca_count(ca); i++) {
		const struct ca_entry *e = ca_at(ca, i);

		if (!wanted(e, now))
			continue;
		if (arg.json)
			entry_json(e, NULL, now);
		else
			entry_row(e, now, shown == 0);
		shown++;
	}
	warn_about_crl(ca);
	ca_close(&ca);
	return arg.expiring != UINT64_MAX && shown == 0 ? EXIT_NO : 0;
}

const struct opt_command cmd_list = {
    "list", "[options]", "list certificates", opts, 0, 0, run};
