/* cot.h - what a CoT event says, and when it is accepted.
 * Pure. An adapter (cotxml.h) fills a struct cot with the texts of the event,
 * cot_check applies the rules of cot-streaming 1.1 to 1.3 and 8.4 and puts the
 * defaults in, cot_put writes the labels of ots-record(5).
 * Slices are loans from whoever filled them in; p NULL means absent. */
#ifndef OTS_COT_H
#define OTS_COT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"
#include "str.h"
#include "timetext.h"

/* Why an event was dropped: X(ID, name, help). The name stands in logs. */
#define COT_WHYS(X)                                                            \
	X(OK, "ok", "accepted")                                                \
	X(XML, "xml", "not well-formed")                                       \
	X(UTF8, "utf8", "bytes that are not UTF-8")                            \
	X(DOCTYPE, "doctype", "a document type declaration")                   \
	X(NAMESPACE, "namespace", "a name or declaration against XML names")   \
	X(ROOT, "root", "the document is not an event")                        \
	X(TOO_BIG, "too-big", "over the maximum size")                         \
	X(DEPTH, "depth", "elements nested too deep")                          \
	X(ATTRIBUTES, "attributes", "too many attributes")                     \
	X(ELEMENTS, "elements", "too many elements")                           \
	X(NAMES, "names", "a name too long, or too many different names")      \
	X(TWICE, "twice", "more than one point or detail")                     \
	X(TOO_LONG, "too-long", "a uid, callsign or the like too long")        \
	X(DESTS, "dests", "too many destinations")                             \
	X(FIELDS, "fields", "too many labels for one record")                  \
	X(UID, "uid", "no uid")                                                \
	X(TYPE, "type", "no type")                                             \
	X(TIME, "time", "time missing or not a time")                          \
	X(START, "start", "start missing or not a time")                       \
	X(STALE, "stale", "stale missing or not a time")                       \
	X(POINT, "point", "no point")                                          \
	X(LAT, "lat", "lat missing, not a number or beyond 90")                \
	X(LON, "lon", "lon missing, not a number or beyond 180")               \
	X(LOOP, "loop", "carries our own flow tag")                            \
	X(PROTOBUF, "protobuf", "malformed protobuf")                          \
	X(EMPTY, "empty", "a frame without a message")                         \
	X(MEMORY, "memory", "no memory")

enum cot_why {
#define X(id, name, help) COT_##id,
	COT_WHYS(X)
#undef X
	    COT_WHY_COUNT
};

/* Facts from elements right below detail, in the order of their labels:
 * X(ID, label, element, attribute). The first element of each name counts;
 * of links the first that has a uid. */
#define COT_FACTS(X)                                                           \
	X(CALLSIGN, "callsign", "contact", "callsign")                         \
	X(ENDPOINT, "endpoint", "contact", "endpoint")                         \
	X(PHONE, "phone", "contact", "phone")                                  \
	X(TEAM, "team", "__group", "name")                                     \
	X(ROLE, "role", "__group", "role")                                     \
	X(DEVICE, "takv-device", "takv", "device")                             \
	X(PLATFORM, "takv-platform", "takv", "platform")                       \
	X(OS, "takv-os", "takv", "os")                                         \
	X(VERSION, "takv-version", "takv", "version")                          \
	X(CHAT_ID, "chat-id", "__chat", "id")                                  \
	X(CHAT_ROOM, "chat-room", "__chat", "chatroom")                        \
	X(CHAT_PARENT, "chat-parent", "__chat", "parent")                      \
	X(CHAT_SENDER, "chat-sender", "__chat", "senderCallsign")              \
	X(LINK_UID, "link-uid", "link", "uid")                                 \
	X(LINK_TYPE, "link-type", "link", "type")                              \
	X(LINK_RELATION, "link-relation", "link", "relation")                  \
	X(EMERGENCY, "emergency", "emergency", "type")

enum cot_fact {
#define X(id, label, element, attribute) COT_F_##id,
	COT_FACTS(X)
#undef X
	    COT_F_COUNT
};

/* Attributes of dest: X(ID, label, attribute). */
#define COT_DESTS_X(X)                                                         \
	X(D_UID, "dest-uid", "uid")                                            \
	X(D_CALLSIGN, "dest-callsign", "callsign")                             \
	X(D_MISSION, "dest-mission", "mission")                                \
	X(D_MISSION_GUID, "dest-mission-guid", "mission-guid")                 \
	X(D_GROUP, "dest-group", "group")                                      \
	X(D_PUBLISH, "dest-publish", "publish")

enum cot_dest_kind {
#define X(id, label, attribute) COT_##id,
	COT_DESTS_X(X)
#undef X
	    COT_D_COUNT
};

/* The six attributes of event that a server reads, and those of point. */
enum cot_attr {
	COT_A_UID,
	COT_A_TYPE,
	COT_A_HOW,
	COT_A_TIME,
	COT_A_START,
	COT_A_STALE,
	COT_A_COUNT
};
enum cot_coord {
	COT_P_LAT,
	COT_P_LON,
	COT_P_HAE,
	COT_P_CE,
	COT_P_LE,
	COT_P_COUNT
};

#define COT_TYPE_MAX  128  /* bytes of type and of how */
#define COT_TEXT_MAX  1024 /* bytes of uid and of every fact */
#define COT_DEST_MAX  160  /* destinations */
#define COT_MARTI_MAX 8    /* marti elements */

struct cot_dest {
	enum cot_dest_kind kind;
	struct slice value; /* never empty */
};

struct cot_range {
	size_t off, len;
};

struct cot {
	struct slice attr[COT_A_COUNT];
	struct slice point[COT_P_COUNT];
	bool has_point;
	int64_t ms[3]; /* time, start, stale */
	char text[3][TIMETEXT_LEN + 1];
	struct slice fact[COT_F_COUNT];
	uint32_t seen; /* elements whose facts were taken */
	struct cot_dest dest[COT_DEST_MAX];
	size_t n_dest;
	struct cot_range marti[COT_MARTI_MAX];
	size_t n_marti;
	bool emergency_cancel, ackresponse;
	struct slice xml; /* the canonical event */
};

/* Empty: nothing known yet. */
void cot_reset(struct cot *c);

/* Is this element, right below detail, one that gives facts? A handle for
 * cot_fact, or -1. The handle of an element whose facts are already known is
 * -1, too. */
int cot_element(struct cot *c, struct slice name);
/* One attribute of it. The value must stay where it is. */
enum cot_why cot_fact(
    struct cot *c, int element, struct slice name, struct slice value);
/* Its attributes are over. */
void cot_element_end(struct cot *c, int element);

/* One attribute of a dest of a marti element. Empty ones, and names that are
 * no destinations, are left out. */
enum cot_why cot_dest(struct cot *c, struct slice name, struct slice value);

/* Attribute of event or of point: its number, or -1 for any other name. */
int cot_attr(struct slice name);
int cot_coord(struct slice name);
/* What the sender calls it. */
const char *cot_coord_name(enum cot_coord p);

/* Accept or not; on COT_OK everything that receivers need is there: how, hae,
 * ce and le have their defaults, times are parsed, clamped and written anew. */
enum cot_why cot_check(struct cot *c);

/* The labels of the event but xml: uid to ackresponse (ots-record(5)). */
void cot_put(struct rec_writer *w, const struct cot *c);
/* How many fields cot_put and the xml label need. */
size_t cot_fields(const struct cot *c);

const char *cot_why_name(enum cot_why why);

#endif
