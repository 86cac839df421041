/* PKCS#12. What ATAK reads is SHA-1 with 3DES, which the library's default
 * provider still has; files of TAK Server and old keytools use RC2 of 40 bits,
 * which only its legacy provider has. */
#include "tls_ossl.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#define NAME "PKCS#12"

void
tls_identity_fini(struct tls_identity *id)
{
	EVP_PKEY_free(id->key);
	X509_free(id->cert);
	sk_X509_pop_free(id->cas, X509_free);
	*id = (struct tls_identity){0};
}

static bool
parse(PKCS12 *p12, const char *password, struct tls_identity *out)
{
	ERR_clear_error();
	*out = (struct tls_identity){0};
	return PKCS12_parse(p12, password, &out->key, &out->cert, &out->cas) ==
	    1;
}

static bool
wrong_password(void)
{
	return ERR_GET_REASON(ERR_peek_last_error()) ==
	    PKCS12_R_MAC_VERIFY_FAILURE;
}

/* NULL, or what is wrong. */
static const char *
parse_legacy(PKCS12 *p12, const char *password, struct tls_identity *out)
{
	OSSL_PROVIDER *legacy;
	bool done;

	if (wrong_password())
		return "wrong password";
	legacy = OSSL_PROVIDER_try_load(NULL, "legacy", 1);
	if (!legacy)
		return "it is encrypted with old ciphers (RC2), and OpenSSL's "
		       "legacy provider, which has them, is not installed";
	done = parse(p12, password, out);
	OSSL_PROVIDER_unload(legacy);
	return done ? NULL : "unknown encryption, or damaged";
}

int
tls_read_p12(const void *p, size_t n, const char *password,
    struct tls_identity *out, char err[TLS_ERR_MAX])
{
	const unsigned char *at = p;
	const char *wrong = NULL;
	PKCS12 *p12;

	ERR_clear_error();
	*out = (struct tls_identity){0};
	p12 = n <= INT_MAX ? d2i_PKCS12(NULL, &at, (long)n) : NULL;
	if (!p12)
		wrong = "not a PKCS#12 file";
	else if (!parse(p12, password, out))
		wrong = parse_legacy(p12, password, out);
	PKCS12_free(p12);
	if (wrong)
		tls_fail(err, NAME, wrong);
	ERR_clear_error();
	return wrong ? -1 : 0;
}
