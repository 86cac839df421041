/* Revocations and crl.pem. */
#include <stdlib.h>

#include "ca_own.h"
#include "clock.h"
#include "die.h"

#define CRL_MAX ((size_t)64 << 20)

static bool
signs(const struct ca *ca, const struct ca_entry *e, size_t signer)
{
	bool authority = e->kind == PKI_ROOT || e->kind == PKI_ISSUING;

	/* With two, the root signs the issuing one and that one the others. */
	return ca->n_cert == 1 || (signer == 1) == authority;
}

static int
by_serial(const void *a, const void *b)
{
	return strcmp(((const struct pki_revoked *)a)->serial,
	    ((const struct pki_revoked *)b)->serial);
}

/* What the CRL of ca->cert[signer] must name, each serial once. The caller
 * frees it. */
static struct pki_revoked *
revoked_of(const struct ca *ca, size_t signer, size_t *n_out)
{
	struct pki_revoked *r = calloc(ca->n + ca->n_foreign + 1, sizeof *r);
	size_t i, n = 0, k = 0;

	if (!r)
		die_sys(EXIT_TEMP, "unable to list the revocations");
	for (i = 0; i < ca->n; i++)
		if (ca->e[i].revoked && signs(ca, &ca->e[i], signer))
			r[n++] = (struct pki_revoked){
			    ca->e[i].serial, ca->e[i].revoked, ca->e[i].reason};
	for (i = 0; i < ca->n_foreign && signer == 0; i++)
		r[n++] = (struct pki_revoked){ca->foreign[i].serial,
		    ca->foreign[i].at, ca->foreign[i].reason};
	qsort(r, n, sizeof *r, by_serial);
	for (i = 0; i < n; i++)
		if (k == 0 || strcmp(r[k - 1].serial, r[i].serial) != 0)
			r[k++] = r[i];
	*n_out = k;
	return r;
}

bool
ca_crl_state(const struct ca *ca, struct ca_crl *out)
{
	struct buf pem = {.max = CRL_MAX};
	struct pki_crl_facts f;
	struct pki_revoked *r;
	bool known;
	size_t n;

	*out = (struct ca_crl){0};
	known = ca_read_file(ca->dir, "crl.pem", &pem) &&
	    pki_crl_look(buf_slice(&pem), ca->cert[0], NULL, &f) == 0;
	buf_fini(&pem);
	if (!known)
		return false;
	r = revoked_of(ca, 0, &n);
	free(r);
	*out = (struct ca_crl){f.this_update, f.next_update, f.n == n};
	return true;
}

/* The list of a root whose key is kept elsewhere stays as it is. */
static void
keep_root_crl(const struct ca *ca, struct buf *out)
{
	struct buf old = {.max = CRL_MAX};
	const char *last = NULL;
	struct slice s, found;

	if (ca_read_file(ca->dir, "crl.pem", &old)) {
		s = buf_slice(&old);
		found = s;
		while ((last = slice_find(
			    found, SLICE("-----BEGIN X509 CRL-----")))) {
			s = (struct slice){
			    last, (size_t)(found.p + found.n - last)};
			found = (struct slice){s.p + 1, s.n - 1};
		}
		if (pki_crl_look(s, ca->cert[1], NULL, NULL) == 0)
			(void)buf_put(out, s);
		else
			warnx_line("the CRL of the root is missing, and so is "
				   "its key");
	}
	buf_fini(&old);
}

/* A root that signs another CA has nothing new to say for long, and its key may
 * be elsewhere: its list lives as long as itself. */
static uint64_t
list_days(const struct ca *ca, size_t signer, uint64_t days)
{
	struct pki_facts f;
	int64_t left;

	if (signer == 0)
		return days ? days : ca->set.crl_days;
	if (pki_cert_facts(ca->cert[signer], &f) < 0)
		die(EXIT_USAGE, "%s/ca.pem: %s", ca->dir, pki_why());
	left = (f.not_after - ca_now()) / 86400;
	return left < 1 ? 1 : (uint64_t)left;
}

static void
sign_one(struct ca *ca, size_t signer, uint64_t number, uint64_t days,
    struct buf *out)
{
	const struct pki_key *key = ca_key(ca, signer);
	struct pki_revoked *r;
	size_t n;

	if (!key) {
		keep_root_crl(ca, out);
		return;
	}
	r = revoked_of(ca, signer, &n);
	if (pki_crl_make(ca->cert[signer], key, r, n, number, ca_now(),
		(unsigned)list_days(ca, signer, days), out) < 0)
		die(EXIT_TEMP, "%s", pki_why());
	free(r);
}

void
ca_crl_sign(struct ca *ca, uint64_t days)
{
	struct buf pem = {.max = CRL_MAX}, line = {.max = 4096};
	struct ledger_line l = {.what = LEDGER_CRL,
	    .number = ca->crl_number + 1,
	    .t_us = (int64_t)clock_wall_us()};
	size_t i;

	for (i = 0; i < ca->n_cert; i++)
		sign_one(ca, i, l.number, days, &pem);
	if (pem.failed || ledger_write(&line, &l) < 0)
		die(EXIT_TEMP, "unable to write the CRL");
	ca_ledger_append(ca, buf_slice(&line));
	ca_write_file(ca->dir, "crl.pem", buf_slice(&pem), 0644);
	buf_fini(&pem);
	buf_fini(&line);
}

bool
ca_crl_mend(struct ca *ca)
{
	struct ca_crl state;

	if (ca_crl_state(ca, &state) && state.whole)
		return false;
	ca_crl_sign(ca, 0);
	return true;
}

void
ca_revoke(struct ca *ca, const struct ca_entry *const *e, size_t n, int reason)
{
	struct buf lines = {.max = (size_t)64 << 20};
	size_t i;

	for (i = 0; i < n; i++) {
		struct ledger_line l = {.what = LEDGER_REVOKED,
		    .serial = slice_of(e[i]->serial),
		    .sha256 = slice_of(e[i]->sha256),
		    .t_us = (int64_t)clock_wall_us(),
		    .reason = reason};

		if (ledger_write(&lines, &l) < 0)
			die_sys(EXIT_TEMP, "unable to record a revocation");
	}
	ca_ledger_append(ca, buf_slice(&lines));
	buf_fini(&lines);
}
