/* What pipelines read and write, as a picture: from the configuration and what plugins say of their ports. Pure but for memory;
 * the same configuration gives the same bytes. */
#pragma once

#include "bin/needs.h"
#include "core/buffer.h"

typedef struct GraphPipeline {
        const char *name, *plugin;
        uint32_t workers;
        char live[96];               /* how it is now; empty: not asked */
        bool sick;
} GraphPipeline;

typedef struct GraphTopic {
        char name[NEED_NAME_BYTES];
        NeedRole role;               /* the most demanding, as in Needs */
} GraphTopic;

typedef enum GraphWay { GRAPH_READS, GRAPH_LOOKS_UP, GRAPH_WRITES, GRAPH_BOTH } GraphWay;

typedef struct GraphEdge {
        uint32_t pipeline, topic;
        GraphWay way;
        const char *label;           /* the port, or what the host does there */
        bool own;                    /* the host's, no port's */
} GraphEdge;

typedef struct Graph {
        GraphPipeline *pipelines;
        GraphTopic *topics;
        GraphEdge *edges;
        size_t n_pipelines, n_topics, n_edges;
} Graph;
void graph_deinit(Graph *g);
/* Every bound port is one edge; dead letters, too; all: also changelogs, replays and the way of misplaced records.
 * Borrows from what is loaded. 0 | -ENOMEM | -ENAMETOOLONG, *why */
int graph_of(Graph *ret, const Loaded *l, size_t n, bool all, Why *why);
/* What a supervisor answers to `status`. */
void graph_live(Graph *g, const tocsin_value *status);

void graph_dot(Buffer *out, const Graph *g);
void graph_mermaid(Buffer *out, const Graph *g);
