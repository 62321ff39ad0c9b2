/* Which ports may share a topic. */
#include "bin/pairs.h"

#include <criterion/criterion.h>

#define SMALL "{\"type\":\"record\",\"name\":\"t.Small\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]}"
#define WIDE                                                                                        \
        "{\"type\":\"record\",\"name\":\"t.Small\",\"fields\":[{\"name\":\"a\",\"type\":\"long\"}," \
        "{\"name\":\"b\",\"type\":\"int\",\"default\":1}]}"
#define STRICT                                                                                     \
        "{\"type\":\"record\",\"name\":\"t.Small\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}," \
        "{\"name\":\"c\",\"type\":\"int\"}]}"
#define OTHER "{\"type\":\"record\",\"name\":\"t.Other\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]}"

typedef struct Side {
        uint32_t direction, format;
        const char *schema;
        ConfigFraming framing;
        int64_t id;
} Side;

static char said[2000];

/* One pipeline a port, in lines 1, 2, …, all on one topic. *text: what is complained of, "LINE: …". */
static size_t pair(const Side *side, size_t n, const Schemas *schemas) {
        tocsin_port port[4];
        Plugin plugin[4] = { 0 };
        const tocsin_port *ports[4];
        ConfigPort conf[4];
        ConfigPipeline pipe[4] = { 0 };
        Loaded l[4] = { 0 };
        for (size_t i = 0; i < n; i++) {
                static const char *const names[] = { "p", "q", "r", "s" };
                port[i] = (tocsin_port){ .size = sizeof port[i],
                                         .direction = side[i].direction,
                                         .format = side[i].format,
                                         .name = "x",
                                         .schema = side[i].schema };
                ports[i] = &port[i];
                plugin[i].self.n_ports = 1;
                plugin[i].self.ports = &ports[i];
                conf[i] = (ConfigPort){ .name = "x",
                                        .topic = "t",
                                        .topic_mark = { (uint32_t)i + 1, 7 },
                                        .framing = side[i].framing,
                                        .schema_id = side[i].id ? side[i].id : -1 };
                pipe[i].name = names[i];
                pipe[i].ports = &conf[i];
                pipe[i].n_ports = 1;
                l[i] = (Loaded){ .pipe = &pipe[i], .plugin = &plugin[i] };
        }
        Complaints c = { 0 };
        cr_assert_eq(pairs_check(l, n, schemas, &c), 0);
        said[0] = 0;
        for (size_t i = 0; i < c.n; i++)
                snprintf(said + strlen(said), sizeof said - strlen(said), "%u:%u: %s\n", c.at[i].mark.line, c.at[i].mark.column,
                         c.at[i].text);
        size_t told = c.n;
        complaints_deinit(&c);
        return told;
}

static Schemas *knowing(const char *one, int64_t id) {
        Schemas *s = schemas_new();
        Schema *schema = NULL;
        Why why = { 0 };
        if (one) {
                cr_assert_eq(schema_parse(&schema, bytes_z(one), NULL, &why), 0, "%s", why.text);
                cr_assert_eq(schemas_add_writer(s, schema, id, &why), 0, "%s", why.text);
        }
        return s;
}

#define AVRO_OUT(s) \
        { TOCSIN_OUT, TOCSIN_AVRO, s, 0, 0 }
#define AVRO_IN(s) \
        { TOCSIN_IN, TOCSIN_AVRO, s, 0, 0 }
#define TWO(s, ...) pair((const Side[]){ __VA_ARGS__ }, 2, s)

Test(pairs, a_schema_that_does_not_resolve_is_refused_at_the_later_port) {
        _cleanup_(schemas_freep) Schemas *s = knowing(NULL, -1);
        cr_assert_eq(TWO(s, AVRO_OUT(SMALL), AVRO_IN(STRICT)), 1);
        cr_assert_str_eq(said,
                         "2:7: port `x` reads t.Small, and port `x` of pipeline p (line 1) writes t.Small on the same topic t: "
                         "t.Small.c has no default, and the writer's t.Small has no such field; bind one of them to another "
                         "topic\n");
        cr_assert_eq(TWO(s, AVRO_IN(SMALL), AVRO_OUT(OTHER)), 1);
        cr_assert_eq(TWO(s, AVRO_OUT(SMALL), AVRO_OUT(OTHER)), 1);
        cr_assert_eq(TWO(s, AVRO_IN(SMALL), AVRO_IN(OTHER)), 1);
        cr_assert_eq(TWO(s, AVRO_OUT(SMALL), { TOCSIN_IN, TOCSIN_JSON, NULL, 0, 0 }), 1);
        cr_assert(strstr(said, "one is Avro, the other JSON"), "%s", said);
        cr_assert_eq(pair((const Side[]){ AVRO_OUT(SMALL), AVRO_IN(SMALL), AVRO_IN(STRICT), AVRO_OUT(OTHER) }, 4, s), 2);
}

Test(pairs, what_resolves_must_be_known_to_the_reader_too) {
        _cleanup_(schemas_freep) Schemas *none = knowing(NULL, -1), *small = knowing(SMALL, 7);
        cr_assert_eq(TWO(none, AVRO_OUT(SMALL), AVRO_IN(WIDE)), 1);
        cr_assert(strstr(said, "the reader does not know the schema that is written"), "%s", said);
        cr_assert_eq(TWO(small, AVRO_OUT(SMALL), AVRO_IN(WIDE)), 0);
        cr_assert_eq(TWO(none, { TOCSIN_OUT, TOCSIN_AVRO, SMALL, CONFIG_FRAMING_CONFLUENT, 7 }, AVRO_IN(SMALL)), 1);
        cr_assert(strstr(said, "writers/7.avsc"), "%s", said);
        cr_assert_eq(TWO(small, { TOCSIN_OUT, TOCSIN_AVRO, SMALL, CONFIG_FRAMING_CONFLUENT, 7 }, AVRO_IN(WIDE)), 0);
}

Test(pairs, what_is_bare_is_read_as_bare_and_as_the_very_schema) {
        _cleanup_(schemas_freep) Schemas *s = knowing(SMALL, -1);
        const Side bare = { TOCSIN_OUT, TOCSIN_AVRO, SMALL, CONFIG_FRAMING_NONE, 0 };
        cr_assert_eq(TWO(s, bare, AVRO_IN(SMALL)), 1);
        cr_assert_eq(TWO(s, bare, { TOCSIN_IN, TOCSIN_AVRO, SMALL, CONFIG_FRAMING_NONE, 0 }), 0);
        cr_assert_eq(TWO(s, bare, { TOCSIN_IN, TOCSIN_AVRO, WIDE, CONFIG_FRAMING_NONE, 0 }), 1);
}

Test(pairs, the_same_schema_raw_ports_versions_and_views_go_together) {
        _cleanup_(schemas_freep) Schemas *s = knowing(NULL, -1);
        const Side raw = { TOCSIN_IN, TOCSIN_RAW, NULL, 0, 0 }, json = { TOCSIN_IN, TOCSIN_JSON, NULL, 0, 0 };
        cr_assert_eq(TWO(s, AVRO_OUT(SMALL), AVRO_IN(SMALL)), 0, "%s", said);
        cr_assert_eq(TWO(s, AVRO_OUT(SMALL), AVRO_OUT(SMALL)), 0, "%s", said);
        cr_assert_eq(TWO(s, AVRO_OUT(SMALL), raw), 0, "%s", said);
        cr_assert_eq(TWO(s, json, raw), 0, "%s", said);
        cr_assert_eq(TWO(s, json, json), 0, "%s", said);
        cr_assert_eq(TWO(s, AVRO_OUT(WIDE), AVRO_OUT(SMALL)), 0, "%s", said);
        cr_assert_eq(TWO(s, AVRO_IN(WIDE), AVRO_IN(STRICT)), 0, "%s", said);
        cr_assert_eq(TWO(s, AVRO_IN("t.Unknown"), AVRO_OUT(SMALL)), 0, "%s", said);
}
