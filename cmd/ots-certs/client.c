/* ots-certs client: key and certificate for users. */
#include <limits.h>
#include <stdio.h>

#include "ca_own.h"
#include "commands.h"
#include "clock.h"
#include "die.h"
#include "names.h"

/* Keys of many users take long: let others at the CA so often. */
#define TURN_US 2000000

/* What --key has: an enum pki_algo, or else as init was told. */
#define KEY_OF_INIT UINT_MAX

static struct {
	const char *uid;
	unsigned key;
	uint64_t days;
	bool no_channels;
} arg = {.key = KEY_OF_INIT};

static const struct opt opts[] = {
    {0, "days", "N", NULL, OPT_U64, &arg.days, 1, 36500, NULL,
	"life of the certificate (365)"},
    {0, "key", "KIND", NULL, OPT_WORD, OPT_WORDS(&arg.key, CA_ALGO_NAMES), 0, 0,
	NULL, "rsa2048, rsa3072, rsa4096 or p256 (as init was told)"},
    {0, "no-channels", NULL, NULL, OPT_FLAG, &arg.no_channels, 0, 0, NULL,
	"without the mark that other servers want for channels"},
    {0, "uid", "UID", NULL, OPT_STR, &arg.uid, 0, 0, NULL,
	"the device that it is for"},
    {0},
};

static void
make(struct ca *ca, const char *user)
{
	struct ca_pair p = ca_pair_find(ca, PKI_CLIENT, user, false);
	struct pki_order o = ca_order(ca, PKI_CLIENT, user, arg.days);
	char dir[CA_PATH_MAX];
	bool had = p.entry;

	o.channels = !arg.no_channels;
	o.email_san = arg.uid;
	if (!had) {
		if (arg.key != KEY_OF_INIT && !p.key &&
		    !(p.key = pki_key_make((enum pki_algo)arg.key)))
			die(EXIT_TEMP, "%s", pki_why());
		p = ca_pair_make(ca, &o, p.key, arg.uid);
	}
	ca_pair_dir(ca, PKI_CLIENT, user, dir);
	printf("%s: %s until %s in %s%s\n", user, p.entry->serial,
	    day_text(p.entry->not_after), dir, had ? " (it was there)" : "");
	if (fflush(stdout) != 0)
		die_sys(EXIT_TEMP, "unable to write to standard output");
	ca_pair_free(&p);
}

static int
run(void *ctx, int nargs, char **args)
{
	struct ca *ca;
	int i;

	uid_check(arg.uid);
	for (i = 0; i < nargs; i++)
		user_check(args[i]);
	for (i = 0; i < nargs;) {
		uint64_t start = clock_mono_us();

		if (i > 0)
			ca_lock_pause();
		ca = certs_open(ctx, CA_WRITE);
		while (i < nargs && clock_mono_us() - start < TURN_US)
			make(ca, args[i++]);
		ca_close(&ca);
	}
	return 0;
}

const struct opt_command cmd_client = {"client", "[options] USER ...",
    "key and certificate for users", opts, 1, -1, run};
