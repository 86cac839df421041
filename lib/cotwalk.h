/* cotwalk.h - through a canonical event (ots-record(5)) from tag to tag.
 * Pure; reads any bytes, in linear time, without memory of its own. In
 * canonical XML < and > are only in tags and " only around values, so all that
 * a scanner must know is where the tags are; anything else is COTWALK_BAD. Only
 * the form is looked at, not what the names mean. Slices are loans from the
 * event; values and texts are raw (references not undone). */
#ifndef OTS_COTWALK_H
#define OTS_COTWALK_H

#include <stdbool.h>

#include "str.h"

/* What cotxml.h lets through, and what the server writes itself. */
#define COTWALK_ATTRS_MAX 200
#define COTWALK_DEPTH_MAX 64

enum cotwalk_token {
	COTWALK_BAD,   /* it is not canonical; nothing follows */
	COTWALK_START, /* name and attr */
	COTWALK_TEXT,  /* text, never empty */
	COTWALK_END,   /* name; also of <name/> */
	COTWALK_DONE   /* behind the end of the root element */
};

struct cotwalk_attr {
	struct slice name, value;
};

struct cotwalk {
	const char *at, *end; /* what is still to come */
	enum cotwalk_token token;
	struct slice name; /* of the last tag */
	struct slice text;
	bool empty;     /* the start tag was <name/> */
	unsigned depth; /* elements that are open: within the root 1 */
	unsigned n_attr;
	struct cotwalk_attr attr[COTWALK_ATTRS_MAX];
	struct slice open[COTWALK_DEPTH_MAX]; /* their names */
};

void cotwalk_init(struct cotwalk *w, struct slice xml);
enum cotwalk_token cotwalk_next(struct cotwalk *w);

/* Behind a START: on to the END of the same element. False: BAD. */
bool cotwalk_skip(struct cotwalk *w);

/* Behind a START: the value of the first attribute of that name; p NULL: there
 * is none. */
struct slice cotwalk_attr(const struct cotwalk *w, const char *name);

/* The same into memory of at least raw.n bytes, with references undone: how
 * many bytes it became. What is no reference of canonical XML stays as it is.
 */
size_t cotwalk_undo(char *to, struct slice raw);

#endif
