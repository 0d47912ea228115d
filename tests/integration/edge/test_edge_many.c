/* SPDX-License-Identifier: Apache-2.0 */
/* Many short calls: each is answered, hears music, ends, and nothing of it stays behind. */
#include "far/test.h"
#include "rig.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define CALLS   "240"
#define CALLS_N 240
#define PER_S   "30"

static struct rig rig;
static struct rig_edge *hq;

static int setup(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_prompt(&rig, "hold", 300);
    rig_trunk(&rig, "t1", "127.0.0.1/32");
    hq = rig_edge(&rig, "edge-hq");
    rig_turn(&rig, 100);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_stop(&rig);
    return 0;
}

static void nothing_stays_behind(void **state)
{
    char leg_ids[CALLS_N][64];
    size_t begun = 0, ended = 0, next = 0;
    (void)state;
    pid_t pid = rig_sipp(&rig, "many", "caller_many", hq, test_free_port(), "-s", "4001", "-d", "600", "-r",
                         PER_S, "-m", CALLS, "-set", "rtp", "9", NULL);
    for (int i = 0; i < 3000 && ended < CALLS_N; i++) {
        rig_turn(&rig, 5);
        for (; next < rig.inputs_len; next++) {
            const Farseat__V1__AcdInput *input = rig.inputs[next];
            if (input->body_case == FARSEAT__V1__ACD_INPUT__BODY_LEG_INCOMING) {
                assert_true(begun < CALLS_N);
                (void)snprintf(leg_ids[begun], 64, "%s", input->leg_incoming->leg_id);
                (void)rig_answer(&rig, hq, leg_ids[begun]);
                (void)rig_play(&rig, hq, leg_ids[begun], "hold", true, false);
                begun++;
            } else if (input->body_case == FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED) {
                assert_string_equal(input->leg_ended->cause, "hangup");
                ended++;
            }
        }
    }
    assert_int_equal(begun, CALLS_N);
    assert_int_equal(ended, CALLS_N);
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_turn(&rig, 700); /* the figures are shown each half second */
    assert_int_equal(rig_metric(&rig, hq, "farseat_edge_legs"), 0);
    assert_int_equal(rig_metric(&rig, hq, "farseat_edge_incoming_legs"), 0);
    assert_int_equal(rig_metric(&rig, hq, "farseat_edge_events_unexpected_total"), 0);
    assert_int_equal(rig_metric(&rig, hq, "farseat_edge_media_errors_total"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_stays_behind),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
