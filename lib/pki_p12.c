/* PKCS#12 as ATAK and old Android read it: PBE-SHA1-3DES and a SHA-1 MAC
 * (user-needs 9; marti-http 2.6). OpenSSL's default provider has both. */
#include "pki.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "pki_ossl.h"

#define P12_ROUNDS 2048
#define P12_PBE    NID_pbe_WithSHA1And3_Key_TripleDES_CBC
#define P12_MAX    ((size_t)1 << 20)

typedef STACK_OF(PKCS12_SAFEBAG) bags;

/* Java takes a certificate for trusted only with this attribute, whose value
 * is anyExtendedKeyUsage; others skip it. */
static int
mark_trusted(PKCS12_SAFEBAG *bag)
{
	ASN1_OBJECT *any = OBJ_nid2obj(NID_anyExtendedKeyUsage);

	return PKCS12_add1_attr_by_txt(bag, "2.16.840.1.113894.746875.1.1",
	    V_ASN1_OBJECT, (const unsigned char *)any, -1);
}

static int
name_bag(PKCS12_SAFEBAG *bag, const char *name)
{
	return !name || !*name ||
	    PKCS12_add_friendlyname_utf8(bag, name, (int)strlen(name));
}

static int
add_cert(bags **to, const struct pki_cert *c, const char *name,
    const unsigned char *id, unsigned id_n)
{
	PKCS12_SAFEBAG *bag = PKCS12_add_cert(to, c->x);

	if (!bag || !name_bag(bag, name))
		return 0;
	return !id ||
	    PKCS12_add_localkeyid(
		bag, (unsigned char *)(uintptr_t)id, (int)id_n);
}

static int
add_authorities(
    bags **to, const struct pki_cert *const *cas, size_t n, bool trusted)
{
	char cn[PKI_CN_MAX];
	size_t i;

	for (i = 0; i < n; i++) {
		if (pki_name_cn(X509_get_subject_name(cas[i]->x), cn) < 0)
			cn[0] = '\0';
		if (!add_cert(to, cas[i], cn, NULL, 0))
			return 0;
		if (trusted &&
		    !mark_trusted(sk_PKCS12_SAFEBAG_value(
			*to, sk_PKCS12_SAFEBAG_num(*to) - 1)))
			return 0;
	}
	return 1;
}

static int
add_key(STACK_OF(PKCS7) * *safes, const struct pki_key *key, const char *name,
    const unsigned char *id, unsigned id_n, const char *password)
{
	bags *keys = NULL;
	PKCS12_SAFEBAG *bag =
	    PKCS12_add_key(&keys, key->p, 0, P12_ROUNDS, P12_PBE, password);
	int good = bag && name_bag(bag, name) &&
	    PKCS12_add_localkeyid(
		bag, (unsigned char *)(uintptr_t)id, (int)id_n) &&
	    PKCS12_add_safe(safes, keys, -1, 0, NULL);

	sk_PKCS12_SAFEBAG_pop_free(keys, PKCS12_SAFEBAG_free);
	return good;
}

static int
fill(STACK_OF(PKCS7) * *safes, const struct pki_key *key,
    const struct pki_cert *cert, const struct pki_cert *const *cas,
    size_t n_cas, const char *name, const char *password)
{
	unsigned char id[EVP_MAX_MD_SIZE];
	unsigned id_n = 0;
	bags *certs = NULL;
	int good = 1;

	if (cert)
		good = X509_digest(cert->x, EVP_sha1(), id, &id_n) &&
		    add_cert(&certs, cert, name, key ? id : NULL, id_n);
	good = good && add_authorities(&certs, cas, n_cas, !cert) && certs &&
	    PKCS12_add_safe(safes, certs, P12_PBE, P12_ROUNDS, password) &&
	    (!key || add_key(safes, key, name, id, id_n, password));
	sk_PKCS12_SAFEBAG_pop_free(certs, PKCS12_SAFEBAG_free);
	return good;
}

static int
write_p12(const PKCS12 *p, struct buf *out)
{
	unsigned char *der = NULL;
	int n = i2d_PKCS12(p, &der), r;

	if (n < 0)
		return pki_fail("unable to write a PKCS#12");
	r = buf_append(out, der, (size_t)n) < 0 ? pki_refuse("no memory") : 0;
	OPENSSL_free(der);
	return r;
}

int
pki_p12_make(const struct pki_key *key, const struct pki_cert *cert,
    const struct pki_cert *const *cas, size_t n_cas, const char *name,
    const char *password, struct buf *out)
{
	STACK_OF(PKCS7) *safes = NULL;
	PKCS12 *p = NULL;
	int r;

	if ((key && !cert) || (!cert && n_cas == 0))
		return pki_refuse("nothing to put into a PKCS#12");
	if (fill(&safes, key, cert, cas, n_cas, name, password))
		p = PKCS12_add_safes(safes, 0);
	if (p &&
	    PKCS12_set_mac(p, password, -1, NULL, 0, P12_ROUNDS, EVP_sha1()))
		r = write_p12(p, out);
	else
		r = pki_fail("unable to make a PKCS#12");
	PKCS12_free(p);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	return r;
}

/* ---- reading ---- */

static int
write_parts(BIO *b, EVP_PKEY *key, X509 *cert, STACK_OF(X509) * cas)
{
	int i, good = 1;

	if (key)
		good = PEM_write_bio_PKCS8PrivateKey(
		    b, key, NULL, NULL, 0, NULL, NULL);
	if (good && cert)
		good = PEM_write_bio_X509(b, cert);
	for (i = 0; good && i < sk_X509_num(cas); i++)
		good = PEM_write_bio_X509(b, sk_X509_value(cas, i));
	return good;
}

static int
give_parts(PKCS12 *p, const char *password, struct buf *out)
{
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	STACK_OF(X509) *cas = NULL;
	BIO *b = NULL;
	int r;

	if (!PKCS12_parse(p, password, &key, &cert, &cas))
		return pki_fail("the PKCS#12 cannot be opened");
	b = BIO_new(BIO_s_mem());
	if (b && write_parts(b, key, cert, cas)) {
		r = pki_bio_give(b, out);
	} else {
		BIO_free(b);
		r = pki_fail("unable to read the PKCS#12");
	}
	EVP_PKEY_free(key);
	X509_free(cert);
	sk_X509_pop_free(cas, X509_free);
	return r;
}

int
pki_p12_read(struct slice p12, const char *password, struct buf *out)
{
	const unsigned char *p = (const unsigned char *)p12.p;
	PKCS12 *d = p12.n <= P12_MAX ? d2i_PKCS12(NULL, &p, (long)p12.n) : NULL;
	int r;

	if (!d)
		return pki_fail("not a PKCS#12");
	if (PKCS12_mac_present(d) && !PKCS12_verify_mac(d, password, -1))
		r = pki_refuse("the password is not right");
	else
		r = give_parts(d, password, out);
	PKCS12_free(d);
	return r;
}
