#include "cotxml.h"

#include <errno.h>
#include <stdlib.h>

#include <libxml/parser.h>
#include <libxml/dict.h>
#include <libxml/xmlerror.h>

#include "cotxml_in.h"

/* Bytes of names after which a new dictionary is begun. */
#define DICT_MEMORY ((size_t)512 << 10)

#define DETAIL 2 /* its depth */

static struct slice
text_of(const xmlChar *s)
{
	return slice_of(s ? (const char *)s : "");
}

static struct cotcanon_name
name_of(const xmlChar *prefix, const xmlChar *local)
{
	return (struct cotcanon_name){text_of(prefix), text_of(local)};
}

void
cotxml_refuse(struct cotxml *x, enum cot_why why)
{
	if (!x->canon.why)
		x->canon.why = why;
}

/* libxml2 hands an ampersand in an attribute on as &#38; (and no other & is
 * left, as there are no entities of the document's own). The view lives until
 * the next attribute. */
static struct slice
value_of(struct cotxml *x, const char *p, size_t n)
{
	static const struct slice amp = {"&#38;", 5};
	const char *at;

	if (!memchr(p, '&', n))
		return (struct slice){p, n};
	buf_clear(&x->scratch);
	while ((at = slice_find((struct slice){p, n}, amp))) {
		(void)buf_append(&x->scratch, p, (size_t)(at - p));
		(void)buf_putc(&x->scratch, '&');
		n -= (size_t)(at - p) + amp.n;
		p = at + amp.n;
	}
	if (buf_append(&x->scratch, p, n) < 0)
		cotxml_refuse(x, errno == ENOMEM ? COT_MEMORY : COT_TOO_BIG);
	return buf_slice(&x->scratch);
}

/* ---- what libxml2 tells ---- */

static bool
name_fits(const struct cotcanon_name *name)
{
	return name->prefix.n + name->local.n < COTXML_NAME_MAX;
}

static void
check_element(
    struct cotxml *x, const struct cotcanon_name *name, int n_ns, int n_attrs)
{
	x->namespaces += (unsigned)n_ns;
	if (++x->depth > COTXML_DEPTH_MAX)
		cotxml_refuse(x, COT_DEPTH);
	else if (++x->elements > COTXML_ELEMENTS_MAX)
		cotxml_refuse(x, COT_ELEMENTS);
	else if (n_attrs > COTXML_ATTRS_MAX ||
	    x->namespaces > COTXML_NAMESPACES_MAX)
		cotxml_refuse(x, COT_ATTRIBUTES);
	else if (!name_fits(name) ||
	    xmlDictSize(x->ctxt->dict) - x->names > COTXML_NAMES_MAX)
		cotxml_refuse(x, COT_NAMES);
}

static void
tell_attr(
    struct cotxml *x, const struct cotcanon_name *name, struct slice value)
{
	if (!name_fits(name))
		cotxml_refuse(x, COT_NAMES);
	cotcanon_attr(&x->canon, name, value);
}

/* Declarations are attributes to us, behind the others. */
static void
tell_namespace(struct cotxml *x, const xmlChar *prefix, const xmlChar *uri)
{
	struct cotcanon_name name = {
	    .prefix = prefix ? SLICE("xmlns") : SLICE(""),
	    .local = prefix ? text_of(prefix) : SLICE("xmlns")};
	struct slice v = text_of(uri);

	tell_attr(x, &name, value_of(x, v.p, v.n));
}

static void
note_typed(struct cotxml *x, struct slice name)
{
	int i = cotparts_element(name);

	if (i >= 0)
		x->typed |= 1U << i;
}

static void
on_start(void *arg, const xmlChar *local, const xmlChar *prefix,
    const xmlChar *uri, int n_ns, const xmlChar **ns, int n_attrs,
    int n_defaulted, const xmlChar **attrs)
{
	struct cotxml *x = arg;
	struct cotcanon_name name = name_of(prefix, local);
	const xmlChar **a;
	int i;

	(void)uri;
	(void)n_defaulted;
	if (x->canon.why)
		return;
	if (x->inside && x->depth == DETAIL - 1) {
		x->depth++;
		return;
	}
	check_element(x, &name, n_ns, n_attrs);
	if (x->inside && x->depth == DETAIL + 1 && !name.prefix.n)
		note_typed(x, name.local);
	cotcanon_start(&x->canon, &name);
	/* Five pointers each: local name, prefix, URI, value, its end. */
	for (i = 0, a = attrs; i < n_attrs && !x->canon.why; i++, a += 5) {
		name = name_of(a[1], a[0]);
		tell_attr(x, &name,
		    value_of(x, (const char *)a[3], (size_t)(a[4] - a[3])));
	}
	for (i = 0; i < n_ns && !x->canon.why; i++)
		tell_namespace(x, ns[2 * i], ns[2 * i + 1]);
	cotcanon_start_end(&x->canon);
	if (x->canon.why)
		xmlStopParser(x->ctxt);
}

static void
on_end(
    void *arg, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
	struct cotxml *x = arg;
	struct cotcanon_name name = name_of(prefix, local);

	(void)uri;
	if (x->depth-- == DETAIL && x->inside)
		return;
	cotcanon_end(&x->canon, &name);
}

static void
on_text(void *arg, const xmlChar *text, int n)
{
	struct cotxml *x = arg;

	cotcanon_text(&x->canon, (struct slice){(const char *)text, (size_t)n});
}

static void
on_doctype(void *arg, const xmlChar *name, const xmlChar *public_id,
    const xmlChar *system_id)
{
	struct cotxml *x = arg;

	(void)name;
	(void)public_id;
	(void)system_id;
	cotxml_refuse(x, COT_DOCTYPE);
	xmlStopParser(x->ctxt);
}

/* What is not well-formed libxml2 counts itself. Of its errors about names we
 * go on after one: a prefix without declaration is kept as it is. After the
 * others the parser leaves something out. */
static void
on_error(void *arg, xmlErrorPtr err)
{
	struct cotxml *x = arg;

	if (err->domain == XML_FROM_NAMESPACE && err->level > XML_ERR_WARNING &&
	    err->code != XML_NS_ERR_UNDEFINED_NAMESPACE)
		cotxml_refuse(x, COT_NAMESPACE);
}

/* ---- life ---- */

static int
make_context(struct cotxml *x)
{
	xmlSAXHandler sax = {
	    .internalSubset = on_doctype,
	    .characters = on_text,
	    .ignorableWhitespace = on_text,
	    .cdataBlock = on_text,
	    .initialized = XML_SAX2_MAGIC,
	    .startElementNs = on_start,
	    .endElementNs = on_end,
	    .serror = on_error,
	};

	x->ctxt = xmlCreatePushParserCtxt(&sax, x, NULL, 0, NULL);
	/* An encoding named in a document is not believed: for it iconv would
	 * read files. Nothing else is switched on: no entities replaced, no
	 * DTD, no greater limits. */
	if (x->ctxt &&
	    xmlCtxtUseOptions(
		x->ctxt, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC) == 0)
		return 0;
	xmlFreeParserCtxt(x->ctxt);
	x->ctxt = NULL;
	errno = ENOMEM;
	return -1;
}

/* Strangers' names fill the dictionary: a new one in time. */
int
cotxml_refresh(struct cotxml *x)
{
	if (x->ctxt &&
	    (xmlDictSize(x->ctxt->dict) > 2 * COTXML_NAMES_MAX ||
		xmlDictGetUsage(x->ctxt->dict) > DICT_MEMORY)) {
		xmlFreeParserCtxt(x->ctxt);
		x->ctxt = NULL;
	}
	return x->ctxt ? 0 : make_context(x);
}

struct cotxml *
cotxml_new(size_t max)
{
	struct cotxml *x;

	if (max < COTXML_SIZE_MIN || max > COTXML_SIZE_MAX) {
		errno = EINVAL;
		return NULL;
	}
	x = calloc(1, sizeof *x);
	if (!x)
		return NULL;
	x->max = max;
	cotcanon_init(&x->canon, 2 * max);
	buf_init(&x->scratch, max);
	buf_init(&x->document, max + COTXML_AROUND);
	if (make_context(x) < 0)
		cotxml_free(&x);
	return x;
}

void
cotxml_free(struct cotxml **px)
{
	struct cotxml *x = *px;

	*px = NULL;
	if (!x)
		return;
	xmlFreeParserCtxt(x->ctxt);
	cotcanon_fini(&x->canon);
	buf_fini(&x->scratch);
	buf_fini(&x->document);
	free(x);
}

/* ---- before libxml2 ---- */

/* Skip a BOM, blanks and the declaration: libxml2 need not see them. */
static struct slice
skip_prolog(struct slice doc)
{
	const char *end;

	if (slice_starts(doc, "\xEF\xBB\xBF")) {
		doc.p += 3;
		doc.n -= 3;
	}
	if (slice_starts(doc, "<?xml")) {
		end = slice_find(doc, SLICE("?>"));
		if (!end)
			return doc;
		doc.n -= (size_t)(end + 2 - doc.p);
		doc.p = end + 2;
	}
	while (doc.n &&
	    (doc.p[0] == ' ' || (doc.p[0] >= '\t' && doc.p[0] <= '\r'))) {
		doc.p++;
		doc.n--;
	}
	return doc;
}

/* Behind the construct at p that begins with `open`; NULL: it is another. */
static const char *
pass(const char *p, const char *end, const char *open, struct slice close)
{
	struct slice rest = {p, (size_t)(end - p)};
	const char *at;

	if (!slice_starts(rest, open))
		return NULL;
	at = slice_find(rest, close);
	return at ? at + close.n : end;
}

/* Behind the tag at p; *n: how many quoted values it has. It stops counting
 * above the maximum. */
static const char *
count_values(const char *p, const char *end, size_t *n)
{
	for (*n = 0; p < end && *p != '>' && *n <= COTXML_ATTRS_MAX; p++) {
		if (*p != '"' && *p != '\'')
			continue;
		p = memchr(p + 1, *p, (size_t)(end - p - 1));
		if (!p)
			return end;
		++*n;
	}
	return p;
}

/* libxml2 compares each attribute of an element with all those before it, and
 * only then tells us of the element: time in the square of their number, so
 * that is bounded first. A document that is short, or has few =, has nowhere
 * enough of them to matter. */
bool
cotxml_bounded(struct slice doc)
{
	const size_t few = 4 * (size_t)COTXML_ATTRS_MAX, shortest = 5;
	const char *p = doc.p, *end = doc.p + doc.n, *to;
	size_t i, n = 0;

	if (doc.n <= few * shortest) /* a="" and a blank */
		return true;
	for (i = 0; i < doc.n; i++)
		n += doc.p[i] == '=';
	if (n <= few)
		return true;
	while (p < end && (p = memchr(p, '<', (size_t)(end - p)))) {
		if ((to = pass(p, end, "<!--", SLICE("-->"))) ||
		    (to = pass(p, end, "<![CDATA[", SLICE("]]>"))) ||
		    (to = pass(p, end, "<?", SLICE("?>")))) {
			p = to;
			continue;
		}
		p = count_values(p + 1, end, &n);
		if (n > COTXML_ATTRS_MAX)
			return false;
	}
	return true;
}

static enum cot_why
check_bytes(const struct cotxml *x, struct slice *doc)
{
	if (doc->n > x->max)
		return COT_TOO_BIG;
	if (!utf8_valid(doc->p, doc->n))
		return COT_UTF8;
	*doc = skip_prolog(*doc);
	if (slice_starts(*doc, "<!DOCTYPE"))
		return COT_DOCTYPE;
	/* It begins as ASCII, so no other encoding is guessed. */
	if (!slice_starts(*doc, "<event"))
		return COT_ROOT;
	return cotxml_bounded(*doc) ? COT_OK : COT_ATTRIBUTES;
}

/* ---- one document ---- */

void
cotxml_run(struct cotxml *x, struct slice doc, bool inside)
{
	x->inside = inside;
	x->typed = 0;
	x->depth = inside ? 1 : 0;
	x->elements = inside ? 3 : 0; /* event, point, detail */
	x->namespaces = 0;
	x->names = xmlDictSize(x->ctxt->dict);
	/* doc.n is at most COTXML_SIZE_MAX, so it fits. */
	if (xmlCtxtResetPush(x->ctxt, doc.p, (int)doc.n, NULL, NULL) != 0)
		cotxml_refuse(x, COT_MEMORY);
	else if (xmlParseChunk(x->ctxt, "", 0, 1) == XML_ERR_NO_MEMORY)
		cotxml_refuse(x, COT_MEMORY);
	else if (!x->ctxt->wellFormed)
		cotxml_refuse(x, COT_XML);
}

enum cot_why
cotxml_parse(struct cotxml *x, struct slice doc, const struct cotcanon_tag *tag,
    struct cot *c)
{
	enum cot_why why = check_bytes(x, &doc);

	if (why)
		return why;
	if (cotxml_refresh(x) < 0)
		return COT_MEMORY;
	cotcanon_begin(&x->canon, doc.n, tag, c);
	if (!x->canon.why)
		cotxml_run(x, doc, false);
	return cotcanon_finish(&x->canon);
}
