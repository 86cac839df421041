/* cotpb_in.h - what the files of the family cotpb share: one struct cotpb, and
 * where the parts of an event are in the structs of tak.proto. */
#ifndef OTS_COTPB_IN_H
#define OTS_COTPB_IN_H

#include <tak.pb-c.h>

#include "cotpb.h"
#include "cotpb_scan.h"

/* Memory that grew beyond this for one message is given back at the next. */
#define COTPB_KEEP ((size_t)256 << 10)

struct cotpb {
	size_t max;
	/* In: all that protobuf-c allocates for one message lies in the arena;
	 * its free does nothing. */
	ProtobufCAllocator allocator;
	char *arena;
	size_t cap, limit, used;
	bool full;             /* something did not fit */
	Tak__TakMessage *last; /* in the arena; NULL: there is none */
	struct buf merged;     /* the message, if parts of it were repeated */
	/* Out. */
	struct cotpb_event event;
	struct buf texts;  /* attribute values, references undone */
	struct buf detail; /* xmlDetail */
};

ProtobufCBinaryData *cotpb_text(Tak__CotEvent *e, enum cotparts_text t);
uint64_t *cotpb_ms(Tak__CotEvent *e, int i);  /* as cotparts.ms */
double *cotpb_coord(Tak__CotEvent *e, int i); /* as cotparts.point */

/* Where detail points at an element. */
ProtobufCMessage **cotpb_element(
    Tak__Detail *detail, enum cotparts_element element);

/* A value of it: by its kind a ProtobufCBinaryData, uint32_t or double. */
void *cotpb_value(
    ProtobufCMessage *m, enum cotparts_element element, unsigned attr);

#endif
