/* tracing: where spans go, and how many. */
#include "config/parts.h"

/* http://HOST[:PORT][/PATH]: what goes on one line of a request must be one. */
static bool is_url(const char *z) {
        static const char scheme[] = "http://";
        if (strncmp(z, scheme, sizeof scheme - 1) != 0)
                return false;
        const char *host = z + sizeof scheme - 1, *slash = strchr(host, '/'), *end = slash ? slash : z + strlen(z);
        const char *close = host[0] == '[' ? memchr(host, ']', (size_t)(end - host)) : NULL;
        const char *after = close ? close + 1 : memchr(host, ':', (size_t)(end - host));
        for (const char *p = z; *p; p++)
                if (*p <= ' ' || *p > '~' || strchr("@?#\"\\", *p))
                        return false;
        if ((host[0] == '[' && !close) || end == host || after == host || end - host > 253)
                return false;
        if (!after || after == end)
                return true;
        char *rest = NULL;
        unsigned long port = *after == ':' && after[1] >= '0' && after[1] <= '9' ? strtoul(after + 1, &rest, 10) : 0;
        return rest == end && port >= 1 && port <= 65535;
}

static void otlp(Reader *r, const Key *k, Node node, void *into) {
        const char *text = node_text(r, node, k->name);
        if (!text)
                return;
        if (strncmp(text, "https://", 8) == 0)
                complain(r->complaints, node.marks->value,
                         "`otlp` is spoken in clear: give http://HOST:PORT of a collector near by, which may send on by TLS");
        else if (!is_url(text))
                complain(r->complaints, node.marks->value, "`otlp` must be http://HOST:PORT, as in http://127.0.0.1:4318; not %s",
                         node_shown(r, node));
        else
                *(const char **)into = text;
}

static void sample(Reader *r, const Key *k, Node node, void *into) {
        const tocsin_value *v = node.value;
        double share = v->kind == TOCSIN_F64 ? v->u.f64 : v->kind == TOCSIN_I64 ? (double)v->u.i64 : -1;
        if (share >= 0 && share <= 1)
                *(double *)into = share;
        else
                complain(r->complaints, node.marks->value, "`%s` must be a number from 0 to 1, not %s", k->name,
                         node_shown(r, node));
}

const Key tracing_keys[] = {
        { .name = "otlp",
          .kind = KEY_CALL,
          .json = "\"type\":\"string\",\"pattern\":\"^http://\"",
          .at = offsetof(Config, trace_otlp),
          .read = otlp,
          .type = "http://HOST:PORT",
          .help = "an OpenTelemetry collector that takes spans by OTLP/HTTP at /v1/traces; spans are off" },
        { .name = "sample",
          .kind = KEY_CALL,
          .json = "\"type\":\"number\",\"minimum\":0,\"maximum\":1",
          .at = offsetof(Config, trace_sample),
          .read = sample,
          .type = "a number from 0 to 1",
          .help = "of the traces that whoever began them has sampled, the share that is kept; 1" },
        { 0 },
};
