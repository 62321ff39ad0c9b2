/* Ports, settings and metrics, in the order in which the plugin declares them. */
#include "bin/plugin_words.h"

#include "value/value.h"
#include "json/json.h"
#include <tocsin/value.h>

static const char *const roles[] = { "stream", "table", "internal" }, *const directions[] = { "in", "out" };
static const char *const formats[] = { "avro", "json", "raw" }, *const seals[] = { "event", "notify", "command" };
static const char *const kinds[] = { "counter", "gauge" };

static void put_abi(Buffer *out, uint32_t abi) {
        buffer_printf(out, "%u.%u", abi >> 16, abi & 0xffff);
}

/* Inline schemas by their name only. */
static void put_schema(Buffer *out, const tocsin_port *p) {
        Arena *a = NULL;
        tocsin_value v;
        if (!p->schema)
                buffer_put_z(out, formats[p->format]);
        else if (p->schema[0] != '{')
                buffer_put_z(out, p->schema);
        else if ((a = arena_new(4u << 20)) && json_parse(a, bytes_z(p->schema), &v, NULL, NULL) == 0) {
                Bytes space = tocsin_get_bytes(&v, "namespace"), name = tocsin_get_bytes(&v, "name");
                buffer_printf(out, "%.*s%s%.*s", BYTES_ARG(space), space.len ? "." : "", BYTES_ARG(name));
        }
        arena_free(a);
}

void plugin_line(Buffer *out, const Plugin *p) {
        buffer_printf(out, "%-20s %-8s ABI ", p->self.name, p->self.version);
        put_abi(out, p->self.abi);
        for (uint32_t i = 0; i < p->self.n_ports; i++)
                buffer_printf(out, "  %s%s",
                              p->port[i]->direction == TOCSIN_OUT   ? ">"
                              : p->port[i]->role == TOCSIN_TABLE    ? "="
                              : p->port[i]->role == TOCSIN_INTERNAL ? "@"
                                                                    : "<",
                              p->port[i]->name);
        buffer_put_z(out, "\n");
}

static void put_port(Buffer *out, const tocsin_port *p) {
        buffer_printf(out, "  %-14s %-4s%-9s ", p->name, directions[p->direction], roles[p->role]);
        put_schema(out, p);
        if (p->key)
                buffer_printf(out, ", key %s", p->key);
        if (p->time)
                buffer_printf(out, ", time %s", p->time);
        if (p->direction == TOCSIN_OUT)
                buffer_printf(out, ", sealed as %s", seals[p->seal]);
        if (p->flags & TOCSIN_PORT_OPTIONAL)
                buffer_put_z(out, ", optional");
        buffer_printf(out, "\n                 %s\n", p->help);
        for (uint32_t i = 0; i < p->n_reads; i++)
                buffer_printf(out, "%s%s%s", i ? " " : "                 reads ", p->reads[i], i + 1 < p->n_reads ? "" : "\n");
}

static void put_bound(Buffer *out, const tocsin_value *schema, const char *name, const char *word) {
        const tocsin_value *v = tocsin_find(schema, name);
        if (!v)
                return;
        buffer_printf(out, ", %s ", word);
        value_print(out, v);
}

static void put_settings(Buffer *out, const tocsin_value *schema, const char *path) {
        const tocsin_value *properties = tocsin_find(schema, "properties");
        for (uint32_t i = 0; properties && i < properties->len; i++) {
                const tocsin_field *f = &properties->u.fields[i];
                char below[256];
                snprintf(below, sizeof below, "%s%s%.*s", path, *path ? "." : "", (int)f->name_len, f->name);
                Bytes type = tocsin_get_bytes(&f->value, "type"), help = tocsin_get_bytes(&f->value, "description");
                buffer_printf(out, "  %-24s %.*s", below, BYTES_ARG(type));
                put_bound(out, &f->value, "default", "default");
                put_bound(out, &f->value, "minimum", "from");
                put_bound(out, &f->value, "maximum", "to");
                put_bound(out, &f->value, "enum", "one of");
                put_bound(out, &f->value, "pattern", "like");
                buffer_put_z(out, "\n");
                if (help.len)
                        buffer_printf(out, "                           %.*s\n", BYTES_ARG(help));
                put_settings(out, &f->value, below);
                if (tocsin_find(&f->value, "items")) {
                        snprintf(below + strlen(below), sizeof below - strlen(below), "[]");
                        put_settings(out, tocsin_find(&f->value, "items"), below);
                }
        }
}

void plugin_text(Buffer *out, const Plugin *p, Arena *a) {
        const tocsin_plugin *s = &p->self;
        tocsin_value schema;
        buffer_printf(out, "%s %s\n%s\n\nlicense   %s\nABI       built for ", s->name, s->version, s->summary, s->license);
        put_abi(out, s->abi);
        buffer_put_z(out, ", lives from ");
        put_abi(out, s->needs);
        buffer_printf(out, "\nstate     version %u\nfile      %s\nSHA-256   ", s->state_version, p->path);
        for (unsigned i = 0; i < DIGEST_LEN; i++)
                buffer_printf(out, "%02x", p->digest[i]);
        buffer_put_z(out, "\n\nports\n");
        for (uint32_t i = 0; i < s->n_ports; i++)
                put_port(out, p->port[i]);
        if (s->config_schema && json_parse(a, bytes_z(s->config_schema), &schema, NULL, NULL) == 0) {
                buffer_put_z(out, "\nsettings\n");
                put_settings(out, &schema, "");
        }
        if (s->n_metrics)
                buffer_put_z(out, "\nmetrics\n");
        for (uint32_t i = 0; i < s->n_metrics; i++)
                buffer_printf(out, "  tocsin_plugin_%s  %s, %s\n                 %s\n", p->metric[i]->name,
                              kinds[p->metric[i]->kind], *p->metric[i]->unit ? p->metric[i]->unit : "no unit",
                              p->metric[i]->help);
}

static void put_member(Buffer *out, const char *name, const char *text) {
        buffer_printf(out, ",\"%s\":", name);
        if (text)
                value_print_string(out, bytes_z(text));
        else
                buffer_put_z(out, "null");
}

static void json_port(Buffer *out, const tocsin_port *p) {
        buffer_printf(out,
                      "{\"name\":\"%s\",\"role\":\"%s\",\"direction\":\"%s\",\"format\":\"%s\",\"seal\":\"%s\",\"optional\":%s",
                      p->name, roles[p->role], directions[p->direction], formats[p->format], seals[p->seal],
                      p->flags & TOCSIN_PORT_OPTIONAL ? "true" : "false");
        put_member(out, "schema", p->schema);
        put_member(out, "key", p->key);
        put_member(out, "time", p->time);
        put_member(out, "help", p->help);
        buffer_put_z(out, ",\"reads\":[");
        for (uint32_t i = 0; i < p->n_reads; i++) {
                buffer_put_z(out, i ? "," : "");
                value_print_string(out, bytes_z(p->reads[i]));
        }
        buffer_put_z(out, "]}");
}

void plugin_json(Buffer *out, const Plugin *p) {
        const tocsin_plugin *s = &p->self;
        buffer_printf(out, "{\"name\":\"%s\",\"version\":\"%s\",\"abi\":\"", s->name, s->version);
        put_abi(out, s->abi);
        buffer_put_z(out, "\",\"needs\":\"");
        put_abi(out, s->needs);
        buffer_printf(out, "\",\"state_version\":%u", s->state_version);
        put_member(out, "license", s->license);
        put_member(out, "summary", s->summary);
        put_member(out, "file", p->path);
        buffer_put_z(out, ",\"sha256\":\"");
        for (unsigned i = 0; i < DIGEST_LEN; i++)
                buffer_printf(out, "%02x", p->digest[i]);
        buffer_put_z(out, "\",\"ports\":[");
        for (uint32_t i = 0; i < s->n_ports; i++) {
                buffer_put_z(out, i ? "," : "");
                json_port(out, p->port[i]);
        }
        buffer_put_z(out, "],\"metrics\":[");
        for (uint32_t i = 0; i < s->n_metrics; i++) {
                buffer_printf(out, "%s{\"name\":\"%s\",\"kind\":\"%s\"", i ? "," : "", p->metric[i]->name,
                              kinds[p->metric[i]->kind]);
                put_member(out, "unit", p->metric[i]->unit);
                put_member(out, "help", p->metric[i]->help);
                buffer_put_z(out, "}");
        }
        buffer_printf(out, "],\"config_schema\":%s}\n", s->config_schema ? s->config_schema : "null");
}
