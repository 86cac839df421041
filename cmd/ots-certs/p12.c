/* ots-certs p12: key and certificate of a user as ATAK reads them. */
#include <stdio.h>

#include "ask.h"
#include "ca_own.h"
#include "commands.h"
#include "die.h"

static struct {
	uint64_t password_fd;
	const char *out;
} arg = {.password_fd = SECRET_FD_NONE};

static const struct opt opts[] = {
    {0, "password-fd", "FD", NULL, OPT_U64, &arg.password_fd, 0, SECRET_FD_MAX,
	NULL, "read the password of the files from FD (atakatak)"},
    {0, "out", "FILE", NULL, OPT_STR, &arg.out, 0, 0, NULL,
	"write the user's to FILE and no truststore"},
    {0},
};

static void
write_truststore(const struct ca *ca, const char *dir, const char *password)
{
	const struct pki_cert *chain[2];
	size_t n = ca_chain(ca, chain);
	struct buf p12 = {.max = 1 << 20};

	if (pki_p12_make(NULL, NULL, chain, n, NULL, password, &p12) < 0)
		die(EXIT_TEMP, "%s", pki_why());
	ca_write_file(dir, "truststore-root.p12", buf_slice(&p12), 0600);
	buf_fini(&p12);
}

static void
write_user(const struct ca *ca, const char *user, const struct ca_client *c,
    const char *password)
{
	const struct pki_cert *chain[2];
	size_t n = ca_chain(ca, chain);
	char dir[CA_PATH_MAX], file[128];
	const char *name = file;
	struct buf p12 = {.max = 1 << 20, .wipe = true};

	if (pki_p12_make(c->key, c->cert, chain, n, user, password, &p12) < 0)
		die(EXIT_TEMP, "%s", pki_why());
	if (str_fmt(file, sizeof file, "%s.p12", user) < 0)
		die(EXIT_IMPOSSIBLE, "a name that does not fit");
	if (arg.out)
		name = out_split(arg.out, dir);
	else
		ca_pair_dir(ca, PKI_CLIENT, user, dir);
	ca_write_file(dir, name, buf_slice(&p12), 0600);
	if (!arg.out)
		write_truststore(ca, dir, password);
	printf("%s/%s\n", dir, name);
	buf_fini(&p12);
}

static int
run(void *ctx, int nargs, char **args)
{
	char password[SECRET_MAX] = CERTS_P12_PASSWORD;
	struct ca_client c;
	struct ca *ca;

	(void)nargs;
	user_check(args[0]);
	if (arg.password_fd != SECRET_FD_NONE)
		ask_fd(arg.password_fd, "password", password);
	ca = certs_open(ctx, CA_WRITE);
	c = ca_client(ca, args[0]);
	write_user(ca, args[0], &c, password);
	secret_wipe(password, sizeof password);
	pki_cert_free(&c.cert);
	pki_key_free(&c.key);
	ca_close(&ca);
	return 0;
}

const struct opt_command cmd_p12 = {"p12", "[options] USER",
    "key and certificate of a user as PKCS#12", opts, 1, 1, run};
