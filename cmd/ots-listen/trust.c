#include "trust.h"

#define BEGIN "-----BEGIN "
#define END   "-----END "

/* The next certificate of *pem, which is cut behind it: from behind the line
 * that begins it to the one that ends it. */
static bool
next_cert(struct slice *pem, struct slice *out)
{
	const char *begin = slice_find(*pem, SLICE(BEGIN)), *end;
	struct slice rest;

	if (!begin)
		return false;
	rest = (struct slice){begin, pem->n - (size_t)(begin - pem->p)};
	end = slice_find(rest, SLICE(END));
	if (!end)
		return false;
	*out = (struct slice){begin, (size_t)(end - begin)};
	pem->n -= (size_t)(end - pem->p) + sizeof END - 1;
	pem->p = end + sizeof END - 1;
	return true;
}

static bool
is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
same(struct slice a, struct slice b)
{
	size_t i = 0, k = 0;

	for (;;) {
		while (i < a.n && is_white(a.p[i]))
			i++;
		while (k < b.n && is_white(b.p[k]))
			k++;
		if (i == a.n || k == b.n)
			return i == a.n && k == b.n;
		if (a.p[i++] != b.p[k++])
			return false;
	}
}

static bool
has(struct slice pem, struct slice cert)
{
	struct slice one;

	while (next_cert(&pem, &one))
		if (same(one, cert))
			return true;
	return false;
}

bool
trust_lost(struct slice before, struct slice now)
{
	struct slice cert;

	while (next_cert(&before, &cert))
		if (!has(now, cert))
			return true;
	return false;
}
