/* pki_ossl.h - what the files of the pki family share. Nobody else includes
 * this. */
#ifndef OTS_PKI_OSSL_H
#define OTS_PKI_OSSL_H

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "pki.h"

struct pki_key {
	EVP_PKEY *p;
};

struct pki_cert {
	X509 *x;
};

struct pki_csr {
	X509_REQ *r;
	EVP_PKEY *key;
};

/* Remember why; with the reason of OpenSSL's oldest error, if there is one. All
 * of its errors are forgotten. pki_fail returns -1, pki_null NULL. */
int pki_fail(const char *what);
void *pki_null(const char *what);
/* Only `what`. */
int pki_refuse(const char *what);

struct pki_key *pki_key_wrap(EVP_PKEY *take);
struct pki_cert *pki_cert_wrap(X509 *take);

/* Append what a memory BIO holds and free it (its memory is wiped). 0 or -1. */
int pki_bio_give(BIO *take, struct buf *out);

/* CN first, in the order of RFC 2253 texts. NULL: pki_fail was told. */
X509_NAME *pki_name_make(const struct pki_name *n);
/* The only CN, as UTF-8 without control bytes. 0, or -1: there is none or more
 * than one, or it is not such a text (pki_refuse was told). */
int pki_name_cn(const X509_NAME *n, char out[PKI_CN_MAX]);

/* Lower-case hex without leading zeros; false: over 20 bytes. */
bool pki_serial_text(const ASN1_INTEGER *serial, char out[PKI_SERIAL_MAX]);
ASN1_INTEGER *pki_serial_read(const char *hex);
ASN1_TIME *pki_time(int64_t seconds);
/* Seconds since the epoch; 0: not a time. */
int64_t pki_seconds(const ASN1_TIME *t);

/* base64 or DER between the banners of `label`, or without banners; the DER is
 * appended to *out. 0 or -1. */
int pki_unarmour(struct slice text, struct buf *out);

#endif
