/* SPDX-License-Identifier: Apache-2.0 */
#include "far/test.h"
#include "secrets.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* RFC 7616 3.9.1: HA1 of Mufasa, http-auth@example.org, Circle of Life. */
static void test_ha1(void **state)
{
    (void)state;
    char md5[33], sha256[65];
    assert_int_equal(secrets_ha1("Mufasa", "http-auth@example.org", "Circle of Life", md5, sha256), FAR_OK);
    assert_string_equal(md5, "3d78807defe7de2157e2b0b6573a855f");
    assert_string_equal(sha256, "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232");
}

static struct centre_file phones(void)
{
    static const char text[] = "phones: [{id: a, secret: given}, {id: b}]\n";
    struct centre_file file;
    struct far_buf errors;
    far_buf_init(&errors, 4096);
    assert_int_equal(centre_parse("c", ".", text, strlen(text), &file, &errors), FAR_OK);
    far_buf_done(&errors);
    return file;
}

static void test_without_folder(void **state)
{
    (void)state;
    struct centre_file file = phones();
    struct secrets secrets;
    struct far_buf errors;
    far_buf_init(&errors, 4096);
    assert_int_equal(secrets_collect(&file, NULL, NULL, &secrets, &errors), FAR_OK);
    assert_int_equal(secrets.message.n_users, 1);
    assert_int_equal(secrets.missing, 1);
    assert_string_equal(secrets.message.users[0]->phone, "a");
    secrets_done(&secrets);
    centre_done(&file);
    far_buf_done(&errors);
}

static void test_generated_once(void **state)
{
    (void)state;
    char folder[] = "/tmp/ctl-XXXXXX", path[64], first[65];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/b", folder);
    struct centre_file file = phones();
    struct secrets secrets;
    struct far_buf errors;
    struct stat info;
    far_buf_init(&errors, 4096);
    assert_int_equal(secrets_collect(&file, NULL, folder, &secrets, &errors), FAR_OK);
    assert_int_equal(secrets.generated, 1);
    assert_int_equal(secrets.message.n_users, 2);
    snprintf(first, sizeof(first), "%s", secrets.message.users[1]->ha1_sha256);
    secrets_done(&secrets);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(secrets_collect(&file, NULL, folder, &secrets, &errors), FAR_OK);
    assert_int_equal(secrets.generated, 0);
    assert_string_equal(secrets.message.users[1]->ha1_sha256, first);
    secrets_done(&secrets);
    /* A phone that went is removed. */
    Farseat__V1__CentreConfig before = FARSEAT__V1__CENTRE_CONFIG__INIT;
    Farseat__V1__Phone gone = FARSEAT__V1__PHONE__INIT, *list[] = {&gone};
    char id[] = "old";
    gone.id = id;
    before.phones = list;
    before.n_phones = 1;
    assert_int_equal(secrets_collect(&file, &before, folder, &secrets, &errors), FAR_OK);
    assert_int_equal(secrets.message.n_removed, 1);
    assert_string_equal(secrets.message.removed[0], "old");
    secrets_done(&secrets);
    centre_done(&file);
    far_buf_done(&errors);
    unlink(path);
    rmdir(folder);
}

static void test_folder_that_cannot_be(void **state)
{
    (void)state;
    struct centre_file file = phones();
    struct secrets secrets;
    struct far_buf errors;
    far_buf_init(&errors, 4096);
    assert_int_equal(secrets_collect(&file, NULL, "/proc/none", &secrets, &errors), FAR_EIO);
    assert_non_null(strstr(errors.data, "/proc/none"));
    centre_done(&file);
    far_buf_done(&errors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ha1), cmocka_unit_test(test_without_folder),
                                       cmocka_unit_test(test_generated_once),
                                       cmocka_unit_test(test_folder_that_cannot_be)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
