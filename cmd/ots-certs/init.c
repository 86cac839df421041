/* ots-certs init: a new CA. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "ca_own.h"
#include "commands.h"
#include "die.h"

static struct {
	const char *name, *o, *ou;
	enum pki_algo key, client_key;
	uint64_t days;
	bool single, if_missing, encrypt;
} arg = {.o = "ots",
    .ou = "TAK",
    .key = PKI_RSA2048,
    .client_key = PKI_RSA2048,
    .days = 3650};

static const struct opt opts[] = {
    {0, "name", "CN", "OTS_CA_NAME", OPT_STR, &arg.name, 0, 0, NULL,
	"name of the CA (\"TAK CA\" and six random letters)"},
    {0, "org", "O", "OTS_CA_ORGANIZATION", OPT_STR, &arg.o, 0, 0, NULL,
	"organization, in all certificates (ots)"},
    {0, "unit", "OU", "OTS_CA_ORGANIZATIONAL_UNIT", OPT_STR, &arg.ou, 0, 0,
	NULL, "unit of it (TAK)"},
    {0, "days", "N", "OTS_CA_EXPIRATION_TIME", OPT_U64, &arg.days, 1, 36500,
	NULL, "life of the CA (3650)"},
    {0, "single", NULL, NULL, OPT_FLAG, &arg.single, 0, 0, NULL,
	"one CA that issues, instead of root and issuing CA"},
    {0, "key", "KIND", NULL, OPT_WORD, OPT_WORDS(&arg.key, CA_ALGO_NAMES), 0, 0,
	NULL, "rsa2048, rsa3072, rsa4096 or p256: CA and servers (rsa2048)"},
    {0, "client-key", "KIND", NULL, OPT_WORD,
	OPT_WORDS(&arg.client_key, CA_ALGO_NAMES), 0, 0, NULL,
	"the same for clients (rsa2048)"},
    {0, "encrypt", NULL, NULL, OPT_FLAG, &arg.encrypt, 0, 0, NULL,
	"encrypt the CA's keys: ask for a passphrase"},
    {0, "if-missing", NULL, NULL, OPT_FLAG, &arg.if_missing, 0, 0, NULL,
	"do nothing if there is a CA"},
    {0},
};

/* Two servers whose CAs have one name are hard to tell apart on a phone. */
static void
random_name(char out[PKI_CN_MAX])
{
	static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
	unsigned char r[6];
	char tail[7] = "";
	size_t i;

	if (getrandom(r, sizeof r, 0) != (ssize_t)sizeof r)
		die_sys(EXIT_TEMP, "no random numbers");
	for (i = 0; i < sizeof r; i++)
		tail[i] = letters[r[i] % (sizeof letters - 1)];
	if (str_fmt(out, PKI_CN_MAX, "TAK CA %s", tail) < 0)
		die(EXIT_IMPOSSIBLE, "a name that does not fit");
}

static void
check_text(const char *option, const char *s)
{
	size_t n = strlen(s), i;

	if (n == 0 || n > 64 || !utf8_valid(s, n))
		die(EXIT_USAGE, "--%s: 1 to 64 bytes of UTF-8 are wanted",
		    option);
	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			die(EXIT_USAGE, "--%s: no control characters", option);
}

static void
make_root(struct ca_new *n, size_t i, enum pki_algo key)
{
	struct pki_order o = {.kind = PKI_ROOT,
	    .name = n->set.name,
	    .days = (unsigned)arg.days,
	    .now = ca_now()};

	n->key[i] = pki_key_make(key);
	if (n->key[i])
		n->cert[i] = pki_cert_make(&o, n->key[i], NULL, NULL);
	if (!n->key[i] || !n->cert[i])
		die(EXIT_USAGE, "no root: %s", pki_why());
}

static void
make_issuing(struct ca_new *n, enum pki_algo key)
{
	struct pki_order o = {.kind = PKI_ISSUING,
	    .name = n->set.name,
	    .days = (unsigned)arg.days,
	    .now = ca_now()};
	char cn[PKI_CN_MAX];

	if (str_fmt(cn, sizeof cn, "%s issuing", n->set.name.cn) < 0)
		die(EXIT_USAGE, "--name: at most 56 bytes with an issuing CA");
	o.name.cn = cn;
	n->key[0] = pki_key_make(key);
	if (n->key[0])
		n->cert[0] =
		    pki_cert_make(&o, n->key[0], n->cert[1], n->key[1]);
	if (!n->key[0] || !n->cert[0])
		die(EXIT_USAGE, "no issuing CA: %s", pki_why());
}

static void
check_args(struct ca_new *n, char name[PKI_CN_MAX])
{
	if (!arg.name) {
		random_name(name);
		arg.name = name;
	}
	check_text("name", arg.name);
	check_text("org", arg.o);
	check_text("unit", arg.ou);
	n->set = (struct ca_settings){
	    .name = {.cn = arg.name, .o = arg.o, .ou = arg.ou},
	    .server_key = arg.key,
	    .client_key = arg.client_key,
	    .client_days = 365,
	    .server_days = 730,
	    .crl_days = 365,
	};
}

/* Nothing to do but what a command that died has left undone. */
static int
there_is_one(const struct certs *c)
{
	const char **name;
	struct ca *ca;
	size_t n, i;

	if (!arg.if_missing)
		die(EXIT_USAGE,
		    "%s is a CA already: it stays (--if-missing takes that "
		    "for success)",
		    certs_folder(c));
	ca = certs_open(c, CA_WRITE);
	n = ca_server_names(ca, &name);
	for (i = 0; i < n; i++) {
		struct ca_pair p = ca_pair_find(ca, PKI_SERVER, name[i], false);

		ca_pair_free(&p);
	}
	free(name);
	(void)ca_crl_mend(ca);
	ca_close(&ca);
	return 0;
}

static int
run(void *ctx, int nargs, char **args)
{
	const char *dir = certs_folder(ctx);
	struct ca_new n = {0};
	char name[PKI_CN_MAX];
	int lock_fd;

	(void)nargs;
	(void)args;
	check_args(&n, name);
	if (!ca_begin(dir, &lock_fd))
		return there_is_one(ctx);
	n.pass = ca_new_passphrase(arg.encrypt);
	n.n = arg.single ? 1 : 2;
	make_root(&n, n.n - 1, n.set.server_key);
	if (n.n == 2)
		make_issuing(&n, n.set.server_key);
	ca_create(dir, lock_fd, &n, NULL, NULL);
	printf("%s: \"%s\", %s, until %s\n", dir, arg.name,
	    arg.single ? "one CA" : "root and issuing CA",
	    day_text(ca_now() + (int64_t)arg.days * 86400));
	return 0;
}

const struct opt_command cmd_init = {
    "init", "[options]", "make a new CA", opts, 0, 0, run};
