/* ots-certs crl: sign crl.pem anew. */
#include <stdio.h>

#include "ca_own.h"
#include "commands.h"

static struct {
	uint64_t days;
} arg;

static const struct opt opts[] = {
    {0, "days", "N", NULL, OPT_U64, &arg.days, 1, 36500, NULL,
	"until the next one is due (365)"},
    {0},
};

static int
run(void *ctx, int nargs, char **args)
{
	struct ca *ca = certs_open(ctx, CA_WRITE);
	struct ca_crl crl;

	(void)nargs;
	(void)args;
	ca_crl_sign(ca, arg.days);
	(void)ca_crl_state(ca, &crl);
	printf("%s/crl.pem: until %s\n", ca_dir(ca), day_text(crl.next_update));
	ca_close(&ca);
	return 0;
}

const struct opt_command cmd_crl = {"crl", "[options]",
    "sign the list of what is revoked anew", opts, 0, 0, run};
