/* cotxml.h - one CoT event document of a stranger, checked and made canonical.
 * The only module that knows libxml2. No descriptor is opened, no network, no
 * DTD; entities are the five predefined ones and character references.
 * One struct cotxml serves any number of documents; the memory it holds is
 * bounded by a small multiple of its maximum. */
#ifndef OTS_COTXML_H
#define OTS_COTXML_H

#include "cot.h"
#include "cotcanon.h"
#include "cotparts.h"
#include "str.h"

/* What one document may have. */
#define COTXML_DEPTH_MAX      64    /* nested elements, event included */
#define COTXML_ATTRS_MAX      128   /* attributes of one element */
#define COTXML_ELEMENTS_MAX   32768 /* elements */
#define COTXML_NAMESPACES_MAX 64    /* namespace declarations */
#define COTXML_NAME_MAX       256   /* bytes of a name, prefix included */
#define COTXML_NAMES_MAX      4096  /* different names */

#define COTXML_SIZE_MIN ((size_t)1 << 10)
#define COTXML_SIZE_MAX ((size_t)8 << 20)

struct cotxml;

/* max: bytes of a document; its canonical form, with all the quotes escaped,
 * may have twice as many. NULL with errno. */
struct cotxml *cotxml_new(size_t max);
void cotxml_free(struct cotxml **x);

/* On COT_OK *c holds the event and c->xml its canonical form (ots-record(5));
 * all its slices are loans until the next call. On anything else *c is of no
 * use. tag may be NULL. */
enum cot_why cotxml_parse(struct cotxml *x, struct slice doc,
    const struct cotcanon_tag *tag, struct cot *c);

/* The same of an event that came as protobuf (cot-streaming 5.3): xmlDetail
 * must be well-formed by itself, and where it has an element of the name of a
 * typed one, the typed one does not count. c->xml is what an XML client would
 * have sent. */
enum cot_why cotxml_parse_parts(struct cotxml *x, const struct cotparts *parts,
    const struct cotcanon_tag *tag, struct cot *c);

#endif
