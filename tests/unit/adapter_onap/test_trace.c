/* A turn of an ONAP loop is a chain of causes, and each step can be named from any other. */
#include "adapterhost.h"
#include "json/json.h"
#include <criterion/criterion.h>
#include <tocsin/value.h>

#define LOOPS TOCSIN_SOURCE "/tests/fixtures/loops.yaml"
#define FIXTURE(name) TOCSIN_SOURCE "/tests/fixtures/onap/" name ".json"
#define ARRIVAL INT64_C(1700000000000000)

static tocsin_value read_event(AdapterHost *h, Arena *a, Bytes text) {
        tocsin_value v;
        Why why;
        cr_assert_eq(adapter_host_text(h, text, ARRIVAL), TOCSIN_OK, "%s", h->reason);
        cr_assert_eq(h->emits, 1);
        Bytes line = arena_dup(a, buffer_bytes(&h->out));
        cr_assert_eq(json_parse(a, line, &v, NULL, &why), 0);
        return v;
}

static void is(const tocsin_value *v, const char *name, const char *text) {
        tocsin_bytes b = tocsin_get_bytes(v, name);
        cr_expect(tocsin_equal_z(b, text), "%s is %.*s, not %s", name, BYTES_ARG(b), text);
}

static tocsin_bytes cause(const tocsin_value *v, uint32_t i) {
        const tocsin_value *causes = tocsin_find(v, "causes");
        return i < causes->len ? tocsin_as_bytes(&causes->u.items[i]) : tocsin_bytes_of(NULL, 0);
}

static const char abated[] =
        "{\"closedLoopControlName\": \"ControlLoop-vCPE-48f0c2c3-a172-4192-9ae3-052274181b6e\","
        "\"requestID\": \"664be3d2-6c12-4f4b-a3e7-c349acced200\", \"closedLoopEventClient\": \"DCAE_INSTANCE_ID.dcae-tca\","
        "\"target_type\": \"VNF\", \"target\": \"generic-vnf.vnf-id\", \"AAI\": {\"generic-vnf.vnf-id\": \"x\"},"
        "\"from\": \"DCAE\", \"closedLoopEventStatus\": \"%s\"%s}";

static Bytes abated_with(Arena *a, const char *status, const char *more) {
        char *text = arena_alloc(a, 1024);
        return bytes_of(text, (size_t)snprintf(text, 1024, abated, status, more));
}

Test(adapter_onap, the_recorded_turn_is_one_chain_of_causes) {
        static const char *const files[] = { FIXTURE("vcpe.onset.1"),
                                             FIXTURE("policy-cl-mgt-active"),
                                             FIXTURE("policy-cl-mgt-operation"),
                                             FIXTURE("policy-cl-mgt-permit"),
                                             FIXTURE("policy-cl-mgt-restart"),
                                             FIXTURE("policy-cl-mgt-restart-success"),
                                             FIXTURE("policy-cl-mgt-final-success") };
        static const struct {
                const char *kind, *stage;
                int cites; /* which of the files is the first cause; -1: none */
        } wanted[] = { { "TRIGGER", "ANALYSIS", -1 }, { "STATE", "DECISION", 0 },       { "STATE", "DECISION", 1 },
                       { "STATE", "DECISION", 1 },    { "ACTION_PLAN", "DECISION", 0 }, { "ACTION_RESULT", "EXECUTION", 4 },
                       { "STATE", "DECISION", 5 } };
        _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new("{}", LOOPS);
        _cleanup_(arena_freep) Arena *a = arena_new(4u << 20);
        tocsin_value e[7];
        for (size_t i = 0; i < 7; i++) {
                e[i] = read_event(h, a, sample_read(a, files[i]));
                is(&e[i], "kind", wanted[i].kind);
                is(&e[i], "stage", wanted[i].stage);
                is(&e[i], "loop", "core-vcpe");
                is(&e[i], "correlation_id", "664be3d2-6c12-4f4b-a3e7-c349acced200");
                is(tocsin_find(&e[i], "producer"), "name", i == 0 ? "DCAE_INSTANCE_ID.dcae-tca" : "policy");
                is(tocsin_find(&e[i], "subject"), "id", "vCPE_Infrastructure_vGMUX_demo_app");
                cr_expect(tocsin_is(tocsin_find(tocsin_find(&e[i], "producer"), "sequence"), TOCSIN_NULL), "never invented");
                cr_expect(tocsin_is(tocsin_find(tocsin_find(&e[i], "producer"), "incarnation"), TOCSIN_NULL), "never invented");
                if (wanted[i].cites < 0)
                        cr_expect_eq(tocsin_find(&e[i], "causes")->len, 0);
                else
                        cr_expect(tocsin_equal(cause(&e[i], 0), tocsin_get_bytes(&e[wanted[i].cites], "id")), "%zu cites %d", i,
                                  wanted[i].cites);
                for (size_t k = 0; k < i; k++)
                        cr_expect(!tocsin_equal(tocsin_get_bytes(&e[i], "id"), tocsin_get_bytes(&e[k], "id")), "%zu and %zu", i,
                                  k);
        }
        is(tocsin_find(&e[4], "attributes"), "set.operation", "Restart");
        is(tocsin_find(&e[5], "attributes"), "set.operation", "Restart");
        is(tocsin_find(&e[5], "attributes"), "outcome", "SUCCESS");
        cr_expect_eq(tocsin_get_i64(&e[6], "event_time", 0), INT64_C(1587409937684718));
}

Test(adapter_onap, abated_and_abatement_clear_what_the_onset_raised) {
        _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new("{}", LOOPS);
        _cleanup_(arena_freep) Arena *a = arena_new(4u << 20);
        tocsin_value onset = read_event(h, a, sample_read(a, FIXTURE("vcpe.onset.1")));
        tocsin_value one = read_event(h, a, abated_with(a, "ABATED", ",\"closedLoopAlarmEnd\": 1463679806324"));
        tocsin_value two = read_event(h, a, abated_with(a, "ABATEMENT", ""));
        is(&one, "kind", "CLEAR");
        is(&two, "kind", "CLEAR");
        cr_expect(tocsin_equal(cause(&one, 0), tocsin_get_bytes(&onset, "id")));
        cr_expect_eq(tocsin_get_i64(&one, "event_time", 0), INT64_C(1463679806324000));
        cr_expect_eq(tocsin_get_i64(&two, "event_time", 0), ARRIVAL, "without an end the record's own time counts");
        is(tocsin_find(&two, "attributes"), "adapter.time", "record");
}

Test(adapter_onap, a_refusal_names_the_field_and_the_reason) {
        static const struct {
                const char *text, *reason;
        } bad[] = {
                { "[]", "no JSON object" },
                { "{}", "closedLoopControlName: is missing or empty" },
                { "{\"closedLoopControlName\": 3}", "closedLoopControlName: must be a text" },
                { "{\"closedLoopControlName\": \"ControlLoop-vCPE-x\"}", "requestID: is missing or empty" },
                { "{\"closedLoopControlName\": \"ControlLoop-vCPE-x\", \"requestID\": \"a\", \"requestId\": \"b\"}", "differ" },
                { "{\"closedLoopControlName\": \"ControlLoop-vCPE-x\", \"requestID\": \"a\"}", "nobody speaks" },
                { "{\"closedLoopControlName\": \"ControlLoop-vCPE-x\", \"requestID\": \"a\", \"from\": \"p\"}",
                  "neither closedLoopEventStatus" },
                { "{\"closedLoopControlName\": \"ControlLoop-vCPE-x\", \"requestID\": \"a\", \"from\": \"p\", "
                  "\"closedLoopEventStatus\": \"CONT\"}",
                  "\"CONT\" is none of ONSET, ABATED, ABATEMENT" },
                { "{\"closedLoopControlName\": \"ControlLoop-vCPE-x\", \"requestID\": \"a\", \"from\": \"p\", "
                  "\"closedLoopEventStatus\": \"ONSET\"}",
                  "closedLoopAlarmStart: is missing" },
                { "{\"closedLoopControlName\": \"ControlLoop-vCPE-x\", \"requestID\": \"a\", \"from\": \"p\", \"notification\": "
                  "\"ACTIVE\"}",
                  "notificationTime: is missing" },
                { "{\"closedLoopControlName\": \"ControlLoop-vCPE-x\", \"requestID\": \"a\", \"from\": \"p\", \"notification\": "
                  "\"DONE\","
                  "\"notificationTime\": \"2020-04-20 19:12:17+00:00\"}",
                  "notification: \"DONE\" is none of" },
                { "{\"closedLoopControlName\": \"ControlLoop-other\", \"requestID\": \"a\", \"from\": \"p\", "
                  "\"closedLoopEventStatus\": \"ONSET\","
                  "\"closedLoopAlarmStart\": \"1463679805324\"}",
                  "no loop of the registry takes it" },
        };
        _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new("{}", LOOPS);
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                cr_expect_eq(adapter_host_text(h, bytes_z(bad[i].text), ARRIVAL), TOCSIN_POISON, "%s", bad[i].text);
                cr_expect(strstr(h->reason, bad[i].reason), "%s: %s", bad[i].text, h->reason);
        }
}

Test(adapter_onap, a_retry_is_another_plan_and_its_result_cites_it) {
        static const char form[] = "{\"closedLoopControlName\": \"ControlLoop-vCPE-x\", \"requestId\": \"a\", \"from\": "
                                   "\"policy\", \"notification\": \"%s\","
                                   "\"notificationTime\": \"2020-04-20T19:12:17Z\", \"message\": "
                                   "\"actor=APPC,operation=Restart\", \"history\": [%s]}";
        static const char one[] = "{\"actor\": \"APPC\", \"operation\": \"Restart\", \"outcome\": \"Failure\"}";
        _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new("{}", LOOPS);
        _cleanup_(arena_freep) Arena *a = arena_new(4u << 20);
        char text[4][1024], two[256];
        snprintf(two, sizeof two, "%s,%s", one, one);
        snprintf(text[0], 1024, form, "OPERATION", "");
        snprintf(text[1], 1024, form, "OPERATION: FAILURE", one);
        snprintf(text[2], 1024, form, "OPERATION", one);
        snprintf(text[3], 1024, form, "OPERATION_SUCCESS", two);
        tocsin_value e[4];
        for (size_t i = 0; i < 4; i++)
                e[i] = read_event(h, a, bytes_z(text[i]));
        cr_expect(!tocsin_equal(tocsin_get_bytes(&e[0], "id"), tocsin_get_bytes(&e[2], "id")));
        cr_expect(tocsin_equal(cause(&e[1], 0), tocsin_get_bytes(&e[0], "id")));
        cr_expect(tocsin_equal(cause(&e[3], 0), tocsin_get_bytes(&e[2], "id")));
        is(tocsin_find(&e[3], "attributes"), "outcome", "SUCCESS");
}

Test(adapter_onap, a_payload_that_is_no_json_stays_a_text) {
        static const char form[] = "{\"closedLoopControlName\": \"ControlLoop-vCPE-x\", \"requestID\": \"a\", \"from\": \"p\","
                                   "\"closedLoopEventStatus\": \"ONSET\", \"closedLoopAlarmStart\": 1, \"payload\": %s}";
        static const struct {
                const char *payload, *name, *text;
        } cases[] = { { "\"{\\\"a\\\": {\\\"password\\\": \\\"x\\\"}}\"", "payload.a.password", "x" },
                      { "\"{\\\"a\\\": \"", "payload", "{\"a\": " },
                      { "\"\"", "payload", "" },
                      { "7", "payload", "7" } };
        _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new("{}", LOOPS);
        _cleanup_(arena_freep) Arena *a = arena_new(4u << 20);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                char text[1024];
                snprintf(text, sizeof text, form, cases[i].payload);
                tocsin_value e = read_event(h, a, bytes_z(text));
                is(tocsin_find(&e, "attributes"), cases[i].name, cases[i].text);
                cr_expect_eq(tocsin_find(&e, "data_classes")->len, i == 0, "a password is told");
        }
}
