/* SPDX-License-Identifier: Apache-2.0 */
#include "edge.h"
#include "far/clock.h"
#include "far/nkey.h"
#include "row.h"
#include <nats/nats.h>
#include <string.h>

#define STREAM  "FLOOR"
#define SUBJECT "floor.inputs"
#define ACK_MS  20000

static void must(natsStatus status, const char *what)
{
    if (status != NATS_OK) bench_die("the floor: %s: %s", what, natsStatus_GetText(status));
}

static void make_stream(jsCtx *js)
{
    jsStreamConfig config;
    jsErrCode code = 0;
    const char *subjects[] = {SUBJECT};
    (void)jsStreamConfig_Init(&config);
    config.Name = STREAM;
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.Storage = js_FileStorage;
    must(js_AddStream(NULL, js, &config, NULL, &code), "making a stream");
}

uint64_t floor_append(const char *url, const char *nkey_file, size_t count, size_t len)
{
    static char payload[4096];
    char key[FAR_NKEY_PUBLIC_SIZE];
    natsOptions *options = NULL;
    natsConnection *connection = NULL;
    jsCtx *js = NULL;
    jsOptions js_options;
    jsPubOptions wait;
    if (len > sizeof(payload)) bench_die("the floor: %zu bytes", len);
    memset(payload, 'x', len);
    if (far_nkey_public_of_file(nkey_file, key) != FAR_OK) bench_die("%s holds no key", nkey_file);
    must(natsOptions_Create(&options), "options");
    must(natsOptions_SetURL(options, url), "address");
    must(natsOptions_SetNKeyFromSeed(options, key, nkey_file), "key");
    must(natsConnection_Connect(&connection, options), "connecting");
    (void)jsOptions_Init(&js_options);
    js_options.PublishAsync.MaxPending = EDGE_WINDOW;
    must(natsConnection_JetStream(&js, connection, &js_options), "JetStream");
    make_stream(js);
    uint64_t began_us = far_clock_mono_us();
    for (size_t i = 0; i < count; i++)
        must(js_PublishAsync(js, SUBJECT, payload, (int)len, NULL), "appending");
    (void)jsPubOptions_Init(&wait);
    wait.MaxWait = ACK_MS;
    must(js_PublishAsyncComplete(js, &wait), "waiting");
    uint64_t took_us = far_clock_mono_us() - began_us;
    jsStreamInfo *info = NULL;
    must(js_GetStreamInfo(&info, js, STREAM, NULL, NULL), "looking at the stream");
    if (info->State.Msgs != count)
        bench_die("the floor: %llu of %zu stored", (unsigned long long)info->State.Msgs, count);
    jsStreamInfo_Destroy(info);
    must(js_DeleteStream(js, STREAM, NULL, NULL), "removing the stream");
    jsCtx_Destroy(js);
    natsConnection_Destroy(connection);
    natsOptions_Destroy(options);
    return took_us;
}
