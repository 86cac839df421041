/* Certificates issued: nothing leaves before its line is in the ledger. */
#include <stdlib.h>

#include "base64.h"
#include "ca_own.h"
#include "clock.h"
#include "die.h"

int64_t
ca_now(void)
{
	return (int64_t)(clock_wall_us() / 1000000);
}

const char *
ca_kind_name(enum pki_kind kind)
{
	switch (kind) {
	case PKI_ROOT:
		return "root";
	case PKI_ISSUING:
		return "issuing";
	case PKI_SERVER:
		return "server";
	case PKI_CLIENT:
		break;
	}
	return "client";
}

struct pki_order
ca_order(const struct ca *ca, enum pki_kind kind, const char *cn, uint64_t days)
{
	struct pki_order o = {.kind = kind,
	    .name = ca->set.name,
	    .channels = true,
	    .now = ca_now()};

	if (days == 0)
		days = kind == PKI_SERVER ? ca->set.server_days
					  : ca->set.client_days;
	o.days = (unsigned)days;
	o.name.cn = cn;
	return o;
}

void
ca_issued_line(struct buf *out, const struct pki_cert *c, enum pki_kind kind,
    const char *name, const char *uid)
{
	struct buf der = {.max = 1 << 20}, text = {.max = 1 << 21};
	struct pki_facts f;
	struct ledger_line l;

	if (pki_cert_facts(c, &f) < 0 || pki_cert_der(c, &der) < 0 ||
	    base64_encode(&text, buf_slice(&der)) < 0)
		die(EXIT_TEMP, "unable to record a certificate: %s", pki_why());
	l = (struct ledger_line){.what = LEDGER_ISSUED,
	    .kind = slice_of(ca_kind_name(kind)),
	    .name = slice_of(name),
	    .serial = slice_of(f.serial),
	    .sha256 = slice_of(f.sha256),
	    .der = buf_slice(&text),
	    .uid = slice_of(uid ? uid : ""),
	    .t_us = (int64_t)clock_wall_us(),
	    .not_before = f.not_before,
	    .not_after = f.not_after};
	if (ledger_write(out, &l) < 0)
		die_sys(EXIT_TEMP, "unable to record a certificate");
	buf_fini(&der);
	buf_fini(&text);
}

static bool
serial_used(const struct ca *ca, const struct pki_cert *c)
{
	struct pki_facts f;
	size_t i;

	if (pki_cert_facts(c, &f) < 0)
		return true;
	for (i = 0; i < ca->n; i++)
		if (strcmp(ca->e[i].serial, f.serial) == 0)
			return true;
	for (i = 0; i < ca->n_foreign; i++)
		if (strcmp(ca->foreign[i].serial, f.serial) == 0)
			return true;
	return false;
}

static void
check_life(const struct ca *ca, const struct pki_order *o)
{
	struct pki_facts f;

	if (pki_cert_facts(ca->cert[0], &f) < 0)
		die(EXIT_USAGE, "%s/ca.pem: %s", ca->dir, pki_why());
	if (f.not_after <= o->now)
		die(EXIT_USAGE,
		    "the CA in %s has expired: make a new one in another "
		    "folder",
		    ca->dir);
	if (f.not_after < o->now + (int64_t)o->days * 86400)
		warnx_line("the CA ends before: so does the certificate of %s",
		    o->name.cn);
}

struct pki_cert *
ca_issue(struct ca *ca, const struct pki_order *o, const struct pki_key *pub,
    const char *uid)
{
	struct buf line = {.max = 1 << 21};
	struct pki_cert *c = NULL;

	check_life(ca, o);
	do {
		pki_cert_free(&c);
		c = pki_cert_make(o, pub, ca->cert[0], ca_key(ca, 0));
		if (!c)
			die(EXIT_USAGE, "no certificate for %s: %s", o->name.cn,
			    pki_why());
	} while (serial_used(ca, c));
	ca_issued_line(&line, c, o->kind, o->name.cn, uid);
	ca_ledger_append(ca, buf_slice(&line));
	buf_fini(&line);
	return c;
}

struct pki_cert *
ca_entry_cert(const struct ca_entry *e)
{
	struct pki_cert *c = pki_cert_from_base64(slice_of(e->der));

	if (!c)
		die(EXIT_USAGE, "the ledger's certificate %s of %s: %s",
		    e->serial, e->name, pki_why());
	return c;
}

void
ca_chain_pem(const struct ca *ca, const struct pki_cert *c, struct buf *out)
{
	size_t i;

	if (pki_cert_pem(c, out) < 0)
		die(EXIT_TEMP, "%s", pki_why());
	for (i = 0; i + 1 < ca->n_cert; i++)
		if (pki_cert_pem(ca->cert[i], out) < 0)
			die(EXIT_TEMP, "%s", pki_why());
}
