/* pref.h - the preferences that a data package brings: the server, and a few
 * settings of the application (marti-http 2.7).
 * Pure. Texts are UTF-8 and come out as ASCII with character references, as
 * the declaration of the file says. */
#ifndef OTS_CERTS_PREF_H
#define OTS_CERTS_PREF_H

#include <stdbool.h>

#include "buf.h"
#include "str.h"

#define PREF_TEXT_MAX 128 /* bytes of a description, a callsign, a password */

struct pref {
	const char *host;
	unsigned port;
	const char *description;
	const char *truststore; /* names of files, without a folder */
	const char *client;     /* NULL: the user enrolls instead */
	const char *password;   /* of both; secret */
	const char *callsign, *team, *role; /* NULL: as the device has them */
	/* Say the certificates once more as those of the application, where
	 * iTAK looks. Not for ATAK, where it would change the certificates of
	 * the other servers. */
	bool app_certs;
};

/* Append the file. 0, or -1 with errno: EILSEQ (a text is not pref_text_ok) or
 * of buf.h. The bytes hold the password. */
int pref_make(const struct pref *p, struct buf *out);

/* 1 to PREF_TEXT_MAX bytes of UTF-8 without control characters. */
bool pref_text_ok(const char *text);

/* Append text for an attribute or an element as ASCII. As pref_make. */
int pref_escape(struct buf *out, const char *text);

/* The name of a team colour or a role as ATAK writes it, found without regard
 * to case; NULL: there is none. *all (may be NULL): their list, for a message.
 */
const char *pref_team(const char *text, const char **all);
const char *pref_role(const char *text, const char **all);

#endif
