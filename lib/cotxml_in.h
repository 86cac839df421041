/* cotxml_in.h - what the files of the family cotxml share. */
#ifndef OTS_COTXML_IN_H
#define OTS_COTXML_IN_H

#include <libxml/parser.h>

#include "buf.h"
#include "cotxml.h"

/* Bytes of the tags of detail. */
#define COTXML_AROUND (sizeof "<detail></detail>")

struct cotxml {
	xmlParserCtxtPtr ctxt;
	size_t max;
	unsigned elements, namespaces, depth;
	int names; /* in the dictionary when the document began */
	struct cotcanon canon;
	struct buf scratch; /* one attribute's value */
	/* The document is what is in the detail of an event, with our own tags
	 * of detail around it: these are not told. */
	bool inside;
	unsigned typed; /* the names of typed elements that it had: bits */
	struct buf document;
};

/* The first reason to drop the event stays. */
void cotxml_refuse(struct cotxml *x, enum cot_why why);

/* Does no element have so many attributes that libxml2 would take long? */
bool cotxml_bounded(struct slice doc);

/* Before each event; -1: no memory. */
int cotxml_refresh(struct cotxml *x);
/* Tell canon what is in the document; inside: depth and elements count from
 * those of an event up to its detail. */
void cotxml_run(struct cotxml *x, struct slice doc, bool inside);

#endif
