/* Requests (PKCS#10): marti-http 2.5. */
#include "pki.h"

#include <limits.h>
#include <stdlib.h>
#include <strings.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "pki_ossl.h"

#define CSR_MAX      ((size_t)64 << 10)
#define RSA_BITS_MAX 8192 /* what follows costs seconds */

static X509_REQ *
read_request(struct slice text)
{
	struct buf der = {.max = CSR_MAX + 64};
	X509_REQ *r = NULL;
	const unsigned char *p;
	size_t n;

	if (text.n > CSR_MAX)
		(void)pki_refuse("the request is longer than 64 KiB");
	else if (pki_unarmour(text, &der) == 0) {
		p = (const unsigned char *)buf_data(&der);
		n = buf_size(&der);
		r = d2i_X509_REQ(NULL, &p, (long)n);
		if (!r)
			(void)pki_fail("not a certificate request");
		else if (p != (const unsigned char *)buf_data(&der) + n) {
			(void)pki_refuse("bytes behind the request");
			X509_REQ_free(r);
			r = NULL;
		}
	}
	buf_fini(&der);
	return r;
}

static int
check_rsa(const EVP_PKEY *k)
{
	BIGNUM *e = NULL;
	int bits = EVP_PKEY_get_bits(k), sane;

	if (bits < 2048)
		return pki_refuse("its RSA key has less than 2048 bits");
	if (bits > RSA_BITS_MAX)
		return pki_refuse("its RSA key has more than 8192 bits");
	sane = EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_RSA_E, &e) &&
	    BN_is_odd(e) && !BN_is_one(e) && BN_num_bits(e) <= 64;
	BN_free(e);
	return sane ? 0 : pki_refuse("its RSA exponent is not sane");
}

static int
check_key(const EVP_PKEY *k)
{
	char group[24] = "";

	switch (EVP_PKEY_get_base_id(k)) {
	case EVP_PKEY_RSA:
		return check_rsa(k);
	case EVP_PKEY_EC:
		if (EVP_PKEY_get_group_name(k, group, sizeof group, NULL) ==
			1 &&
		    (!strcmp(group, "prime256v1") ||
			!strcmp(group, "secp384r1")))
			return 0;
		return pki_refuse("its curve is neither P-256 nor P-384");
	default:
		return pki_refuse("its key is neither RSA nor on P-256 or "
				  "P-384");
	}
}

struct pki_csr *
pki_csr_read(struct slice text)
{
	struct pki_csr *c = calloc(1, sizeof *c);

	if (!c)
		return pki_null("no memory");
	c->r = read_request(text);
	if (!c->r)
		goto out;
	c->key = X509_REQ_get_pubkey(c->r);
	if (!c->key) {
		(void)pki_fail("its key cannot be read");
		goto out;
	}
	if (check_key(c->key) < 0)
		goto out;
	if (X509_REQ_verify(c->r, c->key) == 1)
		return c;
	(void)pki_refuse("its signature is not right");
out:
	pki_csr_free(&c);
	return NULL;
}

void
pki_csr_free(struct pki_csr **c)
{
	if (*c) {
		X509_REQ_free((*c)->r);
		EVP_PKEY_free((*c)->key);
	}
	free(*c);
	*c = NULL;
}

int
pki_csr_cn(const struct pki_csr *c, char cn[PKI_CN_MAX])
{
	return pki_name_cn(X509_REQ_get_subject_name(c->r), cn);
}

static const char *
allowed_value(const struct pki_name *n, int nid)
{
	switch (nid) {
	case NID_organizationName:
		return n->o;
	case NID_organizationalUnitName:
		return n->ou;
	case NID_localityName:
		return n->l;
	case NID_stateOrProvinceName:
		return n->st;
	case NID_countryName:
		return n->c;
	default:
		return NULL;
	}
}

static bool
value_is(const X509_NAME_ENTRY *e, const char *want)
{
	unsigned char *utf8 = NULL;
	int n =
	    want ? ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(e)) : -1;
	bool is = n >= 0 && strlen(want) == (size_t)n &&
	    strncasecmp((const char *)utf8, want, (size_t)n) == 0;

	OPENSSL_free(utf8);
	return is;
}

bool
pki_csr_names_only(const struct pki_csr *c, const struct pki_name *allowed)
{
	const X509_NAME *n = X509_REQ_get_subject_name(c->r);
	int i, nid, count = X509_NAME_entry_count(n), bad = 0;
	const X509_NAME_ENTRY *e;

	for (i = 0; i < count && !bad; i++) {
		e = X509_NAME_get_entry(n, i);
		nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(e));
		/* Each kind once, and each in an RDN of its own. */
		if (X509_NAME_ENTRY_set(e) != i ||
		    X509_NAME_get_index_by_NID(n, nid, i) >= 0)
			bad = pki_refuse("its subject has a name twice");
		else if (nid != NID_commonName &&
		    !value_is(e, allowed_value(allowed, nid)))
			bad = pki_refuse("its subject holds other names than "
					 "those of this authority");
	}
	return !bad;
}

struct pki_key *
pki_csr_key(const struct pki_csr *c)
{
	if (!EVP_PKEY_up_ref(c->key))
		return pki_null("no memory");
	return pki_key_wrap(c->key);
}

int
pki_csr_make(
    const struct pki_key *k, const struct pki_name *name, struct buf *out)
{
	X509_REQ *r = X509_REQ_new();
	X509_NAME *n = pki_name_make(name);
	BIO *b = BIO_new(BIO_s_mem());
	int good = r && n && b && X509_REQ_set_version(r, 0) &&
	    X509_REQ_set_subject_name(r, n) && X509_REQ_set_pubkey(r, k->p) &&
	    X509_REQ_sign(r, k->p, EVP_sha256()) &&
	    PEM_write_bio_X509_REQ(b, r);

	X509_REQ_free(r);
	X509_NAME_free(n);
	if (good)
		return pki_bio_give(b, out);
	BIO_free(b);
	return pki_fail("unable to make a request");
}
