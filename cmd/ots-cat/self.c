#include "self.h"

#include <stddef.h>
#include <string.h>

#include "cotmake.h"
#include "num.h"

#define STALE_ONCE_MS ((int64_t)10 * 60 * 1000)

const char *
self_at(const char *text, struct self *me)
{
	struct slice s = slice_of(text), lat, lon;
	const char *comma = memchr(s.p, ',', s.n);
	double a, b;

	if (!comma)
		return "LAT,LON is wanted";
	lat = (struct slice){s.p, (size_t)(comma - s.p)};
	lon = (struct slice){comma + 1, s.n - lat.n - 1};
	if (num_double(lat, &a) || num_double(lon, &b))
		return "LAT,LON are two decimal numbers";
	if (a < -90 || a > 90 || b < -180 || b > 180)
		return "LAT is -90 to 90, LON -180 to 180";
	me->lat = lat;
	me->lon = lon;
	return NULL;
}

/* The endpoint is what makes a contact of it, the value is that of every
 * client of a server (cot-streaming 1.6). */
int
self_put(struct buf *out, const struct self *me, int64_t now_ms)
{
	int64_t keep = me->interval_us ? (int64_t)(me->interval_us / 1000) * 3
				       : STALE_ONCE_MS;

	buf_puts(out, "<event version=\"2.0\"");
	cotmake_time(out, "time", now_ms);
	cotmake_time(out, "start", now_ms);
	cotmake_time(out, "stale", now_ms + keep);
	cotmake_attr(out, "type", SLICE("a-f-G-U-C"));
	cotmake_attr(out, "uid", me->uid);
	cotmake_attr(out, "how", SLICE("h-e"));
	buf_puts(out, "><point");
	cotmake_attr(out, "lat", me->lat);
	cotmake_attr(out, "lon", me->lon);
	cotmake_attr(out, "hae", SLICE("9999999"));
	cotmake_attr(out, "ce", SLICE("9999999"));
	cotmake_attr(out, "le", SLICE("9999999"));
	buf_puts(out, "/><detail><contact");
	cotmake_attr(out, "callsign", me->callsign);
	cotmake_attr(out, "endpoint", SLICE("*:-1:stcp"));
	buf_puts(out, "/><__group name=\"Cyan\" role=\"Team Member\"/><takv");
	cotmake_attr(out, "device", SLICE("computer"));
	cotmake_attr(out, "platform", SLICE("ots-cat"));
	cotmake_attr(out, "os", SLICE("Linux"));
	cotmake_attr(out, "version", SLICE(OTS_VERSION));
	buf_puts(out, "/></detail></event>");
	return out->failed ? -1 : 0;
}
