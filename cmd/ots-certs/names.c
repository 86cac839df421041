#include "names.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "ca.h"
#include "num.h"
#include "str.h"

static bool
letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

bool
user_name_good(const char *name)
{
	size_t n = strlen(name), i;

	if (n == 0 || n > CA_USER_MAX || name[0] == '.' || name[0] == '-')
		return false;
	for (i = 0; i < n; i++)
		if (!letter_or_digit(name[i]) && !strchr("._@-", name[i]))
			return false;
	return true;
}

/* One label behind the other: letters, digits, dashes within. */
static bool
dns_good(const char *s)
{
	size_t label = 0;
	char last = '.';

	for (; *s; s++) {
		if (*s == '.') {
			if (label == 0 || last == '-')
				return false;
			label = 0;
		} else if (letter_or_digit(*s) || (*s == '-' && label > 0) ||
		    *s == '_') {
			if (++label > 63)
				return false;
		} else {
			return false;
		}
		last = *s;
	}
	return label > 0 && last != '-';
}

int
host_name(const char *text, char out[HOST_MAX])
{
	const char *dns = strncmp(text, "*.", 2) == 0 ? text + 2 : text;
	unsigned char a[16];
	size_t i;

	if (inet_pton(AF_INET, text, a) == 1)
		return inet_ntop(AF_INET, a, out, HOST_MAX) ? 0 : -1;
	if (inet_pton(AF_INET6, text, a) == 1)
		return inet_ntop(AF_INET6, a, out, HOST_MAX) ? 0 : -1;
	if (!dns_good(dns) || str_fmt(out, HOST_MAX, "%s", text) < 0)
		return -1;
	/* Like an address, but none. */
	if (strspn(text, "0123456789.") == strlen(text))
		return -1;
	for (i = 0; out[i]; i++)
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] - 'A' + 'a');
	return 0;
}

/* The next entry of "DNS:a, IP:b" that names a host; false: no more. */
static bool
next_host(const char **text, struct slice *host)
{
	while (**text) {
		const char *p = *text;
		size_t n = strcspn(p, ",");

		*text = p + n + strspn(p + n, ", ");
		if (n > 4 && strncmp(p, "DNS:", 4) == 0) {
			*host = (struct slice){p + 4, n - 4};
			return true;
		}
		if (n > 3 && strncmp(p, "IP:", 3) == 0) {
			*host = (struct slice){p + 3, n - 3};
			return true;
		}
	}
	return false;
}

bool
san_same(const char *text, char (*hosts)[HOST_MAX], size_t n)
{
	size_t count = 0, i;
	struct slice host;

	while (next_host(&text, &host)) {
		for (i = 0; i < n && !slice_is(host, hosts[i]); i++)
			;
		if (i == n)
			return false;
		count++;
	}
	return count == n;
}

size_t
san_hosts(const char *text, char (*hosts)[HOST_MAX], size_t max)
{
	char one[HOST_MAX];
	struct slice host;
	size_t n = 0;

	while (n < max && next_host(&text, &host)) {
		if (host.n >= HOST_MAX)
			continue;
		memcpy(one, host.p, host.n);
		one[host.n] = '\0';
		if (host_name(one, hosts[n]) == 0)
			n++;
	}
	return n;
}

bool
serial_text(const char *text, char *out, size_t size)
{
	size_t n = 0;
	char c;

	for (; *text; text++) {
		c = *text;
		if (c == ':' || (c == '0' && n == 0))
			continue;
		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) ||
		    n + 1 >= size)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	return n > 0;
}

static const char *const reasons[] = {"unspecified", "keyCompromise",
    "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation",
    "certificateHold", NULL, "removeFromCRL", "privilegeWithdrawn",
    "aACompromise"};
#define REASONS (sizeof reasons / sizeof *reasons)

int
reason_number(const char *text)
{
	uint64_t v;
	size_t i;

	if (num_u64(slice_of(text), REASONS - 1, &v) == 0)
		return reasons[v] ? (int)v : -1;
	for (i = 0; i < REASONS; i++)
		if (reasons[i] && strcasecmp(text, reasons[i]) == 0)
			return (int)i;
	return -1;
}

const char *
reason_name(int reason)
{
	if (reason < 0 || (size_t)reason >= REASONS || !reasons[reason])
		return "unspecified";
	return reasons[reason];
}
