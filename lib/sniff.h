/* sniff.h - is a stream made of ots-records or of bare CoT events?
 * Pure. The one rule, for whoever is not told (ots-record(5)). It goes by the
 * first byte that is no blank (space, TAB, LF, CR):
 *   <     begins XML, and EF a byte order mark before it: events
 *   BF    begins a TAK protocol frame: events
 *   other begins records, torn ones too
 * But a reader that begins in the middle of a record may see one of those
 * first, too: if in the bytes at hand a line begins with ev: these are
 * records. */
#ifndef OTS_SNIFF_H
#define OTS_SNIFF_H

#include "str.h"

enum sniff {
	SNIFF_MORE, /* nothing but blanks so far */
	SNIFF_RECORDS,
	SNIFF_COT,
};

/* Judge the first bytes of a stream. The blanks before, which mean nothing,
 * are taken off *bytes. After SNIFF_MORE call it with the next bytes. */
enum sniff sniff(struct slice *bytes);

#endif
