/* The few librdkafka calls that the bare loop and the tool repeat. All end the process on failure: benchmarks do not recover. */
#pragma once
#include <librdkafka/rdkafka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DIE(...)                              \
        do {                                  \
                fprintf(stderr, __VA_ARGS__); \
                fputc('\n', stderr);          \
                exit(70);                     \
        } while (0)

/* A variable of the environment; otherwise NULL: it must be there. */
const char *env(const char *name, const char *otherwise);
int64_t now_us(clockid_t clock);
/* Bootstrap from BENCH_BOOTSTRAP, then the pairs up to a NULL. */
rd_kafka_conf_t *conf_new(const char *const pairs[][2]);
rd_kafka_t *client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf);
