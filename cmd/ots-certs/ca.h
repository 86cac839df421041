/* ca.h - the certificate authority in its folder.
 *
 *   ca.pem          whom to trust: root, and issuing CA if there is one
 *   crl.pem         the CRL of the CA that issues (and of the root)
 *   ledger          what was issued and revoked: ots-record lines, only ever
 *                   appended; a record is whole or does not count. The truth.
 *   settings        names, days, algorithm: label:value records of init
 *   private/        0700: keys of the CA
 *   servers/NAME/   cert.pem (with the chain), key.pem
 *   clients/USER/   cert.pem, key.pem, USER.p12 ... and packages
 *   lock            flock(2): one writer at a time; readers need none
 *
 * A certificate is real once its record is in the ledger (fsync), before it is
 * handed out or its file appears; files are written beside and renamed. */
#ifndef OTS_CERTS_CA_H
#define OTS_CERTS_CA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "buf.h"
#include "pki.h"

/* [A-Za-z0-9._@-]{1,64}, not beginning with a dot or a dash. */
#define CA_USER_MAX 64

/* One certificate of the ledger. Strings live as long as the ca, the entry
 * until the next one is issued. */
struct ca_entry {
	enum pki_kind kind;
	const char *name; /* CN: user or host */
	const char *serial, *sha256;
	int64_t issued, not_before, not_after;
	int64_t revoked; /* 0: it is not */
	int reason;
	const char *uid; /* device it was enrolled for, or NULL */
	const char *der; /* base64 */
};

struct ca; /* open: the ledger is read; writers hold the lock */

enum ca_mode { CA_READ, CA_WRITE };
/* Ends the program with a message when the folder is no CA (100), is not
 * readable, or (CA_WRITE) stays locked by another for 30 s (111). */
struct ca *ca_open(const char *dir, enum ca_mode mode);
void ca_close(struct ca **ca);

const char *ca_dir(const struct ca *ca);
size_t ca_count(const struct ca *ca);
const struct ca_entry *ca_at(const struct ca *ca, size_t i);
/* The newest one of that kind and name that is neither revoked nor expired;
 * NULL: none. */
const struct ca_entry *ca_current(
    const struct ca *ca, enum pki_kind kind, const char *name, int64_t now);
/* The CA certificates, issuing one first; n_max 2. How many. */
size_t ca_chain(const struct ca *ca, const struct pki_cert *out[2]);
/* What init was told. */
const struct pki_name *ca_name(const struct ca *ca);

/* Key and certificate of a client: the current one with its key file, or a new
 * one (CA_WRITE; needs the CA key). Ends the program on failure. cert and key
 * are the caller's to free. */
struct ca_client {
	struct pki_cert *cert;
	struct pki_key *key;
	bool made; /* now */
};
struct ca_client ca_client(struct ca *ca, const char *user);

/* Write DIR/NAME so that it is whole or absent, also after a power cut; mode
 * 0600 or 0644. The CA is open for writing, whose lock keeps others away. When
 * root writes, the file belongs to the owner of the folder. Ends the program on
 * failure. */
void ca_write_file(
    const char *dir, const char *name, struct slice bytes, mode_t mode);

#endif
