/* entry.h - entries of the ledger found and printed. */
#ifndef OTS_CERTS_ENTRY_H
#define OTS_CERTS_ENTRY_H

#include "ca.h"

/* A row of the table of list; head: with the headings before it. */
void entry_row(const struct ca_entry *e, int64_t now, bool head);
/* One line of JSON; f NULL: what the ledger says alone. */
void entry_json(
    const struct ca_entry *e, const struct pki_facts *f, int64_t now);

/* The entries of that name, or else with that serial. Case does not matter,
 * since names that differ in nothing else are one user. How many; *out is the
 * caller's to free. */
size_t entry_find(
    const struct ca *ca, const char *what, const struct ca_entry ***out);

#endif
