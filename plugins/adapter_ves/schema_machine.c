/* The shapes of the parts of measurementFields with many counters: disks, networks, IPMI (VES 7.2.1). */
#include "schema.h"

static const ShapeField disk_usage_fields[] = { MAY(NUM, diskBusResets),
                                                MAY(NUM, diskCommandsAborted),
                                                MAY(NUM, diskCommandsAvg),
                                                MAY(NUM, diskFlushRequests),
                                                MAY(NUM, diskFlushTime),
                                                MUST(STR, diskIdentifier),
                                                MAY(NUM, diskIoTimeAvg),
                                                MAY(NUM, diskIoTimeLast),
                                                MAY(NUM, diskIoTimeMax),
                                                MAY(NUM, diskIoTimeMin),
                                                MAY(NUM, diskMergedReadAvg),
                                                MAY(NUM, diskMergedReadLast),
                                                MAY(NUM, diskMergedReadMax),
                                                MAY(NUM, diskMergedReadMin),
                                                MAY(NUM, diskMergedWriteAvg),
                                                MAY(NUM, diskMergedWriteLast),
                                                MAY(NUM, diskMergedWriteMax),
                                                MAY(NUM, diskMergedWriteMin),
                                                MAY(NUM, diskOctetsReadAvg),
                                                MAY(NUM, diskOctetsReadLast),
                                                MAY(NUM, diskOctetsReadMax),
                                                MAY(NUM, diskOctetsReadMin),
                                                MAY(NUM, diskOctetsWriteAvg),
                                                MAY(NUM, diskOctetsWriteLast),
                                                MAY(NUM, diskOctetsWriteMax),
                                                MAY(NUM, diskOctetsWriteMin),
                                                MAY(NUM, diskOpsReadAvg),
                                                MAY(NUM, diskOpsReadLast),
                                                MAY(NUM, diskOpsReadMax),
                                                MAY(NUM, diskOpsReadMin),
                                                MAY(NUM, diskOpsWriteAvg),
                                                MAY(NUM, diskOpsWriteLast),
                                                MAY(NUM, diskOpsWriteMax),
                                                MAY(NUM, diskOpsWriteMin),
                                                MAY(NUM, diskPendingOperationsAvg),
                                                MAY(NUM, diskPendingOperationsLast),
                                                MAY(NUM, diskPendingOperationsMax),
                                                MAY(NUM, diskPendingOperationsMin),
                                                MAY(NUM, diskReadCommandsAvg),
                                                MAY(NUM, diskTime),
                                                MAY(NUM, diskTimeReadAvg),
                                                MAY(NUM, diskTimeReadLast),
                                                MAY(NUM, diskTimeReadMax),
                                                MAY(NUM, diskTimeReadMin),
                                                MAY(NUM, diskTimeWriteAvg),
                                                MAY(NUM, diskTimeWriteLast),
                                                MAY(NUM, diskTimeWriteMax),
                                                MAY(NUM, diskTimeWriteMin),
                                                MAY(NUM, diskTotalReadLatencyAvg),
                                                MAY(NUM, diskTotalWriteLatencyAvg),
                                                MAY(NUM, diskWeightedIoTimeAvg),
                                                MAY(NUM, diskWeightedIoTimeLast),
                                                MAY(NUM, diskWeightedIoTimeMax),
                                                MAY(NUM, diskWeightedIoTimeMin),
                                                MAY(NUM, diskWriteCommandsAvg) };
SHAPE(ves_disk_usage, disk_usage_fields);

static const char *const nic_performance_administrativeState[] = { "inService", "outOfService", NULL };
static const char *const nic_performance_operationalState[] = { "inService", "outOfService", NULL };
static const char *const nic_performance_valuesAreSuspect[] = { "true", "false", NULL };
static const ShapeField nic_performance_fields[] = { MAY_OF(ENUM, administrativeState, nic_performance_administrativeState),
                                                     MUST(STR, nicIdentifier),
                                                     MAY_OF(ENUM, operationalState, nic_performance_operationalState),
                                                     MAY(NUM, receivedBroadcastPacketsAccumulated),
                                                     MAY(NUM, receivedBroadcastPacketsDelta),
                                                     MAY(NUM, receivedDiscardedPacketsAccumulated),
                                                     MAY(NUM, receivedDiscardedPacketsDelta),
                                                     MAY(NUM, receivedErrorPacketsAccumulated),
                                                     MAY(NUM, receivedErrorPacketsDelta),
                                                     MAY(NUM, receivedMulticastPacketsAccumulated),
                                                     MAY(NUM, receivedMulticastPacketsDelta),
                                                     MAY(NUM, receivedOctetsAccumulated),
                                                     MAY(NUM, receivedOctetsDelta),
                                                     MAY(NUM, receivedPercentDiscard),
                                                     MAY(NUM, receivedPercentError),
                                                     MAY(NUM, receivedTotalPacketsAccumulated),
                                                     MAY(NUM, receivedTotalPacketsDelta),
                                                     MAY(NUM, receivedUnicastPacketsAccumulated),
                                                     MAY(NUM, receivedUnicastPacketsDelta),
                                                     MAY(NUM, receivedUtilization),
                                                     MAY(NUM, speed),
                                                     MAY(NUM, transmittedBroadcastPacketsAccumulated),
                                                     MAY(NUM, transmittedBroadcastPacketsDelta),
                                                     MAY(NUM, transmittedDiscardedPacketsAccumulated),
                                                     MAY(NUM, transmittedDiscardedPacketsDelta),
                                                     MAY(NUM, transmittedErrorPacketsAccumulated),
                                                     MAY(NUM, transmittedErrorPacketsDelta),
                                                     MAY(NUM, transmittedMulticastPacketsAccumulated),
                                                     MAY(NUM, transmittedMulticastPacketsDelta),
                                                     MAY(NUM, transmittedOctetsAccumulated),
                                                     MAY(NUM, transmittedOctetsDelta),
                                                     MAY(NUM, transmittedPercentDiscard),
                                                     MAY(NUM, transmittedPercentError),
                                                     MAY(NUM, transmittedTotalPacketsAccumulated),
                                                     MAY(NUM, transmittedTotalPacketsDelta),
                                                     MAY(NUM, transmittedUnicastPacketsAccumulated),
                                                     MAY(NUM, transmittedUnicastPacketsDelta),
                                                     MAY(NUM, transmittedUtilization),
                                                     MUST_OF(ENUM, valuesAreSuspect, nic_performance_valuesAreSuspect) };
SHAPE(ves_nic_performance, nic_performance_fields);

static const ShapeField ipmi_fields[] = { MAY(NUM, exitAirTemperature),
                                          MAY(NUM, frontPanelTemperature),
                                          MAY(NUM, ioModuleTemperature),
                                          MAY_OF(LIST, ipmiBaseboardTemperatureArray, &ves_ipmi_baseboard_temperature),
                                          MAY_OF(LIST, ipmiBaseboardVoltageRegulatorArray, &ves_ipmi_baseboard_voltage_regulator),
                                          MAY_OF(LIST, ipmiBatteryArray, &ves_ipmi_battery),
                                          MAY_OF(LIST, ipmiFanArray, &ves_ipmi_fan),
                                          MAY_OF(LIST, ipmiGlobalAggregateTemperatureMarginArray,
                                                 &ves_ipmi_global_aggregate_temperature_margin),
                                          MAY_OF(LIST, ipmiHsbpArray, &ves_ipmi_hsbp),
                                          MAY_OF(LIST, ipmiNicArray, &ves_ipmi_nic),
                                          MAY_OF(LIST, ipmiPowerSupplyArray, &ves_ipmi_power_supply),
                                          MAY_OF(LIST, ipmiProcessorArray, &ves_ipmi_processor),
                                          MAY(NUM, systemAirflow) };
SHAPE(ves_ipmi, ipmi_fields);

static const ShapeField ipmi_baseboard_temperature_fields[] = { MAY(NUM, baseboardTemperature),
                                                                MUST(STR, baseboardTemperatureIdentifier) };
SHAPE(ves_ipmi_baseboard_temperature, ipmi_baseboard_temperature_fields);

static const ShapeField ipmi_baseboard_voltage_regulator_fields[] = { MUST(STR, baseboardVoltageRegulatorIdentifier),
                                                                      MAY(NUM, voltageRegulatorTemperature) };
SHAPE(ves_ipmi_baseboard_voltage_regulator, ipmi_baseboard_voltage_regulator_fields);

static const ShapeField ipmi_battery_fields[] = { MUST(STR, batteryIdentifier), MAY(STR, batteryType),
                                                  MAY(NUM, batteryVoltageLevel) };
SHAPE(ves_ipmi_battery, ipmi_battery_fields);

static const ShapeField ipmi_fan_fields[] = { MUST(STR, fanIdentifier), MAY(NUM, fanSpeed) };
SHAPE(ves_ipmi_fan, ipmi_fan_fields);

static const ShapeField ipmi_global_aggregate_temperature_margin_fields[] = {
        MUST(NUM, globalAggregateTemperatureMargin), MUST(STR, globalAggregateTemperatureMarginIdentifier)
};
SHAPE(ves_ipmi_global_aggregate_temperature_margin, ipmi_global_aggregate_temperature_margin_fields);

static const ShapeField ipmi_hsbp_fields[] = { MUST(STR, hsbpIdentifier), MAY(NUM, hsbpTemperature) };
SHAPE(ves_ipmi_hsbp, ipmi_hsbp_fields);

static const ShapeField ipmi_nic_fields[] = { MUST(STR, nicIdentifier), MAY(NUM, nicTemperature) };
SHAPE(ves_ipmi_nic, ipmi_nic_fields);

static const ShapeField ipmi_power_supply_fields[] = { MAY(NUM, powerSupplyCurrentOutputPercent),
                                                       MUST(STR, powerSupplyIdentifier), MAY(NUM, powerSupplyInputPower),
                                                       MAY(NUM, powerSupplyTemperature) };
SHAPE(ves_ipmi_power_supply, ipmi_power_supply_fields);

static const ShapeField ipmi_processor_fields[] = {
        MAY_OF(LIST, processorDimmAggregateThermalMarginArray, &ves_processor_dimm_aggregate_thermal_margin),
        MAY(NUM, processorDtsThermalMargin), MUST(STR, processorIdentifier), MAY(NUM, processorThermalControlPercent)
};
SHAPE(ves_ipmi_processor, ipmi_processor_fields);

static const ShapeField processor_dimm_aggregate_thermal_margin_fields[] = {
        MUST(STR, processorDimmAggregateThermalMarginIdentifier), MUST(NUM, thermalMargin)
};
SHAPE(ves_processor_dimm_aggregate_thermal_margin, processor_dimm_aggregate_thermal_margin_fields);
