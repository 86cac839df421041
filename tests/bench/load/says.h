/* says.h - what an event says, in whichever encoding, by hand: nothing here is
 * of the server, so that each checks the other (cot-streaming 5). Only for
 * events as event.c makes them and a server may pass them on: canonical XML
 * (ots-record(5)) without references in attributes. Pure. */
#ifndef OTS_TEST_SAYS_H
#define OTS_TEST_SAYS_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "str.h"

/* A start tag. */
struct tag {
	struct slice name;
	struct slice attrs; /* all of them */
	bool empty;         /* it ends its element */
	const char *at;     /* where it begins */
};

/* The next start tag of a text, which is cut behind it. */
bool tag_next(struct slice *text, struct tag *t);
/* The next attribute of them, which are cut behind it. */
bool attr_next(struct slice *attrs, struct slice *name, struct slice *value);

/* A number of all that an event says but for its marker and its addressees: the
 * same in both encodings, in any order, however its numbers are written. */
uint32_t says_xml(struct slice text);
uint32_t says_pb(struct slice message);

/* The parts that says_pb adds up. */
uint32_t says_text(const char *element, struct slice attr, struct slice value);
uint32_t says_number(const char *element, struct slice attr, double value);

/* What protobuf knows of events: kind s string, t time, d double, u unsigned;
 * the number is that of the field. */
struct pb_attr {
	const char *name;
	unsigned char number;
	char kind;
};

struct pb_element {
	const char *name;
	unsigned char number; /* in Detail */
	struct pb_attr attr[5];
};

extern const struct pb_attr pb_event[], pb_point[];
extern const struct pb_element pb_detail[];

/* The elements that a message has as XML. Its other texts may look like any. */
struct slice pb_xml(struct slice message);

/* Append the stream frame of an event. False: it does not fit. */
bool pb_frame(struct slice xml, struct buf *out);

#endif
