/* cotcanon.h - from the tags and texts of an event to its canonical form.
 * Pure. A reader of whatever encoding tells the document in order: start, its
 * attributes, start_end, texts, end. The facts go to a struct cot, the rest is
 * written as ots-record(5) has it; finish checks the event (cot_check) and
 * puts the parts together, whatever their order was.
 * The first thing that goes wrong stays in `why`, and all later calls do
 * nothing. Nesting and counts are the reader's to bound; names and texts must
 * be legal in XML, names have no meaning beyond their bytes. */
#ifndef OTS_COTCANON_H
#define OTS_COTCANON_H

#include "buf.h"
#include "cot.h"
#include "str.h"

/* A flow tag to leave in detail/_flow-tags_ (cot-streaming 7.6). */
struct cotcanon_tag {
	const char *name;  /* an XML name: cotcanon_tag_valid */
	const char *value; /* needs no escape */
	bool again;        /* an event that has the tag already is no loop */
};

/* An empty prefix is none. */
struct cotcanon_name {
	struct slice prefix, local;
};

enum cotcanon_section { IN_EVENT, IN_POINT, IN_DETAIL, IN_REST };
enum cotcanon_child { CHILD_OTHER, CHILD_MARTI, CHILD_FLOW_TAGS };

struct cotcanon {
	enum cot_why why;
	struct cot *c;
	const struct cotcanon_tag *tag;
	/* Where we are. */
	unsigned depth;
	enum cotcanon_section section;
	enum cotcanon_child child; /* of detail */
	int facts;                 /* its handle of cot_element */
	bool dest;                 /* in the start tag of a dest */
	size_t marti_from;         /* in detail */
	bool seen_event, seen_detail, tagged, looped;
	/* Writing. */
	bool open;         /* the last start tag lacks its > */
	bool leaf;         /* the element has no child element so far */
	bool text_run;     /* the text since the last tag is not only blanks */
	struct buf blanks; /* the blanks it began with */
	struct buf *to;    /* where content goes: one of the next three */
	struct buf point_body, detail, rest;
	struct buf event_attrs, point_attrs; /* those beyond the known ones */
	struct buf texts; /* copies of the values in *c; never moves */
	struct buf out;
};

/* max: bytes of the canonical form. */
void cotcanon_init(struct cotcanon *x, size_t max);
void cotcanon_fini(struct cotcanon *x);

/* A new event into *c. values: no fewer bytes than all attribute values of it
 * have together. tag: NULL, or stays until finish. */
void cotcanon_begin(struct cotcanon *x, size_t values,
    const struct cotcanon_tag *tag, struct cot *c);

void cotcanon_start(struct cotcanon *x, const struct cotcanon_name *name);
void cotcanon_attr(
    struct cotcanon *x, const struct cotcanon_name *name, struct slice value);
void cotcanon_start_end(struct cotcanon *x);
/* A text may come in several pieces. */
void cotcanon_text(struct cotcanon *x, struct slice text);
void cotcanon_end(struct cotcanon *x, const struct cotcanon_name *name);

/* The end of the document; also if it stopped early. On COT_OK the event is in
 * *c, c->xml included, until the next cotcanon_begin. */
enum cot_why cotcanon_finish(struct cotcanon *x);

/* 1 to 64 of A-Z a-z 0-9 _ . -, the first a letter or _. */
bool cotcanon_tag_valid(struct slice name);

#endif
