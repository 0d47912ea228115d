/* SPDX-License-Identifier: Apache-2.0 */
#include "tls.h"
#include "anchor.h"
#include "far/clock.h"
#include "far/health.h"
#include "far/log.h"
#include "far/str.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define CHAIN_MAX 10

/* Which files they are: others have another stamp. */
struct stamp {
    struct {
        int64_t modified_ns, size;
        uint64_t inode;
    } files[2];
};
/* A certificate with its key and chain. */
struct pair {
    X509 *certificate;
    EVP_PKEY *key;
    STACK_OF(X509) * chain;
    int64_t until_s;
};
struct tls {
    struct far_loop *loop;
    char *paths[2];              /* certificate, key */
    struct stamp stamp, refused; /* of what is in use; of what could not be used */
    struct pair pair;
    struct anchor *anchor;
    uint64_t timer;
    bool looking;
};

/* ---- reading (any thread)
 * ------------------------------------------------------------------------- */

static void pair_done(struct pair *pair)
{
    X509_free(pair->certificate);
    EVP_PKEY_free(pair->key);
    sk_X509_pop_free(pair->chain, X509_free);
    *pair = (struct pair){.until_s = 0};
}

static bool stamp_read(char *const paths[2], struct stamp *ret_stamp)
{
    struct stamp stamp;
    memset(&stamp, 0, sizeof(stamp));
    for (int i = 0; i < 2; i++) {
        struct stat found;
        if (stat(paths[i], &found) != 0) return false;
        stamp.files[i].modified_ns =
            (int64_t)found.st_mtim.tv_sec * 1000000000 + (int64_t)found.st_mtim.tv_nsec;
        stamp.files[i].size = (int64_t)found.st_size;
        stamp.files[i].inode = (uint64_t)found.st_ino;
    }
    *ret_stamp = stamp;
    return true;
}

static int64_t until_of(const X509 *certificate)
{
    struct tm end;
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return 0;
    return (int64_t)timegm(&end);
}

static const char *certificate_read(const char *path, struct pair *pair)
{
    FILE *in = fopen(path, "re");
    if (!in) return "the certificate's file cannot be read";
    pair->certificate = PEM_read_X509(in, NULL, NULL, NULL);
    pair->chain = sk_X509_new_null();
    while (pair->certificate && pair->chain && sk_X509_num(pair->chain) < CHAIN_MAX) {
        X509 *next = PEM_read_X509(in, NULL, NULL, NULL);
        if (!next) break;
        if (sk_X509_push(pair->chain, next) <= 0) X509_free(next);
    }
    fclose(in);
    ERR_clear_error(); /* the end of the file is one */
    return pair->certificate && pair->chain ? NULL : "the certificate's file holds no certificate in PEM";
}

static int no_password(char *text, int size, int writing, void *arg)
{
    (void)text;
    (void)size;
    (void)writing;
    (void)arg;
    return 0; /* nobody is there to type it */
}

/* @return what is wrong; NULL: nothing. */
static const char *pair_read(char *const paths[2], struct pair *ret_pair)
{
    struct pair pair = {.until_s = 0};
    const char *wrong = certificate_read(paths[0], &pair);
    FILE *in = wrong ? NULL : fopen(paths[1], "re");
    if (!wrong && !in) wrong = "the key's file cannot be read";
    if (in) {
        pair.key = PEM_read_PrivateKey(in, NULL, no_password, NULL);
        fclose(in);
        if (!pair.key) wrong = "the key's file holds no key in PEM without a password";
    }
    if (!wrong && X509_check_private_key(pair.certificate, pair.key) != 1)
        wrong = "key and certificate do not belong together";
    ERR_clear_error();
    if (wrong) {
        pair_done(&pair);
        return wrong;
    }
    pair.until_s = until_of(pair.certificate);
    *ret_pair = pair;
    return NULL;
}

/* ---- looking again
 * --------------------------------------------------------------------------------
 */

struct look {
    struct anchor *tls;
    char *paths[2];
    struct stamp in_use, found;
    struct pair pair;
    const char *wrong;
    bool is_new;
};

/* On a worker thread. */
static void look_work(void *arg)
{
    struct look *look = arg;
    struct stamp after;
    if (!stamp_read(look->paths, &look->found)) {
        look->wrong = "the files cannot be read";
        return;
    }
    look->is_new = memcmp(&look->found, &look->in_use, sizeof(look->found)) != 0;
    if (!look->is_new) return;
    look->wrong = pair_read(look->paths, &look->pair);
    /* written just now: the next look sees both as they are then */
    if (!stamp_read(look->paths, &after) || memcmp(&after, &look->found, sizeof(after)) != 0) {
        pair_done(&look->pair);
        look->is_new = false;
        look->wrong = NULL;
    }
}

static void say_health(const struct tls *tls, const char *wrong)
{
    int64_t days = (tls->pair.until_s - far_clock_wall_us() / 1000000) / 86400;
    if (wrong)
        far_health_set("certificate", FAR_HEALTH_DEGRADED, "%s: %s; the former one is in use", tls->paths[0],
                       wrong);
    else if (tls->pair.until_s < far_clock_wall_us() / 1000000)
        far_health_set("certificate", FAR_HEALTH_DEGRADED,
                       "it has expired: browsers refuse it; put a new one into %s", tls->paths[0]);
    else if (days < TLS_DAYS_WARNING)
        far_health_set("certificate", FAR_HEALTH_DEGRADED, "it ends in %lld days: put a new one into %s",
                       (long long)days, tls->paths[0]);
    else
        far_health_set("certificate", FAR_HEALTH_OK, "%s", "");
}

static void look_done(void *arg)
{
    struct look *look = arg;
    struct tls *tls = look->tls->target;
    if (tls) {
        tls->looking = false;
        if (look->wrong && memcmp(&look->found, &tls->refused, sizeof(look->found)) != 0) {
            FAR_WARN("certificate-refused", "file=%s why=\"%s\"", tls->paths[0], look->wrong);
            tls->refused = look->found;
        } else if (!look->wrong && look->is_new && look->pair.certificate) {
            pair_done(&tls->pair);
            tls->pair = look->pair;
            tls->stamp = look->found;
            look->pair = (struct pair){.until_s = 0};
            FAR_INFO("certificate-changed", "file=%s until_s=%lld", tls->paths[0],
                     (long long)tls->pair.until_s);
        }
        say_health(tls, look->wrong);
    }
    pair_done(&look->pair);
    (void)anchor_drop(look->tls);
    free(look->paths[0]);
    free(look->paths[1]);
    free(look);
}

static void look_begin(void *arg, uint64_t timer)
{
    (void)timer;
    struct tls *tls = arg;
    struct look *look = tls->looking ? NULL : calloc(1, sizeof(*look));
    if (!look) return;
    look->tls = anchor_hold(tls->anchor);
    look->in_use = tls->stamp;
    for (int i = 0; i < 2; i++)
        look->paths[i] = strdup(tls->paths[i]);
    tls->looking =
        look->paths[0] && look->paths[1] && far_loop_work(tls->loop, look_work, look_done, look) == FAR_OK;
    if (tls->looking) return;
    (void)anchor_drop(look->tls);
    free(look->paths[0]);
    free(look->paths[1]);
    free(look);
}

/* ---- use
 * ------------------------------------------------------------------------------------------
 */

/* OpenSSL asks for each new connection. */
static int choose(SSL *ssl, void *arg)
{
    const struct tls *tls = arg;
    SSL_certs_clear(ssl);
    return SSL_use_cert_and_key(ssl, tls->pair.certificate, tls->pair.key, tls->pair.chain, 1);
}

void tls_setup(struct tls *tls, SSL_CTX *context)
{
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    /* forward secrecy and authenticated encryption only; TLS 1.3 has nothing else
     */
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_cert_cb(context, choose, tls);
}

int64_t tls_until_s(const struct tls *tls)
{
    return tls->pair.until_s;
}

enum far_err tls_create(struct far_loop *loop, const char *certificate, const char *key, struct tls **ret_tls)
{
    struct tls *tls = calloc(1, sizeof(*tls));
    if (!tls) return FAR_ENOMEM;
    tls->loop = loop;
    tls->paths[0] = strdup(certificate);
    tls->paths[1] = strdup(key);
    tls->anchor = anchor_make(tls);
    enum far_err err = tls->paths[0] && tls->paths[1] && tls->anchor ? FAR_OK : FAR_ENOMEM;
    const char *wrong = err == FAR_OK ? pair_read(tls->paths, &tls->pair) : NULL;
    if (wrong) {
        FAR_ERROR("certificate-refused", "certificate=%s key=%s why=\"%s\" mend=\"%s\"", certificate, key,
                  wrong,
                  "name two PEM files by http.tls_certificate and http.tls_key, or "
                  "neither");
        err = FAR_EINVAL;
    }
    if (err == FAR_OK) {
        (void)stamp_read(tls->paths, &tls->stamp);
        say_health(tls, NULL);
        err = far_timer_start(loop, TLS_LOOK_MS, TLS_LOOK_MS, look_begin, tls, &tls->timer);
    }
    if (err != FAR_OK)
        tls_destroy(tls);
    else
        *ret_tls = tls;
    return err;
}

struct tls *tls_destroy(struct tls *tls)
{
    if (!tls) return NULL;
    far_timer_stop(tls->loop, tls->timer);
    tls->anchor = anchor_weigh(tls->anchor);
    pair_done(&tls->pair);
    free(tls->paths[0]);
    free(tls->paths[1]);
    free(tls);
    return NULL;
}
