/* ots-certs sign: a request on standard input, the certificate and those of the
 * CA on standard output. The policy of marti-http 2.5. */
#include <errno.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#include "ca_own.h"
#include "commands.h"
#include "die.h"
#include "files.h"
#include "names.h"

#define REQUEST_MAX 65536

static struct {
	const char *user, *uid;
	uint64_t days;
	bool no_channels;
} arg;

static const struct opt opts[] = {
    {0, "user", "CN", NULL, OPT_STR, &arg.user, 0, 0, NULL,
	"refuse a request for anybody else"},
    {0, "uid", "UID", NULL, OPT_STR, &arg.uid, 0, 0, NULL,
	"the device that it is for"},
    {0, "days", "N", NULL, OPT_U64, &arg.days, 1, 36500, NULL,
	"life of the certificate (365)"},
    {0, "no-channels", NULL, NULL, OPT_FLAG, &arg.no_channels, 0, 0, NULL,
	"without the mark that other servers want for channels"},
    {0},
};

static void
read_request(struct buf *out)
{
	if (files_read_fd(STDIN_FILENO, out) == 0)
		return;
	if (errno == EFBIG)
		die(EXIT_NO, "refused: the request is longer than 64 KiB");
	die_sys(EXIT_TEMP, "unable to read standard input");
}

/* Whom it is for: as --user spells it. Extensions that it asks for count for
 * nothing: what we sign is made of the name and the key. */
static void
check_policy(
    const struct ca *ca, const struct pki_csr *csr, char cn[PKI_CN_MAX])
{
	if (pki_csr_cn(csr, cn) < 0)
		die(EXIT_NO, "refused: %s", pki_why());
	if (arg.user && strcasecmp(arg.user, cn) != 0)
		die(EXIT_NO, "refused: the request is for another user");
	if (!pki_csr_names_only(csr, ca_name(ca)))
		die(EXIT_NO, "refused: %s", pki_why());
	if (arg.user && str_fmt(cn, PKI_CN_MAX, "%s", arg.user) < 0)
		die(EXIT_NO, "refused: the name is too long");
	if (!user_name_good(cn))
		die(EXIT_NO, "refused: its CN is not a user name");
}

static void
put_chain(const struct ca *ca, const struct pki_cert *c)
{
	const struct pki_cert *chain[2];
	struct buf out = {.max = 1 << 20};
	size_t n = ca_chain(ca, chain), i;

	if (pki_cert_pem(c, &out) < 0)
		die(EXIT_TEMP, "%s", pki_why());
	for (i = 0; i < n; i++)
		if (pki_cert_pem(chain[i], &out) < 0)
			die(EXIT_TEMP, "%s", pki_why());
	(void)fwrite(buf_data(&out), 1, buf_size(&out), stdout);
	buf_fini(&out);
}

static int
run(void *ctx, int nargs, char **args)
{
	struct buf request = {.max = REQUEST_MAX};
	struct pki_cert *c;
	struct pki_order o;
	struct pki_csr *csr;
	struct pki_key *key;
	struct ca *ca;
	char cn[PKI_CN_MAX];

	(void)nargs;
	(void)args;
	if (arg.user)
		user_check(arg.user);
	uid_check(arg.uid);
	read_request(&request);
	csr = pki_csr_read(buf_slice(&request));
	if (!csr)
		die(EXIT_NO, "refused: %s", pki_why());
	ca = certs_open(ctx, CA_WRITE);
	check_policy(ca, csr, cn);
	o = ca_order(ca, PKI_CLIENT, cn, arg.days);
	o.channels = !arg.no_channels;
	o.email_san = arg.uid;
	key = pki_csr_key(csr);
	if (!key)
		die(EXIT_TEMP, "%s", pki_why());
	c = ca_issue(ca, &o, key, arg.uid);
	put_chain(ca, c);
	pki_cert_free(&c);
	pki_key_free(&key);
	pki_csr_free(&csr);
	ca_close(&ca);
	buf_fini(&request);
	return 0;
}

const struct opt_command cmd_sign = {"sign", "[options] <CSR >CHAIN",
    "sign a request from standard input", opts, 0, 0, run};
