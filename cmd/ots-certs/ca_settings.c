/* The file settings: what init was told. */
#include <stdlib.h>

#include "ca_own.h"
#include "die.h"
#include "record.h"

static const char *const algos[] = {CA_ALGO_NAMES};
#define ALGOS (sizeof algos / sizeof *algos)

static bool
algo_of(const char *text, enum pki_algo *out)
{
	size_t i;

	for (i = 0; i < ALGOS; i++)
		if (strcmp(text, algos[i]) == 0) {
			*out = (enum pki_algo)i;
			return true;
		}
	return false;
}

struct label {
	const char *label;
	const char **dst;
};

#define NAME_LABELS(s)                                                         \
	{                                                                      \
		{"name", &(s)->name.cn}, {"ou", &(s)->name.ou},                \
		    {"o", &(s)->name.o}, {"l", &(s)->name.l},                  \
		    {"st", &(s)->name.st}, {"c", &(s)->name.c},                \
	}

/* The texts go into memory of the settings. */
static bool
read_names(const struct rec *r, struct ca_settings *s)
{
	const struct label labels[] = NAME_LABELS(s);
	struct slice raw;
	size_t i, ends = sizeof labels / sizeof *labels;
	char *to;

	s->text = to = malloc(r->line.n + ends);
	if (!to)
		die_sys(EXIT_TEMP, "unable to read the settings");
	for (i = 0; i < sizeof labels / sizeof *labels; i++) {
		*labels[i].dst = NULL;
		if (!rec_raw(r, labels[i].label, &raw) || raw.n == 0)
			continue;
		*labels[i].dst = to;
		to += rec_unescape_into(to, raw);
		*to++ = '\0';
	}
	return s->name.cn != NULL;
}

static bool
read_algo(const struct rec *r, const char *label, enum pki_algo *out)
{
	char text[16];
	struct slice raw;

	if (!rec_raw(r, label, &raw) || raw.n >= sizeof text)
		return false;
	memcpy(text, raw.p, raw.n);
	text[raw.n] = '\0';
	return algo_of(text, out);
}

static bool
read_days(const struct rec *r, const char *label, uint64_t *out)
{
	return rec_u64(r, label, 36500, out) == 0 && *out > 0;
}

static bool
parse(struct slice line, struct ca_settings *s)
{
	static struct rec r;

	return rec_parse(&r, line) == 1 && rec_is(&r, "settings") &&
	    read_names(&r, s) && read_algo(&r, "client-key", &s->client_key) &&
	    read_algo(&r, "server-key", &s->server_key) &&
	    read_days(&r, "client-days", &s->client_days) &&
	    read_days(&r, "server-days", &s->server_days) &&
	    read_days(&r, "crl-days", &s->crl_days);
}

void
ca_settings_load(struct ca *ca)
{
	struct buf text = {.max = 65536};
	struct slice s;

	if (!ca_read_file(ca->dir, "settings", &text))
		die(EXIT_USAGE, "%s/settings is missing", ca->dir);
	s = buf_slice(&text);
	while (s.n && s.p[s.n - 1] == '\n')
		s.n--;
	if (!parse(s, &ca->set))
		die(EXIT_USAGE, "%s/settings is not a record of settings",
		    ca->dir);
	buf_fini(&text);
}

void
ca_settings_save(const char *dir, const struct ca_settings *s)
{
	const struct label labels[] =
	    NAME_LABELS((struct ca_settings *)(uintptr_t)s);
	struct buf out = {.max = 65536};
	struct rec_writer w;
	size_t i;

	rec_begin(&w, &out, "settings");
	rec_put_u64(&w, "version", 1);
	for (i = 0; i < sizeof labels / sizeof *labels; i++)
		if (*labels[i].dst)
			rec_puts(&w, labels[i].label, *labels[i].dst);
	rec_puts(&w, "client-key", algos[s->client_key]);
	rec_puts(&w, "server-key", algos[s->server_key]);
	rec_put_u64(&w, "client-days", s->client_days);
	rec_put_u64(&w, "server-days", s->server_days);
	rec_put_u64(&w, "crl-days", s->crl_days);
	if (rec_end(&w) < 0)
		die_sys(EXIT_USAGE, "these names cannot be stored");
	ca_write_file(dir, "settings", buf_slice(&out), 0644);
	buf_fini(&out);
}
