#include "package_server.h"

#include <limits.h>
#include <unistd.h>

#include "ca_own.h"
#include "die.h"

bool
package_have_ca(const struct certs *c)
{
	char path[PATH_MAX];

	return str_fmt(path, sizeof path, "%s/ca.pem", certs_folder(c)) > 0 &&
	    access(path, R_OK) == 0;
}

const struct ca_entry *
package_server_cert(const struct ca *ca)
{
	const struct ca_entry *best = NULL;
	size_t i;

	for (i = 0; i < ca_count(ca); i++) {
		const struct ca_entry *e = ca_at(ca, i);

		if (e->kind == PKI_SERVER && !e->revoked &&
		    (!best || e->issued >= best->issued))
			best = e;
	}
	return best;
}

static void
warn_other_name(const struct ca_entry *e, const char *host)
{
	struct pki_cert *c = ca_entry_cert(e);
	struct pki_facts facts;

	if (c && !pki_cert_is_for(c, host) && pki_cert_facts(c, &facts) == 0)
		warnx_line("warning: the newest server certificate is for "
			   "%s, not for %s: clients that look at the name "
			   "will refuse it; make one with: ots-certs server %s",
		    facts.san, host, host);
	pki_cert_free(&c);
}

void
package_server_choose(
    const struct ca *ca, const char *text, struct package_server *out)
{
	const struct ca_entry *e = package_server_cert(ca);
	const char *wrong;

	if (!text && !e)
		die(EXIT_USAGE,
		    "no server certificate says what the server is called: "
		    "give --host NAME, or make one with: ots-certs server "
		    "NAME");
	wrong = package_server_parse(text ? text : e->name, out);
	if (wrong && text)
		die(EXIT_USAGE, "--host \"%s\": %s", text, wrong);
	if (wrong)
		die(EXIT_USAGE,
		    "the newest server certificate is of \"%s\": %s; give "
		    "--host NAME",
		    e->name, wrong);
	if (text && e)
		warn_other_name(e, out->host);
}
