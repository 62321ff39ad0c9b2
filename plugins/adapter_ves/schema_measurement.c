/* The shapes of measurementFields (VES 7.2.1, CommonEventFormat 30.2.1). */
#include "schema.h"

static const char *const measurement_fields_measurementFieldsVersion[] = { "4.0", NULL };
static const ShapeField measurement_fields_fields[] = { MAY(HASH, additionalFields),
                                                        MAY_OF(LIST, additionalMeasurements, &ves_named_hash_map),
                                                        MAY_OF(LIST, additionalObjects, &ves_json_object),
                                                        MAY_OF(LIST, codecUsageArray, &ves_codecs_in_use),
                                                        MAY(INT, concurrentSessions),
                                                        MAY(INT, configuredEntities),
                                                        MAY_OF(LIST, cpuUsageArray, &ves_cpu_usage),
                                                        MAY_OF(LIST, diskUsageArray, &ves_disk_usage),
                                                        MAY(HASH, featureUsageArray),
                                                        MAY_OF(LIST, filesystemUsageArray, &ves_filesystem_usage),
                                                        MAY_OF(LIST, hugePagesArray, &ves_huge_pages),
                                                        MAY_OF(OBJ, ipmi, &ves_ipmi),
                                                        MAY_OF(LIST, latencyDistribution, &ves_latency_bucket_measure),
                                                        MAY_OF(LIST, loadArray, &ves_load),
                                                        MAY_OF(LIST, machineCheckExceptionArray, &ves_machine_check_exception),
                                                        MAY(NUM, meanRequestLatency),
                                                        MUST_OF(ENUM, measurementFieldsVersion,
                                                                measurement_fields_measurementFieldsVersion),
                                                        MUST(NUM, measurementInterval),
                                                        MAY_OF(LIST, memoryUsageArray, &ves_memory_usage),
                                                        MAY(INT, nfcScalingMetric),
                                                        MAY_OF(LIST, nicPerformanceArray, &ves_nic_performance),
                                                        MAY(INT, numberOfMediaPortsInUse),
                                                        MAY_OF(LIST, processStatsArray, &ves_process_stats),
                                                        MAY(NUM, requestRate) };
SHAPE(ves_measurement_fields, measurement_fields_fields);

static const ShapeField codecs_in_use_fields[] = { MUST(STR, codecIdentifier), MUST(INT, numberInUse) };
SHAPE(ves_codecs_in_use, codecs_in_use_fields);

static const ShapeField cpu_usage_fields[] = {
        MAY(NUM, cpuCapacityContention), MAY(NUM, cpuDemandAvg),      MAY(NUM, cpuDemandMhz),  MAY(NUM, cpuDemandPct),
        MUST(STR, cpuIdentifier),        MAY(NUM, cpuIdle),           MAY(NUM, cpuLatencyAvg), MAY(NUM, cpuOverheadAvg),
        MAY(NUM, cpuSwapWaitTime),       MAY(NUM, cpuUsageInterrupt), MAY(NUM, cpuUsageNice),  MAY(NUM, cpuUsageSoftIrq),
        MAY(NUM, cpuUsageSteal),         MAY(NUM, cpuUsageSystem),    MAY(NUM, cpuUsageUser),  MAY(NUM, cpuWait),
        MUST(NUM, percentUsage)
};
SHAPE(ves_cpu_usage, cpu_usage_fields);

static const ShapeField filesystem_usage_fields[] = { MUST(NUM, blockConfigured), MUST(NUM, blockIops),
                                                      MUST(NUM, blockUsed),       MUST(NUM, ephemeralConfigured),
                                                      MUST(NUM, ephemeralIops),   MUST(NUM, ephemeralUsed),
                                                      MUST(STR, filesystemName) };
SHAPE(ves_filesystem_usage, filesystem_usage_fields);

static const ShapeField huge_pages_fields[] = { MAY(NUM, bytesFree),       MAY(NUM, bytesUsed),   MUST(STR, hugePagesIdentifier),
                                                MAY(NUM, percentFree),     MAY(NUM, percentUsed), MAY(NUM, vmPageNumberFree),
                                                MAY(NUM, vmPageNumberUsed) };
SHAPE(ves_huge_pages, huge_pages_fields);

static const ShapeField latency_bucket_measure_fields[] = { MUST(NUM, countsInTheBucket), MAY(NUM, highEndOfLatencyBucket),
                                                            MAY(NUM, lowEndOfLatencyBucket) };
SHAPE(ves_latency_bucket_measure, latency_bucket_measure_fields);

static const ShapeField load_fields[] = { MAY(NUM, longTerm), MAY(NUM, midTerm), MAY(NUM, shortTerm) };
SHAPE(ves_load, load_fields);

static const ShapeField machine_check_exception_fields[] = { MAY(NUM, correctedMemoryErrors),
                                                             MAY(NUM, correctedMemoryErrorsIn1Hr),
                                                             MAY(NUM, uncorrectedMemoryErrors),
                                                             MAY(NUM, uncorrectedMemoryErrorsIn1Hr), MUST(STR, vmIdentifier) };
SHAPE(ves_machine_check_exception, machine_check_exception_fields);

static const ShapeField memory_usage_fields[] = {
        MAY(NUM, memoryBuffered),       MAY(NUM, memoryCached),      MAY(NUM, memoryConfigured),    MAY(NUM, memoryDemand),
        MUST(NUM, memoryFree),          MAY(NUM, memoryLatencyAvg),  MAY(NUM, memorySharedAvg),     MAY(NUM, memorySlabRecl),
        MAY(NUM, memorySlabUnrecl),     MAY(NUM, memorySwapInAvg),   MAY(NUM, memorySwapInRateAvg), MAY(NUM, memorySwapOutAvg),
        MAY(NUM, memorySwapOutRateAvg), MAY(NUM, memorySwapUsedAvg), MUST(NUM, memoryUsed),         MAY(NUM, percentMemoryUsage),
        MUST(STR, vmIdentifier)
};
SHAPE(ves_memory_usage, memory_usage_fields);

static const ShapeField process_stats_fields[] = { MAY(NUM, forkRate),       MUST(STR, processIdentifier),
                                                   MAY(NUM, psStateBlocked), MAY(NUM, psStatePaging),
                                                   MAY(NUM, psStateRunning), MAY(NUM, psStateSleeping),
                                                   MAY(NUM, psStateStopped), MAY(NUM, psStateZombie) };
SHAPE(ves_process_stats, process_stats_fields);
