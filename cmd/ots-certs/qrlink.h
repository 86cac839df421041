/* qrlink.h - the texts that TAK clients take from a QR code (marti-http 2.7).
 * Pure. Each appends to *out: 0, or -1 with errno: EINVAL (see there) or of
 * buf.h. */
#ifndef OTS_CERTS_QRLINK_H
#define OTS_CERTS_QRLINK_H

#include "buf.h"
#include "package_zip.h"
#include "str.h"

/* Every byte that is not A-Z a-z 0-9 - . _ ~ as %XX (RFC 3986). */
int qrlink_encode(struct buf *out, struct slice text);

/* ATAK: enroll there as that user. The token is sent as the password. */
int qrlink_enroll(struct buf *out, const struct package_server *s,
    const char *user, const char *token);

/* ATAK: fetch a data package. EINVAL: not an https URL in printable ASCII. */
int qrlink_import(struct buf *out, const char *url);

/* iTAK: one line of CSV, which knows no quotes. EINVAL: the description holds
 * a comma or a quote, or is not pref_text_ok. */
int qrlink_itak(
    struct buf *out, const struct package_server *s, const char *description);

#endif
