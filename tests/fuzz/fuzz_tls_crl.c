/* Any bytes as a file of revocations. Behind a P: PEM, of which only what our
 * CA has signed may be taken. Behind a D: one list in DER, whose every entry
 * must be found, and for no other issuer. */
#include <openssl/err.h>
#include <openssl/pem.h>

#include "fuzz.h"
#include "tls_ossl.h"

static const char ca_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBezCCASGgAwIBAgIUBFFEssmwnN4zaMltUh0IgOrjwrswCgYIKoZIzj0EAwIw\n"
    "EjEQMA4GA1UEAwwHRnV6eiBDQTAgFw0yNjExMjIyMjAyMDVaGA8yMTI2MTAyOTIy\n"
    "MDIwNVowEjEQMA4GA1UEAwwHRnV6eiBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEH\n"
    "A0IABFJY5nmKQvS/UX48yDYCFl8w7CWAfUyrBH89VWZdF5sxCCRsr5BFdRKquTq6\n"
    "cWkPXrwK4Koz/onu3we0WmoNPEijUzBRMB0GA1UdDgQWBBRbeMK8eM0/Ac/136Jm\n"
    "h6Z1SzTq/jAfBgNVHSMEGDAWgBRbeMK8eM0/Ac/136Jmh6Z1SzTq/jAPBgNVHRMB\n"
    "Af8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQDdHT0g74d/h7qcS/yl5aJqNBov\n"
    "dC7Gj9ApaWokgeY17QIgGvpCYYnkFEa+bg7XxosyZCAkrlsMjMion+pJ0leGoio=\n"
    "-----END CERTIFICATE-----\n";

static STACK_OF(X509) * our_ca(void)
{
	static STACK_OF(X509) * cas;
	BIO *b;

	if (cas)
		return cas;
	b = BIO_new_mem_buf(ca_pem, -1);
	cas = sk_X509_new_null();
	must(sk_X509_push(cas, PEM_read_bio_X509(b, NULL, NULL, NULL)) == 1);
	BIO_free(b);
	return cas;
}

static void
as_pem(struct slice pem)
{
	struct tls_crl crl = {0};
	char err[TLS_ERR_MAX];
	uint64_t us =
	    tls_name_hash(X509_get_subject_name(sk_X509_value(our_ca(), 0)));
	size_t i;

	if (tls_crl_read(&crl, "file", pem, our_ca(), err) < 0)
		must(crl.n == 0 && err[0]);
	for (i = 0; i < crl.n; i++)
		must(crl.set[i].issuer == us);
	must(ERR_peek_error() == 0);
	tls_crl_fini(&crl);
}

static void
as_der(const uint8_t *p, size_t n)
{
	X509_CRL *x = d2i_X509_CRL(NULL, &p, (long)n);
	STACK_OF(X509_REVOKED) *list = x ? X509_CRL_get_REVOKED(x) : NULL;
	struct tls_crl crl = {0};
	char serial[TLS_SERIAL_MAX];
	int i;

	ERR_clear_error();
	if (!x)
		return;
	must(tls_crl_add(&crl, x) == 0);
	tls_crl_sort(&crl);
	for (i = 0; i < sk_X509_REVOKED_num(list); i++) {
		const X509_REVOKED *r = sk_X509_REVOKED_value(list, i);
		uint64_t issuer = tls_name_hash(X509_CRL_get_issuer(x));

		if (!tls_serial(X509_REVOKED_get0_serialNumber(r), serial))
			continue;
		must(strlen(serial) > 0);
		must(tls_crl_has(&crl, issuer, serial));
		must(!tls_crl_has(&crl, issuer + 1, serial));
	}
	tls_crl_fini(&crl);
	X509_CRL_free(x);
	ERR_clear_error();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1 || size > 1 << 20)
		return 0;
	if (data[0] == 'P')
		as_pem((struct slice){(const char *)data + 1, size - 1});
	else if (data[0] == 'D')
		as_der(data + 1, size - 1);
	return 0;
}
