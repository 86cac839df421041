#include "pref.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <strings.h>

#include "cotmake.h"

static const char *const teams[] = {"White", "Yellow", "Orange", "Magenta",
    "Red", "Maroon", "Purple", "Dark Blue", "Blue", "Cyan", "Teal", "Green",
    "Dark Green", "Brown"};
#define TEAMS                                                                  \
	"White, Yellow, Orange, Magenta, Red, Maroon, Purple, Dark Blue, "     \
	"Blue, Cyan, Teal, Green, Dark Green, Brown"

static const char *const roles[] = {"Team Member", "Team Lead", "HQ", "Sniper",
    "Medic", "Forward Observer", "RTO", "K9"};
#define ROLES                                                                  \
	"Team Member, Team Lead, HQ, Sniper, Medic, Forward Observer, RTO, K9"

static const char *
find(const char *const *list, size_t n, const char *text)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcasecmp(list[i], text) == 0)
			return list[i];
	return NULL;
}

const char *
pref_team(const char *text, const char **all)
{
	if (all)
		*all = TEAMS;
	return find(teams, sizeof teams / sizeof *teams, text);
}

const char *
pref_role(const char *text, const char **all)
{
	if (all)
		*all = ROLES;
	return find(roles, sizeof roles / sizeof *roles, text);
}

/* One character of valid UTF-8 at p, and how many bytes it takes. */
static uint32_t
decode(const char *p, size_t *n)
{
	const unsigned char *u = (const unsigned char *)p;
	uint32_t c;
	size_t i;

	*n = u[0] < 0x80 ? 1 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	c = *n == 1 ? u[0] : u[0] & (0xffu >> (*n + 1));
	for (i = 1; i < *n; i++)
		c = c << 6 | (u[i] & 0x3f);
	return c;
}

/* Characters that XML 1.0 cannot hold, and controls. */
static bool
is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xfffe ||
	    c == 0xffff;
}

bool
pref_text_ok(const char *text)
{
	size_t len = strlen(text), n;

	if (len == 0 || len > PREF_TEXT_MAX || !utf8_valid(text, len))
		return false;
	for (; *text; text += n)
		if (is_control(decode(text, &n)))
			return false;
	return true;
}

int
pref_escape(struct buf *out, const char *text)
{
	size_t n;

	if (!pref_text_ok(text)) {
		errno = EILSEQ;
		return -1;
	}
	for (; *text; text += n) {
		uint32_t c = decode(text, &n);

		if (c < 0x80)
			(void)cotmake_escape(out, (struct slice){text, 1});
		else
			(void)buf_fmt(out, "&#%u;", (unsigned)c);
	}
	return out->failed ? -1 : 0;
}

struct writer {
	struct buf *out;
	bool bad; /* a text was not ok */
};

/* The class names are compared literally, "class " included. */
static void
entry(struct writer *w, const char *key, const char *class, const char *value)
{
	(void)buf_fmt(w->out,
	    "    <entry key=\"%s\" class=\"class java.lang.%s\">", key, class);
	if (pref_escape(w->out, value) < 0)
		w->bad = true;
	(void)buf_puts(w->out, "</entry>\n");
}

static void
text(struct writer *w, const char *key, const char *value)
{
	if (value)
		entry(w, key, "String", value);
}

static void
yes(struct writer *w, const char *key)
{
	entry(w, key, "Boolean", "true");
}

/* Only the base name counts; ATAK has them all in one folder "cert". */
static void
location(struct writer *w, const char *key, const char *file)
{
	char path[512];

	if (str_fmt(path, sizeof path, "cert/%s", file) < 0)
		w->bad = true;
	else
		text(w, key, path);
}

static void
stream(struct writer *w, const struct pref *p)
{
	char connect[512];

	if (str_fmt(connect, sizeof connect, "%s:%u:ssl", p->host, p->port) <
	    0) {
		w->bad = true;
		return;
	}
	entry(w, "count", "Integer", "1");
	text(w, "description0", p->description);
	yes(w, "enabled0");
	text(w, "connectString0", connect);
	location(w, "caLocation0", p->truststore);
	text(w, "caPassword0", p->password);
	if (p->client) {
		location(w, "certificateLocation0", p->client);
		text(w, "clientPassword0", p->password);
	} else {
		yes(w, "useAuth0");
		yes(w, "enrollForCertificateWithTrust0");
		text(w, "cacheCreds0", "Cache credentials");
	}
}

static void
app(struct writer *w, const struct pref *p)
{
	char key[512];

	yes(w, "displayServerConnectionWidget");
	yes(w, "deviceProfileEnableOnConnect");
	text(w, "prefs_enable_channels", "true");
	if (str_fmt(key, sizeof key, "prefs_enable_channels_host-%s", p->host) <
	    0)
		w->bad = true;
	else
		text(w, key, "true");
	text(w, "locationCallsign", p->callsign);
	text(w, "locationTeam", p->team);
	text(w, "atakRoleType", p->role);
	if (!p->app_certs)
		return;
	location(w, "caLocation", p->truststore);
	text(w, "caPassword", p->password);
	if (p->client) {
		location(w, "certificateLocation", p->client);
		text(w, "clientPassword", p->password);
	}
}

int
pref_make(const struct pref *p, struct buf *out)
{
	struct writer w = {out, false};

	(void)buf_puts(out,
	    "<?xml version='1.0' encoding='ASCII' standalone='yes'?>\n"
	    "<preferences>\n"
	    "  <preference version=\"1\" name=\"cot_streams\">\n");
	stream(&w, p);
	(void)buf_puts(out,
	    "  </preference>\n"
	    "  <preference version=\"1\""
	    " name=\"com.atakmap.app_preferences\">\n");
	app(&w, p);
	(void)buf_puts(out, "  </preference>\n</preferences>\n");
	if (w.bad)
		errno = EILSEQ;
	return w.bad || out->failed ? -1 : 0;
}
