/* tls_ossl.h - what the files of tls share; nobody else includes this. */
#ifndef OTS_TLS_OSSL_H
#define OTS_TLS_OSSL_H

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "buf.h"
#include "str.h"
#include "tls.h"

#define TLS_RECORD_MAX ((size_t)16384) /* plain bytes of one record */

/* --- texts of errors --- */

/* "FILE: WHY"; always NULL, so that a reader of files can return it. */
void *tls_fail(char err[TLS_ERR_MAX], const char *file, const char *why);
/* The reason of the library's oldest error, or `otherwise`; clears them. */
const char *tls_reason(const char *otherwise);
/* Why the call that SSL_get_error judged as `code` failed, in the words of
 * tls_why. Clears the library's errors. */
const char *tls_why_of(const SSL *ssl, int code);

/* --- files --- */

/* The certificates of a PEM file, at least one, or NULL. */
STACK_OF(X509) * tls_read_certs(const char *path, char err[TLS_ERR_MAX]);
EVP_PKEY *tls_read_key(const char *path, char err[TLS_ERR_MAX]);
/* Whole; the caller frees it. 0, or -1. */
int tls_read_file(const char *path, struct buf *out, char err[TLS_ERR_MAX]);
int64_t tls_time(const ASN1_TIME *t);

/* Key, certificate and CAs of a PKCS#12. The first two may be NULL: it holds
 * none. 0, or -1. */
struct tls_identity {
	EVP_PKEY *key;
	X509 *cert;
	STACK_OF(X509) * cas;
};
int tls_read_p12(const void *p, size_t n, const char *password,
    struct tls_identity *out, char err[TLS_ERR_MAX]);
void tls_identity_fini(struct tls_identity *id);

/* --- revocations --- */

struct tls_revocation {
	uint64_t issuer;
	char serial[TLS_SERIAL_MAX];
};

struct tls_crl {
	struct tls_revocation *set; /* sorted */
	size_t n, cap;
	int64_t expires; /* the first of them; 0: none says */
};

/* Every CRL in the PEM text, each signed by one of the CAs. 0, or -1. */
int tls_crl_read(struct tls_crl *crl, const char *path, struct slice pem,
    STACK_OF(X509) * cas, char err[TLS_ERR_MAX]);
/* One more, unchecked; tls_crl_sort before one looks into it. */
int tls_crl_add(struct tls_crl *crl, const X509_CRL *x);
void tls_crl_sort(struct tls_crl *crl);
bool tls_crl_has(const struct tls_crl *crl, uint64_t issuer,
    const char serial[TLS_SERIAL_MAX]);
void tls_crl_fini(struct tls_crl *crl);

/* --- facts of a certificate --- */

uint64_t tls_name_hash(const X509_NAME *name);
/* false: no serial that a certificate may have (RFC 5280 4.1.2.2). */
bool tls_serial(const ASN1_INTEGER *serial, char out[TLS_SERIAL_MAX]);
bool tls_cert_revoked(const struct tls_crl *crl, const X509 *x);

/* --- keys of session tickets --- */

struct tls_tickets;
struct tls_tickets *tls_tickets_new(void);
struct tls_tickets *tls_tickets_share(struct tls_tickets *t);
void tls_tickets_free(struct tls_tickets **t);
/* Give tickets under the context's keys; they carry the client's certificate,
 * which is looked at again when one comes back. */
void tls_tickets_use(SSL_CTX *ssl);

/* --- contexts and connections --- */

struct tls_ctx {
	SSL_CTX *ssl;
	unsigned refs;
	bool server, system_cas;
	STACK_OF(X509) * cas;
	struct tls_tickets *tickets;
	struct tls_crl crl;
	int64_t cert_expires;
};

enum tls_state { TLS_HANDSHAKE, TLS_OPEN, TLS_ENDED, TLS_FAILED };

struct tls {
	SSL *ssl;
	struct tls_ctx *ctx;
	int fd;
	enum tls_state state;
	int read_err, write_err; /* errno of the socket */
	bool eof;
	X509 *refused;   /* the leaf that did not pass verification */
	const char *why; /* static, or NULL */
	struct buf held; /* ciphertext that the socket has not taken */
};

/* The connection of an SSL, the context of an SSL_CTX. */
struct tls *tls_of(const SSL *ssl);
struct tls_ctx *tls_ctx_of(const SSL *ssl);
void tls_ctx_drop(struct tls_ctx *c);
struct tls_ctx *tls_ctx_new(bool server, char err[TLS_ERR_MAX]);

/* --- bytes below the records --- */

/* A BIO for t, or NULL. While the handshake lasts it reads from the socket what
 * the library asks for and no byte more; then it serves what tls_fill got. What
 * is written to it waits for tls_push. */
BIO *tls_bio(struct tls *t);
/* Read at most n bytes of ciphertext: > 0, 0 at the end, or -1 with errno. The
 * library must consume them before another connection's turn. */
ssize_t tls_fill(struct tls *t, size_t n);
/* Send what was written, and hold the rest. 0, or -1 with errno: the socket is
 * broken. */
int tls_push(struct tls *t);

#endif
