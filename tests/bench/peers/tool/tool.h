/* The verbs of the tool, by what they do. */
#pragma once
#include "kafka.h"
#include "workload.h"
#include <signal.h>

#define GIVE_UP_US INT64_C(30000000) /* without an answer of the broker */

extern volatile sig_atomic_t stopped;

void topics_create(int partitions, char **names, int n);
void topics_delete(char **prefixes, int n);
void write_fill(const char *topic, const Shape *s, uint64_t n);
void write_pace(const char *topic, const Shape *s, int64_t start_us, uint64_t rate, uint64_t seconds);
void read_check(const char *topic);
void read_sink(const char *topic, int64_t from_us);
void read_watch(const char *topic, char **groups, int n);

/* Partitions of a topic that is there. */
int partitions_of(rd_kafka_t *k, const char *topic);
