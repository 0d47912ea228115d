/* SPDX-License-Identifier: Apache-2.0 */
#include "secure_dtls.h"
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATAGRAM_MAX  1200 /* bytes: passes every path without being cut into fragments */
#define VALID_S       (10L * 365 * 24 * 3600)
#define CIPHERS       "ECDHE+AESGCM:ECDHE+CHACHA20"
#define SRTP_PROFILES "SRTP_AES128_CM_SHA1_80"
#define KEYS_LABEL    "EXTRACTOR-dtls_srtp" /* RFC 5764 4.2 */
#define MASTER_KEY    16u
#define MASTER_SALT   14u

struct secure_dtls_context {
    SSL_CTX *ssl;
    BIO_METHOD *method;
    char fingerprint[MEDIA_FINGERPRINT_MAX];
};

struct secure_dtls {
    SSL *ssl;
    enum secure_dtls_state state;
    void (*send)(void *arg, const uint8_t *bytes, size_t len);
    void *arg;
    const uint8_t *datagram; /* the one that is being read; NULL: taken */
    size_t datagram_len;
    const char *why;
};

/* ---- OpenSSL's side of the wire: a read takes the one datagram that is here, a write sends one
 * -------------- */

static int wire_read(BIO *bio, char *out, int size)
{
    struct secure_dtls *dtls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!dtls->datagram || size <= 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t len = dtls->datagram_len < (size_t)size ? dtls->datagram_len : (size_t)size;
    memcpy(out, dtls->datagram, len); /* the rest of a larger one is lost, as on a socket */
    dtls->datagram = NULL;
    return (int)len;
}

static int wire_write(BIO *bio, const char *bytes, int len)
{
    struct secure_dtls *dtls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (len > 0) dtls->send(dtls->arg, (const uint8_t *)bytes, (size_t)len);
    return len;
}

static long wire_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return DATAGRAM_MAX;
    default:
        return 0;
    }
}

static BIO_METHOD *make_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "farseat datagrams");
    if (!method) return NULL;
    (void)BIO_meth_set_read(method, wire_read);
    (void)BIO_meth_set_write(method, wire_write);
    (void)BIO_meth_set_ctrl(method, wire_control);
    return method;
}

/* ---- the certificate
 * --------------------------------------------------------------------------------------- */

static enum far_err print_fingerprint(const X509 *certificate, char ret_text[MEDIA_FINGERPRINT_MAX])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (X509_digest(certificate, EVP_sha256(), digest, &len) != 1) return FAR_EIO;
    int at = snprintf(ret_text, MEDIA_FINGERPRINT_MAX, "sha-256 ");
    for (unsigned i = 0; i < len; i++)
        at +=
            snprintf(ret_text + at, MEDIA_FINGERPRINT_MAX - (size_t)at, i > 0 ? ":%02X" : "%02X", digest[i]);
    return FAR_OK;
}

static bool fill_certificate(X509 *certificate, EVP_PKEY *key)
{
    uint64_t serial = 0;
    X509_NAME *name = X509_get_subject_name(certificate);
    if (RAND_bytes((unsigned char *)&serial, sizeof(serial)) != 1) return false;
    return X509_set_version(certificate, 2) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -24L * 3600) &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), VALID_S) &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"farseat", -1, -1,
                                      0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

static enum far_err set_certificate(struct secure_dtls_context *context)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    enum far_err err = FAR_EIO;
    if (key && certificate && fill_certificate(certificate, key) &&
        SSL_CTX_use_certificate(context->ssl, certificate) == 1 &&
        SSL_CTX_use_PrivateKey(context->ssl, key) == 1)
        err = print_fingerprint(certificate, context->fingerprint);
    X509_free(certificate); /* the context has taken references */
    EVP_PKEY_free(key);
    return err;
}

/* ---- the context
 * ------------------------------------------------------------------------------------------- */

/* Any certificate will do here: it is told from others by its fingerprint, which came by signalling. */
static int accept_any(int preverified, X509_STORE_CTX *store)
{
    (void)preverified;
    (void)store;
    return 1;
}

static bool configure(SSL_CTX *ssl)
{
    (void)SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU |
                                       SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
    (void)SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_read_ahead(ssl, 1);
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
    return SSL_CTX_set_min_proto_version(ssl, DTLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(ssl, CIPHERS) == 1 &&
           SSL_CTX_set_tlsext_use_srtp(ssl, SRTP_PROFILES) == 0; /* here 0 is success */
}

enum far_err secure_dtls_context_create(struct secure_dtls_context **ret_context)
{
    struct secure_dtls_context *context = calloc(1, sizeof(*context));
    if (!context) return FAR_ENOMEM;
    context->method = make_method();
    context->ssl = SSL_CTX_new(DTLS_server_method());
    enum far_err err = FAR_ENOMEM;
    if (context->method && context->ssl) err = configure(context->ssl) ? set_certificate(context) : FAR_EIO;
    ERR_clear_error();
    if (err != FAR_OK) {
        (void)secure_dtls_context_destroy(context);
        return err;
    }
    *ret_context = context;
    return FAR_OK;
}

struct secure_dtls_context *secure_dtls_context_destroy(struct secure_dtls_context *context)
{
    if (!context) return NULL;
    SSL_CTX_free(context->ssl);
    BIO_meth_free(context->method);
    free(context);
    return NULL;
}

const char *secure_dtls_fingerprint(const struct secure_dtls_context *context)
{
    return context->fingerprint;
}

/* ---- a connection
 * ------------------------------------------------------------------------------------------ */

enum far_err secure_dtls_create(struct secure_dtls_context *context,
                                void (*send)(void *arg, const uint8_t *bytes, size_t len), void *arg,
                                struct secure_dtls **ret_dtls)
{
    struct secure_dtls *dtls = calloc(1, sizeof(*dtls));
    BIO *wire = dtls ? BIO_new(context->method) : NULL;
    if (wire) dtls->ssl = SSL_new(context->ssl);
    if (!wire || !dtls->ssl) {
        BIO_free(wire);
        free(dtls);
        ERR_clear_error();
        return FAR_ENOMEM;
    }
    *dtls = (struct secure_dtls){.ssl = dtls->ssl, .send = send, .arg = arg, .why = ""};
    BIO_set_data(wire, dtls);
    BIO_set_init(wire, 1);
    SSL_set_bio(dtls->ssl, wire, wire); /* owns it now */
    (void)DTLS_set_link_mtu(dtls->ssl, DATAGRAM_MAX);
    SSL_set_accept_state(dtls->ssl);
    *ret_dtls = dtls;
    return FAR_OK;
}

struct secure_dtls *secure_dtls_destroy(struct secure_dtls *dtls)
{
    if (!dtls) return NULL;
    SSL_free(dtls->ssl);
    free(dtls);
    return NULL;
}

static enum secure_dtls_state fail(struct secure_dtls *dtls)
{
    const char *why = ERR_reason_error_string(ERR_peek_error());
    dtls->why = why ? why : "the handshake was broken off";
    dtls->state = SECURE_DTLS_FAILED;
    return dtls->state;
}

/* OpenSSL's error queue is the thread's: it is emptied before and after, so that nobody reads another's. */
enum secure_dtls_state secure_dtls_receive(struct secure_dtls *dtls, const uint8_t *bytes, size_t len)
{
    uint8_t unused[256];
    if (dtls->state == SECURE_DTLS_FAILED) return dtls->state;
    dtls->datagram = bytes;
    dtls->datagram_len = len;
    ERR_clear_error();
    if (dtls->state == SECURE_DTLS_HANDSHAKING) {
        int result = SSL_do_handshake(dtls->ssl);
        if (result == 1)
            dtls->state = SECURE_DTLS_UP;
        else if (SSL_get_error(dtls->ssl, result) != SSL_ERROR_WANT_READ)
            (void)fail(dtls);
    } else {
        /* A repeated Finished is answered, a close is of no interest (signalling tells), data are not for us.
         */
        (void)SSL_read(dtls->ssl, unused, sizeof(unused));
    }
    ERR_clear_error();
    dtls->datagram = NULL;
    return dtls->state;
}

enum secure_dtls_state secure_dtls_tick(struct secure_dtls *dtls)
{
    if (dtls->state != SECURE_DTLS_HANDSHAKING) return dtls->state;
    ERR_clear_error();
    if (DTLSv1_handle_timeout(dtls->ssl) < 0) (void)fail(dtls); /* a dozen repetitions were in vain */
    ERR_clear_error();
    return dtls->state;
}

enum far_err secure_dtls_result(struct secure_dtls *dtls, char ret_fingerprint[MEDIA_FINGERPRINT_MAX],
                                uint8_t ret_rx[SECURE_SRTP_MASTER], uint8_t ret_tx[SECURE_SRTP_MASTER])
{
    /* client's key, server's key, client's salt, server's salt */
    uint8_t keys[2 * (MASTER_KEY + MASTER_SALT)];
    X509 *certificate = SSL_get1_peer_certificate(dtls->ssl);
    enum far_err err = FAR_EPROTO;
    if (certificate && SSL_get_selected_srtp_profile(dtls->ssl) &&
        SSL_export_keying_material(dtls->ssl, keys, sizeof(keys), KEYS_LABEL, strlen(KEYS_LABEL), NULL, 0,
                                   0) == 1)
        err = print_fingerprint(certificate, ret_fingerprint);
    X509_free(certificate);
    if (err == FAR_OK) {
        const uint8_t *salts = keys + 2 * MASTER_KEY;
        memcpy(ret_rx, keys, MASTER_KEY);
        memcpy(ret_rx + MASTER_KEY, salts, MASTER_SALT);
        memcpy(ret_tx, keys + MASTER_KEY, MASTER_KEY);
        memcpy(ret_tx + MASTER_KEY, salts + MASTER_SALT, MASTER_SALT);
    }
    OPENSSL_cleanse(keys, sizeof(keys));
    ERR_clear_error();
    return err;
}

const char *secure_dtls_why(const struct secure_dtls *dtls)
{
    return dtls->why;
}
