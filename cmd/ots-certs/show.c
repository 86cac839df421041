/* ots-certs show: all about one certificate, or about those of one name. */
#include <stdio.h>
#include <stdlib.h>

#include "ca_own.h"
#include "commands.h"
#include "die.h"
#include "entry.h"
#include "names.h"

static struct {
	bool pem, json;
} arg;

static const struct opt opts[] = {
    {0, "pem", NULL, NULL, OPT_FLAG, &arg.pem, 0, 0, NULL,
	"print the certificate"},
    {0, "json", NULL, NULL, OPT_FLAG, &arg.json, 0, 0, NULL,
	"one JSON object a line"},
    {0},
};

static void
text(const struct ca_entry *e, const struct pki_facts *f, int64_t now)
{
	printf("name:        %s\n", e->name);
	printf("kind:        %s\n", ca_kind_name(e->kind));
	printf("state:       %s\n", state_text(e, now));
	printf("subject:     %s\n", f->subject);
	printf("issuer:      %s\n", f->issuer);
	printf("serial:      %s\n", e->serial);
	printf("sha256:      %s\n", e->sha256);
	printf("key:         %s\n", f->key);
	if (f->san[0])
		printf("names:       %s\n", f->san);
	if (e->uid)
		printf("device:      %s\n", e->uid);
	printf("valid:       %s to %s (%lld days left)\n",
	    day_text(e->not_before), day_text(e->not_after),
	    (long long)days_left(e->not_after));
	printf("channels:    %s\n", f->channels ? "yes" : "no");
	if (e->revoked)
		printf("revoked:     %s, %s\n", day_text(e->revoked),
		    reason_name(e->reason));
}

static void
show(const struct ca_entry *e, int64_t now, bool first)
{
	struct pki_cert *c = ca_entry_cert(e);
	struct buf out = {.max = 1 << 20};
	struct pki_facts f;

	if (pki_cert_facts(c, &f) < 0 || pki_cert_pem(c, &out) < 0)
		die(EXIT_USAGE, "%s: %s", e->serial, pki_why());
	if (arg.json)
		entry_json(e, &f, now);
	else if (!arg.pem) {
		if (!first)
			printf("\n");
		text(e, &f, now);
	}
	if (arg.pem)
		(void)fwrite(buf_data(&out), 1, buf_size(&out), stdout);
	buf_fini(&out);
	pki_cert_free(&c);
}

/* The good ones; if there is none, the newest. */
static int
run(void *ctx, int nargs, char **args)
{
	struct ca *ca = certs_open(ctx, CA_READ);
	const struct ca_entry **e;
	size_t n = entry_find(ca, args[0], &e), i, shown = 0;
	int64_t now = ca_now();

	(void)nargs;
	if (n == 0)
		die(EXIT_NO, "no certificate has the name or serial \"%s\"",
		    args[0]);
	for (i = 0; i < n; i++)
		if (!e[i]->revoked && e[i]->not_after > now)
			show(e[i], now, shown++ == 0);
	if (!shown)
		show(e[n - 1], now, true);
	free(e);
	ca_close(&ca);
	return 0;
}

const struct opt_command cmd_show = {"show", "[options] USER|SERIAL",
    "all about a certificate", opts, 1, 1, run};
