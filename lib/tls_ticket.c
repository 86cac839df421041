/* Session tickets. They are not stored here: a ticket is the session itself,
 * with the client's certificate, under keys that only this process has. A key
 * gives tickets for 12 hours and is accepted for 12 more. */
#include "tls_ossl.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"

#define KEY_US    (UINT64_C(12) * 3600 * 1000000)
#define LIFETIME  (24L * 3600)
#define NAME_SIZE 16

struct ticket_key {
	unsigned char name[NAME_SIZE], aes[32], mac[32];
	uint64_t until; /* monotonic; 0: there is none */
};

struct tls_tickets {
	unsigned refs;
	struct ticket_key now, before;
};

struct tls_tickets *
tls_tickets_new(void)
{
	struct tls_tickets *t = calloc(1, sizeof *t);

	if (t)
		t->refs = 1;
	return t;
}

struct tls_tickets *
tls_tickets_share(struct tls_tickets *t)
{
	t->refs++;
	return t;
}

void
tls_tickets_free(struct tls_tickets **t)
{
	if (*t && --(*t)->refs == 0) {
		OPENSSL_cleanse(*t, sizeof **t);
		free(*t);
	}
	*t = NULL;
}

static bool
make_key(struct ticket_key *k, uint64_t now)
{
	if (RAND_bytes(k->name, sizeof k->name) != 1 ||
	    RAND_priv_bytes(k->aes, sizeof k->aes) != 1 ||
	    RAND_priv_bytes(k->mac, sizeof k->mac) != 1)
		return false;
	k->until = now + KEY_US;
	return true;
}

static bool
rotate(struct tls_tickets *t)
{
	uint64_t now = clock_mono_us();

	if (t->now.until > now)
		return true;
	/* A key that nobody has used for long goes at once. */
	if (t->now.until + KEY_US > now)
		t->before = t->now;
	else
		t->before.until = 0;
	return make_key(&t->now, now);
}

static bool
use_mac(EVP_MAC_CTX *mac, struct ticket_key *k)
{
	static char sha256[] = "SHA256";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
	    OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_init(mac, k->mac, sizeof k->mac, params) == 1;
}

static struct ticket_key *
find_key(struct tls_tickets *t, const unsigned char *name)
{
	uint64_t now = clock_mono_us();

	if (t->now.until && memcmp(name, t->now.name, NAME_SIZE) == 0)
		return &t->now;
	if (t->before.until && t->before.until + KEY_US > now &&
	    memcmp(name, t->before.name, NAME_SIZE) == 0)
		return &t->before;
	return NULL;
}

/* 0: no such key, 1: done, 2: done and the ticket is to be renewed. */
static int
on_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
    EVP_MAC_CTX *mac, int give)
{
	struct tls_tickets *t = tls_ctx_of(ssl)->tickets;
	struct ticket_key *k;

	if (!rotate(t))
		return -1;
	k = give ? &t->now : find_key(t, name);
	if (!k)
		return 0;
	if (give) {
		memcpy(name, k->name, NAME_SIZE);
		if (RAND_bytes(iv, EVP_MAX_IV_LENGTH) != 1)
			return -1;
	}
	if (EVP_CipherInit_ex(
		cipher, EVP_aes_256_cbc(), NULL, k->aes, iv, give) != 1 ||
	    !use_mac(mac, k))
		return -1;
	return k == &t->before ? 2 : 1;
}

/* The library trusts a ticket of ours without a look at the certificate in it,
 * which may have expired or been revoked since. */
static bool
still_good(const struct tls_ctx *c, const SSL_SESSION *session)
{
	/* Not const in OpenSSL 3.0; nothing is changed. */
	X509 *peer = SSL_SESSION_get0_peer((SSL_SESSION *)(uintptr_t)session);

	return peer && X509_cmp_time(X509_get0_notAfter(peer), NULL) > 0 &&
	    !tls_cert_revoked(&c->crl, peer);
}

static SSL_TICKET_RETURN
on_ticket(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t n,
    SSL_TICKET_STATUS status, void *arg)
{
	(void)name;
	(void)n;
	(void)arg;
	switch (status) {
	case SSL_TICKET_SUCCESS:
	case SSL_TICKET_SUCCESS_RENEW:
		/* A full handshake says then what is wrong. */
		if (!still_good(tls_ctx_of(ssl), session))
			break;
		return status == SSL_TICKET_SUCCESS
		    ? SSL_TICKET_RETURN_USE
		    : SSL_TICKET_RETURN_USE_RENEW;
	default:
		break;
	}
	return SSL_TICKET_RETURN_IGNORE_RENEW;
}

void
tls_tickets_use(SSL_CTX *ssl)
{
	static const unsigned char name[] = "ots";

	SSL_CTX_set_session_id_context(ssl, name, sizeof name - 1);
	SSL_CTX_set_num_tickets(ssl, 1);
	SSL_CTX_set_timeout(ssl, LIFETIME);
	SSL_CTX_set_tlsext_ticket_key_evp_cb(ssl, on_key);
	SSL_CTX_set_session_ticket_cb(ssl, NULL, on_ticket, NULL);
}
