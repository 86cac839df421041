/* TLS for ots-load, by the library itself: another hand than the server's. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "clock.h"
#include "load.h"

/* The place of a client in the data of its connection. */
static int place = -1;

/* A ticket has come, so the server has let it in. */
static int
on_ticket(SSL *ssl, SSL_SESSION *session)
{
	struct client *c = SSL_get_ex_data(ssl, place);

	if (!c->welcome)
		c->welcome = clock_mono_us();
	if (!c->load->conf.resume)
		return 0;
	SSL_SESSION_free(c->session);
	c->session = session;
	return 1;
}

int
secure_init(struct load *l)
{
	const struct load_conf *conf = &l->conf;
	SSL_CTX *x;

	if (!conf->cert)
		return 0;
	x = l->tls = SSL_CTX_new(TLS_client_method());
	place = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	if (!x || place < 0 ||
	    SSL_CTX_use_certificate_chain_file(x, conf->cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(x, conf->key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_load_verify_locations(x, conf->ca, NULL) != 1) {
		ERR_print_errors_fp(stderr);
		errno = EINVAL;
		return -1;
	}
	SSL_CTX_set_verify(x, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(x,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(
	    x, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(x, on_ticket);
	if (conf->tls12)
		(void)SSL_CTX_set_max_proto_version(x, TLS1_2_VERSION);
	return 0;
}

int
secure_begin(struct client *c)
{
	struct load *l = c->load;

	c->welcome = 0;
	c->ssl = SSL_new(l->tls);
	if (!c->ssl || SSL_set_fd(c->ssl, c->io.fd) != 1 ||
	    SSL_set_ex_data(c->ssl, place, c) != 1 ||
	    (c->session && SSL_set_session(c->ssl, c->session) != 1)) {
		errno = ENOMEM;
		return -1;
	}
	SSL_set_connect_state(c->ssl);
	return 0;
}

/* What a call that failed wants: 0, with *out to write; or -1. */
static int
wants(struct client *c, int r, bool *out)
{
	switch (SSL_get_error(c->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		*out = false;
		return 0;
	case SSL_ERROR_WANT_WRITE:
		*out = true;
		return 0;
	default:
		return -1;
	}
}

int
secure_shake(struct client *c, bool *out)
{
	int r;

	ERR_clear_error();
	r = SSL_do_handshake(c->ssl);
	if (r != 1)
		return wants(c, r, out);
	if (SSL_session_reused(c->ssl) == 1) {
		/* There may be no other ticket. */
		c->load->res.resumed++;
		c->welcome = clock_mono_us();
	}
	return 1;
}

ssize_t
secure_recv(struct client *c, char *p, size_t n)
{
	size_t done = 0, got;
	bool out;
	int r;

	ERR_clear_error();
	while (done < n) {
		r = SSL_read_ex(c->ssl, p + done, n - done, &got);
		if (r == 1) {
			done += got;
			continue;
		}
		if (done > 0)
			break;
		if (wants(c, r, &out) == 0) {
			errno = EAGAIN;
			return -1;
		}
		return 0;
	}
	return (ssize_t)done;
}

ssize_t
secure_send(struct client *c, const char *p, size_t n)
{
	size_t done;
	bool out;
	int r;

	ERR_clear_error();
	r = SSL_write_ex(c->ssl, p, n, &done);
	if (r == 1)
		return (ssize_t)done;
	errno = wants(c, r, &out) == 0 ? EAGAIN : EPIPE;
	return -1;
}

void
secure_end(struct client *c)
{
	if (c->ssl && c->state == CLIENT_UP)
		(void)SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	c->ssl = NULL;
	ERR_clear_error();
}

void
secure_fini(struct load *l)
{
	for (uint32_t i = 0; i < l->total; i++)
		SSL_SESSION_free(l->client[i].session);
	SSL_CTX_free(l->tls);
}
