/* Inside this room: the parts of the configuration that have a file of their own. */
#pragma once

#include "config/keys.h"

#define NAME_MAX_CHARS 64u       /* app and pipeline: four of them fit into a topic name of 249 */
#define TOPIC_MAX_CHARS 249u     /* Kafka's */

/* Letters, digits, '.', '_', '-', not only dots: what Kafka takes in a topic name. */
bool name_fits(const char *z, size_t max);

extern const Key config_top[];           /* the whole */
extern const Key tracing_keys[];         /* tracing.c */
extern const Key pipeline_named[];       /* "NAME" and below it the keys of a pipeline */
void kafka_read(Reader *r, const Key *k, Node node, void *config);
void pipeline_read(Reader *r, const char *name, Node node, ConfigPipeline *p);
/* What depends on the rest of the file: guarantee, derived names. */
void pipeline_finish(Reader *r, const Config *c, ConfigPipeline *p);
