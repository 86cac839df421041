/* Who the other side is. */
#include "tls_ossl.h"

#include <errno.h>
#include <openssl/pem.h>
#include <string.h>

/* The only CN. Two of them would be two users, one for each reader. */
static bool
common_name(const X509 *x, char out[TLS_USER_MAX])
{
	const X509_NAME *name = X509_get_subject_name(x);
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1), n, i;
	unsigned char *text;
	bool good;

	out[0] = '\0';
	if (at < 0)
		return true;
	if (X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0)
		return false;
	n = ASN1_STRING_to_UTF8(
	    &text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (n < 0)
		return false;
	good = n < TLS_USER_MAX && utf8_valid((char *)text, (size_t)n);
	for (i = 0; i < n; i++)
		good = good && text[i] >= 0x20 && text[i] != 0x7f;
	if (good) {
		memcpy(out, text, (size_t)n);
		out[n] = '\0';
	}
	OPENSSL_free(text);
	return good;
}

const char *
tls_cipher(const struct tls *t)
{
	return SSL_get_cipher_name(t->ssl);
}

static const X509 *
leaf_of(const struct tls *t)
{
	X509 *x = SSL_get0_peer_certificate(t->ssl);

	return x ? x : t->refused;
}

int
tls_peer(const struct tls *t, struct tls_peer *out)
{
	const X509 *x = leaf_of(t);

	memset(out, 0, sizeof *out);
	out->version = SSL_get_version(t->ssl);
	out->resumed = SSL_session_reused(t->ssl);
	if (!x) {
		errno = ENODATA;
		return -1;
	}
	out->issuer = tls_name_hash(X509_get_issuer_name(x));
	out->not_after = tls_time(X509_get0_notAfter(x));
	if (tls_serial(X509_get0_serialNumber(x), out->serial) &&
	    common_name(x, out->user))
		return 0;
	errno = EBADMSG;
	return -1;
}

static bool
put_pem(struct buf *out, const X509 *x)
{
	/* Not const in OpenSSL 3.0; nothing is changed. */
	X509 *loan = (X509 *)(uintptr_t)x;
	BIO *b = BIO_new(BIO_s_mem());
	char *p;
	long n;
	bool done = b && PEM_write_bio_X509(b, loan) == 1;

	if (done) {
		n = BIO_get_mem_data(b, &p);
		done = n > 0 && buf_append(out, p, (size_t)n) == 0;
	}
	BIO_free(b);
	return done;
}

/* The library's list has the leaf where the other side is the server. */
int
tls_peer_chain(const struct tls *t, struct buf *out, int max)
{
	STACK_OF(X509) *list = SSL_get_peer_cert_chain(t->ssl);
	const X509 *leaf = leaf_of(t);
	int n = 0, i = 0;

	if (!leaf || max <= 0)
		return 0;
	n += put_pem(out, leaf);
	if (sk_X509_num(list) > 0 &&
	    X509_cmp(leaf, sk_X509_value(list, 0)) == 0)
		i = 1;
	for (; i < sk_X509_num(list) && n < max; i++)
		n += put_pem(out, sk_X509_value(list, i));
	return n;
}
