/* Any bytes as what a stranger says to a TLS server, in pieces as long as the
 * first byte says: it never gets in, and when it hangs up it is over. */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "fuzz.h"
#include "str.h"
#include "tls.h"

/* A certificate of one's own, with its key, in a file of memory. */
static void
make_identity(char path[32])
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	int fd = memfd_create("identity", MFD_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(dup(fd), "w");

	must(key && x && f);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_set_pubkey(x, key);
	must(X509_sign(x, key, EVP_sha256()) > 0);
	must(PEM_write_X509(f, x) == 1);
	must(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1);
	must(fclose(f) == 0);
	must(str_fmt(path, 32, "/proc/self/fd/%d", fd) > 0);
	X509_free(x);
	EVP_PKEY_free(key);
}

static struct tls_ctx *
server(void)
{
	static struct tls_ctx *made;
	char path[32], err[TLS_ERR_MAX];
	struct tls_files f = {.cert = path, .key = path, .ca = path};

	if (!made) {
		make_identity(path);
		made = tls_server(&f, NULL, err);
		must(made != NULL);
	}
	return made;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t piece = size ? (size_t)data[0] * 8 + 1 : 0, at = 1, n;
	struct tls *t;
	bool out;
	int fd[2], r = 0;

	if (size < 2 || size > 1 << 16)
		return 0;
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		 fd) == 0);
	t = tls_accept(server(), fd[0]);
	must(t != NULL);
	for (; at < size && r == 0; at += n) {
		n = size - at < piece ? size - at : piece;
		must(send(fd[1], data + at, n, MSG_NOSIGNAL) == (ssize_t)n);
		r = tls_handshake(t, &out);
		must(r <= 0);
	}
	must(shutdown(fd[1], SHUT_WR) == 0);
	must(tls_handshake(t, &out) == -1);
	must(tls_why(t)[0] != '\0');
	tls_free(&t);
	close(fd[0]);
	close(fd[1]);
	return 0;
}
