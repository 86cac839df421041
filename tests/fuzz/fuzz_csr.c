/* Any bytes as a certificate request: what is taken has a name that can be
 * asked for, a key that can be certified, and passes when read again. */
#include "fuzz.h"
#include "pki.h"

static void
look(const struct pki_csr *csr)
{
	static const struct pki_name allowed = {.o = "ots", .ou = "TAK"};
	char cn[PKI_CN_MAX];
	struct pki_key *key;

	if (pki_csr_cn(csr, cn) == 0) {
		must(cn[0] != '\0' && utf8_valid(cn, strlen(cn)));
		must(strcspn(cn, "\r\n\t") == strlen(cn));
	} else {
		must(cn[0] == '\0');
	}
	(void)pki_csr_names_only(csr, &allowed);
	key = pki_csr_key(csr);
	must(key != NULL);
	pki_key_free(&key);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size};
	struct pki_csr *csr = pki_csr_read(text);

	if (csr)
		look(csr);
	else
		must(pki_why()[0] != '\0');
	pki_csr_free(&csr);
	return 0;
}
