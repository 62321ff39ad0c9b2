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
        k->n_messages = k->n_records = k->n_headers = 0;
}

void kafka_batch_deinit(KafkaBatch *k) {
        kafka_batch_clear(k);
        free(k->messages);
        free(k->records);
        free(k->headers);
        *k = (KafkaBatch){ 0 };
}

static int add_header(KafkaBatch *k, const char *name, Bytes value) {
        if (k->n_headers == k->size_headers) {
                size_t size = k->size_headers ? k->size_headers * 2 : 64;
                BusHeader *more = realloc(k->headers, size * sizeof *more);
                REQUIRE(more, -ENOMEM);
                k->headers = more;
                k->size_headers = size;
        }
        k->headers[k->n_headers++] = (BusHeader){ .name = name, .value = value };
        return 0;
}

int kafka_batch_add(KafkaBatch *k, rd_kafka_message_t *m, uint32_t topic) {
        rd_kafka_timestamp_type_t kind;
        int64_t time_ms = rd_kafka_message_timestamp(m, &kind);
        BusRecord *r = &k->records[k->n_records];
        *r = (BusRecord){ .topic = topic,
                          .partition = m->partition,
                          .offset = m->offset,
                          .time_us = kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || time_ms < 0 ? 0 : time_ms * 1000,
                          .key = bytes_of(m->key, m->key ? m->key_len : 0),
                          .value = bytes_of(m->payload, m->payload ? m->len : 0) };
        rd_kafka_headers_t *headers;
        if (rd_kafka_message_headers(m, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
                const char *name;
                const void *value;
                size_t len;
                while (rd_kafka_header_get_all(headers, r->n_headers, &name, &value, &len) == RD_KAFKA_RESP_ERR_NO_ERROR) {
                        GUARD(add_header(k, name, bytes_of(value, value ? len : 0)));
                        r->n_headers++;
                }
        }
        k->n_records++;
        return 0;
}

void kafka_batch_seal(KafkaBatch *k) {
        size_t at = 0;
        for (size_t i = 0; k->n_headers && i < k->n_records; at += k->records[i++].n_headers)
                k->records[i].headers = k->records[i].n_headers ? k->headers + at : NULL;
}
