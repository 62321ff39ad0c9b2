/* From a configuration to a broker, for verbs that look or write once and end. */
#pragma once

#include "bin/load.h"
#include "bin/patience.h"
#include "bus/bus.h"

typedef struct Connect {
        BusConf conf;                /* no group, no transactions; borrows from here */
        BusProperty *properties;
        char bootstrap[256];         /* addresses; for people, cut there */
} Connect;

/* kafka: embedded: the broker that `tocsin run` of this configuration has started; whether it still listens is tried.
 * 0 | EX_UNAVAILABLE | EX_OSERR, *why */
int connect_init(Connect *ret, const Config *c, Why *why);
void connect_deinit(Connect *c);
/* Before a question to its brokers; patience_end() when the answer is there. */
void connect_ask(const Connect *c, Patience *p);
/* librdkafka properties of a configuration; `bootstrap` instead of its own, NULL: its own. NULL: out of memory */
BusProperty *connect_properties(const Config *c, const char *bootstrap, uint32_t *n);
/* bootstrap.servers as people may see it; NULL: none. Lives with the configuration. */
const char *connect_brokers(const Config *c);

/* Where `run` leaves the address of its embedded broker. */
void connect_bootstrap_path(const Config *c, char *ret, size_t size);
/* The exit code behind an answer of the bus. */
int connect_exit(int answer);

/* The topic that pipelines bind a port with this schema to; IN or OUT. `otherwise` if none does. */
const char *connect_topic(const Config *c, const char *schema, uint32_t direction, const char *otherwise);
