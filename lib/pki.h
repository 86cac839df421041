/* pki.h - keys, certificates, requests, CRLs and PKCS#12 (OpenSSL's libcrypto).
 * Everything works on memory; files are the caller's. Functions that return a
 * pointer return NULL, the others -1, on failure; pki_why says why. Private
 * keys are wiped when freed; buffers that held one are the caller's to wipe.
 * What a certificate holds is what marti-http 2.6 asks for. */
#ifndef OTS_PKI_H
#define OTS_PKI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "str.h"

#define PKI_SERIAL_MAX 41  /* 20 bytes in lower-case hex and NUL */
#define PKI_TEXT_MAX   512 /* a name as text and NUL */
#define PKI_CN_MAX     65

struct pki_key;
struct pki_cert;

enum pki_algo { PKI_RSA2048, PKI_RSA3072, PKI_RSA4096, PKI_P256 };
enum pki_kind { PKI_ROOT, PKI_ISSUING, PKI_SERVER, PKI_CLIENT };

/* Of the last failure; never holds a secret. */
const char *pki_why(void);

/* --- keys --- */
struct pki_key *pki_key_make(enum pki_algo algo);
/* PEM, PKCS#8 or traditional; pass.n 0: it is not encrypted. */
struct pki_key *pki_key_read(struct slice pem, struct slice pass);
/* PKCS#8 in PEM; pass.n > 0: encrypted with AES-256. */
int pki_key_write(const struct pki_key *k, struct slice pass, struct buf *out);
void pki_key_free(struct pki_key **k);

/* --- certificates --- */
/* Those that are not NULL; as RFC 2253 text they come in this order (so the CN
 * is the last of the sequence in the certificate). */
struct pki_name {
	const char *cn, *ou, *o, *l, *st, *c;
};

struct pki_order {
	enum pki_kind kind;
	struct pki_name name;
	const char *const *san; /* server: DNS names and IP addresses */
	size_t n_san;
	const char *email_san; /* client: the device's uid (goatak), or NULL */
	unsigned days;
	bool channels; /* client: the challengePassword EKU */
	int64_t now;   /* seconds; valid from 12 hours before */
};

/* Sign the public key of `pub`; issuer NULL: self-signed by pub. The serial is
 * random, 127 bits; the end is never behind the issuer's. */
struct pki_cert *pki_cert_make(const struct pki_order *o,
    const struct pki_key *pub, const struct pki_cert *issuer,
    const struct pki_key *issuer_key);
/* The first certificate of a PEM text; *rest (may be NULL): what follows it. */
struct pki_cert *pki_cert_read(struct slice pem, struct slice *rest);
struct pki_cert *pki_cert_from_der(struct slice der);
/* DER in base64, in lines or not. */
struct pki_cert *pki_cert_from_base64(struct slice text);
int pki_cert_pem(const struct pki_cert *c, struct buf *out);
int pki_cert_der(const struct pki_cert *c, struct buf *out);
void pki_cert_free(struct pki_cert **c);
bool pki_cert_is_of(const struct pki_cert *c, const struct pki_key *k);
/* Is c signed by issuer? Dates do not matter. */
bool pki_cert_signed_by(
    const struct pki_cert *c, const struct pki_cert *issuer);

struct pki_facts {
	char cn[PKI_CN_MAX];
	char subject[PKI_TEXT_MAX], issuer[PKI_TEXT_MAX]; /* RFC 2253 */
	char serial[PKI_SERIAL_MAX];
	char sha256[65]; /* of the DER, lower-case hex */
	char key[32];    /* "RSA 2048", "P-256" */
	char sig[48];    /* how it is signed: "RSA-SHA256" */
	char san[2048];  /* "DNS:a, IP:b"; may be empty or cut at an entry */
	int64_t not_before, not_after;
	bool ca, for_server, for_client, channels;
};
int pki_cert_facts(const struct pki_cert *c, struct pki_facts *out);
/* One part of the subject, by its short name (O, OU, CN ...). False: it has
 * none or it does not fit. */
bool pki_cert_part(
    const struct pki_cert *c, const char *part, char *out, size_t size);
/* Is it for this host name or address (RFC 6125; a CN does not count)? */
bool pki_cert_is_for(const struct pki_cert *c, const char *host);

/* --- requests (PKCS#10) --- */
/* PEM with or without banners, CRLF or LF, or DER. Its signature and the
 * strength of its key are checked: RSA of 2048 bits or more, P-256, P-384. */
struct pki_csr;
struct pki_csr *pki_csr_read(struct slice text);
void pki_csr_free(struct pki_csr **c);
/* The subject: the CN, and whether all else in it is in `allowed` (each RDN
 * once, values compared without case; order does not matter). */
int pki_csr_cn(const struct pki_csr *c, char cn[PKI_CN_MAX]);
bool pki_csr_names_only(
    const struct pki_csr *c, const struct pki_name *allowed);
/* Its public key, for pki_cert_make (cannot sign). */
struct pki_key *pki_csr_key(const struct pki_csr *c);
/* A request for key k, in PEM: tests and scripts. */
int pki_csr_make(
    const struct pki_key *k, const struct pki_name *name, struct buf *out);

/* --- revocation --- */
struct pki_revoked {
	const char *serial; /* hex */
	int64_t at;
	int reason; /* RFC 5280 5.3.1; 0: unspecified */
};
int pki_crl_make(const struct pki_cert *issuer, const struct pki_key *key,
    const struct pki_revoked *r, size_t n, uint64_t number, int64_t now,
    unsigned days, struct buf *pem);
struct pki_crl_facts {
	int64_t this_update, next_update; /* 0: none */
	size_t n;
};
/* 0, 1 (serial not NULL and listed) or -1; the issuer's signature is checked.
 */
int pki_crl_look(struct slice pem, const struct pki_cert *issuer,
    const char *serial, struct pki_crl_facts *out);
/* Call fn for each that the issuer's list names. How many, or -1. */
int pki_crl_each(struct slice pem, const struct pki_cert *issuer,
    void (*fn)(void *arg, const struct pki_revoked *r), void *arg);

/* --- PKCS#12 for ATAK: PBE-SHA1-3DES for keys and certificates, SHA-1 MAC ---
 */
/* key and cert may be NULL: a truststore, whose certificates have their CN as
 * friendly name. `name`: the friendly name of key and cert. */
int pki_p12_make(const struct pki_key *key, const struct pki_cert *cert,
    const struct pki_cert *const *cas, size_t n_cas, const char *name,
    const char *password, struct buf *out);
/* What it holds: PEM of the key (if any), then of the certificate and the CAs,
 * appended to *out. 0, or -1 (wrong password, not a p12). */
int pki_p12_read(struct slice p12, const char *password, struct buf *out);

#endif
