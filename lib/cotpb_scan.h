/* cotpb_scan.h - a canonical event (ots-record(5)) taken apart, as far as TAK
 * protocol version 1 does. Pure; reads any bytes, in linear time (cotwalk.h).
 * Slices are loans from the event, values are raw (references not undone). */
#ifndef OTS_COTPB_SCAN_H
#define OTS_COTPB_SCAN_H

#include <stdbool.h>

#include "cot.h"
#include "cotparts.h"
#include "str.h"

/* Children of detail that may not go into xmlDetail: the first of each typed
 * name, and the marti elements. */
#define COTPB_CUTS (PART_ELEMENT_COUNT + COT_MARTI_MAX)

struct cotpb_cut {
	struct slice whole;
	int element; /* enum cotparts_element, or -1: a marti */
};

struct cotpb_event {
	struct slice time[3];
	struct slice text[PART_TEXT_COUNT];
	struct slice point[COT_P_COUNT];
	struct slice detail; /* its content */
	/* What could be typed: how many there are of each name, and whether the
	 * first has the right attributes and no content (cot-streaming 5.2.3;
	 * numbers are not looked at). An absent value has p NULL. */
	unsigned count[PART_ELEMENT_COUNT];
	bool fits[PART_ELEMENT_COUNT];
	struct slice value[PART_ELEMENT_COUNT][PART_ATTRS_MAX];
	struct cotpb_cut cut[COTPB_CUTS]; /* in their order */
	unsigned n_cut;
};

/* False: it is not canonical. */
bool cotpb_scan(struct slice xml, struct cotpb_event *e);

#endif
