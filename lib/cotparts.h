/* cotparts.h - an event in the parts that TAK protocol version 1 cuts it into
 * (cot-streaming 5.1): what stands between its two encodings. Pure, no
 * functions but look-ups. cotpb.h fills one from protobuf, cotxml.h makes an
 * event of it. Slices are loans; p NULL or n 0 means absent, but in what is
 * marked as present. */
#ifndef OTS_COTPARTS_H
#define OTS_COTPARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "str.h"

/* Texts of the event, with the attributes that they are in XML: X(ID, name). */
#define COTPARTS_TEXTS(X)                                                      \
	X(TYPE, "type")                                                        \
	X(ACCESS, "access")                                                    \
	X(QOS, "qos")                                                          \
	X(OPEX, "opex")                                                        \
	X(UID, "uid")                                                          \
	X(HOW, "how")                                                          \
	X(CAVEAT, "caveat")                                                    \
	X(RELEASABLE, "releasableTo")

enum cotparts_text {
#define X(id, name) PART_##id,
	COTPARTS_TEXTS(X)
#undef X
	    PART_TEXT_COUNT
};

/* The elements that are typed, in the order of their field numbers. */
enum cotparts_element {
	PART_CONTACT,
	PART_GROUP,
	PART_PRECISION,
	PART_STATUS,
	PART_TAKV,
	PART_TRACK,
	PART_ELEMENT_COUNT
};

enum cotparts_kind {
	PART_STRING,
	PART_MAYBE, /* a string that may be missing: only if it is not empty */
	PART_UINT,  /* 0 to 2^31 - 1 */
	PART_DOUBLE /* finite */
};

#define PART_ATTRS_MAX 4

/* What an element is in XML: its name, and its attributes in the order of
 * their field numbers. */
struct cotparts_shape {
	const char *name;
	struct {
		const char *name;
		enum cotparts_kind kind;
	} attr[PART_ATTRS_MAX];
	unsigned n;
};
extern const struct cotparts_shape cotparts_shape[PART_ELEMENT_COUNT];

/* The enum cotparts_element of that name, or -1. */
int cotparts_element(struct slice name);

struct cotparts_value {
	struct slice text; /* of a string */
	double number;     /* of any other */
};

struct cotparts {
	struct slice text[PART_TEXT_COUNT];
	uint64_t ms[3];      /* time, start, stale */
	double point[5];     /* lat, lon, hae, ce, le */
	struct slice detail; /* xmlDetail */
	bool has[PART_ELEMENT_COUNT];
	struct cotparts_value value[PART_ELEMENT_COUNT][PART_ATTRS_MAX];
};

#endif
