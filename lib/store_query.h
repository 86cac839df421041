/* store_query.h - questions to what store.h keeps: read only, by any number of
 * programs, while writers write. Answers come in the order of arrival, a few
 * rows at a time, so that memory is bounded and the first row comes soon; what
 * arrives after the question is not in the answer.
 *
 * Times are microseconds since 1970, UTC. Texts are what strangers wrote; they
 * are loans until the function that got them returns. NULL: not known.
 *
 * Functions return 0, or -1 with errno as in db.h; store_reader_why says why.
 */
#ifndef OTS_STORE_QUERY_H
#define OTS_STORE_QUERY_H

#include <stdbool.h>
#include <stdint.h>

struct store_reader;

/* As accounts_open. */
struct store_reader *store_reader_open(const char *uri, char err[256]);
void store_reader_close(struct store_reader **r);
const char *store_reader_why(const struct store_reader *r);

/* Degrees, borders included. west > east: over the date line. */
struct store_box {
	double south, west, north, east;
};

/* What is asked for: all of it must be so. NULL: whatever. */
struct store_query {
	int64_t since, until; /* since <= arrival < until */
	const char *uid;
	const char *type;  /* begins with that */
	const char *group; /* one of the groups that it was sent into */
	const char *user;
	const struct store_box *box; /* what has no place is in no box */
};

#define STORE_UNKNOWN INT64_MIN /* of a number; of a double it is NaN */

/* id: when it arrived, made unique. groups: as store_groups_next reads it. */
struct store_event_row {
	int64_t id, time, start, stale;
	const char *uid, *type, *how, *user, *device, *callsign, *groups, *xml;
	double lat, lon, hae, ce, le; /* as sent */
	bool located;
};

/* One uid. */
struct store_track {
	const char *uid, *type, *callsign, *user, *groups; /* of its newest */
	int64_t first, last; /* of the time asked for */
};
struct store_point {
	const struct store_track *track;
	const char *uid, *type, *callsign;
	int64_t id, battery; /* percent */
	double lat, lon, hae, ce, speed, course;
	bool gap; /* some before it in this track were not in the box */
};

/* message: its id, by which receipts name it. */
struct store_chat_row {
	int64_t id, time;
	const char *uid, *message, *room, *room_name, *sender, *callsign, *user,
	    *device, *groups, *text;
};

struct store_device_row {
	const char *uid, *callsign, *team, *role, *device, *platform, *os,
	    *version, *phone, *endpoint, *user, *type, *conn, *groups;
	int64_t first_seen, last_seen, stale, connected, disconnected, battery;
	double lat, lon, hae, speed, course;
};

struct store_alert_row {
	int64_t id, started, last, cancelled; /* STORE_UNKNOWN: open */
	const char *uid, *type, *callsign, *user, *device, *groups;
	double lat, lon;
};

/* Who gets the rows. A function that returns other than 0 ends the question,
 * which is no failure; none may call the reader. While a row is told, something
 * may be locked or held open in the database, so the function must not wait:
 * idle may, it is called often between rows, and at the end. */
struct store_sink {
	int (*event)(void *arg, const struct store_event_row *e);
	int (*track)(void *arg, const struct store_track *t); /* one begins */
	int (*point)(void *arg, const struct store_point *p);
	int (*chat)(void *arg, const struct store_chat_row *c);
	int (*device)(void *arg, const struct store_device_row *d);
	int (*alert)(void *arg, const struct store_alert_row *a);
	int (*idle)(void *arg);
	void *arg;
};

int store_query_events(struct store_reader *r, const struct store_query *q,
    const struct store_sink *to);
/* By uid, and in each by arrival. track is told before the first point of each
 * that has any. type, group and user are those of the newest event. */
int store_query_tracks(struct store_reader *r, const struct store_query *q,
    const struct store_sink *to);
/* uid: of the sender. type and box must be NULL. */
int store_query_chats(struct store_reader *r, const struct store_query *q,
    const struct store_sink *to);
/* By uid. The time is when it was seen last; box and group are those of its
 * newest place. */
int store_query_devices(struct store_reader *r, const struct store_query *q,
    const struct store_sink *to);
/* The time is when it was told first; type is that of the emergency. */
int store_query_alerts(struct store_reader *r, const struct store_query *q,
    const struct store_sink *to);

#endif
