/* ots-certs import: the CA of an OpenTAKServer goes on here, so that phones
 * which trust it and have a certificate of it stay enrolled. */
#include <stdio.h>

#include "ask.h"
#include "ca_own.h"
#include "commands.h"
#include "die.h"
#include "import_ots.h"

static struct {
	uint64_t password_fd;
	bool encrypt;
} arg = {.password_fd = SECRET_FD_NONE};

static const struct opt opts[] = {
    {0, "password-fd", "FD", NULL, OPT_U64, &arg.password_fd, 0, SECRET_FD_MAX,
	NULL, "read the password of the old keys from FD (atakatak)"},
    {0, "encrypt", NULL, NULL, OPT_FLAG, &arg.encrypt, 0, 0, NULL,
	"encrypt the CA's key here: ask for a passphrase"},
    {0},
};

static void
write_pairs(struct ca *ca, void *ctx)
{
	const struct import *im = ctx;
	size_t i;

	for (i = 0; i < im->n; i++)
		if (im->pair[i].key)
			ca_pair_store(ca, im->pair[i].kind, im->pair[i].name,
			    im->pair[i].key, im->pair[i].cert);
}

/* Requests may have the names that OpenTAKServer tells enrolling phones. */
static void
settings_of(const struct import *im, struct ca_settings *s, char cn[], char o[],
    char ou[])
{
	*s = (struct ca_settings){.client_key = PKI_RSA2048,
	    .server_key = PKI_RSA2048,
	    .client_days = 365,
	    .server_days = 730,
	    .crl_days = 365};
	if (!pki_cert_part(im->ca, "CN", cn, PKI_TEXT_MAX))
		die(EXIT_USAGE, "the CA has no name");
	s->name.cn = cn;
	if (pki_cert_part(im->ca, "O", o, PKI_TEXT_MAX))
		s->name.o = o;
	if (pki_cert_part(im->ca, "OU", ou, PKI_TEXT_MAX))
		s->name.ou = ou;
}

static int
run(void *ctx, int nargs, char **args)
{
	const char *dir = certs_folder(ctx);
	char password[SECRET_MAX] = CERTS_P12_PASSWORD;
	char cn[PKI_TEXT_MAX], o[PKI_TEXT_MAX], ou[PKI_TEXT_MAX];
	struct import im;
	struct ca_new n = {.n = 1};
	int lock_fd;

	(void)nargs;
	if (arg.password_fd != SECRET_FD_NONE)
		ask_fd(arg.password_fd, "password", password);
	if (!ca_has_file(args[0], "ca.pem"))
		die(EXIT_USAGE,
		    "there is no %s/ca.pem: is that the CA folder of an "
		    "OpenTAKServer?",
		    args[0]);
	if (!ca_begin(dir, &lock_fd))
		die(EXIT_USAGE,
		    "%s is a CA already: import into another folder", dir);
	n.pass = ca_new_passphrase(arg.encrypt);
	/* The passphrase here may be the old password: one is enough. */
	import_read(&im, args[0],
	    arg.password_fd == SECRET_FD_NONE && n.pass.n ? n.pass.p
							  : password);
	secret_wipe(password, sizeof password);
	settings_of(&im, &n.set, cn, o, ou);
	n.cert[0] = im.ca;
	n.key[0] = im.key;
	n.ledger = &im.lines;
	ca_create(dir, lock_fd, &n, write_pairs, &im);
	printf("%s: \"%s\", %zu servers and %zu clients (%zu with their "
	       "keys), %zu revoked\n",
	    dir, cn, im.servers, im.clients, im.keys, im.revoked);
	import_free(&im);
	return 0;
}

const struct opt_command cmd_import = {"import", "[options] DIR",
    "take over the CA folder of an OpenTAKServer", opts, 1, 1, run};
