/* What each of the fourteen domains tells. */
#include "../adapter/number.h"
#include "ves.h"

typedef struct Domain {
        const char *name, *fields, *kind;
        const Shape *shape;
        bool numbers; /* numbers are metrics */
        const char *subject_type; /* field with the class of the subject, of the fields; NULL: header eventType */
        void (*more)(Draft *, const tocsin_value *fields);
} Domain;

static void kind(Draft *d, const char *what) {
        d->kind = what;
        d->stage = strcmp(what, "TRIGGER") == 0 || strcmp(what, "CLEAR") == 0 ? "ANALYSIS" : "MONITORING";
}

/* "The key must be unique within notification life cycle": an alarm and its clearing share eventId. */
static void correlate(Draft *d) {
        d->correlation = tocsin_as_bytes(bag_find(&d->flat.attributes, "ves.eventId"));
}

static void fault(Draft *d, const tocsin_value *fields) {
        correlate(d);
        if (tocsin_equal_z(tocsin_get_bytes(fields, "eventSeverity"), "NORMAL"))
                kind(d, "CLEAR");
}

static void threshold(Draft *d, const tocsin_value *fields) {
        double value;
        correlate(d);
        if (tocsin_equal_z(tocsin_get_bytes(fields, "alertAction"), "CLEAR"))
                kind(d, "CLEAR");
        if (number_of_value(tocsin_find(fields, "alertValue"), true, &value))
                bag_put(&d->flat.metrics, tocsin_bytes_of("alertValue", 10), tocsin_f64(value));
}

static void state_change(Draft *d, const tocsin_value *fields) {
        bag_str(&d->flat.attributes, "state", tocsin_get_bytes(fields, "newState"));
}

static void registration(Draft *d, const tocsin_value *fields) {
        (void)fields;
        if (d->subject_type.len == 0)
                d->subject_type = tocsin_bytes_of("PNF", 3);
}

static void other(Draft *d, const tocsin_value *fields) {
        (void)fields;
        if (d->flat.metrics.n == 0)
                kind(d, "STATE");
}

/* RFC 5424: severities 0 to 3 (emergency, alert, critical, error) are alarms. */
static void syslog_line(Draft *d, const tocsin_value *fields) {
        static const char *const alarms[] = { "Emergency", "Alert", "Critical", "Error" };
        tocsin_bytes severity = tocsin_get_bytes(fields, "syslogSev");
        int64_t pri;
        bool alarm = false;
        for (size_t i = 0; i < sizeof alarms / sizeof *alarms; i++)
                alarm |= tocsin_equal_z(severity, alarms[i]);
        if (severity.len == 0 && integer_of_value(tocsin_find(fields, "syslogPri"), true, &pri))
                alarm = pri >= 0 && pri % 8 <= 3;
        kind(d, alarm ? "ALARM" : "STATE");
}

static const Domain domains[] = {
        { "fault", "faultFields", "ALARM", &ves_fault_fields, false, "eventSourceType", fault },
        { "heartbeat", "heartbeatFields", "HEARTBEAT", &ves_heartbeat_fields, false, NULL, NULL },
        { "measurement", "measurementFields", "TELEMETRY", &ves_measurement_fields, true, NULL, NULL },
        { "mobileFlow", "mobileFlowFields", "TELEMETRY", &ves_mobile_flow_fields, true, NULL, NULL },
        { "notification", "notificationFields", "STATE", &ves_notification_fields, false, NULL, NULL },
        { "other", "otherFields", "TELEMETRY", &ves_other_fields, true, NULL, other },
        { "perf3gpp", "perf3gppFields", "TELEMETRY", &ves_perf3gpp_fields, true, NULL, NULL },
        { "pnfRegistration", "pnfRegistrationFields", "INVENTORY", &ves_pnf_registration_fields, false, "unitType",
          registration },
        { "sipSignaling", "sipSignalingFields", "TELEMETRY", &ves_sip_signaling_fields, true, NULL, NULL },
        { "stateChange", "stateChangeFields", "STATE", &ves_state_change_fields, false, NULL, state_change },
        { "stndDefined", "stndDefinedFields", "STATE", &ves_stnd_defined_fields, false, NULL, NULL },
        { "syslog", "syslogFields", "STATE", &ves_syslog_fields, false, "eventSourceType", syslog_line },
        { "thresholdCrossingAlert", "thresholdCrossingAlertFields", "TRIGGER", &ves_threshold_crossing_alert_fields, true,
          "elementType", threshold },
        { "voiceQuality", "voiceQualityFields", "TELEMETRY", &ves_voice_quality_fields, true, NULL, NULL },
};

/* Exactly the domain's own fields may be there: two stories in one event are no story. */
static bool own_fields(Kit *k, const Domain *mine, const tocsin_value *event) {
        static const char ending[] = "Fields";
        for (uint32_t i = 0; i < event->len; i++) {
                const tocsin_field *e = &event->u.fields[i];
                tocsin_bytes name = tocsin_bytes_of(e->name, e->name_len);
                if (name.len > sizeof ending &&
                    memcmp(name.ptr + name.len - (sizeof ending - 1), ending, sizeof ending - 1) == 0 &&
                    shape_field(&ves_event, e->name, e->name_len) && !tocsin_equal_z(name, mine->fields))
                        return kit_refuse(k, "%.*s: does not belong to an event of domain %s", (int)name.len, e->name,
                                          mine->name);
        }
        return true;
}

static bool stnd_defined(Kit *k, Draft *d, const tocsin_value *fields) {
        tocsin_bytes name_space = tocsin_as_bytes(bag_find(&d->flat.attributes, "ves.stndDefinedNamespace"));
        if (name_space.len == 0)
                return kit_refuse(k,
                                  "commonEventHeader.stndDefinedNamespace: is missing or empty, and domain stndDefined needs it");
        const tocsin_value *data = tocsin_find(fields, "data");
        bag_str(&d->flat.attributes, "stndDefinedFieldsVersion", tocsin_get_bytes(fields, "stndDefinedFieldsVersion"));
        if (tocsin_find(fields, "schemaReference"))
                bag_str(&d->flat.attributes, "schemaReference", tocsin_get_bytes(fields, "schemaReference"));
        ves_stnd(k, d, name_space, data);
        flat_tree(&d->flat, data, false);
        return true;
}

bool ves_domain(Kit *k, Draft *d, const tocsin_value *event, tocsin_bytes domain) {
        const Domain *mine = NULL;
        for (size_t i = 0; i < sizeof domains / sizeof *domains && !mine; i++)
                if (tocsin_equal_z(domain, domains[i].name))
                        mine = &domains[i];
        if (!mine)
                return kit_refuse(k, "commonEventHeader.domain: %s is unknown", kit_quote(k, domain));
        const tocsin_value *fields = tocsin_find(event, mine->fields);
        if (!own_fields(k, mine, event))
                return false;
        if (!fields && strcmp(mine->name, "heartbeat") != 0) /* of a heartbeat the fields are optional */
                return kit_refuse(k, "%s: is missing, and an event of domain %s tells nothing without", mine->fields, mine->name);
        kind(d, mine->kind);
        d->flat.numbers = mine->numbers;
        if (mine->subject_type)
                d->subject_type = tocsin_get_bytes(fields, mine->subject_type);
        if (d->subject_type.len == 0)
                d->subject_type = tocsin_as_bytes(bag_find(&d->flat.attributes, "ves.eventType"));
        if (mine->shape == &ves_stnd_defined_fields)
                return stnd_defined(k, d, fields);
        if (mine->more && mine->more != other)
                mine->more(d, fields);
        if (mine->shape == &ves_perf3gpp_fields)
                return ves_perf3gpp(k, &d->flat, fields);
        shape_flatten(&d->flat, mine->shape, fields, mine->numbers);
        if (mine->more == other) /* it is telemetry if it has numbers */
                other(d, fields);
        return true;
}
