/* A graph in the languages of Graphviz and of Mermaid. Names come from files of others: none of them can end its quotes, begin
 * markup, or be anything but text. */
#include "bin/graph.h"

#include "value/utf8.h"

#define REPLACEMENT bytes_z("\xef\xbf\xbd")

/* Takes the next character of a name. What is no text, ends a line or turns its direction is U+FFFD. false: at the end */
static bool next(Bytes *left, Bytes *ret) {
        const uint8_t *p = left->ptr;
        size_t n = left->len ? utf8_sequence(p, left->len) : 0;
        if (!left->len)
                return false;
        *ret = bytes_of(p, n);
        if (n == 0 || (n == 1 && (p[0] < 0x20 || p[0] == 0x7f)) || (n == 2 && p[0] == 0xc2 && p[1] < 0xa0) ||
            (n == 3 && p[0] == 0xe2 &&
             ((p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) || (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9))))
                *ret = REPLACEMENT;
        n = n ? n : 1;
        *left = bytes_of(p + n, left->len - n);
        return true;
}

/* Inside double quotes; Graphviz knows backslashes and HTML's entities there. */
static void dot_text(Buffer *out, const char *z) {
        Bytes left = bytes_z(z), c;
        while (next(&left, &c))
                if (c.ptr[0] == '"' || c.ptr[0] == '\\')
                        buffer_printf(out, "\\%c", c.ptr[0]);
                else if (c.ptr[0] == '&')
                        buffer_put_z(out, "&amp;");
                else
                        buffer_put(out, c.ptr, c.len);
}

/* Inside double quotes, which do not begin with a backtick: there Mermaid knows HTML and its own #NN; for characters. */
static void mermaid_text(Buffer *out, const char *z) {
        Bytes left = bytes_z(z), c;
        while (next(&left, &c))
                if (c.len > 1 || (c.ptr[0] >= '0' && c.ptr[0] <= '9') || ((c.ptr[0] | 32) >= 'a' && (c.ptr[0] | 32) <= 'z') ||
                    memchr(" .,-_/:()", c.ptr[0], 9))
                        buffer_put(out, c.ptr, c.len);
                else
                        buffer_printf(out, "#%d;", c.ptr[0]);
}

/* ---- dot ----------------------------------------------------------------------------------------------- */

static const char *dot_shape(NeedRole r) {
        static const char *const shapes[] = {
                [NEED_INPUT] = "shape=box",
                [NEED_TABLE] = "shape=cylinder",
                [NEED_OUTPUT] = "shape=box",
                [NEED_INTERNAL] = "shape=box, style=dashed",
                [NEED_REKEY] = "shape=box, style=dotted",
                [NEED_RETRY] = "shape=box, style=dotted",
                [NEED_CHANGELOG] = "shape=cylinder, style=dotted",
                [NEED_DEADLETTERS] = "shape=note",
        };
        return shapes[r];
}

static void dot_pipeline(Buffer *out, size_t i, const GraphPipeline *p) {
        buffer_printf(out, "        p%zu [shape=component, style=filled, fillcolor=\"%s\", label=\"", i,
                      p->sick ? "#f4c7c3" : "#dbe9f6");
        dot_text(out, p->name);
        buffer_put_z(out, "\\n");
        dot_text(out, p->plugin);
        if (p->workers != 1)
                buffer_printf(out, ", %u workers", p->workers);
        if (p->live[0]) {
                buffer_put_z(out, "\\n");
                dot_text(out, p->live);
        }
        buffer_put_z(out, "\"];\n");
}

void graph_dot(Buffer *out, const Graph *g) {
        static const char *const look[] = { "", ", style=dashed", "", ", dir=both" };
        buffer_put_z(out, "digraph tocsin {\n        rankdir=LR;\n        node [fontname=\"sans-serif\"];\n"
                          "        edge [fontname=\"sans-serif\", fontsize=10];\n");
        for (size_t i = 0; i < g->n_pipelines; i++)
                dot_pipeline(out, i, &g->pipelines[i]);
        for (size_t i = 0; i < g->n_topics; i++) {
                buffer_printf(out, "        t%zu [%s, label=\"", i, dot_shape(g->topics[i].role));
                dot_text(out, g->topics[i].name);
                buffer_put_z(out, "\"];\n");
        }
        for (size_t i = 0; i < g->n_edges; i++) {
                const GraphEdge *e = &g->edges[i];
                bool in = e->way == GRAPH_READS || e->way == GRAPH_LOOKS_UP;
                buffer_printf(out, "        %c%u -> %c%u [label=\"", in ? 't' : 'p', in ? e->topic : e->pipeline, in ? 'p' : 't',
                              in ? e->pipeline : e->topic);
                dot_text(out, e->label);
                buffer_printf(out, "\"%s%s];\n", look[e->way], e->own ? ", color=gray, fontcolor=gray" : "");
        }
        buffer_put_z(out, "}\n");
}

/* ---- mermaid ------------------------------------------------------------------------------------------- */

static const char *const *mermaid_shape(NeedRole r) {
        static const char *const stadium[] = { "([\"", "\"])" }, *const cylinder[] = { "[(\"", "\")]" },
                                 *const slanted[] = { "[/\"", "\"/]" }, *const flag[] = { ">\"", "\"]" };
        switch (r) {
        case NEED_TABLE:
        case NEED_CHANGELOG:
                return cylinder;
        case NEED_INTERNAL:
        case NEED_REKEY:
        case NEED_RETRY:
                return slanted;
        case NEED_DEADLETTERS:
                return flag;
        default:
                return stadium;
        }
}

static void mermaid_pipeline(Buffer *out, size_t i, const GraphPipeline *p) {
        buffer_printf(out, "        p%zu[[\"", i);
        mermaid_text(out, p->name);
        buffer_put_z(out, "<br/>");
        mermaid_text(out, p->plugin);
        if (p->workers != 1)
                buffer_printf(out, ", %u workers", p->workers);
        if (p->live[0]) {
                buffer_put_z(out, "<br/>");
                mermaid_text(out, p->live);
        }
        buffer_put_z(out, "\"]]\n");
}

void graph_mermaid(Buffer *out, const Graph *g) {
        static const char *const arrow[] = { "-->", "-.->", "-->", "<-->" };
        buffer_put_z(out, "flowchart LR\n");
        for (size_t i = 0; i < g->n_pipelines; i++)
                mermaid_pipeline(out, i, &g->pipelines[i]);
        for (size_t i = 0; i < g->n_topics; i++) {
                const char *const *shape = mermaid_shape(g->topics[i].role);
                buffer_printf(out, "        t%zu%s", i, shape[0]);
                mermaid_text(out, g->topics[i].name);
                buffer_printf(out, "%s\n", shape[1]);
        }
        for (size_t i = 0; i < g->n_edges; i++) {
                const GraphEdge *e = &g->edges[i];
                bool in = e->way == GRAPH_READS || e->way == GRAPH_LOOKS_UP;
                buffer_printf(out, "        %c%u %s|\"", in ? 't' : 'p', in ? e->topic : e->pipeline, arrow[e->way]);
                mermaid_text(out, e->label);
                buffer_printf(out, "\"| %c%u\n", in ? 'p' : 't', in ? e->pipeline : e->topic);
        }
        bool classed = false;
        for (size_t i = 0; i < g->n_pipelines; i++)
                if (g->pipelines[i].sick) {
                        if (!classed)
                                buffer_put_z(out, "        classDef sick fill:#f4c7c3\n");
                        classed = true;
                        buffer_printf(out, "        class p%zu sick\n", i);
                }
}
