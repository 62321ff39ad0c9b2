/* What each domain of VES tells, batches, numbers as texts, and sequence numbers. */
#include "adapterhost.h"
#include "json/json.h"
#include <criterion/criterion.h>
#include <tocsin/value.h>

#define LOOPS TOCSIN_SOURCE "/tests/fixtures/loops.yaml"
#define ARRIVAL INT64_C(1700000000000000)
#define TEXT_MAX 4096

#define FAULT(severity)                                                                           \
        ",\"faultFields\":{\"alarmCondition\":\"c\",\"eventSeverity\":\"" severity "\","          \
        "\"eventSourceType\":\"other\",\"faultFieldsVersion\":\"4.0\",\"specificProblem\":\"p\"," \
        "\"vfStatus\":\"Active\"}"
#define SYSLOG(severity)                                                                   \
        ",\"syslogFields\":{\"eventSourceType\":\"host\",\"syslogFieldsVersion\":\"4.0\"," \
        "\"syslogMsg\":\"m\",\"syslogTag\":\"t\",\"syslogSev\":\"" severity "\"}"
#define TCA(action)                                                                                 \
        ",\"thresholdCrossingAlertFields\":{\"additionalParameters\":[{\"criticality\":\"MAJ\","    \
        "\"thresholdCrossed\":\"x\",\"hashMap\":{\"loss\":\"12.5\"}}],"                             \
        "\"alertAction\":\"" action "\",\"alertDescription\":\"d\",\"alertType\":\"CARD-ANOMALY\"," \
        "\"collectionTimestamp\":\"t\",\"eventSeverity\":\"MAJOR\",\"eventStartTimestamp\":\"t\","  \
        "\"thresholdCrossingFieldsVersion\":\"4.0\",\"alertValue\":\"3\"}"
#define STND(name_space, type)                                                 \
        ",\"stndDefinedNamespace\":\"" name_space "\"",                        \
                ","                                                            \
                "\"stndDefinedFields\":{\"stndDefinedFieldsVersion\":\"1.0\"," \
                "\"data\":{\"notificationType\":\"" type "\",\"alarmId\":5,\"value\":2.5}}"

/* An event of `domain`; more: of the header, with a comma before; fields: with a comma before. */
static Bytes event_of(Arena *a, const char *domain, const char *more, const char *fields) {
        static const char form[] =
                "{\"commonEventHeader\": {\"domain\": \"%s\", \"eventId\": \"e1\", \"eventName\": \"n\", "
                "\"lastEpochMicrosec\": 1600000000000001, \"startEpochMicrosec\": 1600000000000000, \"priority\": \"Normal\", "
                "\"reportingEntityName\": \"AFXM\", \"sequence\": 7, \"sourceName\": \"scfx0001a\", \"version\": \"4.1\", "
                "\"vesEventListenerVersion\": \"7.2.1\"%s}%s}";
        char *text = arena_alloc(a, TEXT_MAX);
        return bytes_of(text, (size_t)snprintf(text, TEXT_MAX, form, domain, more, fields));
}

static Bytes message_of(Arena *a, Bytes event) {
        char *text = arena_alloc(a, TEXT_MAX);
        return bytes_of(text, (size_t)snprintf(text, TEXT_MAX, "{\"event\": %.*s}", BYTES_ARG(event)));
}

static tocsin_value read_event(AdapterHost *h, Arena *a, Bytes text) {
        tocsin_value v;
        Why why;
        cr_assert_eq(adapter_host_text(h, text, ARRIVAL), TOCSIN_OK, "%.*s: %s", BYTES_ARG(text), h->reason);
        cr_assert_eq(h->emits, 1);
        cr_assert_eq(json_parse(a, arena_dup(a, buffer_bytes(&h->out)), &v, NULL, &why), 0);
        return v;
}

static void is(const tocsin_value *v, const char *name, const char *text) {
        tocsin_bytes b = tocsin_get_bytes(v, name);
        cr_expect(tocsin_equal_z(b, text), "%s is %.*s, not %s", name, BYTES_ARG(b), text);
}

static void metric_is(const tocsin_value *v, const char *name, double d) {
        cr_expect_eq(tocsin_get_f64(tocsin_find(v, "metrics"), name, -999), d, "%s", name);
}

Test(adapter_ves, each_domain_tells_what_its_fields_say) {
        static const struct {
                const char *domain, *more, *fields, *kind, *stage;
        } cases[] = {
                { "fault", "", FAULT("CRITICAL"), "ALARM", "MONITORING" },
                { "fault", "", FAULT("NORMAL"), "CLEAR", "ANALYSIS" },
                { "heartbeat", "", ",\"heartbeatFields\":{\"heartbeatFieldsVersion\":\"3.0\",\"heartbeatInterval\":20}",
                  "HEARTBEAT", "MONITORING" },
                { "heartbeat", "", "", "HEARTBEAT", "MONITORING" },
                { "measurement", "", ",\"measurementFields\":{\"measurementFieldsVersion\":\"4.0\",\"measurementInterval\":5}",
                  "TELEMETRY", "MONITORING" },
                { "notification", "",
                  ",\"notificationFields\":{\"changeIdentifier\":\"c\",\"changeType\":\"t\",\"notificationFieldsVersion\":\"2."
                  "0\"}",
                  "STATE", "MONITORING" },
                { "other", "", ",\"otherFields\":{\"otherFieldsVersion\":\"3.0\",\"hashMap\":{\"a\":\"b\"}}", "STATE",
                  "MONITORING" },
                { "other", "", ",\"otherFields\":{\"otherFieldsVersion\":\"3.0\",\"hashMap\":{\"a\":\"1.5\"}}", "TELEMETRY",
                  "MONITORING" },
                { "pnfRegistration", "", ",\"pnfRegistrationFields\":{\"pnfRegistrationFieldsVersion\":\"2.1\"}", "INVENTORY",
                  "MONITORING" },
                { "sipSignaling", "",
                  ",\"sipSignalingFields\":{\"correlator\":\"c\",\"localIpAddress\":\"1\",\"localPort\":\"5060\","
                  "\"remoteIpAddress\":\"2\",\"remotePort\":\"5061\",\"sipSignalingFieldsVersion\":\"3.0\","
                  "\"vendorNfNameFields\":{\"vendorName\":\"v\"}}",
                  "TELEMETRY", "MONITORING" },
                { "stateChange", "",
                  ",\"stateChangeFields\":{\"newState\":\"maintenance\",\"oldState\":\"inService\",\"stateChangeFieldsVersion\":"
                  "\"4.0\",\"stateInterface\":\"i\"}",
                  "STATE", "MONITORING" },
                { "syslog", "", SYSLOG("Critical"), "ALARM", "MONITORING" },
                { "syslog", "", SYSLOG("Info"), "STATE", "MONITORING" },
                { "thresholdCrossingAlert", "", TCA("SET"), "TRIGGER", "ANALYSIS" },
                { "thresholdCrossingAlert", "", TCA("CONT"), "TRIGGER", "ANALYSIS" },
                { "thresholdCrossingAlert", "", TCA("CLEAR"), "CLEAR", "ANALYSIS" },
                { "voiceQuality", "",
                  ",\"voiceQualityFields\":{\"calleeSideCodec\":\"a\",\"callerSideCodec\":\"b\",\"correlator\":\"c\","
                  "\"midCallRtcp\":\"00\",\"vendorNfNameFields\":{\"vendorName\":\"v\"},\"voiceQualityFieldsVersion\":\"4.0\"}",
                  "TELEMETRY", "MONITORING" },
                { "stndDefined", STND("3GPP-FaultSupervision", "notifyNewAlarm"), "ALARM", "MONITORING" },
                { "stndDefined", STND("3GPP-FaultSupervision", "notifyClearedAlarm"), "CLEAR", "ANALYSIS" },
                { "stndDefined", STND("3GPP-FaultSupervision", "notifyComments"), "STATE", "MONITORING" },
                { "stndDefined", STND("3GPP-PerformanceAssurance", "notifyThresholdCrossing"), "TRIGGER", "ANALYSIS" },
                { "stndDefined", STND("3GPP-PerformanceAssurance", "notifyFileReady"), "TELEMETRY", "MONITORING" },
                { "stndDefined", STND("3GPP-Provisioning", "notifyMOICreation"), "INVENTORY", "MONITORING" },
                { "stndDefined", STND("3GPP-Provisioning", "notifyMOIAttributeValueChanges"), "STATE", "MONITORING" },
                { "stndDefined", STND("3GPP-Heartbeat", "notifyHeartbeat"), "HEARTBEAT", "MONITORING" },
                { "stndDefined", STND("O-RAN-SC", "x"), "STATE", "MONITORING" },
        };
        _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new("{}", LOOPS);
        _cleanup_(arena_freep) Arena *a = arena_new(4u << 20);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                tocsin_value e = read_event(h, a, message_of(a, event_of(a, cases[i].domain, cases[i].more, cases[i].fields)));
                is(&e, "kind", cases[i].kind);
                is(&e, "stage", cases[i].stage);
                cr_expect_eq(tocsin_get_i64(&e, "event_time", 0), INT64_C(1600000000000001));
                is(tocsin_find(&e, "producer"), "name", "AFXM");
                is(tocsin_find(&e, "subject"), "id", "scfx0001a");
        }
}

Test(adapter_ves, numbers_may_be_texts_and_names_do_not_change_with_their_place) {
        static const char fields[] =
                ",\"measurementFields\":{\"measurementFieldsVersion\":\"4.0\",\"measurementInterval\":\"300\","
                "\"cpuUsageArray\":[{\"percentUsage\":\"0.5\",\"cpuIdentifier\":\"b\"},"
                "{\"cpuIdentifier\":\"a\",\"percentUsage\":1},{\"cpuIdentifier\":\"a\",\"percentUsage\":2}],"
                "\"additionalFields\":{\"x\":\"12\",\"y\":\"0012\",\"z\":\"1e400\",\"w\":\"-1.5e-3\"},"
                "\"additionalMeasurements\":[{\"name\":\"bucket\",\"hashMap\":{\"hits\":\"3\"}}],"
                "\"loadArray\":[{\"shortTerm\":4}]}";
        _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new("{}", LOOPS);
        _cleanup_(adapter_host_freep) AdapterHost *strict = adapter_host_new("{\"numbers_as_text\": false}", LOOPS);
        _cleanup_(arena_freep) Arena *a = arena_new(4u << 20);
        Bytes text = message_of(a, event_of(a, "measurement", "", fields));
        tocsin_value e = read_event(h, a, text);
        metric_is(&e, "measurementInterval", 300);
        metric_is(&e, "cpuUsageArray[b].percentUsage", 0.5);
        metric_is(&e, "cpuUsageArray[a].percentUsage", 1);
        metric_is(&e, "cpuUsageArray[a#2].percentUsage", 2);
        metric_is(&e, "additionalFields.x", 12);
        metric_is(&e, "additionalFields.w", -0.0015);
        metric_is(&e, "additionalMeasurements[bucket].hits", 3);
        metric_is(&e, "loadArray[0].shortTerm", 4);
        is(tocsin_find(&e, "attributes"), "additionalFields.y", "0012");
        is(tocsin_find(&e, "attributes"), "additionalFields.z", "1e400");
        is(tocsin_find(&e, "attributes"), "measurementFieldsVersion", "4.0");
        cr_expect_eq(adapter_host_text(strict, text, ARRIVAL), TOCSIN_POISON);
        cr_expect(strstr(strict->reason, "must be a"), "%s", strict->reason);
}

Test(adapter_ves, a_performance_report_names_its_counters) {
        static const char fields[] =
                ",\"perf3gppFields\":{\"perf3gppFieldsVersion\":\"1.0\",\"measDataCollection\":{\"granularityPeriod\":900,"
                "\"measuredEntityDn\":\"dn\",\"measInfoList\":[{\"measInfoId\":{\"sMeasInfoId\":\"PM\"},"
                "\"measTypes\":{\"sMeasTypesList\":[\"attTCHSeizures\",\"succTCHSeizures\",\"state\"]},"
                "\"measValuesList\":[{\"measObjInstId\":\"Cell=1\",\"suspectFlag\":\"true\",\"measResults\":["
                "{\"p\":1,\"iValue\":813},{\"p\":2,\"rValue\":0.5},{\"p\":3,\"isNull\":\"true\"}]}]}]}}";
        _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new("{}", LOOPS);
        _cleanup_(arena_freep) Arena *a = arena_new(4u << 20);
        tocsin_value e = read_event(h, a, message_of(a, event_of(a, "perf3gpp", "", fields)));
        is(&e, "kind", "TELEMETRY");
        metric_is(&e, "PM.attTCHSeizures[Cell=1]", 813);
        metric_is(&e, "PM.succTCHSeizures[Cell=1]", 0.5);
        metric_is(&e, "granularityPeriod", 900);
        is(tocsin_find(&e, "attributes"), "PM.suspectFlag[Cell=1]", "true");
        char *wrong = strstr(memcpy(arena_alloc(a, sizeof fields), fields, sizeof fields), "\"p\":2");
        wrong[4] = '4';
        cr_expect_eq(adapter_host_text(h,
                                       message_of(a, event_of(a, "perf3gpp", "", wrong - (strstr(fields, "\"p\":2") - fields))),
                                       ARRIVAL),
                     TOCSIN_POISON);
        cr_expect(strstr(h->reason, "counter p"), "%s", h->reason);
}

/* One bad event must not cost the good ones, nor be lost: the message is refused whole, and its bytes are in the dead letters. */
Test(adapter_ves, a_batch_is_taken_whole_or_refused_whole_with_the_place_of_the_bad_event) {
        _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new("{}", LOOPS);
        _cleanup_(arena_freep) Arena *a = arena_new(4u << 20);
        Bytes good = event_of(a, "fault", "", FAULT("MAJOR")), bad = event_of(a, "fault", "", FAULT("SEVERE"));
        char *text = arena_alloc(a, 5 * TEXT_MAX);
        int n = snprintf(text, 5 * TEXT_MAX, "{\"eventList\": [%.*s, %.*s]}", BYTES_ARG(good), BYTES_ARG(good));
        cr_expect_eq(adapter_host_text(h, bytes_of(text, (size_t)n), ARRIVAL), TOCSIN_OK);
        cr_expect_eq(h->emits, 2);
        n = snprintf(text, 5 * TEXT_MAX, "{\"eventList\": [%.*s, %.*s]}", BYTES_ARG(good), BYTES_ARG(bad));
        cr_expect_eq(adapter_host_text(h, bytes_of(text, (size_t)n), ARRIVAL), TOCSIN_POISON);
        cr_expect(strstr(h->reason, "eventList[1].faultFields.eventSeverity: \"SEVERE\" is none of CRITICAL"), "%s", h->reason);
        cr_expect_eq(h->emits, 0);
        n = snprintf(text, 5 * TEXT_MAX, "{\"eventList\": [%.*s, %.*s, %.*s, 3]}", BYTES_ARG(good), BYTES_ARG(bad),
                     BYTES_ARG(bad));
        cr_expect_eq(adapter_host_text(h, bytes_of(text, (size_t)n), ARRIVAL), TOCSIN_POISON);
        cr_expect(strstr(h->reason, "3 of 4 events cannot be read; the first: eventList[1]."), "%s", h->reason);
        cr_expect_eq(adapter_host_text(h, bytes_z("{\"eventList\": []}"), ARRIVAL), TOCSIN_SKIP);
        cr_expect_eq(adapter_host_text(h, bytes_z("{\"eventList\": {}}"), ARRIVAL), TOCSIN_POISON);
        cr_expect_eq(adapter_host_text(h, bytes_z("{\"event\": {}, \"eventList\": []}"), ARRIVAL), TOCSIN_POISON);
}

Test(adapter_ves, a_sequence_is_taken_only_where_operator_and_registry_say_it_is_one) {
        static const char registry[] = "[{\"id\": \"l\", \"producers\": [{\"name\": \"AFXM\", \"numbered\": %s}],"
                                       "\"sources\": [{\"adapter\": \"adapter_ves\", \"match\": {}}]}]";
        static const struct {
                const char *settings, *numbered;
                int64_t sequence;
        } cases[] = { { "{}", "true", -1 },
                      { "{\"sequence\": \"producer\"}", "false", -1 },
                      { "{\"sequence\": \"producer\"}", "true", 7 } };
        _cleanup_(arena_freep) Arena *a = arena_new(4u << 20);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new(cases[i].settings, LOOPS);
                char text[512];
                snprintf(text, sizeof text, registry, cases[i].numbered);
                adapter_host_registry(h, text);
                tocsin_value e = read_event(h, a, message_of(a, event_of(a, "heartbeat", "", "")));
                cr_expect_eq(tocsin_get_i64(tocsin_find(&e, "producer"), "sequence", -1), cases[i].sequence, "%zu", i);
                is(tocsin_find(&e, "attributes"), "ves.sequence", "7");
                is(&e, "loop", "l");
        }
}

Test(adapter_ves, the_same_content_has_the_same_id_whatever_the_order_of_its_keys) {
        _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new("{\"keep_payload\": true}", LOOPS);
        _cleanup_(arena_freep) Arena *a = arena_new(4u << 20);
        tocsin_value one =
                read_event(h, a, message_of(a, event_of(a, "heartbeat", ",\"eventType\":\"x\",\"nfVendorName\":\"y\"", "")));
        tocsin_value two =
                read_event(h, a, message_of(a, event_of(a, "heartbeat", ",\"nfVendorName\":\"y\" , \"eventType\":\"x\"", "")));
        tocsin_value other =
                read_event(h, a, message_of(a, event_of(a, "heartbeat", ",\"nfVendorName\":\"z\",\"eventType\":\"x\"", "")));
        cr_expect(tocsin_equal(tocsin_get_bytes(&one, "id"), tocsin_get_bytes(&two, "id")));
        cr_expect(!tocsin_equal(tocsin_get_bytes(&one, "id"), tocsin_get_bytes(&other, "id")));
        is(&one, "payload_type", "application/json");
}

Test(adapter_ves, fields_of_another_domain_or_unknown_ones_are_refused) {
        _cleanup_(adapter_host_freep) AdapterHost *h = adapter_host_new("{}", LOOPS);
        _cleanup_(adapter_host_freep) AdapterHost *lax = adapter_host_new("{\"unknown_fields\": \"ignore\"}", LOOPS);
        _cleanup_(arena_freep) Arena *a = arena_new(4u << 20);
        cr_expect_eq(adapter_host_text(h, message_of(a, event_of(a, "heartbeat", "", FAULT("MAJOR"))), ARRIVAL), TOCSIN_POISON);
        cr_expect(strstr(h->reason, "event.faultFields: does not belong to an event of domain heartbeat"), "%s", h->reason);
        cr_expect_eq(adapter_host_text(h, message_of(a, event_of(a, "fault", "", "")), ARRIVAL), TOCSIN_POISON);
        cr_expect(strstr(h->reason, "event.faultFields: is missing"), "%s", h->reason);
        Bytes more = message_of(a, event_of(a, "heartbeat", ",\"vendorWord\":1", ""));
        cr_expect_eq(adapter_host_text(h, more, ARRIVAL), TOCSIN_POISON);
        cr_expect(strstr(h->reason, "event.commonEventHeader.vendorWord: is not in the schema"), "%s", h->reason);
        cr_expect_eq(adapter_host_text(lax, more, ARRIVAL), TOCSIN_OK, "%s", lax->reason);
}
