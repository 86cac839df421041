/* package_server.h - which server a package or a QR code is for. */
#ifndef OTS_CERTS_PACKAGE_SERVER_H
#define OTS_CERTS_PACKAGE_SERVER_H

#include <stdbool.h>

#include "ca.h"
#include "commands.h"
#include "package_zip.h"

/* Is there a CA in the folder that the options and the environment name? */
bool package_have_ca(const struct certs *c);

/* The newest server certificate that is not revoked, or NULL. */
const struct ca_entry *package_server_cert(const struct ca *ca);

/* The server of --host; `text` NULL: the name of the newest server certificate.
 * Warns if that certificate is for other names than the one given. Ends the
 * program (100) when there is no telling. */
void package_server_choose(
    const struct ca *ca, const char *text, struct package_server *out);

#endif
