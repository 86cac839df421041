/* geo.h - tracks for maps: GPX 1.1 and KML 2.2. Pure. A failure is the buffer's
 * (buf.h). */
#ifndef OTS_QUERY_GEO_H
#define OTS_QUERY_GEO_H

#include <stdbool.h>

#include "buf.h"
#include "store_query.h"

struct geo_writer {
	bool kml;
	bool in_track, in_piece;
	unsigned points;      /* of the piece */
	double lat, lon, hae; /* of its last point */
};

void geo_begin(struct geo_writer *w, struct buf *b);
void geo_track(
    struct geo_writer *w, struct buf *b, const struct store_track *t);
void geo_point(
    struct geo_writer *w, struct buf *b, const struct store_point *p);
void geo_end(struct geo_writer *w, struct buf *b);

#endif
