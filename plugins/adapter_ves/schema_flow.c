/* The shapes of mobileFlowFields, perf3gppFields, sipSignalingFields and voiceQualityFields (VES 7.2.1). */
#include "schema.h"

static const char *const mobile_flow_fields_mobileFlowFieldsVersion[] = { "4.0", NULL };
static const ShapeField mobile_flow_fields_fields[] = { MAY(HASH, additionalFields),
                                                        MAY(STR, appProtocolType),
                                                        MAY(STR, appProtocolVersion),
                                                        MAY(STR, applicationType),
                                                        MAY(STR, cid),
                                                        MAY(STR, connectionType),
                                                        MAY(STR, ecgi),
                                                        MUST(STR, flowDirection),
                                                        MUST_OF(OBJ, gtpPerFlowMetrics, &ves_gtp_per_flow_metrics),
                                                        MAY(STR, gtpProtocolType),
                                                        MAY(STR, gtpVersion),
                                                        MAY(STR, httpHeader),
                                                        MAY(STR, imei),
                                                        MAY(STR, imsi),
                                                        MUST(STR, ipProtocolType),
                                                        MUST(STR, ipVersion),
                                                        MAY(STR, lac),
                                                        MAY(STR, mcc),
                                                        MAY(STR, mnc),
                                                        MUST_OF(ENUM, mobileFlowFieldsVersion,
                                                                mobile_flow_fields_mobileFlowFieldsVersion),
                                                        MAY(STR, msisdn),
                                                        MUST(STR, otherEndpointIpAddress),
                                                        MUST(INT, otherEndpointPort),
                                                        MAY(STR, otherFunctionalRole),
                                                        MAY(STR, rac),
                                                        MAY(STR, radioAccessTechnology),
                                                        MUST(STR, reportingEndpointIpAddr),
                                                        MUST(INT, reportingEndpointPort),
                                                        MAY(STR, sac),
                                                        MAY(INT, samplingAlgorithm),
                                                        MAY(STR, tac),
                                                        MAY(STR, tunnelId),
                                                        MAY(STR, vlanId) };
SHAPE(ves_mobile_flow_fields, mobile_flow_fields_fields);

static const ShapeField gtp_per_flow_metrics_fields[] = { MUST(NUM, avgBitErrorRate),
                                                          MUST(NUM, avgPacketDelayVariation),
                                                          MUST(NUM, avgPacketLatency),
                                                          MUST(NUM, avgReceiveThroughput),
                                                          MUST(NUM, avgTransmitThroughput),
                                                          MAY(NUM, durConnectionFailedStatus),
                                                          MAY(NUM, durTunnelFailedStatus),
                                                          MAY(STR, flowActivatedBy),
                                                          MUST(NUM, flowActivationEpoch),
                                                          MUST(NUM, flowActivationMicrosec),
                                                          MAY(STR, flowActivationTime),
                                                          MAY(STR, flowDeactivatedBy),
                                                          MUST(NUM, flowDeactivationEpoch),
                                                          MUST(NUM, flowDeactivationMicrosec),
                                                          MUST(STR, flowDeactivationTime),
                                                          MUST(STR, flowStatus),
                                                          MAY(STR, gtpConnectionStatus),
                                                          MAY(STR, gtpTunnelStatus),
                                                          MAY(HASH, ipTosCountList),
                                                          MAY(STRS, ipTosList),
                                                          MAY(NUM, largePacketRtt),
                                                          MAY(NUM, largePacketThreshold),
                                                          MUST(NUM, maxPacketDelayVariation),
                                                          MAY(NUM, maxReceiveBitRate),
                                                          MAY(NUM, maxTransmitBitRate),
                                                          MAY(HASH, mobileQciCosCountList),
                                                          MAY(STRS, mobileQciCosList),
                                                          MUST(NUM, numActivationFailures),
                                                          MUST(NUM, numBitErrors),
                                                          MUST(NUM, numBytesReceived),
                                                          MUST(NUM, numBytesTransmitted),
                                                          MUST(NUM, numDroppedPackets),
                                                          MAY(NUM, numGtpEchoFailures),
                                                          MAY(NUM, numGtpTunnelErrors),
                                                          MAY(NUM, numHttpErrors),
                                                          MUST(NUM, numL7BytesReceived),
                                                          MUST(NUM, numL7BytesTransmitted),
                                                          MUST(NUM, numLostPackets),
                                                          MUST(NUM, numOutOfOrderPackets),
                                                          MUST(NUM, numPacketErrors),
                                                          MUST(NUM, numPacketsReceivedExclRetrans),
                                                          MUST(NUM, numPacketsReceivedInclRetrans),
                                                          MUST(NUM, numPacketsTransmittedInclRetrans),
                                                          MUST(NUM, numRetries),
                                                          MUST(NUM, numTimeouts),
                                                          MUST(NUM, numTunneledL7BytesReceived),
                                                          MUST(NUM, roundTripTime),
                                                          MAY(HASH, tcpFlagCountList),
                                                          MAY(STRS, tcpFlagList),
                                                          MUST(NUM, timeToFirstByte) };
SHAPE(ves_gtp_per_flow_metrics, gtp_per_flow_metrics_fields);

static const char *const perf3gpp_fields_perf3gppFieldsVersion[] = { "1.0", "1.0.1", NULL };
static const ShapeField perf3gpp_fields_fields[] = {
        MAY(HASH, eventAddlFields), MUST_OF(OBJ, measDataCollection, &ves_meas_data_collection),
        MUST_OF(ENUM, perf3gppFieldsVersion, perf3gpp_fields_perf3gppFieldsVersion)
};
SHAPE(ves_perf3gpp_fields, perf3gpp_fields_fields);

static const ShapeField meas_data_collection_fields[] = {
        MAY(STR, formatVersion),         MUST(NUM, granularityPeriod), MUST_OF(LIST, measInfoList, &ves_meas_info),
        MAY(STRS, measObjInstIdList),    MUST(STR, measuredEntityDn),  MAY(STR, measuredEntitySoftwareVersion),
        MAY(STR, measuredEntityUserName)
};
SHAPE(ves_meas_data_collection, meas_data_collection_fields);

static const Shape *const meas_info_measInfoId[] = { &ves_meas_info_id_integer, &ves_meas_info_id_string, NULL };
static const Shape *const meas_info_measTypes[] = { &ves_meas_types_integer, &ves_meas_types_string, NULL };
static const ShapeField meas_info_fields[] = { MAY(STR, jobId), MAY_OF(ONE, measInfoId, meas_info_measInfoId),
                                               MUST_OF(ONE, measTypes, meas_info_measTypes),
                                               MUST_OF(LIST, measValuesList, &ves_meas_values) };
SHAPE(ves_meas_info, meas_info_fields);

static const ShapeField meas_info_id_integer_fields[] = { MUST(INT, iMeasInfoId) };
SHAPE(ves_meas_info_id_integer, meas_info_id_integer_fields);

static const ShapeField meas_info_id_string_fields[] = { MUST(STR, sMeasInfoId) };
SHAPE(ves_meas_info_id_string, meas_info_id_string_fields);

static const ShapeField meas_types_integer_fields[] = { MUST(INTS, iMeasTypesList) };
SHAPE(ves_meas_types_integer, meas_types_integer_fields);

static const ShapeField meas_types_string_fields[] = { MUST(STRS, sMeasTypesList) };
SHAPE(ves_meas_types_string, meas_types_string_fields);

static const Shape *const meas_values_measResults[] = { &ves_meas_result_integer, &ves_meas_result_null, &ves_meas_result_number,
                                                        &ves_meas_result_string, NULL };
static const char *const meas_values_suspectFlag[] = { "true", "false", NULL };
static const ShapeField meas_values_fields[] = { MAY(HASH, measObjAddlFlds), MUST(STR, measObjInstId),
                                                 MUST_OF(ONES, measResults, meas_values_measResults),
                                                 MAY_OF(ENUM, suspectFlag, meas_values_suspectFlag) };
SHAPE(ves_meas_values, meas_values_fields);

static const ShapeField meas_result_integer_fields[] = { MUST(INT, iValue), MUST(INT, p) };
SHAPE(ves_meas_result_integer, meas_result_integer_fields);

static const char *const meas_result_null_isNull[] = { "true", "false", NULL };
static const ShapeField meas_result_null_fields[] = { MUST_OF(ENUM, isNull, meas_result_null_isNull), MUST(INT, p) };
SHAPE(ves_meas_result_null, meas_result_null_fields);

static const ShapeField meas_result_number_fields[] = { MUST(INT, p), MUST(NUM, rValue) };
SHAPE(ves_meas_result_number, meas_result_number_fields);

static const ShapeField meas_result_string_fields[] = { MUST(INT, p), MUST(STR, sValue) };
SHAPE(ves_meas_result_string, meas_result_string_fields);

static const char *const sip_signaling_fields_sipSignalingFieldsVersion[] = { "3.0", NULL };
static const ShapeField sip_signaling_fields_fields[] = { MAY(HASH, additionalInformation),
                                                          MAY(STR, compressedSip),
                                                          MUST(STR, correlator),
                                                          MUST(STR, localIpAddress),
                                                          MUST(STR, localPort),
                                                          MUST(STR, remoteIpAddress),
                                                          MUST(STR, remotePort),
                                                          MUST_OF(ENUM, sipSignalingFieldsVersion,
                                                                  sip_signaling_fields_sipSignalingFieldsVersion),
                                                          MAY(STR, summarySip),
                                                          MUST_OF(OBJ, vendorNfNameFields, &ves_vendor_nf_name_fields) };
SHAPE(ves_sip_signaling_fields, sip_signaling_fields_fields);

static const ShapeField vendor_nf_name_fields_fields[] = { MAY(STR, nfModuleName), MAY(STR, nfName), MUST(STR, vendorName) };
SHAPE(ves_vendor_nf_name_fields, vendor_nf_name_fields_fields);

static const char *const voice_quality_fields_voiceQualityFieldsVersion[] = { "4.0", NULL };
static const ShapeField voice_quality_fields_fields[] = { MAY(HASH, additionalInformation),
                                                          MUST(STR, calleeSideCodec),
                                                          MUST(STR, callerSideCodec),
                                                          MUST(STR, correlator),
                                                          MAY_OF(OBJ, endOfCallVqmSummaries, &ves_end_of_call_vqm_summaries),
                                                          MUST(STR, midCallRtcp),
                                                          MAY(STR, phoneNumber),
                                                          MUST_OF(OBJ, vendorNfNameFields, &ves_vendor_nf_name_fields),
                                                          MUST_OF(ENUM, voiceQualityFieldsVersion,
                                                                  voice_quality_fields_voiceQualityFieldsVersion) };
SHAPE(ves_voice_quality_fields, voice_quality_fields_fields);

static const char *const end_of_call_vqm_summaries_endpointDescription[] = { "Caller", "Callee", NULL };
static const ShapeField end_of_call_vqm_summaries_fields[] = { MUST(STR, adjacencyName),
                                                               MAY(NUM, endpointAverageJitter),
                                                               MUST_OF(ENUM, endpointDescription,
                                                                       end_of_call_vqm_summaries_endpointDescription),
                                                               MAY(NUM, endpointMaxJitter),
                                                               MAY(NUM, endpointRtpOctetsDiscarded),
                                                               MAY(NUM, endpointRtpOctetsLost),
                                                               MAY(NUM, endpointRtpOctetsReceived),
                                                               MAY(NUM, endpointRtpOctetsSent),
                                                               MAY(NUM, endpointRtpPacketsDiscarded),
                                                               MAY(NUM, endpointRtpPacketsLost),
                                                               MAY(NUM, endpointRtpPacketsReceived),
                                                               MAY(NUM, endpointRtpPacketsSent),
                                                               MAY(NUM, localAverageJitter),
                                                               MAY(NUM, localAverageJitterBufferDelay),
                                                               MAY(NUM, localMaxJitter),
                                                               MAY(NUM, localMaxJitterBufferDelay),
                                                               MAY(NUM, localRtpOctetsDiscarded),
                                                               MAY(NUM, localRtpOctetsLost),
                                                               MAY(NUM, localRtpOctetsReceived),
                                                               MAY(NUM, localRtpOctetsSent),
                                                               MAY(NUM, localRtpPacketsDiscarded),
                                                               MAY(NUM, localRtpPacketsLost),
                                                               MAY(NUM, localRtpPacketsReceived),
                                                               MAY(NUM, localRtpPacketsSent),
                                                               MAY(NUM, mosCqe),
                                                               MAY(NUM, oneWayDelay),
                                                               MAY(NUM, packetLossPercent),
                                                               MAY(NUM, rFactor),
                                                               MAY(NUM, roundTripDelay) };
SHAPE(ves_end_of_call_vqm_summaries, end_of_call_vqm_summaries_fields);
