#include "cotpb_in.h"

static const size_t texts[PART_TEXT_COUNT] = {
    [PART_TYPE] = offsetof(Tak__CotEvent, type),
    [PART_ACCESS] = offsetof(Tak__CotEvent, access),
    [PART_QOS] = offsetof(Tak__CotEvent, qos),
    [PART_OPEX] = offsetof(Tak__CotEvent, opex),
    [PART_UID] = offsetof(Tak__CotEvent, uid),
    [PART_HOW] = offsetof(Tak__CotEvent, how),
    [PART_CAVEAT] = offsetof(Tak__CotEvent, caveat),
    [PART_RELEASABLE] = offsetof(Tak__CotEvent, releasable_to),
};

static const size_t times[] = {offsetof(Tak__CotEvent, send_time),
    offsetof(Tak__CotEvent, start_time), offsetof(Tak__CotEvent, stale_time)};

static const size_t coords[] = {offsetof(Tak__CotEvent, lat),
    offsetof(Tak__CotEvent, lon), offsetof(Tak__CotEvent, hae),
    offsetof(Tak__CotEvent, ce), offsetof(Tak__CotEvent, le)};

/* In the order of cotparts_shape. */
static const size_t values[PART_ELEMENT_COUNT][PART_ATTRS_MAX] = {
    [PART_CONTACT] = {offsetof(Tak__Contact, endpoint),
	offsetof(Tak__Contact, callsign),
	offsetof(Tak__Contact, alt_endpoints)},
    [PART_GROUP] = {offsetof(Tak__Group, name), offsetof(Tak__Group, role)},
    [PART_PRECISION] = {offsetof(Tak__PrecisionLocation, geopointsrc),
	offsetof(Tak__PrecisionLocation, altsrc)},
    [PART_STATUS] = {offsetof(Tak__Status, battery)},
    [PART_TAKV] = {offsetof(Tak__Takv, device), offsetof(Tak__Takv, platform),
	offsetof(Tak__Takv, os), offsetof(Tak__Takv, version)},
    [PART_TRACK] = {offsetof(Tak__Track, speed), offsetof(Tak__Track, course)},
};

static const size_t elements[PART_ELEMENT_COUNT] = {
    [PART_CONTACT] = offsetof(Tak__Detail, contact),
    [PART_GROUP] = offsetof(Tak__Detail, group),
    [PART_PRECISION] = offsetof(Tak__Detail, precision_location),
    [PART_STATUS] = offsetof(Tak__Detail, status),
    [PART_TAKV] = offsetof(Tak__Detail, takv),
    [PART_TRACK] = offsetof(Tak__Detail, track),
};

static void *
at(void *base, size_t offset)
{
	return (char *)base + offset;
}

ProtobufCBinaryData *
cotpb_text(Tak__CotEvent *e, enum cotparts_text t)
{
	return at(e, texts[t]);
}

uint64_t *
cotpb_ms(Tak__CotEvent *e, int i)
{
	return at(e, times[i]);
}

double *
cotpb_coord(Tak__CotEvent *e, int i)
{
	return at(e, coords[i]);
}

/* All messages begin with their ProtobufCMessage. */
ProtobufCMessage **
cotpb_element(Tak__Detail *detail, enum cotparts_element element)
{
	return at(detail, elements[element]);
}

void *
cotpb_value(ProtobufCMessage *m, enum cotparts_element element, unsigned attr)
{
	return at(m, values[element][attr]);
}
