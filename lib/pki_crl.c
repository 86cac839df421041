/* Revocation lists. */
#include "pki.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "pki_ossl.h"

/* As of certificates: a machine without a clock of its own starts in the past,
 * and a list from the future would shut everybody out. */
#define BEFORE_S (12 * 3600)

static int
set_reason(X509_REVOKED *entry, int reason)
{
	ASN1_ENUMERATED *e;
	int good;

	if (reason == 0)
		return 1;
	e = ASN1_ENUMERATED_new();
	good = e && ASN1_ENUMERATED_set(e, reason) &&
	    X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, e, 0, 0) == 1;
	ASN1_ENUMERATED_free(e);
	return good;
}

static int
add_revoked(X509_CRL *crl, const struct pki_revoked *r)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_INTEGER *serial = pki_serial_read(r->serial);
	ASN1_TIME *at = pki_time(r->at);
	int good = entry && serial && at &&
	    X509_REVOKED_set_serialNumber(entry, serial) &&
	    X509_REVOKED_set_revocationDate(entry, at) &&
	    set_reason(entry, r->reason) && X509_CRL_add0_revoked(crl, entry);

	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(at);
	if (!good)
		X509_REVOKED_free(entry);
	return good;
}

static int
set_crl_times(X509_CRL *crl, int64_t now, unsigned days)
{
	ASN1_TIME *a = pki_time(now - BEFORE_S);
	ASN1_TIME *b = pki_time(now + (int64_t)days * 86400);
	int good = a && b && X509_CRL_set1_lastUpdate(crl, a) &&
	    X509_CRL_set1_nextUpdate(crl, b);

	ASN1_TIME_free(a);
	ASN1_TIME_free(b);
	return good;
}

static int
set_crl_number(X509_CRL *crl, uint64_t number)
{
	ASN1_INTEGER *n = ASN1_INTEGER_new();
	int good = n && ASN1_INTEGER_set_uint64(n, number) &&
	    X509_CRL_add1_ext_i2d(crl, NID_crl_number, n, 0, 0) == 1;

	ASN1_INTEGER_free(n);
	return good;
}

static int
set_authority(X509_CRL *crl, X509 *issuer)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;
	int good;

	if (!X509_get0_subject_key_id(issuer))
		return 1;
	X509V3_set_ctx(&ctx, issuer, NULL, NULL, crl, 0);
	e = X509V3_EXT_nconf_nid(
	    NULL, &ctx, NID_authority_key_identifier, "keyid:always");
	good = e && X509_CRL_add_ext(crl, e, -1);
	X509_EXTENSION_free(e);
	return good;
}

static int
fill_crl(X509_CRL *crl, X509 *issuer, const struct pki_revoked *r, size_t n,
    uint64_t number, int64_t now, unsigned days)
{
	size_t i;

	if (!X509_CRL_set_version(crl, X509_CRL_VERSION_2) ||
	    !X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) ||
	    !set_crl_times(crl, now, days) || !set_authority(crl, issuer) ||
	    !set_crl_number(crl, number))
		return 0;
	for (i = 0; i < n; i++)
		if (!add_revoked(crl, &r[i]))
			return 0;
	return X509_CRL_sort(crl);
}

int
pki_crl_make(const struct pki_cert *issuer, const struct pki_key *key,
    const struct pki_revoked *r, size_t n, uint64_t number, int64_t now,
    unsigned days, struct buf *pem)
{
	X509_CRL *crl = X509_CRL_new();
	BIO *b = BIO_new(BIO_s_mem());
	int good = crl && b &&
	    fill_crl(crl, issuer->x, r, n, number, now, days) &&
	    X509_CRL_sign(crl, key->p, EVP_sha256()) &&
	    PEM_write_bio_X509_CRL(b, crl);

	X509_CRL_free(crl);
	if (good)
		return pki_bio_give(b, pem);
	BIO_free(b);
	return pki_fail("unable to make a revocation list");
}

/* The list of that issuer among those of the text. */
static X509_CRL *
find_crl(struct slice pem, const X509 *issuer)
{
	BIO *in = pem.n <= INT_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	X509_CRL *crl = NULL;

	while (in && (crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL))) {
		if (key &&
		    X509_NAME_cmp(X509_CRL_get_issuer(crl),
			X509_get_subject_name(issuer)) == 0 &&
		    X509_CRL_verify(crl, key) == 1)
			break;
		X509_CRL_free(crl);
	}
	BIO_free(in);
	if (!crl)
		(void)pki_refuse("no revocation list of this authority");
	return crl;
}

int
pki_crl_look(struct slice pem, const struct pki_cert *issuer,
    const char *serial, struct pki_crl_facts *out)
{
	X509_CRL *crl = find_crl(pem, issuer->x);
	ASN1_INTEGER *a = serial ? pki_serial_read(serial) : NULL;
	X509_REVOKED *entry;
	int n, r = 0;

	if (crl && serial && !a)
		r = pki_refuse("not a serial");
	if (!crl || r < 0) {
		X509_CRL_free(crl);
		return -1;
	}
	if (out) {
		n = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl));
		out->n = n > 0 ? (size_t)n : 0;
		out->this_update = pki_seconds(X509_CRL_get0_lastUpdate(crl));
		out->next_update = pki_seconds(X509_CRL_get0_nextUpdate(crl));
	}
	if (a)
		r = X509_CRL_get0_by_serial(crl, &entry, a) == 1;
	ASN1_INTEGER_free(a);
	X509_CRL_free(crl);
	return r;
}

static int
reason_of(const X509_REVOKED *entry)
{
	ASN1_ENUMERATED *e =
	    X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
	long v = e ? ASN1_ENUMERATED_get(e) : 0;

	ASN1_ENUMERATED_free(e);
	return v >= 0 && v <= 10 ? (int)v : 0;
}

int
pki_crl_each(struct slice pem, const struct pki_cert *issuer,
    void (*fn)(void *arg, const struct pki_revoked *r), void *arg)
{
	X509_CRL *crl = find_crl(pem, issuer->x);
	STACK_OF(X509_REVOKED) *all = crl ? X509_CRL_get_REVOKED(crl) : NULL;
	char serial[PKI_SERIAL_MAX];
	int i, n = 0;

	for (i = 0; i < sk_X509_REVOKED_num(all); i++) {
		const X509_REVOKED *e = sk_X509_REVOKED_value(all, i);
		struct pki_revoked r = {serial,
		    pki_seconds(X509_REVOKED_get0_revocationDate(e)),
		    reason_of(e)};

		if (!pki_serial_text(X509_REVOKED_get0_serialNumber(e), serial))
			continue;
		fn(arg, &r);
		n++;
	}
	if (!crl)
		return -1;
	X509_CRL_free(crl);
	return n;
}
