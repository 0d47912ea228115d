/* SPDX-License-Identifier: Apache-2.0 */
/* Phones: registered, dialled, on hold, transferring; and what becomes of them when the edge is started anew.
 */
#include "far/test.h"
#include "rig.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct rig rig;
static struct rig_edge *hq;
static int phone_port;

static int setup(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_user(&rig, "a1", "secret-1");
    rig_user(&rig, "a2", "secret-2");
    hq = rig_edge(&rig, "edge-hq");
    phone_port = test_free_port();
    rig_register(&rig, hq, "a1", "secret-1", phone_port);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_stop(&rig);
    return 0;
}

static void a_wrong_password_is_refused(void **state)
{
    (void)state;
    pid_t pid = rig_sipp(&rig, "wrong", "register", hq, test_free_port(), "-s", "a2", "-au", "a2", "-ap",
                         "guess", NULL);
    assert_int_not_equal(rig_sipp_end(&rig, pid), 0);
    pid = rig_sipp(&rig, "stranger", "register", hq, test_free_port(), "-s", "zz", "-au", "zz", "-ap", "x",
                   NULL);
    assert_int_not_equal(rig_sipp_end(&rig, pid), 0);
    assert_false(rig_comes(&rig, FARSEAT__V1__ACD_INPUT__BODY_PHONE_BOUND, 200));
}

static void a_refresh_is_not_told(void **state)
{
    (void)state;
    pid_t pid =
        rig_sipp(&rig, "a1", "register", hq, phone_port, "-s", "a1", "-au", "a1", "-ap", "secret-1", NULL);
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    assert_false(rig_comes(&rig, FARSEAT__V1__ACD_INPUT__BODY_PHONE_BOUND, 200));
}

static void ring_and_answer(const char *leg_id)
{
    struct rig_sound sound;
    pid_t pid = rig_call_out(&rig, hq, "a1", "agent", phone_port, &sound, leg_id);
    assert_string_equal(rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_RINGING)->leg_ringing->leg_id,
                        leg_id);
    const Farseat__V1__LegAnswered *answered =
        rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ANSWERED)->leg_answered;
    char address[64];
    (void)snprintf(address, sizeof(address), "udp:127.0.0.1:%d", phone_port);
    assert_string_equal(answered->phone_address, address);
    assert_string_equal(rig_hangup(&rig, hq, leg_id), "");
    assert_string_equal(rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED)->leg_ended->cause,
                        "commanded");
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_sound_close(&sound);
}

static void a_phone_rings_and_is_answered(void **state)
{
    (void)state;
    ring_and_answer("d-1");
}

static void an_agent_hangs_up(void **state)
{
    struct rig_sound sound;
    (void)state;
    pid_t pid = rig_call_out(&rig, hq, "a1", "agent_bye", phone_port, &sound, "d-2");
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ANSWERED);
    const Farseat__V1__LegEnded *ended = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED)->leg_ended;
    assert_string_equal(ended->cause, "hangup");
    assert_true(ended->by_remote);
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_sound_close(&sound);
}

static void a_busy_phone_says_so(void **state)
{
    struct rig_sound sound;
    (void)state;
    pid_t pid = rig_call_out(&rig, hq, "a1", "agent_busy", phone_port, &sound, "d-3");
    const Farseat__V1__LegEnded *ended = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED)->leg_ended;
    assert_string_equal(ended->cause, "busy");
    assert_int_equal(ended->sip_status, 486);
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_sound_close(&sound);
}

static void an_unanswered_phone_is_cancelled(void **state)
{
    struct rig_sound sound;
    (void)state;
    pid_t pid = rig_call_out(&rig, hq, "a1", "agent_silent", phone_port, &sound, "d-4");
    const Farseat__V1__LegEnded *ended = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED)->leg_ended;
    assert_string_equal(ended->cause, "no-answer");
    assert_true(ended->leg_ms >= 1900 && ended->leg_ms < 2600);
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_sound_close(&sound);
}

static void hold_and_resume(const char *scenario, const char *leg_id)
{
    struct rig_sound sound;
    pid_t pid = rig_call_out(&rig, hq, "a1", scenario, phone_port, &sound, leg_id);
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ANSWERED);
    assert_true(rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_HOLD)->leg_hold->held);
    assert_false(rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_HOLD)->leg_hold->held);
    rig_turn(&rig, 200);
    assert_string_equal(rig_hangup(&rig, hq, leg_id), "");
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED);
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_sound_close(&sound);
}

static void hold_and_resume_are_told(void **state)
{
    (void)state;
    hold_and_resume("agent_hold", "d-5");
    hold_and_resume("agent_update", "d-13");
}

static void info_digits_and_refer_are_told(void **state)
{
    struct rig_sound sound;
    (void)state;
    pid_t pid = rig_call_out(&rig, hq, "a1", "agent_refer", phone_port, &sound, "d-6");
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ANSWERED);
    Farseat__V1__CollectCommand collect = FARSEAT__V1__COLLECT_COMMAND__INIT;
    collect.collect_id = (char *)"k";
    collect.digits_max = 1;
    collect.first_timeout_ms = 5000;
    assert_string_equal(rig_command(&rig, hq, "d-6", FARSEAT__V1__EDGE_COMMAND__BODY_COLLECT, &collect), "");
    assert_string_equal(
        rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_DIGITS_COLLECTED)->digits_collected->digits, "5");
    assert_string_equal(rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_REFERRED)->leg_referred->target,
                        "sal?s"); /* it was no UTF-8 */
    rig_turn(&rig, 100);
    assert_string_equal(rig_hangup(&rig, hq, "d-6"), "");
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED);
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_sound_close(&sound);
}

static void bindings_survive_the_edge(void **state)
{
    (void)state;
    rig_edge_end(&rig, hq, SIGKILL);
    hq = rig_edge(&rig, "edge-hq");
    const Farseat__V1__PhoneBound *bound =
        rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_PHONE_BOUND)->phone_bound;
    assert_string_equal(bound->phone, "a1");
    ring_and_answer("d-7");
}

/* A phone that registers while the bus is away is bound all the same; the log and the bucket learn it later.
 */
static void the_bus_may_be_away(void **state)
{
    struct rig_sound sound;
    (void)state;
    pid_t phone = rig_call_out(&rig, hq, "a1", "agent", phone_port, &sound, "d-12");
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ANSWERED);
    test_nats_kill(&rig.nats);
    rig_turn(&rig, 200);
    int port = test_free_port();
    pid_t pid = rig_sipp(&rig, "a2", "register", hq, port, "-s", "a2", "-au", "a2", "-ap", "secret-2", NULL);
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_turn(&rig, 1500); /* the edge has tried to store it, and failed */
    test_nats_restart(&rig.nats);
    const Farseat__V1__PhoneBound *bound =
        rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_PHONE_BOUND)->phone_bound;
    assert_string_equal(bound->phone, "a2");
    rig_turn(&rig, 2500);
    assert_string_equal(rig_hangup(&rig, hq, "d-12"), ""); /* the call was not touched */
    assert_string_equal(rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED)->leg_ended->cause,
                        "commanded");
    assert_int_equal(rig_sipp_end(&rig, phone), 0);
    rig_sound_close(&sound);
    rig_edge_end(&rig, hq, SIGKILL);
    hq = rig_edge(&rig, "edge-hq"); /* what was stored comes back: both */
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_PHONE_BOUND);
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_PHONE_BOUND);
}

/* The edge was stopped for longer than the Dial's deadline: had it been executed, a leg would have ended. */
static void what_waited_for_a_stopped_edge_does_not_ring(void **state)
{
    (void)state;
    rig_register(&rig, hq, "a1", "secret-1", phone_port);
    assert_int_equal(kill(hq->pid, SIGSTOP), 0);
    assert_string_equal(rig_dial(&rig, hq, "d-20", "a1", 500), "ETIMEOUT");
    rig_turn(&rig, 5500);
    assert_int_equal(kill(hq->pid, SIGCONT), 0);
    assert_false(rig_comes(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED, 2500));
    assert_string_equal(rig_dial(&rig, hq, "d-21", "a1", 500), ""); /* what comes later is taken */
    assert_string_equal(rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED)->leg_ended->leg_id, "d-21");
}

/* Its port is there, and nobody answers: no ICMP helps. */
static void a_silent_phone_is_known_after_four_seconds(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)phone_port)};
    char text[2048] = "";
    (void)state;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_string_equal(rig_dial(&rig, hq, "d-10", "a1", 20000), "");
    rig_turn(&rig, 100);
    assert_string_equal(rig_hangup(&rig, hq, "d-10"), ""); /* nothing to cancel yet, but it is over at once */
    const Farseat__V1__LegEnded *ended = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED)->leg_ended;
    assert_string_equal(ended->cause, "commanded");
    assert_true(ended->leg_ms < 1000);
    assert_string_equal(rig_dial(&rig, hq, "d-11", "a1", 20000), "");
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_PHONE_GONE);
    ended = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED)->leg_ended;
    assert_string_equal(ended->cause, "unreachable");
    assert_true(ended->leg_ms > 3800 && ended->leg_ms < 4800);
    assert_true(recv(fd, text, sizeof(text) - 1, 0) > 0);
    assert_int_equal(strncmp(text, "INVITE ", 7), 0);
    (void)close(fd);
}

static void a_dead_phone_is_known_soon(void **state)
{
    (void)state;
    rig_register(&rig, hq, "a1", "secret-1", phone_port);
    assert_string_equal(rig_dial(&rig, hq, "d-8", "a1", 20000), "");
    const Farseat__V1__PhoneGone *gone = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_PHONE_GONE)->phone_gone;
    assert_string_equal(gone->phone, "a1");
    assert_string_equal(gone->cause, "unreachable");
    const Farseat__V1__LegEnded *ended = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED)->leg_ended;
    assert_string_equal(ended->cause, "unreachable");
    assert_true(ended->leg_ms < 4500);
    assert_string_equal(rig_dial(&rig, hq, "d-9", "a1", 20000), "");
    assert_string_equal(rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED)->leg_ended->cause,
                        "unreachable");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_password_is_refused),
        cmocka_unit_test(a_refresh_is_not_told),
        cmocka_unit_test(a_phone_rings_and_is_answered),
        cmocka_unit_test(an_agent_hangs_up),
        cmocka_unit_test(a_busy_phone_says_so),
        cmocka_unit_test(an_unanswered_phone_is_cancelled),
        cmocka_unit_test(hold_and_resume_are_told),
        cmocka_unit_test(info_digits_and_refer_are_told),
        cmocka_unit_test(bindings_survive_the_edge),
        cmocka_unit_test(the_bus_may_be_away),
        cmocka_unit_test(a_silent_phone_is_known_after_four_seconds),
        cmocka_unit_test(a_dead_phone_is_known_soon),
        cmocka_unit_test(what_waited_for_a_stopped_edge_does_not_ring),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
