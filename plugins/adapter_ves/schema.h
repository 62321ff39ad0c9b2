/* The VES 7.2.1 event format (ONAP CommonEventFormat_30.2.1, Apache-2.0) as shapes, one for each definition that an event can
 * reach. */
#pragma once

#include "shape.h"

extern const Shape ves_codecs_in_use, ves_common_event_header, ves_counter, ves_cpu_usage, ves_disk_usage,
        ves_end_of_call_vqm_summaries, ves_event, ves_fault_fields, ves_filesystem_usage, ves_gtp_per_flow_metrics,
        ves_heartbeat_fields, ves_huge_pages, ves_ipmi, ves_ipmi_baseboard_temperature,
        ves_ipmi_baseboard_voltage_regulator, ves_ipmi_battery, ves_ipmi_fan,
        ves_ipmi_global_aggregate_temperature_margin, ves_ipmi_hsbp, ves_ipmi_nic, ves_ipmi_power_supply,
        ves_ipmi_processor, ves_json_object, ves_json_object_instance, ves_key, ves_latency_bucket_measure,
        ves_load, ves_machine_check_exception, ves_meas_data_collection, ves_meas_info, ves_meas_info_id_integer,
        ves_meas_info_id_string, ves_meas_result_integer, ves_meas_result_null, ves_meas_result_number,
        ves_meas_result_string, ves_meas_types_integer, ves_meas_types_string, ves_meas_values,
        ves_measurement_fields, ves_memory_usage, ves_mobile_flow_fields, ves_named_hash_map, ves_nic_performance,
        ves_notification_fields, ves_other_fields, ves_perf3gpp_fields, ves_pnf_registration_fields,
        ves_process_stats, ves_processor_dimm_aggregate_thermal_margin, ves_sip_signaling_fields,
        ves_state_change_fields, ves_stnd_defined_fields, ves_syslog_fields, ves_threshold_crossing_alert_fields,
        ves_vendor_nf_name_fields, ves_voice_quality_fields;
