/* Revocations: a set of (issuer, serial). OpenSSL's own check of CRLs refuses
 * everybody once the list is past its date; this one goes on with what it
 * knows, and whoever runs the server is told (tls_crl_expires). */
#include "tls_ossl.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

/* Of the name's canonical form: letters' case and the type of a string do not
 * matter. 32 bits are enough: the issuers are our own few CAs. */
uint64_t
tls_name_hash(const X509_NAME *name)
{
	return X509_NAME_hash_ex(name, NULL, NULL, NULL);
}

bool
tls_serial(const ASN1_INTEGER *serial, char out[TLS_SERIAL_MAX])
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *p = ASN1_STRING_get0_data(serial);
	int n = ASN1_STRING_length(serial), i, len = 0;

	if (n < 0 || n > (TLS_SERIAL_MAX - 1) / 2 ||
	    ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
		return false;
	for (i = 0; i < n; i++) {
		if (len || p[i] >> 4)
			out[len++] = hex[p[i] >> 4];
		if (len || p[i] & 15)
			out[len++] = hex[p[i] & 15];
	}
	if (len == 0)
		out[len++] = '0';
	out[len] = '\0';
	return true;
}

static int
compare(const void *a, const void *b)
{
	const struct tls_revocation *x = a, *y = b;

	if (x->issuer != y->issuer)
		return x->issuer < y->issuer ? -1 : 1;
	return strcmp(x->serial, y->serial);
}

void
tls_crl_sort(struct tls_crl *crl)
{
	if (crl->n)
		qsort(crl->set, crl->n, sizeof *crl->set, compare);
}

bool
tls_crl_has(const struct tls_crl *crl, uint64_t issuer,
    const char serial[TLS_SERIAL_MAX])
{
	struct tls_revocation key = {.issuer = issuer};

	if (crl->n == 0)
		return false;
	/* Without a serial: all of an issuer that was revoked itself. */
	if (bsearch(&key, crl->set, crl->n, sizeof *crl->set, compare))
		return true;
	return str_fmt(key.serial, sizeof key.serial, "%s", serial) >= 0 &&
	    bsearch(&key, crl->set, crl->n, sizeof *crl->set, compare);
}

bool
tls_cert_revoked(const struct tls_crl *crl, const X509 *x)
{
	char serial[TLS_SERIAL_MAX];

	return crl->n && tls_serial(X509_get0_serialNumber(x), serial) &&
	    tls_crl_has(crl, tls_name_hash(X509_get_issuer_name(x)), serial);
}

void
tls_crl_fini(struct tls_crl *crl)
{
	free(crl->set);
	*crl = (struct tls_crl){0};
}

static struct tls_revocation *
new_entry(struct tls_crl *crl)
{
	struct tls_revocation *set;
	size_t cap;

	if (crl->n == crl->cap) {
		cap = crl->cap ? 2 * crl->cap : 16;
		set = reallocarray(crl->set, cap, sizeof *set);
		if (!set)
			return NULL;
		crl->set = set;
		crl->cap = cap;
	}
	return &crl->set[crl->n++];
}

static void
note_expiry(struct tls_crl *crl, const X509_CRL *x)
{
	int64_t at = tls_time(X509_CRL_get0_nextUpdate(x));

	if (at && (crl->expires == 0 || at < crl->expires))
		crl->expires = at;
}

/* A serial that no certificate can have revokes none. */
int
tls_crl_add(struct tls_crl *crl, const X509_CRL *x)
{
	/* The parameter is not const in OpenSSL 3.0; nothing is changed. */
	X509_CRL *loan = (X509_CRL *)(uintptr_t)x;
	STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(loan);
	uint64_t issuer = tls_name_hash(X509_CRL_get_issuer(x));
	struct tls_revocation *r;
	int i;

	for (i = 0; i < sk_X509_REVOKED_num(list); i++) {
		const X509_REVOKED *one = sk_X509_REVOKED_value(list, i);

		r = new_entry(crl);
		if (!r)
			return -1;
		r->issuer = issuer;
		if (!tls_serial(X509_REVOKED_get0_serialNumber(one), r->serial))
			crl->n--;
	}
	note_expiry(crl, x);
	return 0;
}

/* A CA may have several certificates and keys. */
static bool
signed_by_one(X509_CRL *x, STACK_OF(X509) * cas)
{
	const X509_NAME *issuer = X509_CRL_get_issuer(x);
	EVP_PKEY *key;
	int i;

	for (i = 0; i < sk_X509_num(cas); i++) {
		const X509 *ca = sk_X509_value(cas, i);

		if (X509_NAME_cmp(issuer, X509_get_subject_name(ca)) != 0)
			continue;
		key = X509_get0_pubkey(ca);
		if (key && X509_CRL_verify(x, key) == 1)
			return true;
	}
	return false;
}

/* NULL, or what is wrong. */
static const char *
add_checked(struct tls_crl *crl, X509_CRL *x, STACK_OF(X509) * cas)
{
	if (X509_CRL_get_ext_by_NID(x, NID_delta_crl, -1) >= 0)
		return "a delta CRL in it: a whole one is wanted";
	if (!signed_by_one(x, cas))
		return "a CRL in it is not signed by a CA that clients are "
		       "verified with";
	return tls_crl_add(crl, x) < 0 ? "no memory" : NULL;
}

static const char *
read_each(struct tls_crl *crl, BIO *b, STACK_OF(X509) * cas)
{
	const char *wrong = NULL;
	X509_CRL *x;
	int n = 0;

	ERR_clear_error();
	while (!wrong && (x = PEM_read_bio_X509_CRL(b, NULL, NULL, NULL))) {
		wrong = add_checked(crl, x, cas);
		X509_CRL_free(x);
		n++;
	}
	if (wrong)
		return wrong;
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return "a CRL in it is damaged";
	return n ? NULL : "no CRL in it";
}

/* Nothing that a revoked CA has signed is good any more. */
static bool
add_all_of_revoked(struct tls_crl *crl, STACK_OF(X509) * cas)
{
	struct tls_revocation *r;
	int i;

	tls_crl_sort(crl);
	for (i = 0; i < sk_X509_num(cas); i++) {
		const X509 *ca = sk_X509_value(cas, i);

		if (!tls_cert_revoked(crl, ca))
			continue;
		r = new_entry(crl);
		if (!r)
			return false;
		*r = (struct tls_revocation){
		    .issuer = tls_name_hash(X509_get_subject_name(ca))};
		tls_crl_sort(crl);
	}
	return true;
}

int
tls_crl_read(struct tls_crl *crl, const char *path, struct slice pem,
    STACK_OF(X509) * cas, char err[TLS_ERR_MAX])
{
	BIO *b = BIO_new_mem_buf(pem.n ? pem.p : "", (int)pem.n);
	const char *wrong = b ? read_each(crl, b, cas) : "no memory";

	BIO_free(b);
	ERR_clear_error();
	if (!wrong && !add_all_of_revoked(crl, cas))
		wrong = "no memory";
	if (!wrong)
		return 0;
	tls_crl_fini(crl);
	tls_fail(err, path, wrong);
	return -1;
}
