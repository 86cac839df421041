/* check_cert.h - what is wrong with a server's certificates. Pure but for the
 * findings, which are said at once; the time comes from the caller. */
#ifndef OTS_CERTS_CHECK_CERT_H
#define OTS_CERTS_CHECK_CERT_H

#include <stdbool.h>
#include <stdint.h>

#include "check_report.h"
#include "pki.h"

#define CHECK_CHAIN_MAX 10

/* Certificates of a PEM text, in its order. */
struct check_certs {
	struct pki_cert *cert[CHECK_CHAIN_MAX];
	int n;
};
/* Replaces what was there. Text between the certificates does not matter. */
void check_certs_read(struct check_certs *c, struct slice pem);
void check_certs_free(struct check_certs *c);

struct check_when {
	int64_t now;   /* seconds */
	unsigned days; /* warn if less is left */
};

/* Each says one finding and returns whether it is good. */

/* Is the first certificate signed, over those that follow it, by one of the
 * trusted? Dates do not matter here. */
bool check_chain(struct check_report *r, const char *port, unsigned who,
    const struct check_certs *shown, const struct check_certs *trust);
/* Silent: does it lead there? */
bool check_chain_leads(
    const struct check_certs *shown, const struct check_certs *trust);
/* Is it for that host? */
bool check_name(struct check_report *r, const char *port, unsigned who,
    const struct pki_cert *c, const char *host);
/* Is it valid now, and for a while? `step`, `what` and `todo` name it. */
bool check_dates(struct check_report *r, const char *port, const char *step,
    unsigned who, const struct pki_cert *c, const struct check_when *when,
    const char *what, const char *todo);
/* Is its key long enough, and may it be a server? */
bool check_key(struct check_report *r, const char *port, unsigned who,
    const struct pki_cert *c);

/* What protects a p12, from the names of the algorithms in it: "" if every TAK
 * client can read it, else what some cannot. */
const char *check_p12_algorithms(struct slice p12);

#endif
