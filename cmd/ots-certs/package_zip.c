#include "package_zip.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "manifest.h"
#include "num.h"
#include "zipfile.h"

#define TEXT_MAX ((size_t)64 << 10)
#define ZIP_MAX  ((size_t)1 << 20)

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

static bool
label_ok(const char *p, size_t n)
{
	size_t i;

	if (n == 0 || n > 63 || p[0] == '-' || p[n - 1] == '-')
		return false;
	for (i = 0; i < n; i++)
		if (!is_alnum(p[i]) && p[i] != '-')
			return false;
	return true;
}

/* A DNS name as RFC 1123 has it; the last part is not all digits. */
static bool
name_ok(const char *p)
{
	size_t n;

	for (;; p += n + 1) {
		n = strcspn(p, ".");
		if (!label_ok(p, n))
			return false;
		if (!p[n])
			return strspn(p, "0123456789") != n;
	}
}

static const char *
set_host(struct package_server *out, struct slice host)
{
	struct in_addr addr;
	size_t i;

	if (host.n == 0 || host.n > PACKAGE_HOST_MAX)
		return "a name of 1 to 150 bytes is wanted";
	for (i = 0; i < host.n; i++)
		out->host[i] = (char)tolower((unsigned char)host.p[i]);
	out->host[host.n] = '\0';
	if (name_ok(out->host) || inet_pton(AF_INET, out->host, &addr) == 1)
		return NULL;
	return "not a DNS name (letters, digits, hyphens, dots) or an IPv4 "
	       "address";
}

const char *
package_server_parse(const char *text, struct package_server *out)
{
	struct slice s = slice_of(text);
	const char *colon = strchr(text, ':');
	uint64_t port = PACKAGE_PORT;

	if (colon) {
		if (*text == '[' || strchr(colon + 1, ':'))
			return "ATAK cannot hold an IPv6 address in a "
			       "connection: give a DNS name";
		s.n = (size_t)(colon - text);
		if (num_u64(slice_of(colon + 1), 65535, &port) < 0 || port == 0)
			return "the port is not a number from 1 to 65535";
	}
	out->port = (unsigned)port;
	return set_host(out, s);
}

int
package_names(
    struct package_names *n, const struct package_server *s, const char *user)
{
	char server[PACKAGE_HOST_MAX + 8];

	char port[8] = "";

	if (s->port != PACKAGE_PORT &&
	    str_fmt(port, sizeof port, "_%u", s->port) < 0)
		return -1;
	if (str_fmt(server, sizeof server, "%s%s", s->host, port) < 0 ||
	    str_fmt(n->base, sizeof n->base, "%s_%s", user, server) < 0 ||
	    str_fmt(n->pref, sizeof n->pref, "%s.pref", server) < 0 ||
	    str_fmt(n->truststore, sizeof n->truststore, "truststore-%s.p12",
		server) < 0 ||
	    str_fmt(n->client, sizeof n->client, "%s.p12", n->base) < 0)
		return -1;
	return 0;
}

static struct pref
pref_of(const struct package *p, enum package_kind kind)
{
	struct pref pref = p->pref;

	pref.truststore = p->names->truststore;
	pref.client = p->client.n ? p->names->client : NULL;
	pref.app_certs = kind == PACKAGE_ITAK;
	return pref;
}

/* Files at the top, no manifest. */
static int
zip_itak(const struct package *p, struct slice pref, struct buf *out)
{
	const struct zipfile_entry e[] = {{"config.pref", pref},
	    {p->names->truststore, p->truststore},
	    {p->names->client, p->client}};

	return zipfile_make(e, p->client.n ? 3 : 2, out);
}

/* n files behind their manifest, which entry e[0] becomes. */
static int
zip_with_manifest(struct zipfile_entry *e, size_t n, const char *uid,
    const char *name, struct buf *out)
{
	struct buf manifest;
	const char *files[4];
	size_t i;
	int r;

	buf_init(&manifest, TEXT_MAX);
	for (i = 1; i < n; i++)
		files[i - 1] = e[i].name;
	r = manifest_make(&manifest, uid, name, files, n - 1);
	if (r == 0) {
		e[0] = (struct zipfile_entry){
		    "MANIFEST/manifest.xml", buf_slice(&manifest)};
		r = zipfile_make(e, n, out);
	}
	buf_fini(&manifest);
	return r;
}

static int
zip_atak(const struct package *p, struct slice pref, struct buf *out)
{
	char names[3][PACKAGE_NAME_MAX + 8];
	struct zipfile_entry e[4];

	if (str_fmt(names[0], sizeof names[0], "cert/%s", p->names->pref) < 0 ||
	    str_fmt(names[1], sizeof names[1], "cert/%s",
		p->names->truststore) < 0 ||
	    str_fmt(names[2], sizeof names[2], "cert/%s", p->names->client) < 0)
		return -1;
	e[1] = (struct zipfile_entry){names[0], pref};
	e[2] = (struct zipfile_entry){names[1], p->truststore};
	e[3] = (struct zipfile_entry){names[2], p->client};
	return zip_with_manifest(
	    e, p->client.n ? 4 : 3, p->uid, p->names->base, out);
}

/* WinTAK wants a package in a package. */
static int
zip_wintak(const struct package *p, struct slice pref, struct buf *out)
{
	char name[PACKAGE_NAME_MAX + 16], title[PACKAGE_NAME_MAX + 16];
	struct zipfile_entry e[2];
	struct buf inner;
	int r = -1;

	buf_init(&inner, ZIP_MAX);
	inner.wipe = true;
	if (str_fmt(name, sizeof name, "package/%s.zip", p->names->base) > 0 &&
	    str_fmt(title, sizeof title, "%s_package", p->names->base) > 0 &&
	    zip_atak(p, pref, &inner) == 0) {
		e[1] = (struct zipfile_entry){name, buf_slice(&inner)};
		r = zip_with_manifest(e, 2, p->outer_uid, title, out);
	}
	buf_fini(&inner);
	return r;
}

int
package_zip(const struct package *p, enum package_kind kind, struct buf *out)
{
	const struct pref pref = pref_of(p, kind);
	struct buf text;
	int r;

	buf_init(&text, TEXT_MAX);
	text.wipe = true;
	r = pref_make(&pref, &text);
	if (r == 0 && kind == PACKAGE_ITAK)
		r = zip_itak(p, buf_slice(&text), out);
	else if (r == 0 && kind == PACKAGE_WINTAK)
		r = zip_wintak(p, buf_slice(&text), out);
	else if (r == 0)
		r = zip_atak(p, buf_slice(&text), out);
	buf_fini(&text);
	return r;
}
