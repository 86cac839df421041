/* facts_own.h - within facts*.c: what was gathered from the detail of one
 * event. Values are plain texts; p NULL: absent. */
#ifndef OTS_STORE_FACTS_OWN_H
#define OTS_STORE_FACTS_OWN_H

#include "buf.h"
#include "cotwalk.h"
#include "facts.h"

#define DETAIL_LINKS_MAX 256
#define DETAIL_LIST_MAX  64 /* elements in a list of a JSON text */
/* A record has at most 16 MiB; JSON may have \u000a where XML has &#10; and
 * \u007f where it has one byte. */
#define DETAIL_TEXT_MAX ((size_t)128 << 20)

/* A __chat or __chatreceipt. */
struct detail_room {
	bool there, owned;
	struct slice id, name, parent, callsign, message, group, sender;
	struct slice *uid; /* sorted */
	size_t n;
};

struct detail {
	struct facts *facts;
	struct arena *arena;
	struct buf text; /* scratch */
	bool failed;     /* no memory */
	unsigned seen;   /* elements */
	struct detail_room chat, receipt;
	bool has_remarks;
	struct slice remarks, remarks_time, remarks_source;
	struct slice emergency, color, stroke, icon, creator, parent;
	size_t n_links;
	struct slice links[DETAIL_LINKS_MAX]; /* their uids */
	struct cotwalk walk;
};

/* 0, or -1: no memory. */
int facts_rules(struct detail *d);

#endif
