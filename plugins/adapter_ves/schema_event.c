/* The shapes of an event, its header and the domains with few fields (VES 7.2.1, CommonEventFormat 30.2.1). */
#include "schema.h"

static const ShapeField event_fields[] = { MUST_OF(OBJ, commonEventHeader, &ves_common_event_header),
                                           MAY_OF(OBJ, faultFields, &ves_fault_fields),
                                           MAY_OF(OBJ, heartbeatFields, &ves_heartbeat_fields),
                                           MAY_OF(OBJ, measurementFields, &ves_measurement_fields),
                                           MAY_OF(OBJ, mobileFlowFields, &ves_mobile_flow_fields),
                                           MAY_OF(OBJ, notificationFields, &ves_notification_fields),
                                           MAY_OF(OBJ, otherFields, &ves_other_fields),
                                           MAY_OF(OBJ, perf3gppFields, &ves_perf3gpp_fields),
                                           MAY_OF(OBJ, pnfRegistrationFields, &ves_pnf_registration_fields),
                                           MAY_OF(OBJ, sipSignalingFields, &ves_sip_signaling_fields),
                                           MAY_OF(OBJ, stateChangeFields, &ves_state_change_fields),
                                           MAY_OF(OBJ, stndDefinedFields, &ves_stnd_defined_fields),
                                           MAY_OF(OBJ, syslogFields, &ves_syslog_fields),
                                           MAY_OF(OBJ, thresholdCrossingAlertFields, &ves_threshold_crossing_alert_fields),
                                           MAY_OF(OBJ, voiceQualityFields, &ves_voice_quality_fields) };
SHAPE(ves_event, event_fields);

static const char *const common_event_header_domain[] = { "fault",
                                                          "heartbeat",
                                                          "measurement",
                                                          "mobileFlow",
                                                          "notification",
                                                          "other",
                                                          "perf3gpp",
                                                          "pnfRegistration",
                                                          "sipSignaling",
                                                          "stateChange",
                                                          "stndDefined",
                                                          "syslog",
                                                          "thresholdCrossingAlert",
                                                          "voiceQuality",
                                                          NULL };
static const char *const common_event_header_priority[] = { "High", "Medium", "Normal", "Low", NULL };
static const char *const common_event_header_version[] = { "4.0", "4.0.1", "4.1", NULL };
static const char *const common_event_header_vesEventListenerVersion[] = { "7.0", "7.0.1", "7.1", "7.1.1", "7.2", "7.2.1", NULL };
static const ShapeField common_event_header_fields[] = { MUST_OF(ENUM, domain, common_event_header_domain),
                                                         MUST(STR, eventId),
                                                         MUST(STR, eventName),
                                                         MAY(STR, eventType),
                                                         MAY(OPEN, internalHeaderFields),
                                                         MUST(NUM, lastEpochMicrosec),
                                                         MAY(STR, nfNamingCode),
                                                         MAY(STR, nfVendorName),
                                                         MAY(STR, nfcNamingCode),
                                                         MUST_OF(ENUM, priority, common_event_header_priority),
                                                         MAY(STR, reportingEntityId),
                                                         MUST(STR, reportingEntityName),
                                                         MUST(INT, sequence),
                                                         MAY(STR, sourceId),
                                                         MUST(STR, sourceName),
                                                         MUST(NUM, startEpochMicrosec),
                                                         MAY(STR, stndDefinedNamespace),
                                                         MAY(STR, timeZoneOffset),
                                                         MUST_OF(ENUM, version, common_event_header_version),
                                                         MUST_OF(ENUM, vesEventListenerVersion,
                                                                 common_event_header_vesEventListenerVersion) };
SHAPE(ves_common_event_header, common_event_header_fields);

static const char *const fault_fields_eventSeverity[] = { "CRITICAL", "MAJOR", "MINOR", "WARNING", "NORMAL", NULL };
static const char *const fault_fields_faultFieldsVersion[] = { "4.0", NULL };
static const char *const fault_fields_vfStatus[] = {
        "Active", "Idle", "Preparing to terminate", "Ready to terminate", "Requesting termination", NULL
};
static const ShapeField fault_fields_fields[] = { MAY(HASH, alarmAdditionalInformation),
                                                  MUST(STR, alarmCondition),
                                                  MAY(STR, alarmInterfaceA),
                                                  MAY(STR, eventCategory),
                                                  MUST_OF(ENUM, eventSeverity, fault_fields_eventSeverity),
                                                  MUST(STR, eventSourceType),
                                                  MUST_OF(ENUM, faultFieldsVersion, fault_fields_faultFieldsVersion),
                                                  MUST(STR, specificProblem),
                                                  MUST_OF(ENUM, vfStatus, fault_fields_vfStatus) };
SHAPE(ves_fault_fields, fault_fields_fields);

static const char *const heartbeat_fields_heartbeatFieldsVersion[] = { "3.0", NULL };
static const ShapeField heartbeat_fields_fields[] = {
        MAY(HASH, additionalFields), MUST_OF(ENUM, heartbeatFieldsVersion, heartbeat_fields_heartbeatFieldsVersion),
        MUST(INT, heartbeatInterval)
};
SHAPE(ves_heartbeat_fields, heartbeat_fields_fields);

static const ShapeField named_hash_map_fields[] = { MUST(HASH, hashMap), MUST(STR, name) };
SHAPE(ves_named_hash_map, named_hash_map_fields);

static const ShapeField json_object_fields[] = { MAY(STR, nfSubscribedObjectName),
                                                 MAY(STR, nfSubscriptionId),
                                                 MUST_OF(LIST, objectInstances, &ves_json_object_instance),
                                                 MUST(STR, objectName),
                                                 MAY(STR, objectSchema),
                                                 MAY(STR, objectSchemaUrl) };
SHAPE(ves_json_object, json_object_fields);

static const ShapeField json_object_instance_fields[] = { MAY_OF(OBJ, jsonObject, &ves_json_object), MAY(OPEN, objectInstance),
                                                          MAY(NUM, objectInstanceEpochMicrosec),
                                                          MAY_OF(LIST, objectKeys, &ves_key) };
SHAPE(ves_json_object_instance, json_object_instance_fields);

static const ShapeField key_fields[] = { MUST(STR, keyName), MAY(INT, keyOrder), MAY(STR, keyValue) };
SHAPE(ves_key, key_fields);

static const char *const notification_fields_notificationFieldsVersion[] = { "2.0", NULL };
static const ShapeField notification_fields_fields[] = { MAY(HASH, additionalFields),
                                                         MAY_OF(LIST, arrayOfNamedHashMap, &ves_named_hash_map),
                                                         MAY(STR, changeContact),
                                                         MUST(STR, changeIdentifier),
                                                         MUST(STR, changeType),
                                                         MAY(STR, newState),
                                                         MUST_OF(ENUM, notificationFieldsVersion,
                                                                 notification_fields_notificationFieldsVersion),
                                                         MAY(STR, oldState),
                                                         MAY(STR, stateInterface) };
SHAPE(ves_notification_fields, notification_fields_fields);

static const char *const other_fields_otherFieldsVersion[] = { "3.0", NULL };
static const ShapeField other_fields_fields[] = { MAY_OF(LIST, arrayOfNamedHashMap, &ves_named_hash_map), MAY(HASH, hashMap),
                                                  MAY_OF(LIST, jsonObjects, &ves_json_object),
                                                  MUST_OF(ENUM, otherFieldsVersion, other_fields_otherFieldsVersion) };
SHAPE(ves_other_fields, other_fields_fields);

static const char *const pnf_registration_fields_pnfRegistrationFieldsVersion[] = { "2.0", "2.1", NULL };
static const ShapeField pnf_registration_fields_fields[] = {
        MAY(HASH, additionalFields),
        MAY(STR, lastServiceDate),
        MAY(STR, macAddress),
        MAY(STR, manufactureDate),
        MAY(STR, modelNumber),
        MAY(IPV4, oamV4IpAddress),
        MAY(IPV6, oamV6IpAddress),
        MUST_OF(ENUM, pnfRegistrationFieldsVersion, pnf_registration_fields_pnfRegistrationFieldsVersion),
        MAY(STR, serialNumber),
        MAY(STR, softwareVersion),
        MAY(STR, unitFamily),
        MAY(STR, unitType),
        MAY(STR, vendorName)
};
SHAPE(ves_pnf_registration_fields, pnf_registration_fields_fields);

static const char *const state_change_fields_newState[] = { "inService", "maintenance", "outOfService", NULL };
static const char *const state_change_fields_oldState[] = { "inService", "maintenance", "outOfService", NULL };
static const char *const state_change_fields_stateChangeFieldsVersion[] = { "4.0", NULL };
static const ShapeField state_change_fields_fields[] = {
        MAY(HASH, additionalFields), MUST_OF(ENUM, newState, state_change_fields_newState),
        MUST_OF(ENUM, oldState, state_change_fields_oldState),
        MUST_OF(ENUM, stateChangeFieldsVersion, state_change_fields_stateChangeFieldsVersion), MUST(STR, stateInterface)
};
SHAPE(ves_state_change_fields, state_change_fields_fields);

static const char *const stnd_defined_fields_stndDefinedFieldsVersion[] = { "1.0", NULL };
static const ShapeField stnd_defined_fields_fields[] = { MUST(OPEN, data), MAY(URI, schemaReference),
                                                         MUST_OF(ENUM, stndDefinedFieldsVersion,
                                                                 stnd_defined_fields_stndDefinedFieldsVersion) };
SHAPE(ves_stnd_defined_fields, stnd_defined_fields_fields);

static const char *const syslog_fields_syslogFieldsVersion[] = { "4.0", NULL };
static const char *const syslog_fields_syslogSev[] = { "Alert", "Critical", "Debug",   "Emergency", "Error",
                                                       "Info",  "Notice",   "Warning", NULL };
static const ShapeField syslog_fields_fields[] = { MAY(HASH, additionalFields),
                                                   MAY(STR, eventSourceHost),
                                                   MUST(STR, eventSourceType),
                                                   MAY(INT, syslogFacility),
                                                   MUST_OF(ENUM, syslogFieldsVersion, syslog_fields_syslogFieldsVersion),
                                                   MUST(STR, syslogMsg),
                                                   MAY(STR, syslogMsgHost),
                                                   MAY(INT, syslogPri),
                                                   MAY(STR, syslogProc),
                                                   MAY(NUM, syslogProcId),
                                                   MAY(STR, syslogSData),
                                                   MAY(STR, syslogSdId),
                                                   MAY_OF(ENUM, syslogSev, syslog_fields_syslogSev),
                                                   MUST(STR, syslogTag),
                                                   MAY(STR, syslogTs),
                                                   MAY(NUM, syslogVer) };
SHAPE(ves_syslog_fields, syslog_fields_fields);

static const char *const threshold_crossing_alert_fields_alertAction[] = { "CLEAR", "CONT", "SET", NULL };
static const char *const threshold_crossing_alert_fields_alertType[] = { "CARD-ANOMALY", "ELEMENT-ANOMALY", "INTERFACE-ANOMALY",
                                                                         "SERVICE-ANOMALY", NULL };
static const char *const threshold_crossing_alert_fields_eventSeverity[] = { "CRITICAL", "MAJOR",  "MINOR",
                                                                             "WARNING",  "NORMAL", NULL };
static const char *const threshold_crossing_alert_fields_thresholdCrossingFieldsVersion[] = { "4.0", NULL };
static const ShapeField threshold_crossing_alert_fields_fields[] = {
        MAY(HASH, additionalFields),
        MUST_OF(LIST, additionalParameters, &ves_counter),
        MUST_OF(ENUM, alertAction, threshold_crossing_alert_fields_alertAction),
        MUST(STR, alertDescription),
        MUST_OF(ENUM, alertType, threshold_crossing_alert_fields_alertType),
        MAY(STR, alertValue),
        MAY(STRS, associatedAlertIdList),
        MUST(STR, collectionTimestamp),
        MAY(STR, dataCollector),
        MAY(STR, elementType),
        MUST_OF(ENUM, eventSeverity, threshold_crossing_alert_fields_eventSeverity),
        MUST(STR, eventStartTimestamp),
        MAY(STR, interfaceName),
        MAY(STR, networkService),
        MAY(STR, possibleRootCause),
        MUST_OF(ENUM, thresholdCrossingFieldsVersion, threshold_crossing_alert_fields_thresholdCrossingFieldsVersion)
};
SHAPE(ves_threshold_crossing_alert_fields, threshold_crossing_alert_fields_fields);

static const char *const counter_criticality[] = { "CRIT", "MAJ", NULL };
static const ShapeField counter_fields[] = { MUST_OF(ENUM, criticality, counter_criticality), MUST(HASH, hashMap),
                                             MUST(STR, thresholdCrossed) };
SHAPE(ves_counter, counter_fields);
