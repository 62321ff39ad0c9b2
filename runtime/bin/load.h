/* What verbs need before they can work: the configuration, the schemas, a pipeline's plugin with its settings. What is
 * wrong is said on stderr, each complaint with its place. */
#pragma once

#include "codec/codec.h"
#include "config/config.h"
#include "plugin/loader.h"

/* 0: *ret | EX_CONFIG | EX_NOINPUT | EX_OSERR, said. */
int load_config(Config **ret, const char *file);

/* The built-in schemas (TOCSIN_SCHEMAS, where Tocsin was installed, or beside its source) and the configuration's own
 * (c NULL: none). 0 | EX_CONFIG | EX_OSERR, said. */
int load_schemas(Schemas **ret, const Config *c);
/* The same with complaints added, not said: each folder of the configuration that cannot be read, at its place, and *ret
 * without it. 0: *ret | CONFIG_E_BAD: there are no schemas at all | -ENOMEM */
int load_schemas_into(Schemas **ret, const Config *c, Complaints *complaints);

typedef struct Loaded {              /* of one pipeline */
        const Config *config;
        const ConfigPipeline *pipe;
        const Plugin *plugin;        /* loaded until the process ends */
        tocsin_value settings;       /* checked, defaults filled in; in config->arena */
} Loaded;
/* Runs the plugin's constructors, if it has any, and nothing else of it. Complaints are added, not said.
 * 0 | CONFIG_E_BAD: complaints | -ENOMEM */
int load_pipeline(Loaded *ret, const Config *c, const ConfigPipeline *p, Complaints *complaints);
/* Its parts, for who goes on after the first complaint: the plugin alone (0 | CONFIG_E_BAD | -ENOMEM); what the operator says
 * of its ports; its settings, into l->settings (0 | CONFIG_E_BAD | -ENOMEM). */
int load_plugin(Loaded *ret, const Config *c, const ConfigPipeline *p, Complaints *complaints);
void load_ports(const Loaded *l, Complaints *complaints);
int load_settings(Loaded *l, Complaints *complaints);
/* All pipelines, or the one of that name (NULL: all); *ret has room for c->n_pipelines. 0 | EX_CONFIG | EX_USAGE (no such
 * pipeline) | EX_OSERR, said. */
int load_pipelines(Loaded *ret, size_t *n, const Config *c, const char *only);

/* The port of the plugin behind a pipeline; NULL: none. */
const tocsin_port *load_port(const Loaded *l, const char *name);
/* What the operator says about it; NULL: nothing. */
const ConfigPort *load_port_conf(const Loaded *l, const char *name);
/* The schema of an AVRO port; *own is to be freed, NULL unless it was text. 0 | SCHEMA_E_BAD, *why | -ENOMEM */
int load_port_schema(const Schema **ret, Schema **own, const tocsin_port *port, const Schemas *schemas, Why *why);
