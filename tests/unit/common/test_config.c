/* SPDX-License-Identifier: Apache-2.0 */
#include "far/config.h"
#include "far/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct phone {
    const char *name;
    int64_t port;
    struct far_config_list codecs;
};
struct target {
    const char *listen;
    const char *transport;
    const char *password;
    int64_t calls_max;
    int64_t ring_ms;
    int64_t memory;
    bool verify;
    struct far_config_list realms;
    struct far_config_table phones;
};
#define AT(field)    offsetof(struct target, field)
#define PHONE(field) offsetof(struct phone, field)
static const struct far_config_row phone_rows[] = {
    {.path = "name", .type = FAR_CONFIG_STRING, .offset = PHONE(name), .min = 1, .max = 8, .help = "Name"},
    {.path = "port",
     .type = FAR_CONFIG_INT,
     .offset = PHONE(port),
     .default_text = "5060",
     .max = 65535,
     .help = "Port"},
    {.path = "codecs",
     .type = FAR_CONFIG_STRING_LIST,
     .offset = PHONE(codecs),
     .default_text = "pcma,pcmu",
     .help = "Codecs"                                                             },
};
static const struct far_config_row sip_rows[] = {
    {.path = "sip.listen",      .type = FAR_CONFIG_STRING, .offset = AT(listen), .help = "Where to listen"},
    { .path = "sip.transport",
     .type = FAR_CONFIG_STRING,
     .offset = AT(transport),
     .default_text = "udp",
     .choices = "udp|tcp|tls",
     .help = "Transport"},
    {                                                                                     .path = "sip.calls_max",
     .type = FAR_CONFIG_INT,
     .offset = AT(calls_max),
     .default_text = "500",
     .min = 1,
     .max = 1000,
     .help = "Calls"},
    {                                                                                                .path = "sip.ring",
     .type = FAR_CONFIG_DURATION_MS,
     .offset = AT(ring_ms),
     .default_text = "20s",
     .min = 1000,
     .max = 120000,
     .help = "Ringing"},
    {                                                                                   .path = "sip.realms",
     .type = FAR_CONFIG_STRING_LIST,
     .offset = AT(realms),
     .default_text = "",
     .help = "Realms"},
};
static const struct far_config_row other_rows[] = {
    {.path = "memory",
     .type = FAR_CONFIG_SIZE,
     .offset = AT(memory),
     .default_text = "10M",
     .help = "Memory"      },
    {               .path = "tls.verify",
     .type = FAR_CONFIG_BOOL,
     .offset = AT(verify),
     .default_text = "yes",
     .help = "Verify"},
    {                     .path = "tls.key.password",
     .type = FAR_CONFIG_SECRET,
     .offset = AT(password),
     .default_text = "",
     .help = "Password"    },
    { .path = "phones",
     .type = FAR_CONFIG_TABLE,
     .offset = AT(phones),
     .default_text = "",
     .max = 3,
     .help = "Phones",
     .rows = phone_rows,
     .row_count = FAR_ARRAY_LEN(phone_rows),
     .row_size = sizeof(struct phone)},
};

static struct target target;
static const struct far_config_group groups[] = {FAR_CONFIG_GROUP(sip_rows, &target),
                                                 FAR_CONFIG_GROUP(other_rows, &target)};
static struct far_buf errors;
static struct far_config *config;

static int set_up(void **state)
{
    (void)state;
    memset(&target, 0, sizeof(target));
    far_buf_init(&errors, 1 << 16);
    config = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    far_buf_done(&errors);
    config = far_config_destroy(config);
    return 0;
}

static enum far_err parse(const char *text)
{
    return far_config_parse("t.yaml", text, strlen(text), groups, FAR_ARRAY_LEN(groups), &errors, &config);
}

static void everything_is_read(void **state)
{
    (void)state;
    assert_int_equal(parse("# a comment\n"
                           "sip:\n"
                           "  listen: 0.0.0.0:5060\n"
                           "  transport: tls\n"
                           "  calls_max: 7\n"
                           "  ring: 2m\n"
                           "  realms: [a, \"b c\"]\n"
                           "memory: 64k\n"
                           "tls: {verify: off}\n"
                           "phones:\n"
                           "  - {name: one}\n"
                           "  - name: two\n"
                           "    port: 5070\n"
                           "    codecs: []\n"),
                     FAR_OK);
    assert_string_equal(errors.data, "");
    assert_string_equal(target.listen, "0.0.0.0:5060");
    assert_string_equal(target.transport, "tls");
    assert_int_equal(target.calls_max, 7);
    assert_int_equal(target.ring_ms, 120000);
    assert_int_equal(target.memory, 65536);
    assert_false(target.verify);
    assert_string_equal(target.password, "");
    assert_int_equal(target.realms.len, 2);
    assert_string_equal(target.realms.items[1], "b c");
    assert_int_equal(target.phones.len, 2);
    const struct phone *phones = target.phones.rows;
    assert_string_equal(phones[0].name, "one");
    assert_int_equal(phones[0].port, 5060);
    assert_int_equal(phones[0].codecs.len, 2);
    assert_string_equal(phones[0].codecs.items[0], "pcma");
    assert_int_equal(phones[1].port, 5070);
    assert_int_equal(phones[1].codecs.len, 0);
}

static void defaults(void **state)
{
    (void)state;
    assert_int_equal(parse("sip: {listen: x}"), FAR_OK);
    assert_int_equal(target.calls_max, 500);
    assert_int_equal(target.ring_ms, 20000);
    assert_int_equal(target.memory, 10 << 20);
    assert_true(target.verify);
    assert_int_equal(target.realms.len, 0);
    assert_int_equal(target.phones.len, 0);
}

static void all_faults_at_once(void **state)
{
    (void)state;
    assert_int_equal(parse("sip:\n"
                           "  lisen: 0.0.0.0:5060\n"
                           "  transport: sctp\n"
                           "  calls_max: 0\n"
                           "  calls_max: 5\n"
                           "  ring: soon\n"
                           "  realms: a\n"
                           "  colour: red\n"
                           "memory: [1]\n"
                           "tls:\n"
                           "  verify:\n"
                           "  key: {password: hunter2}\n"
                           "phones:\n"
                           "  - port: 5060\n"
                           "    nmae: x\n"
                           "  - just text\n"
                           "  - {name: much too long}\n"),
                     FAR_EINVAL);
    assert_null(config);
    static const char *const wanted[] = {
        "t.yaml:2: sip.lisen: unknown key; did you mean sip.listen?\n",
        "t.yaml: sip.listen: is missing; write it (Where to listen)\n",
        "t.yaml:3: sip.transport: \"sctp\" does not fit; write one of udp, tcp, tls\n",
        "t.yaml:4: sip.calls_max: \"0\" does not fit; write a whole number from 1 to 1000\n",
        "t.yaml:5: sip.calls_max: is written twice, first in line 4; remove one\n",
        "t.yaml:6: sip.ring: \"soon\" does not fit; write a time such as 250ms, 3s or 2m from 1s to 2m\n",
        "t.yaml:7: sip.realms: is a single value; write a list of texts\n",
        "t.yaml:8: sip.colour: unknown key; remove it (--config-reference lists all keys)\n",
        "t.yaml:9: memory: is a list; write a size such as 4096, 64k or 10M\n",
        "t.yaml:11: tls.verify: has no value; write one, or remove the key\n",
        "t.yaml:12: tls.key.password: a secret does not belong here; write it into a file",
        "t.yaml:15: phones[0].nmae: unknown key; did you mean phones[0].name?\n",
        "t.yaml:14: phones[0].name: is missing; write it (Name)\n",
        "t.yaml:16: phones: item 2 is not a map; write \"- key: value\"\n",
        "t.yaml:17: phones[2].name: \"much too long\" does not fit; write text, 1 to 8 characters\n",
    };
    size_t lines = 0;
    for (const char *at = errors.data; *at; at++)
        lines += *at == '\n';
    for (size_t i = 0; i < FAR_ARRAY_LEN(wanted); i++)
        if (!strstr(errors.data, wanted[i])) fail_msg("missing: %s in:\n%s", wanted[i], errors.data);
    assert_int_equal(lines, FAR_ARRAY_LEN(wanted));
    assert_null(strstr(errors.data, "hunter2"));
}

static void files_that_are_no_config(void **state)
{
    static const struct {
        const char *text;
        const char *wanted;
    } rows[] = {
        {"- a\n- b\n",               "t.yaml:1: the file must be a map"},
        {"sip: [unclosed\n",         "not YAML"                        },
        {"sip:\n\tlisten: x\n",      "not YAML"                        },
        {"text",                     "the file must be a map"          },
        {"sip: 5\n",                 "t.yaml:1: sip: is a section"     },
        {"? [a]\n: b\n",             "a key must be plain text"        },
        {"a: &x {b: *x}\n",          "a: unknown key"                  },
        {"sip: &s {sip: *s}\n",      "sip.sip: unknown key"            },
        {"\xff\xfe",                 "sip.listen: is missing"          },
        {"",                         "sip.listen: is missing"          },
        {"sip: {listen: \"a\\0b\"}", "bytes that are no text"          },
        {"phones: [{}, {}, {}, {}]", "4 items; from 0 to 3 are allowed"},
    };
    (void)state;
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++) {
        far_buf_clear(&errors);
        assert_int_equal(parse(rows[i].text), FAR_EINVAL);
        if (!strstr(errors.data, rows[i].wanted)) fail_msg("%s: %s", rows[i].text, errors.data);
    }
    assert_int_equal(far_config_load("/no/such/file.yaml", groups, 2, &errors, &config), FAR_EINVAL);
    assert_non_null(strstr(errors.data, "/no/such/file.yaml: does not exist; check the path\n"));
}

static void durations_and_sizes(void **state)
{
    static const struct {
        const char *text;
        int64_t ring_ms; /* -1: refused */
    } rows[] = {
        {"1000",                  1000 },
        {"1500ms",                1500 },
        {"3s",                    3000 },
        {"1m",                    60000},
        {"3m",                    -1   },
        {"999ms",                 -1   },
        {"s",                     -1   },
        {"5 s",                   -1   },
        {"5sec",                  -1   },
        {"-5s",                   -1   },
        {"1.5s",                  -1   },
        {"99999999999999999999s", -1   },
        {"9223372036854775807d",  -1   },
    };
    char text[100];
    (void)state;
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++) {
        config = far_config_destroy(config);
        (void)snprintf(text, sizeof(text), "sip: {listen: x, ring: \"%s\"}", rows[i].text);
        assert_int_equal(parse(text), rows[i].ring_ms < 0 ? FAR_EINVAL : FAR_OK);
        if (rows[i].ring_ms >= 0) assert_int_equal(target.ring_ms, rows[i].ring_ms);
    }
    config = far_config_destroy(config);
    assert_int_equal(parse("sip: {listen: x}\nmemory: 3G\n"), FAR_OK);
    assert_true(target.memory == (int64_t)3 << 30);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void secrets_come_from_files(void **state)
{
    char folder[] = "/tmp/far_test_config_XXXXXX", path[64], text[200];
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/secret", folder);
    (void)snprintf(text, sizeof(text), "sip: {listen: x}\ntls: {key: {password_file: %s}}\n", path);
    assert_int_equal(parse(text), FAR_EINVAL);
    assert_non_null(strstr(errors.data, "does not exist; create it"));
    write_file(path, "opensesame\nsecond line\n", 0604);
    assert_int_equal(parse(text), FAR_EINVAL);
    assert_non_null(strstr(errors.data, "can be read by everybody; run chmod o-r on it"));
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(parse(text), FAR_OK);
    assert_string_equal(target.password, "opensesame");
    config = far_config_destroy(config);
    write_file(path, "\n", 0600);
    assert_int_equal(parse(text), FAR_EINVAL);
    write_file(path, "", 0600);
    assert_int_equal(parse(text), FAR_EINVAL);
    (void)unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0); /* must not hang */
    assert_int_equal(parse(text), FAR_EINVAL);
    assert_non_null(strstr(errors.data, "is not a file"));
    (void)unlink(path);
    (void)rmdir(folder);
}

static void the_environment_overrides(void **state)
{
    char path[] = "/tmp/far_test_config_XXXXXX";
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    close(fd);
    write_file(path, "sip: {listen: from-file, calls_max: 3}\n", 0600);
    (void)setenv("FARSEAT_SIP_LISTEN", "from-environment", 1);
    (void)setenv("FARSEAT_SIP_REALMS", "a,b,", 1);
    (void)setenv("FARSEAT_TLS_VERIFY", "maybe", 1);
    assert_int_equal(far_config_load(path, groups, FAR_ARRAY_LEN(groups), &errors, &config), FAR_EINVAL);
    assert_string_equal(errors.data,
                        "environment: FARSEAT_TLS_VERIFY: \"maybe\" does not fit; write true or false\n");
    (void)setenv("FARSEAT_TLS_VERIFY", "no", 1);
    assert_int_equal(far_config_load(path, groups, FAR_ARRAY_LEN(groups), &errors, &config), FAR_OK);
    assert_string_equal(target.listen, "from-environment");
    assert_int_equal(target.calls_max, 3);
    assert_int_equal(target.realms.len, 3);
    assert_string_equal(target.realms.items[2], "");
    config = far_config_destroy(config);
    assert_int_equal(far_config_load(NULL, groups, FAR_ARRAY_LEN(groups), &errors, &config), FAR_OK);
    (void)unsetenv("FARSEAT_SIP_LISTEN");
    (void)unsetenv("FARSEAT_SIP_REALMS");
    (void)unsetenv("FARSEAT_TLS_VERIFY");
    (void)unlink(path);
}

static void the_reference_lists_every_key(void **state)
{
    struct far_buf out;
    (void)state;
    far_buf_init(&out, 1 << 16);
    far_config_reference(groups, FAR_ARRAY_LEN(groups), &out);
    static const char *const wanted[] = {
        "| `sip.listen` | text | required | `FARSEAT_SIP_LISTEN` | Where to listen |\n",
        "| `sip.ring` | a time such as 250ms, 3s or 2m from 1s to 2m | `20s` | `FARSEAT_SIP_RING` | Ringing "
        "|\n",
        "| `tls.key.password_file` | the path of a file with the secret | none | "
        "`FARSEAT_TLS_KEY_PASSWORD_FILE` |",
        "| `phones` | a list of maps, 0 to 3 items | none | - | Phones |\n",
        "| `phones[].name` | text, 1 to 8 characters | required | - | Name |\n",
    };
    for (size_t i = 0; i < FAR_ARRAY_LEN(wanted); i++)
        if (!strstr(out.data, wanted[i])) fail_msg("missing: %s in:\n%s", wanted[i], out.data);
    far_buf_done(&out);
}

static void addresses(void **state)
{
    static const struct {
        const char *text;
        const char *host; /* NULL: refused */
        uint16_t port;
    } rows[] = {
        {"127.0.0.1:5060",                 "127.0.0.1", 5060},
        {"[::1]:80",                       "::1",       80  },
        {"edge-hq:0",                      "edge-hq",   0   },
        {"::1:80",                         NULL,        0   },
        {"host",                           NULL,        0   },
        {"host:",                          NULL,        0   },
        {":80",                            NULL,        0   },
        {"host:65536",                     NULL,        0   },
        {"host:-1",                        NULL,        0   },
        {"[]:80",                          NULL,        0   },
        {"[::1:80",                        NULL,        0   },
        {"",                               NULL,        0   },
        {"a.host.name.that.is.too.long:1", NULL,        0   },
    };
    (void)state;
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++) {
        char host[16];
        uint16_t port;
        assert_int_equal(far_config_address(rows[i].text, host, sizeof(host), &port),
                         rows[i].host ? FAR_OK : FAR_EINVAL);
        if (!rows[i].host) continue;
        assert_string_equal(host, rows[i].host);
        assert_int_equal(port, rows[i].port);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(defaults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_faults_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(files_that_are_no_config, set_up, tear_down),
        cmocka_unit_test_setup_teardown(durations_and_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(secrets_come_from_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_environment_overrides, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_reference_lists_every_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(addresses, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
