/* Certificates made: the extensions of marti-http 2.6. */
#include "pki.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "pki_ossl.h"

/* Clocks in the field drift (marti-http 2.6). */
#define BEFORE_S (12 * 3600)

static int
set_serial(X509 *x)
{
	unsigned char bytes[16];
	BIGNUM *bn;
	int good;

	do {
		if (RAND_bytes(bytes, sizeof bytes) != 1)
			return 0;
		bytes[0] &= 0x7f;
	} while (bytes[0] == 0);
	bn = BN_bin2bn(bytes, sizeof bytes, NULL);
	good = bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x));
	BN_free(bn);
	return good;
}

/* From 12 hours ago, but not before the issuer; not longer than the issuer. */
static int
set_times(X509 *x, const struct pki_order *o, const X509 *issuer)
{
	int64_t from = o->now - BEFORE_S;
	int64_t until = o->now + (int64_t)o->days * 86400;
	ASN1_TIME *a, *b;
	int good;

	if (issuer) {
		int64_t first = pki_seconds(X509_get0_notBefore(issuer));
		int64_t last = pki_seconds(X509_get0_notAfter(issuer));

		from = from < first ? first : from;
		until = until > last ? last : until;
	}
	a = pki_time(from);
	b = pki_time(until);
	good = a && b && X509_set1_notBefore(x, a) && X509_set1_notAfter(x, b);
	ASN1_TIME_free(a);
	ASN1_TIME_free(b);
	return good;
}

static int
set_names(X509 *x, const struct pki_order *o, const X509 *issuer)
{
	X509_NAME *n = pki_name_make(&o->name);
	int good = n && X509_set_subject_name(x, n) &&
	    X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : n);

	X509_NAME_free(n);
	return good;
}

/* ---- extensions ---- */

static int
add_text(X509 *x, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_nconf_nid(NULL, ctx, nid, value);
	int good = e && X509_add_ext(x, e, -1);

	X509_EXTENSION_free(e);
	return good;
}

static GENERAL_NAME *
text_name(int type, const char *text)
{
	GENERAL_NAME *g = GENERAL_NAME_new();
	ASN1_IA5STRING *s = ASN1_IA5STRING_new();

	if (!g || !s || !ASN1_STRING_set(s, text, -1)) {
		GENERAL_NAME_free(g);
		ASN1_IA5STRING_free(s);
		return NULL;
	}
	GENERAL_NAME_set0_value(g, type, s);
	return g;
}

static GENERAL_NAME *
ip_name(ASN1_OCTET_STRING *take)
{
	GENERAL_NAME *g = take ? GENERAL_NAME_new() : NULL;

	if (!g) {
		ASN1_OCTET_STRING_free(take);
		return NULL;
	}
	GENERAL_NAME_set0_value(g, GEN_IPADD, take);
	return g;
}

static bool
is_ip(const char *text)
{
	struct in6_addr a;

	return inet_pton(AF_INET, text, &a) == 1 ||
	    inet_pton(AF_INET6, text, &a) == 1;
}

static int
push_name(GENERAL_NAMES *names, GENERAL_NAME *take)
{
	if (take && sk_GENERAL_NAME_push(names, take) > 0)
		return 1;
	GENERAL_NAME_free(take);
	return 0;
}

static bool
printable(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++)
		if (*s < 0x21 || *s > 0x7e)
			return false;
	return true;
}

static int
add_san(X509 *x, const struct pki_order *o)
{
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	int good = names != NULL;
	size_t i;

	for (i = 0; good && i < o->n_san; i++) {
		const char *s = o->san[i];

		good = printable(s) &&
		    push_name(names,
			is_ip(s) ? ip_name(a2i_IPADDRESS(s))
				 : text_name(GEN_DNS, s));
	}
	if (good && o->email_san)
		good = printable(o->email_san) &&
		    push_name(names, text_name(GEN_EMAIL, o->email_san));
	if (good && sk_GENERAL_NAME_num(names) > 0)
		good = X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0,
			   X509V3_ADD_DEFAULT) == 1;
	GENERAL_NAMES_free(names);
	return good;
}

struct ext {
	int nid;
	const char *value;
};

static const struct ext *
ext_table(const struct pki_order *o)
{
	static const struct ext root[] = {
	    {NID_basic_constraints, "critical,CA:TRUE"},
	    {NID_key_usage, "critical,keyCertSign,cRLSign"}, {0}};
	static const struct ext issuing[] = {
	    {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
	    {NID_key_usage, "critical,keyCertSign,cRLSign"}, {0}};
	static const struct ext server[] = {{NID_basic_constraints, "CA:FALSE"},
	    {NID_key_usage, "critical,digitalSignature,keyEncipherment"},
	    {NID_ext_key_usage, "clientAuth,serverAuth"}, {0}};
	static const struct ext client[] = {{NID_basic_constraints, "CA:FALSE"},
	    {NID_key_usage, "critical,digitalSignature,keyEncipherment"},
	    {NID_ext_key_usage, "clientAuth"}, {0}};
	static const struct ext channels[] = {
	    {NID_basic_constraints, "CA:FALSE"},
	    {NID_key_usage, "critical,digitalSignature,keyEncipherment"},
	    {NID_ext_key_usage, "clientAuth,1.2.840.113549.1.9.7"}, {0}};

	switch (o->kind) {
	case PKI_ROOT:
		return root;
	case PKI_ISSUING:
		return issuing;
	case PKI_SERVER:
		return server;
	case PKI_CLIENT:
		break;
	}
	return o->channels ? channels : client;
}

static int
add_extensions(X509 *x, const struct pki_order *o, X509 *issuer)
{
	const struct ext *e;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer ? issuer : x, x, NULL, NULL, 0);
	for (e = ext_table(o); e->value; e++)
		if (!add_text(x, &ctx, e->nid, e->value))
			return 0;
	if (!add_text(x, &ctx, NID_subject_key_identifier, "hash"))
		return 0;
	/* Authorities made elsewhere may have no identifier to refer to. */
	if ((!issuer || X509_get0_subject_key_id(issuer)) &&
	    !add_text(x, &ctx, NID_authority_key_identifier, "keyid:always"))
		return 0;
	return add_san(x, o);
}

struct pki_cert *
pki_cert_make(const struct pki_order *o, const struct pki_key *pub,
    const struct pki_cert *issuer, const struct pki_key *issuer_key)
{
	X509 *x = X509_new(), *by = issuer ? issuer->x : NULL;
	const struct pki_key *sign_key = issuer ? issuer_key : pub;

	if (!x || !X509_set_version(x, X509_VERSION_3) || !set_serial(x) ||
	    !set_times(x, o, by) || !X509_set_pubkey(x, pub->p)) {
		X509_free(x);
		return pki_null("unable to make a certificate");
	}
	if (!set_names(x, o, by) || !add_extensions(x, o, by)) {
		X509_free(x);
		return pki_null("not a name for a certificate");
	}
	if (!X509_sign(x, sign_key->p, EVP_sha256())) {
		X509_free(x);
		return pki_null("unable to sign");
	}
	return pki_cert_wrap(x);
}
