/* ots-certs check: the stream, which is port 8089 as a rule. */
#include <string.h>
#include <unistd.h>

#include "check.h"

/* A server that refuses a client in TLS 1.3 does so after the handshake. */
#define OBJECTION_US UINT64_C(2000000)

static struct tls_client
nobody(void)
{
	return (struct tls_client){.anyone = true};
}

static struct tls_client
identity(const struct check *c)
{
	if (c->cert_file[0])
		return (struct tls_client){
		    .files = {.cert = c->cert_file, .key = c->key_file},
		    .anyone = true};
	return (struct tls_client){.p12 = buf_data(&c->p12),
	    .p12_n = buf_size(&c->p12),
	    .p12_password = c->password,
	    .anyone = true};
}

/* What the server shows to anybody. It may then refuse who shows nothing. */
static bool
get_chain(struct check *c, struct check_certs *shown)
{
	const struct tls_client as = nobody();
	struct check_link l;
	const char *why = check_call(c, c->port, &as, false, &l);

	check_shown(&l, shown);
	if (shown->n > 0)
		check_say(&c->report, CHECK_OK, c->port, "tls", 0, NULL,
		    "the server speaks TLS");
	else if (why && strcmp(why, "not TLS") == 0)
		check_say(&c->report, CHECK_FAIL, c->port, "tls", CHECK_ALL,
		    "is it the port for TCP? give the one of ots-listen --tls",
		    "what answers does not speak TLS");
	else
		check_say(&c->report, CHECK_FAIL, c->port, "tls", CHECK_ALL,
		    "see the log of ots-listen", "no handshake: %s",
		    why ? why : "no certificate");
	check_hang_up(&l);
	return shown->n > 0;
}

/* What all of that comes to in the hands of a TLS library: signatures, uses and
 * constraints that nothing above has looked at. */
static void
prove(struct check *c)
{
	struct tls_client as = {.files = {.ca = c->ca_file}};
	struct check_link l;
	const char *why;
	struct check_certs shown = {0};

	if (!c->ca_file[0])
		return;
	why = check_call(c, c->port, &as, false, &l);
	check_shown(&l, &shown);
	if (why && shown.n == 0)
		check_say(&c->report, CHECK_FAIL, c->port, "verify", CHECK_ALL,
		    "see the log of ots-listen", "no second connection: %s",
		    why);
	else if (why && strncmp(why, "alert", 5) != 0 &&
	    strcmp(why, "closed") != 0)
		check_say(&c->report, CHECK_FAIL, c->port, "verify", CHECK_ALL,
		    "make a new one with: ots-certs server NAME ...",
		    "the certificate is not accepted: %s", why);
	else
		check_say(&c->report, CHECK_OK, c->port, "verify", 0, NULL,
		    "OpenSSL accepts the certificate");
	check_certs_free(&shown);
	check_hang_up(&l);
}

/* The end of a CA is the end of all that it has signed. */
static bool
authorities(struct check *c)
{
	char what[PKI_CN_MAX + 16];
	struct pki_facts f;
	bool good = true;
	int i;

	for (i = 0; i < c->trust.n; i++) {
		if (pki_cert_facts(c->trust.cert[i], &f) < 0 ||
		    str_fmt(what, sizeof what, "the CA \"%s\"", f.cn) < 0)
			continue;
		good &= check_dates(&c->report, NULL, "ca-dates", CHECK_ALL,
		    c->trust.cert[i], &c->when, what,
		    "a new CA means new packages for all: begin early");
	}
	return good;
}

static void
server_certificate(struct check *c, const struct check_certs *shown)
{
	struct check_report *r = &c->report;
	bool good;

	good = check_dates(r, c->port, "dates", CHECK_ALL, shown->cert[0],
	    &c->when, "the server's certificate",
	    "renew it with: ots-certs renew");
	good &= authorities(c);
	good &= check_key(r, c->port, CHECK_ALL, shown->cert[0]);
	(void)check_name(r, c->port, CHECK_OTHERS, shown->cert[0], c->host);
	if (c->trust.n == 0) {
		check_say(r, CHECK_NOTE, c->port, "chain", 0,
		    "give --ca FILE or --p12 FILE",
		    "not checked: no CA is known here");
		return;
	}
	good &= check_chain(r, c->port, CHECK_ALL, shown, &c->trust);
	if (good)
		prove(c);
}

static void
say_client(struct check *c, const char *why, bool ended)
{
	struct pki_facts f;

	if (pki_cert_facts(c->client.cert[0], &f) < 0)
		memset(&f, 0, sizeof f);
	if (why)
		check_say(&c->report, CHECK_FAIL, c->port, "client", CHECK_ALL,
		    "is it of this server's CA, and neither expired nor "
		    "revoked? see the log of ots-listen",
		    "the server refuses the certificate of %s: %s", f.cn, why);
	else if (ended)
		check_say(&c->report, CHECK_FAIL, c->port, "client", CHECK_ALL,
		    "is the user known, enabled and not connected too often? "
		    "see ots-user list and the log of ots-listen",
		    "the server closes the connection of %s at once", f.cn);
	else
		check_say(&c->report, CHECK_OK, c->port, "client", 0, NULL,
		    "the server lets %s in", f.cn);
}

static void
client_certificate(struct check *c)
{
	static char bytes[TLS_READ_MIN];
	struct tls_client as;
	struct check_link l;
	const char *why;
	bool ended = false;

	if (c->client.n == 0) {
		check_say(&c->report, CHECK_NOTE, c->port, "client", 0,
		    "give --user USER or --p12 FILE",
		    "not tried: no certificate of a client");
		return;
	}
	as = identity(c);
	why = check_call(c, c->port, &as, false, &l);
	if (!why)
		(void)check_read(l.tls, l.fd, bytes, sizeof bytes, OBJECTION_US,
		    &ended, &why);
	say_client(c, why, ended);
	check_hang_up(&l);
}

void
check_stream(struct check *c)
{
	struct check_certs shown = {0};
	int fd = check_reach(c, c->port, CHECK_FAIL, CHECK_ALL,
	    "does the server run, and do firewall and router let this port "
	    "through?");

	if (fd < 0)
		return;
	close(fd);
	if (get_chain(c, &shown)) {
		server_certificate(c, &shown);
		client_certificate(c);
	}
	check_certs_free(&shown);
}
