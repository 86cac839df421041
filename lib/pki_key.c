/* Private and public keys. */
#include "pki.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "pki_ossl.h"

/* What guessing a passphrase costs: some 0.1 s a try. */
#define KDF_ROUNDS 200000

struct pki_key *
pki_key_wrap(EVP_PKEY *take)
{
	struct pki_key *k = take ? malloc(sizeof *k) : NULL;

	if (!k) {
		EVP_PKEY_free(take);
		return NULL;
	}
	k->p = take;
	return k;
}

struct pki_key *
pki_key_make(enum pki_algo algo)
{
	EVP_PKEY *p = NULL;

	switch (algo) {
	case PKI_RSA2048:
		p = EVP_RSA_gen(2048);
		break;
	case PKI_RSA3072:
		p = EVP_RSA_gen(3072);
		break;
	case PKI_RSA4096:
		p = EVP_RSA_gen(4096);
		break;
	case PKI_P256:
		p = EVP_EC_gen("P-256");
		break;
	}
	if (!p)
		return pki_null("unable to make a key");
	return pki_key_wrap(p);
}

/* For PEM_read_bio_PrivateKey: no passphrase given is no passphrase typed. */
static int
passphrase(char *out, int size, int rw, void *arg)
{
	const struct slice *pass = arg;

	(void)rw;
	if (pass->n == 0 || size < 0 || pass->n > (size_t)size)
		return -1;
	memcpy(out, pass->p, pass->n);
	return (int)pass->n;
}

struct pki_key *
pki_key_read(struct slice pem, struct slice pass)
{
	BIO *in = pem.n <= INT_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
	EVP_PKEY *p =
	    in ? PEM_read_bio_PrivateKey(in, NULL, passphrase, &pass) : NULL;

	BIO_free(in);
	if (p)
		return pki_key_wrap(p);
	if (!slice_find(pem, SLICE("PRIVATE KEY-----")))
		(void)pki_refuse("not a private key in PEM");
	else if (pass.n == 0 && slice_find(pem, SLICE("ENCRYPTED")))
		(void)pki_refuse("the key is encrypted: its passphrase is "
				 "needed");
	else if (pass.n && slice_find(pem, SLICE("ENCRYPTED")))
		(void)pki_refuse("the passphrase is not right");
	else
		(void)pki_fail("the key cannot be read");
	return NULL;
}

static X509_SIG *
encrypt(PKCS8_PRIV_KEY_INFO *plain, struct slice pass)
{
	X509_ALGOR *how = PKCS5_pbe2_set_iv(
	    EVP_aes_256_cbc(), KDF_ROUNDS, NULL, 16, NULL, NID_hmacWithSHA256);
	X509_SIG *sig;

	if (!how)
		return NULL;
	sig = PKCS8_set0_pbe(pass.p, (int)pass.n, plain, how);
	if (!sig)
		X509_ALGOR_free(how);
	return sig;
}

static int
write_encrypted(BIO *out, const EVP_PKEY *p, struct slice pass)
{
	PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(p);
	X509_SIG *sig = plain ? encrypt(plain, pass) : NULL;
	int good = sig && PEM_write_bio_PKCS8(out, sig);

	X509_SIG_free(sig);
	PKCS8_PRIV_KEY_INFO_free(plain);
	return good;
}

int
pki_key_write(const struct pki_key *k, struct slice pass, struct buf *out)
{
	BIO *b = pass.n <= INT_MAX ? BIO_new(BIO_s_mem()) : NULL;
	int good;

	if (!b)
		return pki_fail("no memory");
	good = pass.n
	    ? write_encrypted(b, k->p, pass)
	    : PEM_write_bio_PKCS8PrivateKey(b, k->p, NULL, NULL, 0, NULL, NULL);
	if (!good) {
		BIO_free(b);
		return pki_fail("unable to write the key");
	}
	return pki_bio_give(b, out);
}

void
pki_key_free(struct pki_key **k)
{
	if (*k)
		EVP_PKEY_free((*k)->p);
	free(*k);
	*k = NULL;
}
