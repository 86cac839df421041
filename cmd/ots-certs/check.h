/* check.h - the walk of ots-certs check: what its parts share. */
#ifndef OTS_CERTS_CHECK_H
#define OTS_CERTS_CHECK_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "check_cert.h"
#include "check_net.h"
#include "check_report.h"
#include "commands.h"
#include "ask.h"

#define CHECK_PEM_MAX  ((size_t)1 << 20)
#define CHECK_HOST_MAX 256

struct check {
	struct check_report report;
	char host[CHECK_HOST_MAX], port[6], enroll_port[6]; /* "": none */
	uint64_t timeout_us;
	struct check_when when;

	char folder[PATH_MAX];  /* of the CA; "": none */
	char ca_file[PATH_MAX]; /* "": none */
	struct check_certs trust;

	/* Who connects: a p12, or PEM files; neither: nobody. */
	struct buf p12;
	char password[SECRET_MAX];
	char cert_file[PATH_MAX], key_file[PATH_MAX];
	struct check_certs client;

	struct net_addr addr[CHECK_ADDRESSES];
	int n_addr;
};

/* Reads --ca (a PEM file or the folder of a CA), then the client's certificate
 * of --p12 or --user, which may be NULL, and says what is wrong with it. Ends
 * the program if they cannot be read. */
void check_identity(struct check *c, const struct certs *certs, const char *p12,
    uint64_t password_fd, const char *user);

/* The steps of the stream on 8089, and of enrollment on 8446. */
void check_stream(struct check *c);
void check_enroll(struct check *c);

/* Connect to the first address that answers: a descriptor or -1. Says so; when
 * nobody answers, at `level`, with that todo. */
int check_reach(struct check *c, const char *port, enum check_level level,
    unsigned who, const char *todo);

/* A connection: free it by check_hang_up. */
struct check_link {
	int fd;
	struct tls_ctx *ctx;
	struct tls *tls;
};
void check_hang_up(struct check_link *l);
/* Connect without a word and shake hands as `as` says, with that name for SNI;
 * NULL, or why it failed: then tls may be there, for what was shown. */
const char *check_call(struct check *c, const char *port,
    const struct tls_client *as, bool check_name, struct check_link *l);
/* The certificates that the other side showed. */
void check_shown(const struct check_link *l, struct check_certs *out);

#endif
