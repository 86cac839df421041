/* Certificates read, written and looked at. */
#include "pki.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "pki_ossl.h"

struct pki_cert *
pki_cert_wrap(X509 *take)
{
	struct pki_cert *c = take ? malloc(sizeof *c) : NULL;

	if (!c) {
		X509_free(take);
		return NULL;
	}
	c->x = take;
	return c;
}

struct pki_cert *
pki_cert_read(struct slice pem, struct slice *rest)
{
	BIO *in = pem.n <= INT_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
	X509 *x = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
	size_t left = in ? BIO_ctrl_pending(in) : 0;

	BIO_free(in);
	if (!x)
		return pki_null("not a certificate in PEM");
	if (rest)
		*rest = (struct slice){pem.p + pem.n - left, left};
	return pki_cert_wrap(x);
}

struct pki_cert *
pki_cert_from_der(struct slice der)
{
	const unsigned char *p = (const unsigned char *)der.p;
	X509 *x = der.n <= LONG_MAX ? d2i_X509(NULL, &p, (long)der.n) : NULL;

	if (!x)
		return pki_null("not a certificate in DER");
	if (p != (const unsigned char *)der.p + der.n) {
		X509_free(x);
		return pki_null("bytes behind a certificate in DER");
	}
	return pki_cert_wrap(x);
}

struct pki_cert *
pki_cert_from_base64(struct slice text)
{
	struct buf der = {.max = text.n + 64};
	struct pki_cert *c = pki_unarmour(text, &der) < 0
	    ? NULL
	    : pki_cert_from_der(buf_slice(&der));

	buf_fini(&der);
	return c;
}

int
pki_cert_pem(const struct pki_cert *c, struct buf *out)
{
	BIO *b = BIO_new(BIO_s_mem());

	if (!b || !PEM_write_bio_X509(b, c->x)) {
		BIO_free(b);
		return pki_fail("unable to write a certificate");
	}
	return pki_bio_give(b, out);
}

int
pki_cert_der(const struct pki_cert *c, struct buf *out)
{
	unsigned char *der = NULL;
	int n = i2d_X509(c->x, &der), r;

	if (n < 0)
		return pki_fail("unable to write a certificate");
	r = buf_append(out, der, (size_t)n) < 0 ? pki_refuse("no memory") : 0;
	OPENSSL_free(der);
	return r;
}

void
pki_cert_free(struct pki_cert **c)
{
	if (*c)
		X509_free((*c)->x);
	free(*c);
	*c = NULL;
}

bool
pki_cert_is_of(const struct pki_cert *c, const struct pki_key *k)
{
	EVP_PKEY *p = X509_get0_pubkey(c->x);

	return p && EVP_PKEY_eq(p, k->p) == 1;
}

bool
pki_cert_signed_by(const struct pki_cert *c, const struct pki_cert *issuer)
{
	EVP_PKEY *p = X509_get0_pubkey(issuer->x);
	bool by = p &&
	    X509_NAME_cmp(X509_get_issuer_name(c->x),
		X509_get_subject_name(issuer->x)) == 0 &&
	    X509_verify(c->x, p) == 1;

	if (!by)
		(void)pki_refuse("not signed by that authority");
	return by;
}

/* ---- facts ---- */

/* RFC 2253; cut if it is longer. Control bytes are escaped. */
static void
name_text(const X509_NAME *n, char out[PKI_TEXT_MAX])
{
	BIO *b = BIO_new(BIO_s_mem());
	char *p;
	long len;

	out[0] = '\0';
	if (!b)
		return;
	if (X509_NAME_print_ex(
		b, n, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
		len = BIO_get_mem_data(b, &p);
		if (len >= PKI_TEXT_MAX)
			len = PKI_TEXT_MAX - 1;
		while (len > 0 && !utf8_valid(p, (size_t)len))
			len--;
		memcpy(out, p, (size_t)len);
		out[len] = '\0';
	}
	BIO_free(b);
}

static void
fingerprint(const X509 *x, char out[65])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0, i;

	if (!X509_digest(x, EVP_sha256(), md, &n))
		n = 0;
	for (i = 0; i < n && i < 32; i++) {
		out[2 * i] = digits[md[i] >> 4];
		out[2 * i + 1] = digits[md[i] & 15];
	}
	out[2 * i] = '\0';
}

static void
key_text(const X509 *x, char out[32])
{
	const EVP_PKEY *p = X509_get0_pubkey(x);
	char group[24];

	out[0] = '\0';
	if (!p)
		return;
	if (EVP_PKEY_get_base_id(p) == EVP_PKEY_RSA) {
		(void)str_fmt(out, 32, "RSA %d", EVP_PKEY_get_bits(p));
		return;
	}
	if (EVP_PKEY_get_group_name(p, group, sizeof group, NULL) != 1) {
		(void)str_fmt(out, 32, "%s", EVP_PKEY_get0_type_name(p));
		return;
	}
	(void)str_fmt(out, 32, "%s",
	    !strcmp(group, "prime256v1")      ? "P-256"
		: !strcmp(group, "secp384r1") ? "P-384"
		: !strcmp(group, "secp521r1") ? "P-521"
					      : group);
}

static int
ip_text(const ASN1_OCTET_STRING *s, char *out, size_t size)
{
	int family = ASN1_STRING_length(s) == 4 ? AF_INET : AF_INET6;

	if (ASN1_STRING_length(s) != 4 && ASN1_STRING_length(s) != 16)
		return -1;
	return inet_ntop(family, ASN1_STRING_get0_data(s), out, (socklen_t)size)
	    ? 0
	    : -1;
}

/* As text of printable ASCII without commas; -1: it is not such a thing. */
static int
ia5_text(const ASN1_IA5STRING *s, char *out, size_t size)
{
	const unsigned char *p = ASN1_STRING_get0_data(s);
	int n = ASN1_STRING_length(s), i;

	for (i = 0; i < n; i++)
		if (p[i] < 0x21 || p[i] > 0x7e || p[i] == ',')
			return -1;
	return str_fmt(out, size, "%.*s", n, (const char *)p);
}

static int
san_text(const GENERAL_NAME *g, char *out, size_t size)
{
	char value[300];
	const char *type;
	int kind, r = -1;
	void *v = GENERAL_NAME_get0_value(g, &kind);

	if (kind == GEN_IPADD)
		r = ip_text(v, value, sizeof value);
	else if (kind == GEN_DNS || kind == GEN_EMAIL || kind == GEN_URI)
		r = ia5_text(v, value, sizeof value);
	if (r < 0)
		return -1;
	type = kind == GEN_IPADD ? "IP"
	    : kind == GEN_DNS    ? "DNS"
	    : kind == GEN_EMAIL  ? "email"
				 : "URI";
	return str_fmt(out, size, "%s:%s", type, value);
}

static void
all_sans(const X509 *x, char *out, size_t size)
{
	GENERAL_NAMES *names =
	    X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	char one[320];
	size_t used = 0;
	int i, n;

	out[0] = '\0';
	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		if (san_text(sk_GENERAL_NAME_value(names, i), one, sizeof one) <
		    0)
			continue;
		n = str_fmt(
		    out + used, size - used, "%s%s", used ? ", " : "", one);
		if (n < 0)
			break;
		used += (size_t)n;
	}
	GENERAL_NAMES_free(names);
}

static bool
has_channels(const X509 *x)
{
	EXTENDED_KEY_USAGE *eku =
	    X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
	bool has = false;
	int i;

	for (i = 0; i < sk_ASN1_OBJECT_num(eku); i++)
		if (OBJ_obj2nid(sk_ASN1_OBJECT_value(eku, i)) ==
		    NID_pkcs9_challengePassword)
			has = true;
	EXTENDED_KEY_USAGE_free(eku);
	return has;
}

int
pki_cert_facts(const struct pki_cert *c, struct pki_facts *f)
{
	X509 *x = c->x;

	*f = (struct pki_facts){0};
	if (!pki_serial_text(X509_get0_serialNumber(x), f->serial))
		return pki_refuse("its serial is longer than 20 bytes");
	/* A server of somewhere else needs none. */
	(void)pki_name_cn(X509_get_subject_name(x), f->cn);
	name_text(X509_get_subject_name(x), f->subject);
	name_text(X509_get_issuer_name(x), f->issuer);
	fingerprint(x, f->sha256);
	key_text(x, f->key);
	(void)str_fmt(
	    f->sig, sizeof f->sig, "%s", OBJ_nid2sn(X509_get_signature_nid(x)));
	all_sans(x, f->san, sizeof f->san);
	f->not_before = pki_seconds(X509_get0_notBefore(x));
	f->not_after = pki_seconds(X509_get0_notAfter(x));
	f->ca = X509_check_ca(x) == 1;
	f->for_server = X509_check_purpose(x, X509_PURPOSE_SSL_SERVER, 0) == 1;
	f->for_client = X509_check_purpose(x, X509_PURPOSE_SSL_CLIENT, 0) == 1;
	f->channels = has_channels(x);
	return 0;
}

bool
pki_cert_part(
    const struct pki_cert *c, const char *part, char *out, size_t size)
{
	const X509_NAME *n = X509_get_subject_name(c->x);
	int at = X509_NAME_get_index_by_NID(n, OBJ_sn2nid(part), -1), len;
	unsigned char *utf8 = NULL;
	bool fits;

	if (at < 0)
		return false;
	len = ASN1_STRING_to_UTF8(
	    &utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(n, at)));
	fits = len > 0 && !memchr(utf8, 0, (size_t)len) &&
	    str_fmt(out, size, "%.*s", len, (const char *)utf8) >= 0;
	if (len >= 0)
		OPENSSL_free(utf8);
	return fits;
}

bool
pki_cert_is_for(const struct pki_cert *c, const char *host)
{
	struct in6_addr a;

	if (inet_pton(AF_INET, host, &a) == 1 ||
	    inet_pton(AF_INET6, host, &a) == 1)
		return X509_check_ip_asc(c->x, host, 0) == 1;
	return X509_check_host(c->x, host, strlen(host),
		   X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;
}
