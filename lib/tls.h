/* tls.h - TLS 1.2 and 1.3 over non-blocking sockets, both sides (OpenSSL).
 * A context holds certificate, key, trust and revocations; connections made of
 * it keep what they need, so a context may be replaced at any time. Nothing
 * blocks. Texts of errors name the file or the reason and never a secret.
 *
 * A connection hands plain bytes out and takes them in whole: whatever the
 * library under it holds is either a part of a record that has not arrived, or
 * ciphertext that the socket has not taken (tls_held). So epoll tells all. */
#ifndef OTS_TLS_H
#define OTS_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#define TLS_ERR_MAX    256
#define TLS_USER_MAX   65 /* longest CN (RFC 5280 ub-common-name) and NUL */
#define TLS_SERIAL_MAX 41 /* 20 bytes in hex and NUL */

/* The least memory that tls_read wants: a record more than what it reads. */
#define TLS_READ_MIN ((size_t)32768)

struct tls_ctx;
struct tls;

/* Files in PEM; NULL: none. A server needs cert, key and ca. */
struct tls_files {
	const char *cert; /* own certificate, then those that lead to the CA */
	const char *key;
	const char *ca;  /* whom to trust; a server: who signs clients */
	const char *crl; /* revocations of them; may hold several */
};

/* Server: clients must show a certificate of ca for client use, which the CRL
 * does not name; one past its next update still counts. Tickets are given; a
 * resumed client is looked at like a new one (tls_peer, tls_revoked).
 * `before`: the context that this one replaces, or NULL: the keys of tickets
 * are taken over if `ca` has the same certificates. NULL: *err says why. */
struct tls_ctx *tls_server(const struct tls_files *f,
    const struct tls_ctx *before, char err[TLS_ERR_MAX]);

/* Client. Its identity: PEM files, or the bytes of a PKCS#12 with password
 * (whose CA certificates are then trusted too, unless files->ca is given).
 * ca NULL and no CA in the p12: the system's CAs are used. With `anyone` the
 * server is not verified, whatever is trusted. */
struct tls_client {
	struct tls_files files;
	const void *p12;
	size_t p12_n;
	const char *p12_password;
	bool anyone;
};
struct tls_ctx *tls_client(const struct tls_client *c, char err[TLS_ERR_MAX]);
/* Does it trust the system's CAs? They sign for everybody, so that only the
 * name tells whose a server is: check it. */
bool tls_trusts_system(const struct tls_ctx *c);
void tls_ctx_free(struct tls_ctx **c);

/* Does the CRL of the context name this certificate, or a CA of `ca` that has
 * issued it? Looks at issuer and serial only. */
struct tls_peer;
bool tls_revoked(const struct tls_ctx *c, const struct tls_peer *p);
/* When its own certificate and its CRL expire, seconds since the epoch; 0:
 * there is none. */
int64_t tls_cert_expires(const struct tls_ctx *c);
int64_t tls_crl_expires(const struct tls_ctx *c);

/* A connection on fd, which stays the caller's. NULL: no memory. name: the
 * server's for SNI and, with check_name, for verification; may be NULL. */
struct tls *tls_accept(struct tls_ctx *c, int fd);
struct tls *tls_connect(
    struct tls_ctx *c, int fd, const char *name, bool check_name);
/* Says goodbye if that needs no waiting: before the caller closes fd. */
void tls_free(struct tls **t);
/* After the handshake: says that nothing more is written; what comes can still
 * be read. 0, or -1 with errno; it may be held like other bytes. */
int tls_goodbye(struct tls *t);

/* 1: done; 0: wait until fd is readable (*out false) or writable (*out true);
 * -1: failed, tls_why says how. */
int tls_handshake(struct tls *t, bool *out);
/* In the words of the field: "no certificate", "unknown CA", "expired
 * certificate", "not TLS", "closed", "alert: bad certificate" ... Static. */
const char *tls_why(const struct tls *t);

/* After the handshake: bytes read, n >= TLS_READ_MIN; 0 at the end; -1 with
 * errno (EAGAIN: none yet; EPROTO: tls_why). All that had arrived, up to
 * n - 16 KiB, is handed out: wait for the descriptor. */
ssize_t tls_read(struct tls *t, void *p, size_t n);

/* Bytes taken, all of them or some, or -1 with errno (EAGAIN: tls_held bytes
 * have yet to go). Taken bytes are the connection's affair; what the socket
 * did not take is held: when it is writable again call tls_flush. A client may
 * see EAGAIN with nothing held: then it waits until fd is readable. */
ssize_t tls_writev(struct tls *t, const struct iovec *iov, int n);
/* 0: all is out; -1 with errno, EAGAIN: still not. */
int tls_flush(struct tls *t);
size_t tls_held(const struct tls *t);

/* Facts of the other side's certificate, once the handshake is done. */
struct tls_peer {
	char user[TLS_USER_MAX];     /* subject CN; empty: it has none */
	char serial[TLS_SERIAL_MAX]; /* lower-case hex, no leading zeros */
	uint64_t issuer;             /* hash of the issuer's name */
	int64_t not_after;           /* seconds since the epoch */
	bool resumed;
	const char *version; /* "TLSv1.3"; static */
};
/* Name of the cipher suite, static. */
const char *tls_cipher(const struct tls *t);
/* 0, or -1: it has shown no certificate (errno ENODATA), or one with a CN that
 * is longer, holds control characters or is not the only one, or with a serial
 * that none may have (EBADMSG). After a handshake that failed for it, that of
 * the certificate that was refused: for a log, for anybody can write one. */
int tls_peer(const struct tls *t, struct tls_peer *out);
/* The certificates that the other side has shown, leaf first, appended to *out
 * in PEM, at most max of them: how many. struct buf: buf.h. */
struct buf;
int tls_peer_chain(const struct tls *t, struct buf *out, int max);

#endif
