/* What all of the pki family needs: failures, names, serials, times. */
#include "pki.h"

#include <errno.h>
#include <limits.h>

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "pki_ossl.h"
#include "str.h"

static _Thread_local char why[256];

const char *
pki_why(void)
{
	return why[0] ? why : "no reason known";
}

int
pki_refuse(const char *what)
{
	if (str_fmt(why, sizeof why, "%s", what) < 0)
		why[0] = '\0';
	ERR_clear_error();
	return -1;
}

/* Reasons are OpenSSL's fixed texts; the data beside them is left out, since it
 * may quote input. */
int
pki_fail(const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	if (!reason)
		return pki_refuse(what);
	if (str_fmt(why, sizeof why, "%s: %s", what, reason) < 0)
		why[0] = '\0';
	ERR_clear_error();
	return -1;
}

void *
pki_null(const char *what)
{
	(void)pki_fail(what);
	return NULL;
}

int
pki_bio_give(BIO *take, struct buf *out)
{
	char *p;
	long n = BIO_get_mem_data(take, &p);
	int r = n < 0 || buf_append(out, p, (size_t)n) < 0
	    ? pki_refuse("too long, or no memory")
	    : 0;

	BIO_free(take);
	return r;
}

static int
add_name(X509_NAME *n, int nid, const char *value)
{
	if (!value)
		return 1;
	if (strlen(value) > INT_MAX)
		return 0;
	return X509_NAME_add_entry_by_NID(n, nid, MBSTRING_UTF8,
	    (const unsigned char *)value, (int)strlen(value), -1, 0);
}

X509_NAME *
pki_name_make(const struct pki_name *name)
{
	X509_NAME *n = X509_NAME_new();

	if (n && add_name(n, NID_countryName, name->c) &&
	    add_name(n, NID_stateOrProvinceName, name->st) &&
	    add_name(n, NID_localityName, name->l) &&
	    add_name(n, NID_organizationName, name->o) &&
	    add_name(n, NID_organizationalUnitName, name->ou) &&
	    add_name(n, NID_commonName, name->cn))
		return n;
	X509_NAME_free(n);
	return pki_null("not a name for a certificate");
}

static int
copy_cn(const unsigned char *p, int n, char out[PKI_CN_MAX])
{
	int i;

	if (n <= 0 || n >= PKI_CN_MAX)
		return pki_refuse("the CN is empty or longer than 64 bytes");
	if (!utf8_valid((const char *)p, (size_t)n))
		return pki_refuse("the CN is not UTF-8");
	for (i = 0; i < n; i++)
		if (p[i] < 0x20 || p[i] == 0x7f)
			return pki_refuse("the CN holds control characters");
	memcpy(out, p, (size_t)n);
	out[n] = '\0';
	return 0;
}

int
pki_name_cn(const X509_NAME *n, char out[PKI_CN_MAX])
{
	int at = X509_NAME_get_index_by_NID(n, NID_commonName, -1), len, r;
	unsigned char *utf8 = NULL;

	out[0] = '\0';
	if (at < 0)
		return pki_refuse("there is no CN");
	if (X509_NAME_get_index_by_NID(n, NID_commonName, at) >= 0)
		return pki_refuse("there is more than one CN");
	len = ASN1_STRING_to_UTF8(
	    &utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(n, at)));
	if (len < 0)
		return pki_fail("the CN is not a text");
	r = copy_cn(utf8, len, out);
	OPENSSL_free(utf8);
	return r;
}

bool
pki_serial_text(const ASN1_INTEGER *serial, char out[PKI_SERIAL_MAX])
{
	BIGNUM *bn = ASN1_INTEGER_to_BN(serial, NULL);
	char *text = bn ? BN_bn2hex(bn) : NULL, *p = text;
	bool fits;
	size_t i;

	while (p && p[0] == '0' && p[1])
		p++;
	fits = p && str_fmt(out, PKI_SERIAL_MAX, "%s", p) > 0;
	for (i = 0; fits && out[i]; i++)
		if (out[i] >= 'A' && out[i] <= 'F')
			out[i] = (char)(out[i] - 'A' + 'a');
	OPENSSL_free(text);
	BN_free(bn);
	return fits;
}

ASN1_INTEGER *
pki_serial_read(const char *hex)
{
	BIGNUM *bn = NULL;
	ASN1_INTEGER *a = NULL;
	int n = BN_hex2bn(&bn, hex);

	if (n > 0 && n < PKI_SERIAL_MAX && hex[n] == '\0')
		a = BN_to_ASN1_INTEGER(bn, NULL);
	BN_free(bn);
	return a;
}

ASN1_TIME *
pki_time(int64_t seconds)
{
	return ASN1_TIME_set(NULL, (time_t)seconds);
}

int64_t
pki_seconds(const ASN1_TIME *t)
{
	ASN1_TIME *epoch = t ? ASN1_TIME_set(NULL, 0) : NULL;
	int days = 0, seconds = 0, good;

	good = epoch && ASN1_TIME_diff(&days, &seconds, epoch, t);
	ASN1_TIME_free(epoch);
	return good ? (int64_t)days * 86400 + seconds : 0;
}

/* ---- text around DER ---- */

/* What stands between the line of BEGIN and that of END; all of it if there is
 * no BEGIN. */
static struct slice
inside_banners(struct slice s)
{
	const char *begin = slice_find(s, SLICE("-----BEGIN ")), *end;

	if (!begin)
		return s;
	s.n -= (size_t)(begin - s.p);
	s.p = begin;
	end = s.n ? memchr(s.p, '\n', s.n) : NULL;
	if (!end)
		return (struct slice){s.p, 0};
	s.n -= (size_t)(end - s.p);
	s.p = end;
	end = slice_find(s, SLICE("-----END "));
	if (end)
		s.n = (size_t)(end - s.p);
	return s;
}

int
pki_unarmour(struct slice text, struct buf *out)
{
	EVP_ENCODE_CTX *ctx;
	int n = 0, last = 0, good;
	char *to;

	if (text.n > INT_MAX / 2)
		return pki_refuse("too long");
	/* No base64 text begins so: it is the tag of a SEQUENCE. */
	if (text.n > 2 && text.p[0] == 0x30 && (text.p[1] & 0x80))
		return buf_put(out, text) < 0 ? pki_refuse("too long") : 0;
	text = inside_banners(text);
	to = buf_reserve(out, text.n + 64);
	ctx = to ? EVP_ENCODE_CTX_new() : NULL;
	if (!ctx)
		return pki_refuse("too long, or no memory");
	EVP_DecodeInit(ctx);
	good = EVP_DecodeUpdate(ctx, (unsigned char *)to, &n,
		   (const unsigned char *)text.p, (int)text.n) >= 0 &&
	    EVP_DecodeFinal(ctx, (unsigned char *)to + n, &last) == 1;
	EVP_ENCODE_CTX_free(ctx);
	if (!good || n + last == 0)
		return pki_refuse("neither DER nor base64");
	buf_commit(out, (size_t)n + (size_t)last);
	return 0;
}
