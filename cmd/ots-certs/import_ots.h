/* import_ots.h - the CA folder of an OpenTAKServer, read.
 *
 *   ca.pem               the CA, one that issues itself
 *   ca-do-not-share.key  its key, with a password (OTS_CA_PASSWORD)
 *   certs/NAME/NAME.pem  certificates of users and of the server
 *   certs/NAME/NAME.key, NAME.nopass.key
 *   crl_index.txt, ca.crl  what was revoked with openssl ca
 *
 * Serials have five digits, so two certificates may have the same. */
#ifndef OTS_CERTS_IMPORT_OTS_H
#define OTS_CERTS_IMPORT_OTS_H

#include "ca_own.h"

struct import_pair {
	struct pki_cert *cert;
	struct pki_key *key; /* NULL: it is not there (enrolled) */
	enum pki_kind kind;
	char name[PKI_CN_MAX];
};

struct import {
	struct pki_cert *ca;
	struct pki_key *key;
	struct import_pair *pair;
	size_t n;
	struct buf lines; /* for the ledger */
	size_t servers, clients, keys, revoked;
};

/* Read all of it; what is not in order is warned of and left out, but a CA
 * without its key ends the program. */
void import_read(struct import *im, const char *dir, const char *password);
void import_free(struct import *im);

#endif
