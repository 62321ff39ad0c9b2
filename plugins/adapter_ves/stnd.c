/* Notifications that another standards body defined, by namespace and notificationType: 3GPP TS 28.532 and TS 28.111. */
#include "ves.h"

typedef struct Notice {
        const char *name_space, *type, *kind; /* type NULL: any other of that namespace */
} Notice;

static const Notice notices[] = {
        { "3GPP-FaultSupervision", "notifyClearedAlarm", "CLEAR" },
        { "3GPP-FaultSupervision", "notifyNewAlarm", "ALARM" },
        { "3GPP-FaultSupervision", "notifyNewSecAlarm", "ALARM" },
        { "3GPP-FaultSupervision", "notifyChangedAlarm", "ALARM" },
        { "3GPP-FaultSupervision", "notifyChangedAlarmGeneral", "ALARM" },
        { "3GPP-FaultSupervision", "notifyChangedSecAlarmGeneral", "ALARM" },
        { "3GPP-FaultSupervision", NULL, "STATE" },
        { "3GPP-PerformanceAssurance", "notifyThresholdCrossing", "TRIGGER" },
        { "3GPP-PerformanceAssurance", NULL, "TELEMETRY" },
        { "3GPP-Provisioning", "notifyMOICreation", "INVENTORY" },
        { "3GPP-Provisioning", "notifyMOIDeletion", "INVENTORY" },
        { "3GPP-Provisioning", NULL, "STATE" },
        { "3GPP-Heartbeat", NULL, "HEARTBEAT" },
};

void ves_stnd(Kit *k, Draft *d, tocsin_bytes name_space, const tocsin_value *data) {
        tocsin_bytes type = tocsin_get_bytes(data, "notificationType");
        d->kind = "STATE";
        for (size_t i = 0; i < sizeof notices / sizeof *notices; i++) {
                const Notice *n = &notices[i];
                if (tocsin_equal_z(name_space, n->name_space) && (!n->type || tocsin_equal_z(type, n->type))) {
                        d->kind = n->kind;
                        break;
                }
        }
        if (strcmp(d->kind, "ALARM") == 0 && tocsin_equal_z(tocsin_get_bytes(data, "perceivedSeverity"), "CLEARED"))
                d->kind = "CLEAR";
        d->stage = strcmp(d->kind, "TRIGGER") == 0 || strcmp(d->kind, "CLEAR") == 0 ? "ANALYSIS" : "MONITORING";
        d->flat.numbers = strcmp(d->kind, "TELEMETRY") == 0 || strcmp(d->kind, "TRIGGER") == 0; /* elsewhere they are codes */
        d->correlation = draft_field(k, data, tocsin_bytes_of("alarmId", 7));
        tocsin_bytes object = tocsin_get_bytes(data, "objectClass");
        if (object.len)
                d->subject_type = object;
}
