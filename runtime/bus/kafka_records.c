/* A batch of librdkafka's messages seen as BusRecords. */
#include "bus/kafka_body.h"

int kafka_batch_init(KafkaBatch *k) {
        k->messages = calloc(KAFKA_BATCH, sizeof *k->messages);
        k->records = malloc(KAFKA_BATCH * sizeof *k->records);
        return k->messages && k->records ? 0 : -ENOMEM;
}

void kafka_batch_clear(KafkaBatch *k) {
        for (size_t i = 0; i < k->n_messages; i++)
                rd_kafka_message_destroy(k->messages[i]);
        k->n_messages = k->n_records = 0;
}

void kafka_batch_deinit(KafkaBatch *k) {
        kafka_batch_clear(k);
        free(k->messages);
        free(k->records);
        *k = (KafkaBatch){ 0 };
}

void kafka_batch_add(KafkaBatch *k, rd_kafka_message_t *m, uint32_t topic) {
        rd_kafka_timestamp_type_t kind;
        int64_t time_ms = rd_kafka_message_timestamp(m, &kind);
        k->records[k->n_records++] =
                (BusRecord){ .topic = topic,
                             .partition = m->partition,
                             .offset = m->offset,
                             .time_us = kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || time_ms < 0 ? 0 : time_ms * 1000,
                             .key = bytes_of(m->key, m->key ? m->key_len : 0),
                             .value = bytes_of(m->payload, m->payload ? m->len : 0),
                             .message = m };
}

/* librdkafka parses them at the first call, through a buffer that it makes for that, even where there are none: nearly a
 * tenth of all that a small record costs. */
bool kafka_header(void *message, uint32_t i, BusHeader *ret) {
        rd_kafka_headers_t *headers;
        const char *name;
        const void *value;
        size_t len;
        if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
            rd_kafka_header_get_all(headers, i, &name, &value, &len) != RD_KAFKA_RESP_ERR_NO_ERROR)
                return false;
        *ret = (BusHeader){ .name = name, .value = bytes_of(value, value ? len : 0) };
        return true;
}
