#include "tls_ossl.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>
#if defined __aarch64__
#include <sys/auxv.h>
#endif

#define DEPTH     4     /* certificates between a leaf and what is trusted */
#define CERTS_MAX 16384 /* bytes of certificates that a stranger may send */

/* AES-128 is enough and the cheapest where the processor has AES: one core
 * (AMD EPYC, OpenSSL 3.0) seals 5.4 GB/s in records of 16 KiB, with AES-256
 * 5.1, with ChaCha20 5.0. Processors without (Raspberry Pi 4) get ChaCha20
 * first. A phone that wants ChaCha20 gets it in any case. */
#define AES_SUITES                                                             \
	"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"                       \
	"TLS_CHACHA20_POLY1305_SHA256"
#define CHACHA_SUITES                                                          \
	"TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:"                 \
	"TLS_AES_256_GCM_SHA384"
#define AES_CIPHERS    "ECDHE+AESGCM+AES128:ECDHE+AESGCM:ECDHE+CHACHA20"
#define CHACHA_CIPHERS "ECDHE+CHACHA20:ECDHE+AESGCM+AES128:ECDHE+AESGCM"
#define OTHER_CIPHERS  ":ALL:!COMPLEMENTOFDEFAULT:!eNULL"

static bool
processor_has_aes(void)
{
#if defined __x86_64__ || defined __i386__
	return __builtin_cpu_supports("aes");
#elif defined __aarch64__
	return getauxval(AT_HWCAP) & (1UL << 3); /* HWCAP_AES */
#else
	return false;
#endif
}

static bool
set_ciphers(SSL_CTX *ssl)
{
	bool aes = processor_has_aes();

	return SSL_CTX_set_ciphersuites(
		   ssl, aes ? AES_SUITES : CHACHA_SUITES) == 1 &&
	    SSL_CTX_set_cipher_list(ssl,
		aes ? AES_CIPHERS OTHER_CIPHERS
		    : CHACHA_CIPHERS OTHER_CIPHERS) == 1;
}

static bool
set_up(SSL_CTX *ssl, bool server)
{
	static char groups[] = "X25519:P-256:P-384";

	SSL_CTX_set_options(ssl,
	    SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
		SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
		SSL_OP_CLEANSE_PLAINTEXT);
	SSL_CTX_set_mode(ssl,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* What goes out is what stands in the file: to look for the chain in
	 * each handshake costs signatures. */
	if (server) {
		SSL_CTX_set_mode(ssl, SSL_MODE_NO_AUTO_CHAIN);
		SSL_CTX_set_max_cert_list(ssl, CERTS_MAX);
	}
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_early_data(ssl, 0);
	SSL_CTX_set_verify_depth(ssl, DEPTH);
	/* A trust file with the issuing CA alone will do. */
	X509_VERIFY_PARAM_set_flags(
	    SSL_CTX_get0_param(ssl), X509_V_FLAG_PARTIAL_CHAIN);
	return SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) == 1 &&
	    SSL_CTX_set1_groups_list(ssl, groups) == 1 && set_ciphers(ssl);
}

struct tls_ctx *
tls_ctx_new(bool server, char err[TLS_ERR_MAX])
{
	struct tls_ctx *c = calloc(1, sizeof *c);

	ERR_clear_error();
	if (!c)
		return tls_fail(err, "TLS", "no memory");
	c->refs = 1;
	c->server = server;
	c->ssl =
	    SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	if (c->ssl && set_up(c->ssl, server)) {
		SSL_CTX_set_app_data(c->ssl, c);
		return c;
	}
	tls_ctx_drop(c);
	return tls_fail(err, "TLS", tls_reason("no memory"));
}

void
tls_ctx_drop(struct tls_ctx *c)
{
	if (--c->refs)
		return;
	SSL_CTX_free(c->ssl);
	sk_X509_pop_free(c->cas, X509_free);
	tls_tickets_free(&c->tickets);
	tls_crl_fini(&c->crl);
	free(c);
}

void
tls_ctx_free(struct tls_ctx **c)
{
	if (*c)
		tls_ctx_drop(*c);
	*c = NULL;
}

struct tls_ctx *
tls_ctx_of(const SSL *ssl)
{
	return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

int64_t
tls_cert_expires(const struct tls_ctx *c)
{
	return c->cert_expires;
}

int64_t
tls_crl_expires(const struct tls_ctx *c)
{
	return c->crl.expires;
}

bool
tls_revoked(const struct tls_ctx *c, const struct tls_peer *p)
{
	return tls_crl_has(&c->crl, p->issuer, p->serial);
}

/* ---- its parts ---- */

static bool
use_identity(
    struct tls_ctx *c, X509 *cert, EVP_PKEY *key, STACK_OF(X509) * chain)
{
	c->cert_expires = tls_time(X509_get0_notAfter(cert));
	return SSL_CTX_use_cert_and_key(c->ssl, cert, key, chain, 1) == 1;
}

static bool
load_identity(
    struct tls_ctx *c, const struct tls_files *f, char err[TLS_ERR_MAX])
{
	STACK_OF(X509) *chain = tls_read_certs(f->cert, err);
	EVP_PKEY *key = chain ? tls_read_key(f->key, err) : NULL;
	X509 *leaf = key ? sk_X509_shift(chain) : NULL;
	bool done = false;

	if (leaf) {
		ERR_clear_error();
		if (X509_check_private_key(leaf, key) != 1)
			tls_fail(err, f->key, "not the key of the certificate");
		else if (!use_identity(c, leaf, key, chain))
			tls_fail(err, f->cert, tls_reason("not usable"));
		else
			done = true;
	}
	X509_free(leaf);
	EVP_PKEY_free(key);
	sk_X509_pop_free(chain, X509_free);
	return done;
}

/* Trust these, and tell clients their names, by which some choose what
 * certificate to show. */
static bool
trust(struct tls_ctx *c)
{
	X509_STORE *store = SSL_CTX_get_cert_store(c->ssl);
	int i;

	for (i = 0; i < sk_X509_num(c->cas); i++) {
		X509 *ca = sk_X509_value(c->cas, i);

		if (X509_STORE_add_cert(store, ca) != 1 ||
		    (c->server && SSL_CTX_add_client_CA(c->ssl, ca) != 1))
			return false;
	}
	return true;
}

static bool
load_trust(struct tls_ctx *c, const char *path, char err[TLS_ERR_MAX])
{
	c->cas = tls_read_certs(path, err);
	if (!c->cas)
		return false;
	ERR_clear_error();
	if (trust(c))
		return true;
	tls_fail(err, path, tls_reason("no memory"));
	return false;
}

static bool
load_crl(struct tls_ctx *c, const char *path, char err[TLS_ERR_MAX])
{
	struct buf text;
	int r;

	if (!path)
		return true;
	if (tls_read_file(path, &text, err) < 0)
		return false;
	r = tls_crl_read(&c->crl, path, buf_slice(&text), c->cas, err);
	buf_fini(&text);
	return r == 0;
}

/* ---- servers ---- */

/* Refuses what is revoked, so that the client is told why; keeps what was
 * refused, for tls_peer. */
static int
on_verify(int good, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
	    store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = tls_of(ssl);
	X509 *leaf = X509_STORE_CTX_get0_cert(store);

	if (good &&
	    tls_cert_revoked(
		&t->ctx->crl, X509_STORE_CTX_get_current_cert(store))) {
		X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REVOKED);
		good = 0;
	}
	if (!good && !t->refused && leaf && X509_up_ref(leaf) == 1)
		t->refused = leaf;
	return good;
}

static bool
same_cas(const struct tls_ctx *a, const struct tls_ctx *b)
{
	int n = sk_X509_num(a->cas), i, k;

	if (n != sk_X509_num(b->cas))
		return false;
	for (i = 0; i < n; i++) {
		for (k = 0; k < n; k++)
			if (X509_cmp(sk_X509_value(a->cas, i),
				sk_X509_value(b->cas, k)) == 0)
				break;
		if (k == n)
			return false;
	}
	return true;
}

static bool
set_up_server(
    struct tls_ctx *c, const struct tls_ctx *before, char err[TLS_ERR_MAX])
{
	SSL_CTX_set_verify(c->ssl,
	    SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, on_verify);
	c->tickets = before && before->server && same_cas(c, before)
	    ? tls_tickets_share(before->tickets)
	    : tls_tickets_new();
	if (!c->tickets) {
		tls_fail(err, "TLS", "no memory");
		return false;
	}
	tls_tickets_use(c->ssl);
	return true;
}

static const char *
missing_file(const struct tls_files *f)
{
	return !f->cert ? "a server needs a certificate"
	    : !f->key   ? "a server needs the key of its certificate"
	    : !f->ca    ? "a server needs the CA of its clients"
			: NULL;
}

struct tls_ctx *
tls_server(const struct tls_files *f, const struct tls_ctx *before,
    char err[TLS_ERR_MAX])
{
	const char *missing = missing_file(f);
	struct tls_ctx *c;

	if (missing)
		return tls_fail(err, "TLS", missing);
	c = tls_ctx_new(true, err);
	if (!c)
		return NULL;
	if (load_identity(c, f, err) && load_trust(c, f->ca, err) &&
	    load_crl(c, f->crl, err) && set_up_server(c, before, err))
		return c;
	tls_ctx_free(&c);
	return NULL;
}

/* ---- clients ---- */

static bool
use_p12(struct tls_ctx *c, const struct tls_client *want, char err[TLS_ERR_MAX])
{
	struct tls_identity id;
	bool done = true;

	if (tls_read_p12(want->p12, want->p12_n, want->p12_password, &id, err))
		return false;
	ERR_clear_error();
	if (id.cert && id.key)
		done = use_identity(c, id.cert, id.key, NULL);
	if (done && !want->files.ca && sk_X509_num(id.cas) > 0) {
		c->cas = id.cas;
		id.cas = NULL;
		done = trust(c);
	}
	if (!done)
		tls_fail(err, "PKCS#12", tls_reason("not usable"));
	tls_identity_fini(&id);
	return done;
}

static bool
set_up_client(
    struct tls_ctx *c, const struct tls_client *want, char err[TLS_ERR_MAX])
{
	const struct tls_files *f = &want->files;

	if (f->cert && f->key && !load_identity(c, f, err))
		return false;
	if (want->p12 && !use_p12(c, want, err))
		return false;
	if (f->ca && !load_trust(c, f->ca, err))
		return false;
	c->system_cas = !c->cas && !want->anyone;
	if (c->system_cas && SSL_CTX_set_default_verify_paths(c->ssl) != 1) {
		tls_fail(err, "TLS", tls_reason("no CAs in this system"));
		return false;
	}
	SSL_CTX_set_verify(c->ssl,
	    want->anyone ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, on_verify);
	return true;
}

bool
tls_trusts_system(const struct tls_ctx *c)
{
	return c->system_cas;
}

struct tls_ctx *
tls_client(const struct tls_client *want, char err[TLS_ERR_MAX])
{
	struct tls_ctx *c = tls_ctx_new(false, err);

	if (c && !set_up_client(c, want, err))
		tls_ctx_free(&c);
	return c;
}
