/* The library's errors in the words of the field. */
#include "tls_ossl.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

void *
tls_fail(char err[TLS_ERR_MAX], const char *file, const char *why)
{
	if (str_fmt(err, TLS_ERR_MAX, "%s: %s", file, why) < 0 &&
	    str_fmt(err, TLS_ERR_MAX, "...: %s", why) < 0)
		err[0] = '\0';
	ERR_clear_error();
	return NULL;
}

const char *
tls_reason(const char *otherwise)
{
	unsigned long e = ERR_peek_error();
	const char *text = e ? ERR_reason_error_string(e) : NULL;

	ERR_clear_error();
	return text ? text : otherwise;
}

struct text {
	long code;
	const char *words;
};

static const char *
look_up(const struct text *table, size_t n, long code)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (table[i].code == code)
			return table[i].words;
	return NULL;
}

#define LOOK_UP(table, code)                                                   \
	look_up(table, sizeof(table) / sizeof *(table), code)

static const struct text verdicts[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, "expired certificate"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "certificate not yet valid"},
    {X509_V_ERR_CERT_REVOKED, "revoked certificate"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "unknown CA"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "unknown CA"},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "unknown CA"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "unknown CA"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "unknown CA"},
    {X509_V_ERR_CERT_UNTRUSTED, "unknown CA"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "bad signature of the certificate"},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, "chain of certificates too long"},
    {X509_V_ERR_HOSTNAME_MISMATCH, "wrong name"},
    {X509_V_ERR_IP_ADDRESS_MISMATCH, "wrong name"},
    {X509_V_ERR_INVALID_CA, "issuer is not a CA"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, "key of the certificate too small"},
    {X509_V_ERR_CA_KEY_TOO_SMALL, "key of the CA too small"},
    {X509_V_ERR_CA_MD_TOO_WEAK, "digest of the certificate too weak"},
};

static const char *
verdict(const SSL *ssl)
{
	long code = SSL_get_verify_result(ssl);
	const char *words;

	if (code == X509_V_OK || SSL_get_verify_mode(ssl) == SSL_VERIFY_NONE)
		return NULL;
	if (code == X509_V_ERR_INVALID_PURPOSE)
		return SSL_is_server(ssl) ? "not for clients"
					  : "not for servers";
	words = LOOK_UP(verdicts, code);
	return words ? words : X509_verify_cert_error_string(code);
}

/* What the other side told. TLS numbers them (RFC 8446 6.2), the library adds
 * SSL_AD_REASON_OFFSET. */
static const struct text alerts[] = {
    {SSL3_AD_UNEXPECTED_MESSAGE, "alert: unexpected message"},
    {SSL3_AD_BAD_RECORD_MAC, "alert: bad record MAC"},
    {TLS1_AD_RECORD_OVERFLOW, "alert: record too long"},
    {SSL3_AD_HANDSHAKE_FAILURE, "alert: handshake failure"},
    {SSL3_AD_NO_CERTIFICATE, "alert: no certificate"},
    {SSL3_AD_BAD_CERTIFICATE, "alert: bad certificate"},
    {SSL3_AD_UNSUPPORTED_CERTIFICATE, "alert: unsupported certificate"},
    {SSL3_AD_CERTIFICATE_REVOKED, "alert: revoked certificate"},
    {SSL3_AD_CERTIFICATE_EXPIRED, "alert: expired certificate"},
    {SSL3_AD_CERTIFICATE_UNKNOWN, "alert: certificate not accepted"},
    {SSL3_AD_ILLEGAL_PARAMETER, "alert: illegal parameter"},
    {TLS1_AD_UNKNOWN_CA, "alert: unknown CA"},
    {TLS1_AD_ACCESS_DENIED, "alert: access denied"},
    {TLS1_AD_DECODE_ERROR, "alert: decode error"},
    {TLS1_AD_DECRYPT_ERROR, "alert: decrypt error"},
    {TLS1_AD_PROTOCOL_VERSION, "alert: protocol version"},
    {TLS1_AD_INSUFFICIENT_SECURITY, "alert: insufficient security"},
    {TLS1_AD_INTERNAL_ERROR, "alert: internal error"},
    {TLS1_AD_USER_CANCELLED, "alert: cancelled"},
    {TLS1_AD_UNRECOGNIZED_NAME, "alert: unknown name of the server"},
    {TLS13_AD_CERTIFICATE_REQUIRED, "alert: no certificate"},
};

static const struct text reasons[] = {
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "no certificate"},
    {SSL_R_NO_CERTIFICATES_RETURNED, "no certificate"},
    {SSL_R_HTTP_REQUEST, "not TLS"},
    {SSL_R_HTTPS_PROXY_REQUEST, "not TLS"},
    {SSL_R_WRONG_VERSION_NUMBER, "not TLS"},
    {SSL_R_UNSUPPORTED_PROTOCOL, "version too old"},
    {SSL_R_VERSION_TOO_LOW, "version too old"},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, "damaged record"},
    {SSL_R_NO_SHARED_CIPHER, "no shared cipher"},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, "no shared signature algorithm"},
    {SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, "no shared signature algorithm"},
    {SSL_R_NO_SUITABLE_KEY_SHARE, "no shared group"},
    {SSL_R_UNEXPECTED_EOF_WHILE_READING, "closed"},
};

static const char *
reason(const SSL *ssl, unsigned long e)
{
	int r = ERR_GET_REASON(e);
	const char *words;

	if (ERR_SYSTEM_ERROR(e) || ERR_GET_LIB(e) != ERR_LIB_SSL)
		return tls_reason("protocol error");
	if (r >= SSL_AD_REASON_OFFSET) {
		words = LOOK_UP(alerts, r - SSL_AD_REASON_OFFSET);
		return words ? words : "alert";
	}
	words = LOOK_UP(reasons, r);
	/* What fails before the first message has been read is none. */
	if (!words && SSL_get_state(ssl) == TLS_ST_BEFORE)
		return "not TLS";
	return words ? words : tls_reason("protocol error");
}

const char *
tls_why_of(const SSL *ssl, int code)
{
	/* Those before it are of the layers below. */
	unsigned long e = ERR_peek_last_error();
	const char *words = SSL_is_init_finished(ssl) ? NULL : verdict(ssl);

	if (!words && code == SSL_ERROR_ZERO_RETURN)
		words = "closed";
	if (!words)
		words = e ? reason(ssl, e) : "closed";
	ERR_clear_error();
	return words;
}
