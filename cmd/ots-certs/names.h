/* names.h - names of users, hosts and revocation reasons. Pure. */
#ifndef OTS_CERTS_NAMES_H
#define OTS_CERTS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#define HOST_MAX 254 /* with its NUL */

/* [A-Za-z0-9._@-]{1,64}, not beginning with a dot or a dash: it is also the
 * name of a folder (marti-http 2.5). */
bool user_name_good(const char *name);

/* A DNS name (lower case; may begin with "*.") or an IP address in its usual
 * form. 0, or -1: neither. */
int host_name(const char *text, char out[HOST_MAX]);

/* Do "DNS:a, IP:b" and the n hosts say the same? */
bool san_same(const char *text, char (*hosts)[HOST_MAX], size_t n);

/* The hosts of such a text, at most max. How many; others are left out. */
size_t san_hosts(const char *text, char (*hosts)[HOST_MAX], size_t max);

/* Hex digits with or without colons to lower case without leading zeros; false:
 * it is none. size at least 41. */
bool serial_text(const char *text, char *out, size_t size);

/* RFC 5280 5.3.1: "keyCompromise", or its number. -1: no such thing. */
int reason_number(const char *text);
const char *reason_name(int reason);

#endif
