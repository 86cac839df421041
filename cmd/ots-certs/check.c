/* ots-certs check: walk what a client walks, and say which client would fail
 * at which step. */
#include "check.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "die.h"
#include "num.h"

static struct {
	const char *p12, *user;
	uint64_t password_fd, enroll_port, timeout_us, days;
	bool json;
} a = {.password_fd = SECRET_FD_NONE,
    .enroll_port = 8446,
    .timeout_us = 10000000,
    .days = 30};

/* "HOST", "HOST:PORT", "[V6]", "[V6]:PORT" or a bare IPv6 address. */
static void
parse_target(const char *text, struct check *c)
{
	const char *end = text + strlen(text), *colon = strrchr(text, ':');
	uint64_t port = 8089;

	if (*text == '[') {
		end = strchr(text, ']');
		if (!end || (end[1] && end[1] != ':'))
			die(EXIT_USAGE, "\"%s\": not [ADDRESS]:PORT", text);
		colon = end[1] ? end + 1 : NULL;
		text++;
	} else if (colon && strchr(text, ':') == colon) {
		end = colon;
	} else {
		colon = NULL;
	}
	if (colon && (num_u64(slice_of(colon + 1), 65535, &port) < 0 || !port))
		die(EXIT_USAGE, "\"%s\": the port is not 1 to 65535", text);
	if (end == text ||
	    str_fmt(c->host, sizeof c->host, "%.*s", (int)(end - text), text) <
		0 ||
	    strpbrk(c->host, " \t\r\n/"))
		die(EXIT_USAGE, "\"%s\": not HOST[:PORT]", text);
	(void)str_fmt(c->port, sizeof c->port, "%u", (unsigned)port);
}

static bool
resolve(struct check *c)
{
	const char *why = "";

	c->n_addr =
	    check_resolve(c->host, c->port, c->timeout_us, c->addr, &why);
	if (c->n_addr > 0) {
		char text[NET_TEXT_MAX] = "";

		(void)net_text(&c->addr[0], text);
		check_say(&c->report, CHECK_OK, NULL, "resolve", 0, NULL,
		    "%s has %d address%s, %s first", c->host, c->n_addr,
		    c->n_addr > 1 ? "es" : "", text);
		return true;
	}
	check_say(&c->report, CHECK_FAIL, NULL, "resolve", CHECK_ALL,
	    "is the name right, and does the DNS that the devices use know it?",
	    "%s: %s", c->host, why);
	return false;
}

/* The trusted certificate that has signed the client's, or the first if there
 * is no client; NULL: it is of another CA. */
static const struct pki_cert *
crl_issuer(const struct check *c)
{
	int i;

	if (c->client.n == 0)
		return c->trust.cert[0];
	for (i = 0; i < c->trust.n; i++)
		if (pki_cert_signed_by(c->client.cert[0], c->trust.cert[i]))
			return c->trust.cert[i];
	return NULL;
}

/* found: as pki_crl_look. */
static void
say_crl(struct check *c, const char *path, int found, const char *serial,
    const struct pki_crl_facts *crl)
{
	struct check_report *r = &c->report;

	if (found < 0)
		check_say(r, CHECK_FAIL, NULL, "crl", CHECK_ALL,
		    "make it again with: ots-certs crl",
		    "%s cannot be used: %s", path, pki_why());
	else if (found == 1)
		check_say(r, CHECK_FAIL, NULL, "crl", CHECK_ALL,
		    "make a new one with: ots-certs package USER",
		    "the client's certificate %s is revoked", serial);
	else if (crl->next_update && crl->next_update < c->when.now)
		check_say(r, CHECK_SOON, NULL, "crl", 0,
		    "make it again with: ots-certs crl", "%s is out of date",
		    path);
	else
		check_say(r, CHECK_OK, NULL, "crl", 0, NULL, "%zu revoked%s",
		    crl->n, *serial ? ", the client's certificate is not" : "");
}

/* The CRL of the CA in our hands, and whether it names the client. */
static void
revocation(struct check *c)
{
	const struct pki_cert *issuer = crl_issuer(c);
	struct pki_crl_facts crl = {0};
	struct pki_facts f = {0};
	char path[PATH_MAX];
	struct buf pem;
	int found;

	if (!c->folder[0] ||
	    str_fmt(path, sizeof path, "%s/crl.pem", c->folder) < 0)
		return;
	if (!issuer) {
		check_say(&c->report, CHECK_FAIL, NULL, "crl", CHECK_ALL,
		    "use a certificate of this CA",
		    "the client's certificate is of another CA than %s",
		    c->folder);
		return;
	}
	if (c->client.n > 0)
		(void)pki_cert_facts(c->client.cert[0], &f);
	buf_init(&pem, CHECK_PEM_MAX * 16);
	(void)ca_read_path(path, &pem);
	found = pki_crl_look(
	    buf_slice(&pem), issuer, f.serial[0] ? f.serial : NULL, &crl);
	buf_fini(&pem);
	say_crl(c, path, found, f.serial, &crl);
}

static int
run(void *ctx, int nargs, char **args)
{
	static struct check c;

	(void)nargs;
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		die_sys(EXIT_TEMP, "unable to ignore SIGPIPE");
	parse_target(args[0], &c);
	if (a.enroll_port)
		(void)str_fmt(c.enroll_port, sizeof c.enroll_port, "%u",
		    (unsigned)a.enroll_port);
	c.report.json = a.json;
	c.timeout_us = a.timeout_us;
	c.when.now = (int64_t)(clock_wall_us() / 1000000);
	c.when.days = (unsigned)a.days;
	check_identity(&c, ctx, a.p12, a.password_fd, a.user);
	revocation(&c);
	if (resolve(&c)) {
		check_stream(&c);
		if (c.enroll_port[0])
			check_enroll(&c);
	}
	check_certs_free(&c.trust);
	check_certs_free(&c.client);
	buf_fini(&c.p12);
	secret_wipe(c.password, sizeof c.password);
	return c.report.bad ? EXIT_NO : 0;
}

static const struct opt options[] = {
    {0, "user", "USER", NULL, OPT_STR, &a.user, 0, 0, NULL,
	"connect with that user's certificate of the CA's folder"},
    {0, "p12", "FILE", NULL, OPT_STR, &a.p12, 0, 0, NULL,
	"connect with the certificate in that file"},
    {0, "password-fd", "FD", NULL, OPT_U64, &a.password_fd, 0, SECRET_FD_MAX,
	NULL, "read its password there (" CERTS_P12_PASSWORD ")"},
    {0, "enroll-port", "PORT", NULL, OPT_U64, &a.enroll_port, 0, 65535, NULL,
	"where clients enroll; 0: leave that out (8446)"},
    {0, "days", "N", NULL, OPT_U64, &a.days, 0, 36500, NULL,
	"warn when something expires in less (30)"},
    {0, "timeout", "SECONDS", NULL, OPT_SECONDS, &a.timeout_us, 1000,
	UINT64_C(3600000000), NULL, "the most that a step waits (10)"},
    {0, "json", NULL, NULL, OPT_FLAG, &a.json, 0, 0, NULL,
	"an object of JSON for each step, one a line"},
    {0},
};

const struct opt_command cmd_check = {"check", "[options] HOST[:PORT]",
    "see which client would fail, where and why", options, 1, 1, run};
