#include "cotparts.h"

const struct cotparts_shape cotparts_shape[PART_ELEMENT_COUNT] = {
    [PART_CONTACT] = {"contact",
	{{"endpoint", PART_MAYBE}, {"callsign", PART_STRING},
	    {"altendpoints", PART_MAYBE}},
	3},
    [PART_GROUP] = {"__group", {{"name", PART_STRING}, {"role", PART_STRING}},
	2},
    [PART_PRECISION] = {"precisionlocation",
	{{"geopointsrc", PART_STRING}, {"altsrc", PART_STRING}}, 2},
    [PART_STATUS] = {"status", {{"battery", PART_UINT}}, 1},
    [PART_TAKV] = {"takv",
	{{"device", PART_STRING}, {"platform", PART_STRING},
	    {"os", PART_STRING}, {"version", PART_STRING}},
	4},
    [PART_TRACK] = {"track", {{"speed", PART_DOUBLE}, {"course", PART_DOUBLE}},
	2},
};

int
cotparts_element(struct slice name)
{
	static const struct slice names[PART_ELEMENT_COUNT] = {{"contact", 7},
	    {"__group", 7}, {"precisionlocation", 17}, {"status", 6},
	    {"takv", 4}, {"track", 5}};
	int i;

	for (i = 0; i < PART_ELEMENT_COUNT; i++)
		if (slice_eq(name, names[i]))
			return i;
	return -1;
}
