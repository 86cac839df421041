/* ca_own.h - what the ca_*.c files share beyond ca.h. */
#ifndef OTS_CERTS_CA_OWN_H
#define OTS_CERTS_CA_OWN_H

#include <sys/stat.h>

#include "ca.h"
#include "ledger.h"

/* What init was told: one ots-record in the file settings. */
struct ca_settings {
	struct pki_name name; /* CN: of the CA */
	enum pki_algo client_key, server_key;
	uint64_t client_days, server_days, crl_days;
	char *text; /* that the names point into */
};

/* A piece of the ledger in memory; entries point into it. */
struct ca_text {
	struct ca_text *next;
	char bytes[];
};

/* Revoked by serial alone. */
struct ca_foreign {
	const char *serial;
	int64_t at;
	int reason;
};

struct ca {
	char *dir;
	enum ca_mode mode;
	int lock_fd;
	uint64_t ledger_size; /* bytes of whole lines */
	struct ca_text *texts;
	struct ca_entry *e;
	size_t n, cap;
	struct ca_foreign *foreign;
	size_t n_foreign;
	uint64_t crl_number; /* the last */
	struct pki_cert *cert[2];
	size_t n_cert; /* issuing one first */
	struct pki_key *key[2];
	struct ca_settings set;
};

/* --- ca_file.c: files. What fails ends the program. --- */

/* The whole file, appended to *out, whose maximum it may not pass. false: it
 * does not exist. */
bool ca_read_path(const char *path, struct buf *out);
bool ca_read_file(const char *dir, const char *name, struct buf *out);
bool ca_has_file(const char *dir, const char *name);
/* Make a folder if it is missing, owned like the one that it is in. One that is
 * empty is put right: who made it may have died before that. */
void ca_make_dir(const char *path, mode_t mode);
/* With those above it. One that is there stays as it is. */
void ca_make_dirs(const char *path);
/* DIR/NAME as text; ends the program if it is longer than a path may be. */
void ca_path(char out[], size_t size, const char *dir, const char *name);
#define CA_PATH_MAX 4096
/* Set the mode of a file or folder, which belongs to the owner of the folder
 * dir_fd if root is at work. */
void ca_own_like(int dir_fd, int fd, mode_t mode);
/* In a mode: if the folder that it goes into has that bit, the group may read
 * what the owner reads, and a folder has the bit, too. For what a server needs;
 * the keys of the CA and of users are for their owner wherever they are. */
#define CA_SHARED S_ISGID
/* The lock of the folder: a descriptor. */
int ca_lock(const char *dir);
/* Without the lock for long enough that one who waits for it gets it. */
void ca_lock_pause(void);

/* --- ca.c --- */

/* With settings and ledger, but without certificates. Takes the lock (-1). */
struct ca *ca_new(const char *dir, enum ca_mode mode, int lock_fd);

/* --- ca_ledger.c --- */
void ca_ledger_load(struct ca *ca);
/* Append lines (of ledger_write) and sync: they are real then. */
void ca_ledger_append(struct ca *ca, struct slice lines);

/* --- ca_settings.c --- */
void ca_settings_load(struct ca *ca);
void ca_settings_save(const char *dir, const struct ca_settings *s);
/* Of each enum pki_algo, in its order. */
#define CA_ALGO_NAMES "rsa2048", "rsa3072", "rsa4096", "p256"

/* --- ca_key.c --- */

/* Where the passphrase of the CA's keys comes from; SECRET_FD_NONE: the
 * terminal, when it is needed. */
void ca_passphrase_from(uint64_t fd);
/* The passphrase for new keys: empty unless there is a descriptor or `ask`. */
struct slice ca_new_passphrase(bool ask);
/* mode: 0600, maybe CA_SHARED. */
void ca_key_save(const char *dir, const char *name, const struct pki_key *k,
    struct slice pass, mode_t mode);
/* Of ca->cert[i]. NULL: its file is not there (a root kept elsewhere). */
const struct pki_key *ca_key(struct ca *ca, size_t i);

/* --- ca_issue.c --- */

/* An order with the names and the clock of this CA. */
struct pki_order ca_order(
    const struct ca *ca, enum pki_kind kind, const char *cn, uint64_t days);
/* A certificate for pub, in the ledger. The caller frees it. */
struct pki_cert *ca_issue(struct ca *ca, const struct pki_order *o,
    const struct pki_key *pub, const char *uid);
/* A line for a certificate that exists. */
void ca_issued_line(struct buf *out, const struct pki_cert *c,
    enum pki_kind kind, const char *name, const char *uid);
const char *ca_kind_name(enum pki_kind kind);
struct pki_cert *ca_entry_cert(const struct ca_entry *e);
/* cert, and the issuing CA unless it is the root: as a server shows it. */
void ca_chain_pem(
    const struct ca *ca, const struct pki_cert *c, struct buf *out);

/* --- ca_crl.c --- */

struct ca_crl {
	int64_t this_update, next_update;
	bool whole; /* names all that are revoked */
};
/* Of the CA that issues; false: there is none or it is not ours. */
bool ca_crl_state(const struct ca *ca, struct ca_crl *out);
/* Sign anew; days 0: as the settings say. */
void ca_crl_sign(struct ca *ca, uint64_t days);
/* Sign if it lacks a revocation: what a revoke that died left undone. */
bool ca_crl_mend(struct ca *ca);
/* Append the lines of these entries' revocations to the ledger. */
void ca_revoke(
    struct ca *ca, const struct ca_entry *const *e, size_t n, int reason);

/* --- ca_pair.c: key.pem and cert.pem in servers/NAME and clients/USER --- */

struct ca_pair {
	struct pki_key *key;
	struct pki_cert *cert;
	const struct ca_entry *entry; /* as long as nothing is issued */
};
/* The newest certificate of the ledger, not revoked, that is of the key in the
 * folder; expired ones count only with `expired`. cert.pem is put right if it
 * is another one (CA_WRITE). entry NULL: there is none (but key may be there,
 * if the ledger does not know it). */
struct ca_pair ca_pair_find(
    struct ca *ca, enum pki_kind kind, const char *name, bool expired);
void ca_pair_free(struct ca_pair *p);
/* Issue and store. key NULL: a new one. */
struct ca_pair ca_pair_make(struct ca *ca, const struct pki_order *o,
    struct pki_key *take, const char *uid);
/* servers/NAME or clients/USER. */
void ca_pair_dir(const struct ca *ca, enum pki_kind kind, const char *name,
    char out[CA_PATH_MAX]);
/* Put the bytes of both in place; key NULL: it is there. */
void ca_pair_store(struct ca *ca, enum pki_kind kind, const char *name,
    const struct pki_key *key, const struct pki_cert *cert);

/* Names of servers with a certificate that is not revoked, each once. How many;
 * *out is the caller's to free, the strings are the ledger's. */
size_t ca_server_names(const struct ca *ca, const char ***out);

/* --- ca_init.c --- */

/* Lock the folder for a new CA; false: there is one. *fd: the lock. */
bool ca_begin(const char *dir, int *fd);
/* The certificates (issuing first), keys and settings of a new CA, and lines
 * for its ledger. ca.pem comes last: only then it is one. */
struct ca_new {
	struct pki_cert *cert[2];
	struct pki_key *key[2];
	size_t n;
	struct ca_settings set;
	struct slice pass;
	struct buf *ledger; /* more lines, or NULL */
};
/* Takes the lock, the certificates and the keys; `files` may be NULL. */
void ca_create(const char *dir, int lock_fd, struct ca_new *n,
    void (*files)(struct ca *ca, void *arg), void *arg);

static inline int64_t
ca_us(int64_t seconds)
{
	return seconds * 1000000;
}
int64_t ca_now(void); /* seconds since the epoch */

#endif
