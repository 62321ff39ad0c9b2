/* kafka: the embedded broker, or librdkafka's properties. Which properties there are is the bus's to know. */
#include "config/parts.h"

#define PROPERTIES_MAX 256u /* librdkafka knows fewer */

static const char *text_of(Reader *r, Node node, const char *name) {
        if (node.value->kind != TOCSIN_LIST)
                return node_text(r, node, name);
        const char *all = NULL; /* a list is what librdkafka writes with commas */
        for (uint32_t i = 0; i < node.value->len; i++) {
                const char *one = node_text(r, node_child(node, i), name);
                if (!one)
                        return NULL;
                all = all ? reader_printf(r, "%s,%s", all, one) : one;
        }
        if (!all)
                complain(r->complaints, node.marks->value, "`%s` is an empty list", name);
        return all;
}

static void add(Reader *r, Config *c, const char *name, Node node) {
        for (size_t i = 0; i < c->n_kafka; i++)
                if (strcmp(c->kafka[i].name, name) == 0) {
                        complain(r->complaints, node.marks->key, "`%s` is set twice, first in line %u", name,
                                 c->kafka[i].mark.line);
                        return;
                }
        if (c->n_kafka == PROPERTIES_MAX) {
                complain(r->complaints, node.marks->key, "more than %u properties", PROPERTIES_MAX);
                return;
        }
        const char *value = origin_note(r, node, text_of(r, node, name));
        if (value)
                c->kafka[c->n_kafka++] = (ConfigProperty){ .name = name, .value = value, .mark = node.marks->key };
}

static void flatten(Reader *r, Config *c, const char *above, Node node) {
        for (uint32_t i = 0; i < node.value->len; i++) {
                const char *name = node.value->u.fields[i].name;
                if (*above)
                        name = reader_printf(r, "%s.%s", above, name);
                if (!name)
                        return;
                Node child = node_child(node, i);
                if (child.value->kind == TOCSIN_MAP)
                        flatten(r, c, name, child);
                else
                        add(r, c, name, child);
        }
}

void kafka_read(Reader *r, const Key *k, Node node, void *config) {
        Config *c = config;
        static const char *const word[] = { "embedded" };
        if (node.value->kind == TOCSIN_MAP) {
                c->kafka = reader_alloc(r, PROPERTIES_MAX * sizeof *c->kafka);
                if (c->kafka)
                        flatten(r, c, "", node);
                bool brokers = false;
                for (size_t i = 0; i < c->n_kafka; i++)
                        brokers = brokers || strcmp(c->kafka[i].name, "bootstrap.servers") == 0 ||
                                  strcmp(c->kafka[i].name, "metadata.broker.list") == 0;
                if (!brokers)
                        complain(r->complaints, node.marks->key, "`kafka` names no bootstrap.servers");
                return;
        }
        const char *text = node.value->kind == TOCSIN_STR ? (const char *)node.marks->text.ptr : NULL;
        if (text && strcmp(text, word[0]) == 0)
                return;
        const char *near = text ? node_near(node, word, 1) : NULL;
        complain(r->complaints, node.marks->value, "`%s` must be the word embedded, or a map of librdkafka properties; not %s%s",
                 k->name, node_shown(r, node), near ? "; did you mean `embedded`?" : "");
}
