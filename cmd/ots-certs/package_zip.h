/* package_zip.h - data packages: what their files are called, and the zip.
 * Pure but for what zipfile needs. Facts: marti-http 2.7. */
#ifndef OTS_CERTS_PACKAGE_ZIP_H
#define OTS_CERTS_PACKAGE_ZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "pref.h"
#include "str.h"

#define PACKAGE_HOST_MAX 150 /* file names have to hold it */
#define PACKAGE_NAME_MAX 256
#define PACKAGE_PORT     8089

enum package_kind {
	PACKAGE_ATAK,
	PACKAGE_WINTAK,
	PACKAGE_ITAK,
	PACKAGE_KINDS, /* how many */
};

/* A server as the devices write it. */
struct package_server {
	char host[PACKAGE_HOST_MAX + 1]; /* lower case */
	unsigned port;
};

/* "NAME" or "NAME:PORT" (PORT 8089 if it is not said). A DNS name or an IPv4
 * address. NULL, or what is wrong with it. */
const char *package_server_parse(const char *text, struct package_server *out);

/* Names of files, without a folder. They differ for each server and user: the
 * devices keep the certificates of all servers in one folder. No host has an
 * underscore, or a last part of digits unless it is an address; so what follows
 * the last one or two underscores is the server, whatever the user's name. */
struct package_names {
	char base[PACKAGE_NAME_MAX]; /* alice_tak.example.org */
	char pref[PACKAGE_NAME_MAX];
	char truststore[PACKAGE_NAME_MAX];
	char client[PACKAGE_NAME_MAX];
};
/* user: user_name_good (names.h). 0, or -1: too long. */
int package_names(
    struct package_names *n, const struct package_server *s, const char *user);

struct package {
	const struct package_names *names;
	struct pref pref;        /* truststore, client, app_certs: set here */
	struct slice truststore; /* the p12 files */
	struct slice client;     /* n 0: the user enrolls */
	const char *uid,
	    *outer_uid; /* random, of the package and its wrapping */
};

/* Append the zip. 0, or -1 with errno (pref.h, zipfile.h). It holds a key. */
int package_zip(
    const struct package *p, enum package_kind kind, struct buf *out);

#endif
