/* ledger.h - the lines of a CA's ledger (cmd/ots-certs/ca.h). Pure.
 * Each is an ots-record. Only ever appended; what stands behind the last LF is
 * the torn end of a writer that died: not a line, and cut off by the next
 * writer. So an offset behind an LF stays good.
 *
 *	ev:issued kind name serial sha256 t not-before not-after [uid] der
 *	ev:revoked serial [sha256] t reason
 *	ev:crl number t
 *
 * t is microseconds, the others are seconds since the epoch. kind is root,
 * issuing, server or client. Serials are lower-case hex without leading zeros;
 * it is the sha256 that identifies a certificate: some that were imported from
 * elsewhere may share a serial. What is revoked without sha256 is any
 * certificate with that serial, also one that is not in the ledger. */
#ifndef OTS_LEDGER_H
#define OTS_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"

enum ledger_kind {
	LEDGER_OTHER, /* of a later version: nothing to us */
	LEDGER_ISSUED,
	LEDGER_REVOKED,
	LEDGER_CRL,
};

/* A line read: views into it; what is absent has n 0. */
struct ledger_line {
	enum ledger_kind what;
	struct slice kind, serial, sha256, der;
	struct slice name, uid; /* as they stand in the line: rec_unescape */
	int64_t t_us, not_before, not_after;
	int reason;      /* RFC 5280 5.3.1 */
	uint64_t number; /* of a CRL */
};

/* A line without its LF. 0, or -1 with errno EBADMSG: not a line of a ledger.
 */
int ledger_parse(struct slice line, struct ledger_line *out);

/* The next whole line of *text, which is moved behind it; false: no more (what
 * is left in *text is a torn end). */
bool ledger_next(struct slice *text, struct slice *line);

/* Append a line, LF included. 0, or -1 (rec_end); name and uid are
 * text here. */
int ledger_write(struct buf *out, const struct ledger_line *l);

#endif
