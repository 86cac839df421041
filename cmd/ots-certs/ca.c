/* The CA opened: what is in its folder, and who is who. */
#include "ca.h"

#include <stdlib.h>
#include <unistd.h>

#include "ca_own.h"
#include "commands.h"
#include "die.h"

/* One of ca.pem: the self-signed one is the root, and stands last. */
static void
take_cert(struct ca *ca, struct pki_cert *take)
{
	struct pki_facts f;

	if (ca->n_cert == 2 || pki_cert_facts(take, &f) < 0 || !f.ca)
		die(EXIT_USAGE, "%s/ca.pem is not one of ours", ca->dir);
	ca->cert[ca->n_cert++] = take;
	if (ca->n_cert == 2 && pki_cert_signed_by(ca->cert[0], ca->cert[0])) {
		struct pki_cert *root = ca->cert[0];

		ca->cert[0] = ca->cert[1];
		ca->cert[1] = root;
	}
}

static void
load_certs(struct ca *ca)
{
	struct buf pem = {.max = 65536};
	struct slice rest;
	struct pki_cert *c;

	if (!ca_read_file(ca->dir, "ca.pem", &pem))
		die(EXIT_USAGE,
		    "%s is no CA: make one with ots-certs init, or name its "
		    "folder with --ca",
		    ca->dir);
	rest = buf_slice(&pem);
	while (rest.n && (c = pki_cert_read(rest, &rest)))
		take_cert(ca, c);
	if (ca->n_cert == 0)
		die(EXIT_USAGE, "%s/ca.pem holds no certificate", ca->dir);
	buf_fini(&pem);
}

struct ca *
ca_new(const char *dir, enum ca_mode mode, int lock_fd)
{
	struct ca *ca = calloc(1, sizeof *ca);

	if (!ca || !(ca->dir = slice_dup(slice_of(dir))))
		die_sys(EXIT_TEMP, "unable to open the CA");
	ca->mode = mode;
	ca->lock_fd = lock_fd;
	ca_settings_load(ca);
	ca_ledger_load(ca);
	return ca;
}

struct ca *
ca_open(const char *dir, enum ca_mode mode)
{
	struct ca *ca;
	int fd = -1;

	if (!ca_has_file(dir, "ca.pem"))
		die(EXIT_USAGE,
		    "%s is no CA: make one with ots-certs init, or name its "
		    "folder with --ca",
		    dir);
	if (mode == CA_WRITE)
		fd = ca_lock(dir);
	ca = ca_new(dir, mode, fd);
	load_certs(ca);
	return ca;
}

void
ca_close(struct ca **at)
{
	struct ca *ca = *at;
	struct ca_text *t;
	size_t i;

	if (!ca)
		return;
	while ((t = ca->texts)) {
		ca->texts = t->next;
		free(t);
	}
	for (i = 0; i < 2; i++) {
		pki_cert_free(&ca->cert[i]);
		pki_key_free(&ca->key[i]);
	}
	if (ca->lock_fd >= 0)
		close(ca->lock_fd);
	free(ca->set.text);
	free(ca->foreign);
	free(ca->e);
	free(ca->dir);
	free(ca);
	*at = NULL;
}

const char *
ca_dir(const struct ca *ca)
{
	return ca->dir;
}

size_t
ca_count(const struct ca *ca)
{
	return ca->n;
}

const struct ca_entry *
ca_at(const struct ca *ca, size_t i)
{
	return i < ca->n ? &ca->e[i] : NULL;
}

const struct ca_entry *
ca_current(
    const struct ca *ca, enum pki_kind kind, const char *name, int64_t now)
{
	size_t i;

	for (i = ca->n; i-- > 0;) {
		const struct ca_entry *e = &ca->e[i];

		if (e->kind == kind && !e->revoked && e->not_after > now &&
		    strcmp(e->name, name) == 0)
			return e;
	}
	return NULL;
}

size_t
ca_chain(const struct ca *ca, const struct pki_cert *out[2])
{
	size_t i;

	for (i = 0; i < ca->n_cert; i++)
		out[i] = ca->cert[i];
	return ca->n_cert;
}

const struct pki_name *
ca_name(const struct ca *ca)
{
	return &ca->set.name;
}

struct ca_client
ca_client(struct ca *ca, const char *user)
{
	struct ca_pair p;
	struct pki_order o;
	bool made = false;

	user_check(user);
	p = ca_pair_find(ca, PKI_CLIENT, user, false);
	if (!p.entry) {
		struct pki_key *key = p.key;

		o = ca_order(ca, PKI_CLIENT, user, 0);
		p = ca_pair_make(ca, &o, key, NULL);
		made = true;
	}
	return (struct ca_client){p.cert, p.key, made};
}
