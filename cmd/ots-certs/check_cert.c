#include "check_cert.h"

#include <string.h>

#include "num.h"

#define DAY 86400

void
check_certs_free(struct check_certs *c)
{
	while (c->n > 0)
		pki_cert_free(&c->cert[--c->n]);
}

void
check_certs_read(struct check_certs *c, struct slice pem)
{
	struct slice rest;

	check_certs_free(c);
	while (c->n < CHECK_CHAIN_MAX && pem.n > 0) {
		c->cert[c->n] = pki_cert_read(pem, &rest);
		if (!c->cert[c->n])
			break;
		c->n++;
		pem = rest;
	}
}

/* One of list that has signed c, or NULL. */
static const struct pki_cert *
signer(const struct pki_cert *c, const struct check_certs *list)
{
	int i;

	for (i = 0; i < list->n; i++)
		if (list->cert[i] != c && pki_cert_signed_by(c, list->cert[i]))
			return list->cert[i];
	return NULL;
}

/* The last certificate on the way from the leaf. */
static const struct pki_cert *
last_of(const struct check_certs *shown, const struct check_certs *trust,
    bool *leads)
{
	const struct pki_cert *c = shown->cert[0], *next;
	int steps;

	for (steps = 0; steps < CHECK_CHAIN_MAX; steps++) {
		*leads = signer(c, trust) != NULL;
		next = *leads ? NULL : signer(c, shown);
		if (!next)
			return c;
		c = next;
	}
	return c;
}

bool
check_chain_leads(
    const struct check_certs *shown, const struct check_certs *trust)
{
	bool leads = false;

	if (shown->n > 0)
		(void)last_of(shown, trust, &leads);
	return leads;
}

bool
check_chain(struct check_report *r, const char *port, unsigned who,
    const struct check_certs *shown, const struct check_certs *trust)
{
	struct pki_facts facts;
	bool leads;
	const struct pki_cert *last = last_of(shown, trust, &leads);

	if (pki_cert_facts(last, &facts) < 0)
		memset(&facts, 0, sizeof facts);
	if (leads)
		check_say(r, CHECK_OK, port, "chain", 0, NULL,
		    "the certificate leads to the CA (%s)", facts.issuer);
	else
		check_say(r, CHECK_FAIL, port, "chain", who,
		    "use a server certificate of this CA, with the chain in "
		    "its file, or give the devices the CA of that server",
		    "unknown CA: the certificate was issued by \"%s\", which "
		    "is neither the trusted CA nor shown by the server",
		    facts.issuer);
	return leads;
}

bool
check_name(struct check_report *r, const char *port, unsigned who,
    const struct pki_cert *c, const char *host)
{
	struct pki_facts facts;

	if (pki_cert_is_for(c, host)) {
		check_say(r, CHECK_OK, port, "name", 0, NULL,
		    "the certificate is for %s", host);
		return true;
	}
	if (pki_cert_facts(c, &facts) < 0)
		memset(&facts, 0, sizeof facts);
	check_say(r, CHECK_FAIL, port, "name", who,
	    "connect by that name, or make a certificate with this one: "
	    "ots-certs server NAME ...",
	    "wrong name: the certificate is for %s, not for %s",
	    facts.san[0] ? facts.san : "no name at all", host);
	return false;
}

bool
check_dates(struct check_report *r, const char *port, const char *step,
    unsigned who, const struct pki_cert *c, const struct check_when *when,
    const char *what, const char *todo)
{
	struct pki_facts f;
	int64_t left;

	if (pki_cert_facts(c, &f) < 0)
		memset(&f, 0, sizeof f);
	left = f.not_after - when->now;
	if (when->now < f.not_before) {
		check_say(r, CHECK_FAIL, port, step, who,
		    "set the clock of this machine or of the one that issued "
		    "it",
		    "%s is not valid yet: it begins in %lld hours", what,
		    (long long)(f.not_before - when->now) / 3600 + 1);
		return false;
	}
	if (left < 0) {
		check_say(r, CHECK_FAIL, port, step, who, todo,
		    "expired: %s ended %lld days ago", what,
		    (long long)(-left / DAY));
		return false;
	}
	if (left < (int64_t)when->days * DAY) {
		check_say(r, CHECK_SOON, port, step, who, todo,
		    "%s expires in %lld days", what, (long long)(left / DAY));
		return false;
	}
	check_say(r, CHECK_OK, port, step, 0, NULL,
	    "%s is valid for %lld more days", what, (long long)(left / DAY));
	return true;
}

bool
check_key(struct check_report *r, const char *port, unsigned who,
    const struct pki_cert *c)
{
	struct pki_facts f;
	uint64_t bits;

	if (pki_cert_facts(c, &f) < 0)
		memset(&f, 0, sizeof f);
	if (!f.for_server) {
		check_say(r, CHECK_FAIL, port, "use", who,
		    "make one with: ots-certs server NAME ...",
		    "the certificate is not for servers (extended key usage)");
		return false;
	}
	if (slice_starts(slice_of(f.key), "RSA ") &&
	    num_u64(slice_of(f.key + 4), UINT32_MAX, &bits) == 0 &&
	    bits < 2048) {
		check_say(r, CHECK_FAIL, port, "key", who,
		    "make a new one with: ots-certs server NAME ...",
		    "weak key: %s", f.key);
		return false;
	}
	check_say(r, CHECK_OK, port, "key", 0, NULL, "%s", f.key);
	return true;
}

/* Names of algorithms stand in clear, in DER, around what they protect. */
#define PBES2  SLICE("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d")
#define SHA256 SLICE("\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01")
#define SHA512 SLICE("\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03")

const char *
check_p12_algorithms(struct slice p12)
{
	if (slice_find(p12, PBES2))
		return "it is encrypted with AES (PBES2)";
	if (slice_find(p12, SHA256) || slice_find(p12, SHA512))
		return "its checksum is of SHA-2";
	return "";
}
