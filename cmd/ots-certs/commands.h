/* commands.h - the commands of ots-certs, one file each. Each takes the struct
 * certs as its context; its own options are static in its file. */
#ifndef OTS_CERTS_COMMANDS_H
#define OTS_CERTS_COMMANDS_H

#include <stdint.h>

#include "ca_own.h"
#include "names.h"
#include "opt.h"

/* The password that the field expects on a p12 (marti-http 2.4). */
#define CERTS_P12_PASSWORD "atakatak"

/* What the options of all commands said. */
struct certs {
	const char *ca, *data;
	bool verbose;
};

/* Folder of the CA: --ca, OTS_CA_FOLDER, --data or OTS_DATA_FOLDER and /ca,
 * ~/ots/ca. Static. Ends the program if there is no telling. */
const char *certs_folder(const struct certs *c);
/* The CA in it; see ca_open. */
struct ca *certs_open(const struct certs *c, enum ca_mode mode);

/* "2026-11-22"; static, of the last four calls. */
const char *day_text(int64_t seconds);
/* Days from now until then, rounded down; negative: it has passed. */
int64_t days_left(int64_t seconds);
/* "valid", "revoked", "expired" or "not yet". */
const char *state_text(const struct ca_entry *e, int64_t now);

/* The folder of the FILE of --out goes into dir: what FILE is called there.
 * Ends the program (100) if it is no file's path. */
const char *out_split(const char *path, char dir[CA_PATH_MAX]);

/* End the program (100) if it is not such a name. uid NULL: fine. */
void user_check(const char *user);
void uid_check(const char *uid);

/* A certificate for a server (hosts: names.h), in its folder. */
#define SERVER_NAMES_MAX 32
struct ca_pair server_issue(struct ca *ca, const char *name,
    char (*hosts)[HOST_MAX], size_t n, struct pki_key *take, uint64_t days);

extern const struct opt_command cmd_init, cmd_server, cmd_client, cmd_sign,
    cmd_p12, cmd_list, cmd_show, cmd_revoke, cmd_crl, cmd_renew, cmd_import;
/* package.c, qr.c, check.c */
extern const struct opt_command cmd_package, cmd_qr, cmd_check;

#endif
