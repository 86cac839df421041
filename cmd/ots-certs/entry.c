#include "entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "ca_own.h"
#include "commands.h"
#include "die.h"
#include "jsontext.h"
#include "names.h"
#include "timetext.h"

void
entry_row(const struct ca_entry *e, int64_t now, bool head)
{
	if (head)
		printf("%-20s %-7s %-32s %-10s %6s  %s\n", "NAME", "KIND",
		    "SERIAL", "EXPIRES", "DAYS", "STATE");
	printf("%-20s %-7s %-32s %-10s %6lld  %s\n", e->name,
	    ca_kind_name(e->kind), e->serial, day_text(e->not_after),
	    (long long)days_left(e->not_after), state_text(e, now));
}

static void
put_time(struct buf *b, const char *label, int64_t seconds)
{
	char text[TIMETEXT_LEN + 1];

	timetext_format(seconds * 1000, text);
	(void)json_puts(b, label, text);
}

void
entry_json(const struct ca_entry *e, const struct pki_facts *f, int64_t now)
{
	struct buf b = {.max = 1 << 20};

	(void)buf_putc(&b, '{');
	(void)json_puts(&b, "name", e->name);
	(void)json_puts(&b, "kind", ca_kind_name(e->kind));
	(void)json_puts(&b, "serial", e->serial);
	(void)json_puts(&b, "sha256", e->sha256);
	(void)json_puts(&b, "state", state_text(e, now));
	put_time(&b, "issued", e->issued);
	put_time(&b, "not_before", e->not_before);
	put_time(&b, "not_after", e->not_after);
	if (e->revoked) {
		put_time(&b, "revoked", e->revoked);
		(void)json_puts(&b, "reason", reason_name(e->reason));
	}
	if (e->uid)
		(void)json_puts(&b, "uid", e->uid);
	if (f) {
		(void)json_puts(&b, "subject", f->subject);
		(void)json_puts(&b, "issuer", f->issuer);
		(void)json_puts(&b, "key", f->key);
		(void)json_puts(&b, "san", f->san);
		(void)json_put_bool(&b, "channels", f->channels);
	}
	if (buf_puts(&b, "}\n") < 0)
		die_sys(EXIT_TEMP, "unable to print");
	(void)fwrite(buf_data(&b), 1, buf_size(&b), stdout);
	buf_fini(&b);
}

/* Those of that name that are the CA's own, or those that are not. */
static size_t
by_name(const struct ca *ca, const char *name, bool own,
    const struct ca_entry **out)
{
	size_t i, n = 0;

	for (i = 0; i < ca_count(ca); i++) {
		const struct ca_entry *e = ca_at(ca, i);

		if (own == (e->kind == PKI_ROOT || e->kind == PKI_ISSUING) &&
		    strcasecmp(e->name, name) == 0)
			out[n++] = e;
	}
	return n;
}

size_t
entry_find(const struct ca *ca, const char *what, const struct ca_entry ***out)
{
	size_t n = ca_count(ca), i, found = 0;
	char serial[PKI_SERIAL_MAX];
	bool by_serial;

	*out = calloc(n + 1, sizeof **out);
	if (!*out)
		die_sys(EXIT_TEMP, "unable to look for %s", what);
	found = by_name(ca, what, false, *out);
	if (found == 0)
		found = by_name(ca, what, true, *out);
	by_serial = found == 0 && serial_text(what, serial, sizeof serial);
	for (i = 0; i < n && by_serial; i++)
		if (strcmp(ca_at(ca, i)->serial, serial) == 0)
			(*out)[found++] = ca_at(ca, i);
	return found;
}
