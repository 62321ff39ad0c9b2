/* The workload's events as the codec takes them. */
#include "codec_events.h"
#include "peers/tool/workload.h"

const char codec_events_schema[] =
        "{\"type\":\"record\",\"name\":\"ClosedLoopEvent\",\"namespace\":\"bench\",\"fields\":["
        "{\"name\":\"id\",\"type\":\"string\"},{\"name\":\"loop\",\"type\":\"string\"},{\"name\":\"domain\",\"type\":\"string\"},"
        "{\"name\":\"stage\",\"type\":{\"type\":\"enum\",\"name\":\"Stage\",\"symbols\":[\"MONITORING\",\"ANALYSIS\","
        "\"DECISION\","
        "\"EXECUTION\",\"KNOWLEDGE\",\"GOVERNANCE\"]}},"
        "{\"name\":\"kind\",\"type\":{\"type\":\"enum\",\"name\":\"Kind\",\"symbols\":[\"TELEMETRY\",\"TRIGGER\",\"CLEAR\","
        "\"ALARM\","
        "\"RECOMMENDATION\",\"ACTION_PLAN\",\"ACTION_RESULT\",\"STATE\",\"HEARTBEAT\",\"INTENT\",\"INTENT_REPORT\","
        "\"COORDINATION\","
        "\"INVENTORY\"]}},"
        "{\"name\":\"producer\",\"type\":{\"type\":\"record\",\"name\":\"Producer\",\"fields\":[{\"name\":\"name\",\"type\":"
        "\"string\"},"
        "{\"name\":\"incarnation\",\"type\":\"long\"},{\"name\":\"sequence\",\"type\":\"long\"}]}},"
        "{\"name\":\"event_time\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}},"
        "{\"name\":\"correlation_id\",\"type\":[\"null\",\"string\"],\"default\":null},"
        "{\"name\":\"causes\",\"type\":{\"type\":\"array\",\"items\":\"string\"}},"
        "{\"name\":\"subject\",\"type\":{\"type\":\"record\",\"name\":\"Subject\",\"fields\":[{\"name\":\"type\",\"type\":"
        "\"string\"},"
        "{\"name\":\"id\",\"type\":\"string\"}]}},"
        "{\"name\":\"metrics\",\"type\":{\"type\":\"map\",\"values\":\"double\"}},"
        "{\"name\":\"attributes\",\"type\":{\"type\":\"map\",\"values\":\"string\"}}]}";

void codec_event(uint64_t i, Buffer *out) {
        static const Shape usual = { .loops = 10000, .bytes = 232 };
        uint8_t framed[EVENT_MAX];
        size_t n = event_encode(framed, &usual, i, EVENT_TIME_ZERO + (int64_t)i * STEP_US);
        buffer_put(out, framed + HEADER, n - HEADER);
}
