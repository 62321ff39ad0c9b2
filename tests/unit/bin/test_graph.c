/* Pictures of pipelines. */
#include "bin/graph.h"
#include "json/json.h"

#include <criterion/criterion.h>

/* Two pipelines of all kinds of ports in a chain, with names that no file could bear. */
typedef struct World {
        tocsin_port port[5];
        const tocsin_port *first[4], *second[1];
        Plugin plugin[2];
        ConfigPort conf[5];
        ConfigPipeline pipe[2];
        Config config;
        Loaded l[2];
} World;

static void world_init(World *w, const char *topic) {
        *w = (World){ .config = { .app = "a" } };
        static const struct {
                const char *name;
                uint32_t role, direction;
        } ports[] = { { "in", TOCSIN_STREAM, TOCSIN_IN },
                      { "table", TOCSIN_TABLE, TOCSIN_IN },
                      { "out", TOCSIN_STREAM, TOCSIN_OUT },
                      { "own", TOCSIN_INTERNAL, TOCSIN_IN },
                      { "next", TOCSIN_STREAM, TOCSIN_IN } };
        for (size_t i = 0; i < 5; i++) {
                w->port[i] = (tocsin_port){ .size = sizeof w->port[i],
                                            .role = ports[i].role,
                                            .direction = ports[i].direction,
                                            .name = ports[i].name,
                                            .key = i == 0 ? "loop" : NULL };
                if (i < 4)
                        w->first[i] = &w->port[i];
        }
        w->second[0] = &w->port[4];
        w->conf[0] = (ConfigPort){ .name = "in", .topic = topic };
        w->conf[1] = (ConfigPort){ .name = "table", .topic = "registry" };
        w->conf[2] = (ConfigPort){ .name = "out", .topic = "between" };
        w->conf[3] = (ConfigPort){ .name = "next", .topic = "between" };
        for (size_t i = 0; i < 2; i++) {
                w->plugin[i].self.name = i ? "reads" : "writes";
                w->plugin[i].self.ports = i ? w->second : w->first;
                w->plugin[i].self.n_ports = i ? 1 : 4;
                w->pipe[i] = (ConfigPipeline){ .name = i ? "second" : "first",
                                               .workers = i ? 1 : 2,
                                               .partitions = 8,
                                               .ports = i ? &w->conf[3] : w->conf,
                                               .n_ports = i ? 1 : 3,
                                               .dlq = i ? "d2" : "d1",
                                               .changelog = i ? "c2" : "c1",
                                               .retry = i ? "r2" : "r1" };
                w->l[i] = (Loaded){ .config = &w->config, .pipe = &w->pipe[i], .plugin = &w->plugin[i] };
        }
}

static const char *draw(World *w, bool all, bool mermaid, const char *status) {
        static char text[20000];
        Graph g;
        Why why = { 0 };
        Buffer out = BUFFER_NULL;
        cr_assert_eq(graph_of(&g, w->l, 2, all, &why), 0, "%s", why.text);
        if (status) {
                Arena *a = arena_new(1 << 20);
                tocsin_value v;
                cr_assert_eq(json_parse(a, bytes_z(status), &v, NULL, &why), 0, "%s", why.text);
                graph_live(&g, &v);
                arena_free(a);
        }
        (mermaid ? graph_mermaid : graph_dot)(&out, &g);
        cr_assert_eq(out.failed, 0);
        cr_assert_lt(out.len, sizeof text);
        memcpy(text, out.ptr, out.len);
        text[out.len] = 0;
        buffer_deinit(&out);
        graph_deinit(&g);
        return text;
}

static size_t times(const char *text, const char *what) {
        size_t n = 0;
        for (; (text = strstr(text, what)) != NULL; text += strlen(what))
                n++;
        return n;
}

Test(graph, a_name_cannot_leave_its_quotes_nor_begin_markup_in_either_language) {
        static const char *const hostile[] = {
                "a\"];\nx -> y [label=\"",
                "\\N\\G\\\\",
                "&quot;&#34;<b>x</b>",
                "`**md**`\"]\nend\nclick p0 \"x\"",
                "\x1b[2J\xc2\x9b\x07\r\n",
                "\xff\xfe\xc3(\xe2\x80",
                "\xe2\x80\xae\xe2\x80\xa8\xe2\x81\xa6",
                "#34;#quot;%%{init}%%",
        };
        World w;
        for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
                world_init(&w, hostile[i]);
                w.pipe[1].name = w.plugin[0].self.name = w.port[4].name = w.conf[3].name = hostile[i];
                for (int mermaid = 0; mermaid < 2; mermaid++) {
                        World tame;
                        world_init(&tame, "x");
                        size_t lines = times(draw(&tame, true, mermaid, NULL), "\n");
                        const char *text = draw(&w, true, mermaid, NULL);
                        cr_expect_eq(times(text, "\n"), lines, "%s", text);
                        for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
                                size_t quotes = 0;
                                for (const char *p = line; *p != '\n'; p++) {
                                        cr_expect((uint8_t)*p >= 0x20 && *p != 0x7f, "%s", text);
                                        if (!mermaid && *p == '\\')
                                                p++;
                                        else
                                                quotes += *p == '"';
                                }
                                cr_expect(quotes % 2 == 0 && quotes <= 4, "%.80s", line);
                        }
                        cr_expect_eq(times(text, "\x1b") + times(text, "\xc2\x9b") + times(text, "\xe2\x80\xae"), 0);
                        if (mermaid)
                                cr_expect_eq(times(text, "<b>") + times(text, "`") + times(text, "%"), 0, "%s", text);
                        else
                                cr_expect_eq(times(text, "&"), times(text, "&amp;"), "%s", text);
                }
        }
}

Test(graph, every_bound_port_is_one_arrow_and_an_unbound_one_none) {
        World w;
        world_init(&w, "events");
        for (int mermaid = 0; mermaid < 2; mermaid++)
                for (int all = 0; all < 2; all++) {
                        const char *text = draw(&w, all, mermaid, NULL);
                        for (size_t i = 0; i < 5; i++) {
                                char label[40];
                                snprintf(label, sizeof label, mermaid ? "|\"%s\"|" : "[label=\"%s\"", w.port[i].name);
                                cr_expect_eq(times(text, label), 1, "%s of\n%s", label, text);
                        }
                        cr_expect_eq(times(text, "between"), 1, "a topic that two share is one: %s", text);
                        cr_expect_eq(times(text, "misplaced"), (size_t)all);
                        cr_expect_eq(times(text, "c1"), (size_t)all);
                        cr_expect_eq(times(text, "d1"), 1);
                }
        w.pipe[0].n_ports = 2; /* `out` */
        cr_expect_eq(times(draw(&w, false, false, NULL), "\"out\""), 0);
}

Test(graph, is_the_same_every_time_and_says_what_it_says) {
        World w;
        world_init(&w, "events");
        char first[20000];
        snprintf(first, sizeof first, "%s", draw(&w, true, false, NULL));
        cr_assert_str_eq(draw(&w, true, false, NULL), first);
        cr_assert_str_eq(draw(&w, false, true, NULL), "flowchart LR\n"
                                                      "        p0[[\"first<br/>writes, 2 workers\"]]\n"
                                                      "        p1[[\"second<br/>reads\"]]\n"
                                                      "        t0([\"events\"])\n"
                                                      "        t1[(\"registry\")]\n"
                                                      "        t2([\"between\"])\n"
                                                      "        t3[/\"__tocsin.a.first.port.own\"/]\n"
                                                      "        t4>\"d1\"]\n"
                                                      "        t5>\"d2\"]\n"
                                                      "        t0 -->|\"in\"| p0\n"
                                                      "        t1 -.->|\"table\"| p0\n"
                                                      "        p0 -->|\"out\"| t2\n"
                                                      "        p0 <-->|\"own\"| t3\n"
                                                      "        p0 -->|\"dead letters\"| t4\n"
                                                      "        t2 -->|\"next\"| p1\n"
                                                      "        p1 -->|\"dead letters\"| t5\n");
}

Test(graph, live_says_who_is_sick) {
        World w;
        world_init(&w, "events");
        const char *text = draw(&w, false, true,
                                "{\"workers\":[{\"pipeline\":\"first\",\"state\":\"ready\",\"in\":5,\"lag\":2},"
                                "{\"pipeline\":\"first\",\"state\":\"ready\",\"in\":6,\"lag\":1}]}");
        cr_expect(strstr(text, "2 of 2 ready, 11 in, lag 3"), "%s", text);
        cr_expect(strstr(text, "reads<br/>does not run"), "%s", text);
        cr_expect(strstr(text, "class p1 sick") && !strstr(text, "class p0 sick"), "%s", text);
}
