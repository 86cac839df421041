/* key.pem and cert.pem of a server or client.
 *
 * A first key is stored before its certificate is in the ledger: if we die
 * between, the next run takes it up. A new key for a name that has one is
 * stored after: until then the old pair works. Between its key.pem and its
 * cert.pem are two renames; who dies there leaves a cert.pem that ca_pair_find
 * puts right. */
#include <stdlib.h>

#include "ca_own.h"
#include "die.h"

#define KEY_MAX 65536

void
ca_pair_dir(const struct ca *ca, enum pki_kind kind, const char *name,
    char out[CA_PATH_MAX])
{
	if (str_fmt(out, CA_PATH_MAX, "%s/%s/%s", ca->dir,
		kind == PKI_SERVER ? "servers" : "clients", name) < 0)
		die(EXIT_USAGE, "%s: the path is too long", name);
}

/* The folder of a pair and its key, for their mode: what a server has, its
 * group may have. */
static void
make_dir(enum pki_kind kind, const char *dir)
{
	ca_make_dir(dir, kind == PKI_SERVER ? 0755 | CA_SHARED : 0700);
}

static void
save_key(enum pki_kind kind, const char *dir, const struct pki_key *key)
{
	ca_key_save(dir, "key.pem", key, (struct slice){"", 0},
	    kind == PKI_SERVER ? 0600 | CA_SHARED : 0600);
}

static struct pki_key *
read_key(const char *dir)
{
	struct buf pem = {.max = KEY_MAX, .wipe = true};
	struct pki_key *k = NULL;

	if (ca_read_file(dir, "key.pem", &pem)) {
		k = pki_key_read(buf_slice(&pem), (struct slice){"", 0});
		if (!k)
			die(EXIT_USAGE, "%s/key.pem: %s", dir, pki_why());
	}
	buf_fini(&pem);
	return k;
}

/* The newest entry that is good and of that key. *revoked: the key is that of
 * a revoked certificate. */
static void
match(const struct ca *ca, enum pki_kind kind, const char *name, bool expired,
    struct ca_pair *p, bool *revoked)
{
	int64_t now = ca_now();
	size_t i;

	*revoked = false;
	for (i = ca->n; i-- > 0 && !p->entry;) {
		const struct ca_entry *e = &ca->e[i];
		struct pki_cert *c;

		if (e->kind != kind || strcmp(e->name, name) != 0)
			continue;
		c = ca_entry_cert(e);
		if (!pki_cert_is_of(c, p->key)) {
			pki_cert_free(&c);
			continue;
		}
		if (e->revoked) {
			*revoked = true;
		} else if (expired || e->not_after > now) {
			p->entry = e;
			p->cert = c;
			c = NULL;
		}
		pki_cert_free(&c);
	}
}

static void
store_cert(const struct ca *ca, const char *dir, const struct pki_cert *cert)
{
	struct buf want = {.max = 1 << 20}, have = {.max = 1 << 19};

	ca_chain_pem(ca, cert, &want);
	if (!ca_read_file(dir, "cert.pem", &have) ||
	    !slice_eq(buf_slice(&have), buf_slice(&want)))
		ca_write_file(dir, "cert.pem", buf_slice(&want), 0644);
	buf_fini(&want);
	buf_fini(&have);
}

struct ca_pair
ca_pair_find(struct ca *ca, enum pki_kind kind, const char *name, bool expired)
{
	struct ca_pair p = {0};
	char dir[CA_PATH_MAX];
	bool revoked;

	ca_pair_dir(ca, kind, name, dir);
	p.key = read_key(dir);
	if (!p.key)
		return p;
	match(ca, kind, name, expired, &p, &revoked);
	if (p.entry && ca->mode == CA_WRITE)
		store_cert(ca, dir, p.cert);
	if (!p.entry && revoked)
		pki_key_free(&p.key);
	return p;
}

void
ca_pair_free(struct ca_pair *p)
{
	pki_key_free(&p->key);
	pki_cert_free(&p->cert);
	p->entry = NULL;
}

void
ca_pair_store(struct ca *ca, enum pki_kind kind, const char *name,
    const struct pki_key *key, const struct pki_cert *cert)
{
	char dir[CA_PATH_MAX];

	ca_pair_dir(ca, kind, name, dir);
	make_dir(kind, dir);
	if (key)
		save_key(kind, dir, key);
	store_cert(ca, dir, cert);
}

struct ca_pair
ca_pair_make(struct ca *ca, const struct pki_order *o, struct pki_key *take,
    const char *uid)
{
	const char *name = o->name.cn;
	struct ca_pair p = {.key = take};
	struct pki_key *old;
	char dir[CA_PATH_MAX];

	if (!p.key)
		p.key =
		    pki_key_make(o->kind == PKI_SERVER ? ca->set.server_key
						       : ca->set.client_key);
	if (!p.key)
		die(EXIT_TEMP, "%s", pki_why());
	ca_pair_dir(ca, o->kind, name, dir);
	make_dir(o->kind, dir);
	old = read_key(dir);
	if (!old)
		save_key(o->kind, dir, p.key);
	p.cert = ca_issue(ca, o, p.key, uid);
	ca_pair_store(ca, o->kind, name,
	    old && !pki_cert_is_of(p.cert, old) ? p.key : NULL, p.cert);
	pki_key_free(&old);
	p.entry = &ca->e[ca->n - 1];
	return p;
}

size_t
ca_server_names(const struct ca *ca, const char ***out)
{
	const char **name = calloc(ca->n + 1, sizeof *name);
	size_t i, k, n = 0;

	if (!name)
		die_sys(EXIT_TEMP, "unable to list the servers");
	for (i = 0; i < ca->n; i++) {
		const struct ca_entry *e = &ca->e[i];

		if (e->kind != PKI_SERVER || e->revoked)
			continue;
		for (k = 0; k < n && strcmp(name[k], e->name) != 0; k++)
			;
		if (k == n)
			name[n++] = e->name;
	}
	*out = name;
	return n;
}
