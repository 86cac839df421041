/* Certificates and keys from PEM files. */
#include "tls_ossl.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <time.h>

#include "files.h"

#define FILE_MAX ((size_t)64 << 20)

int
tls_read_file(const char *path, struct buf *out, char err[TLS_ERR_MAX])
{
	/* It may be a key. */
	*out = (struct buf){.max = FILE_MAX, .wipe = true};
	if (files_read(path, out) == 0)
		return 0;
	tls_fail(err, path, strerror(errno));
	buf_fini(out);
	return -1;
}

static BIO *
open_pem(const char *path, struct buf *text, char err[TLS_ERR_MAX])
{
	BIO *b;

	if (tls_read_file(path, text, err) < 0)
		return NULL;
	b = BIO_new_mem_buf(
	    buf_size(text) ? buf_data(text) : "", (int)buf_size(text));
	if (b)
		return b;
	buf_fini(text);
	return tls_fail(err, path, "no memory");
}

/* Nobody is asked for a passphrase. */
static int
no_passphrase(char *p, int n, int writing, void *arg)
{
	(void)n;
	(void)writing;
	*p = '\0';
	*(bool *)arg = true;
	return -1;
}

static STACK_OF(X509) *
    certs_of(BIO *b, const char *path, char err[TLS_ERR_MAX])
{
	STACK_OF(X509) *all = sk_X509_new_null();
	const char *why = "no memory";
	X509 *x;

	ERR_clear_error();
	if (!all)
		return tls_fail(err, path, why);
	while ((x = PEM_read_bio_X509(b, NULL, NULL, NULL)))
		if (!sk_X509_push(all, x)) {
			X509_free(x);
			goto fail;
		}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		why = "a certificate in it is damaged";
	else if (sk_X509_num(all) == 0)
		why = "no certificate in it";
	else {
		ERR_clear_error();
		return all;
	}
fail:
	sk_X509_pop_free(all, X509_free);
	return tls_fail(err, path, why);
}

STACK_OF(X509) * tls_read_certs(const char *path, char err[TLS_ERR_MAX])
{
	STACK_OF(X509) * all;
	struct buf text;
	BIO *b = open_pem(path, &text, err);

	if (!b)
		return NULL;
	all = certs_of(b, path, err);
	BIO_free(b);
	buf_fini(&text);
	return all;
}

EVP_PKEY *
tls_read_key(const char *path, char err[TLS_ERR_MAX])
{
	bool encrypted = false;
	struct buf text;
	EVP_PKEY *key;
	BIO *b = open_pem(path, &text, err);

	if (!b)
		return NULL;
	ERR_clear_error();
	key = PEM_read_bio_PrivateKey(b, NULL, no_passphrase, &encrypted);
	BIO_free(b);
	buf_fini(&text);
	if (key)
		return key;
	return tls_fail(err, path,
	    encrypted ? "the key is encrypted: decrypt it with openssl pkey"
		      : "no private key in it");
}

int64_t
tls_time(const ASN1_TIME *t)
{
	struct tm tm;

	return t && ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}
