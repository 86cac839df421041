#include "geo.h"

#include <math.h>
#include <string.h>

#include "column.h"
#include "cotmake.h"
#include "str.h"
#include "timetext.h"

/* Heights from there up are not known (cot-streaming 1.4). */
#define NO_HEIGHT 9999999

/* XML ----------------------------------------------------------------------*/

/* U+FFFE and U+FFFF are no characters of XML. */
static void
put_text(struct buf *b, const char *text)
{
	const char *at = text;

	while ((at = strstr(at, "\xEF\xBF")) != NULL) {
		if ((unsigned char)at[2] < 0xbe) {
			at += 2;
			continue;
		}
		cotmake_escape(b, (struct slice){text, (size_t)(at - text)});
		buf_puts(b, "\xEF\xBF\xBD");
		at += 3;
		text = at;
	}
	cotmake_escape(b, slice_of(text));
}

static void
put_element(struct buf *b, const char *name, const char *text)
{
	buf_fmt(b, "<%s>", name);
	put_text(b, text);
	buf_fmt(b, "</%s>", name);
}

static void
put_when(struct buf *b, const char *name, int64_t us)
{
	char text[TIMETEXT_LEN + 1];

	timetext_format(us / 1000, text);
	put_element(b, name, text);
}

/* Begin and end ------------------------------------------------------------*/

void
geo_begin(struct geo_writer *w, struct buf *b)
{
	buf_puts(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	buf_puts(b,
	    w->kml ? "<kml xmlns=\"http://www.opengis.net/kml/2.2\">\n"
		     "<Document>\n"
		   : "<gpx version=\"1.1\" creator=\"ots-query\" "
		     "xmlns=\"http://www.topografix.com/GPX/1/1\">\n");
}

static bool
has_height(double hae)
{
	return fabs(hae) < NO_HEIGHT;
}

static void
kml_place(const struct geo_writer *w, struct buf *b)
{
	column_real(b, w->lon);
	buf_putc(b, ',');
	column_real(b, w->lat);
	if (has_height(w->hae)) {
		buf_putc(b, ',');
		column_real(b, w->hae);
	}
	buf_putc(b, '\n');
}

/* A line of KML has two points at least. */
static void
end_piece(struct geo_writer *w, struct buf *b)
{
	if (!w->in_piece)
		return;
	if (w->kml && w->points == 1)
		kml_place(w, b);
	buf_puts(b, w->kml ? "</coordinates></LineString>\n" : "</trkseg>\n");
	w->in_piece = false;
}

static void
end_track(struct geo_writer *w, struct buf *b)
{
	end_piece(w, b);
	if (w->in_track)
		buf_puts(
		    b, w->kml ? "</MultiGeometry></Placemark>\n" : "</trk>\n");
	w->in_track = false;
}

void
geo_end(struct geo_writer *w, struct buf *b)
{
	end_track(w, b);
	buf_puts(b, w->kml ? "</Document>\n</kml>\n" : "</gpx>\n");
}

/* Tracks -------------------------------------------------------------------*/

void
geo_track(struct geo_writer *w, struct buf *b, const struct store_track *t)
{
	const char *name = t->callsign && *t->callsign ? t->callsign : t->uid;

	end_track(w, b);
	w->in_track = true;
	buf_puts(b, w->kml ? "<Placemark>" : "<trk>");
	put_element(b, "name", name);
	put_element(b, w->kml ? "description" : "desc", t->uid);
	if (w->kml) {
		buf_puts(b, "<TimeSpan>");
		put_when(b, "begin", t->first);
		put_when(b, "end", t->last);
		buf_puts(b, "</TimeSpan><MultiGeometry>\n");
		return;
	}
	if (t->type)
		put_element(b, "type", t->type);
	buf_putc(b, '\n');
}

/* In GPX 180 degrees east are 180 west. */
static void
gpx_point(struct buf *b, const struct store_point *p)
{
	buf_puts(b, "<trkpt lat=\"");
	column_real(b, p->lat);
	buf_puts(b, "\" lon=\"");
	column_real(b, p->lon >= 180 ? -180 : p->lon);
	buf_puts(b, "\">");
	if (has_height(p->hae)) {
		buf_puts(b, "<ele>");
		column_real(b, p->hae);
		buf_puts(b, "</ele>");
	}
	put_when(b, "time", p->id);
	buf_puts(b, "</trkpt>\n");
}

void
geo_point(struct geo_writer *w, struct buf *b, const struct store_point *p)
{
	if (p->gap)
		end_piece(w, b);
	if (!w->in_piece) {
		buf_puts(b,
		    w->kml ? "<LineString><tessellate>1</tessellate>"
			     "<coordinates>\n"
			   : "<trkseg>\n");
		w->points = 0;
		w->in_piece = true;
	}
	w->points = w->points ? 2 : 1;
	w->lat = p->lat;
	w->lon = p->lon;
	w->hae = p->hae;
	if (w->kml)
		kml_place(w, b);
	else
		gpx_point(b, p);
}
