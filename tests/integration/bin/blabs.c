/* A plugin for tests of what is said: it refuses every setting but "x", and repeats it. */
#include <stdio.h>
#include <tocsin/value.h>

static const tocsin_host *the_host; /* of the one instance that is left: tests only */
static char remembered[1024];

static int create(void **ret, const tocsin_host *host, const tocsin_value *config) {
        static char inst;
        tocsin_bytes say = tocsin_get_bytes(config, "say");
        const tocsin_value *list = tocsin_find(config, "deep");
        tocsin_bytes deep = list && list->len ? tocsin_get_bytes(&list->u.items[0], "more") : (tocsin_bytes){ 0 };
        char text[2048];
        if (!tocsin_equal_z(say, "x")) {
                snprintf(text, sizeof text, "I cannot say `%.*s`", (int)say.len, (const char *)say.ptr);
                host->fail(host, text);
                return -22;
        }
        if (!tocsin_equal_z(deep, "x")) {
                snprintf(text, sizeof text, "I do not want `%.*s`", (int)deep.len, (const char *)deep.ptr);
                host->fail_at(host, "/deep/0", text);
                return -22;
        }
        tocsin_bytes later = tocsin_get_bytes(config, "later");
        if (later.len) { /* right, and yet it is not to be told */
                tocsin_field told = { .name = "told", .name_len = 4, .value = *tocsin_find(config, "later") };
                snprintf(text, sizeof text, "I was told %.*s\nand \033[2J this", (int)later.len, (const char *)later.ptr);
                host->log(host, TOCSIN_ERROR, text, &told, 1);
                host->log(host, TOCSIN_ERROR, "I was told something", &told, 1);
        }
        the_host = host;
        snprintf(remembered, sizeof remembered, "%.*s", (int)later.len, (const char *)later.ptr);
        *ret = &inst;
        return TOCSIN_OK;
}

static int process(void *inst, const tocsin_event *event) {
        char text[2048];
        (void)inst;
        (void)event;
        snprintf(text, sizeof text, "it does not fit %s\nat \033[2J all", remembered);
        the_host->fail(the_host, text);
        return TOCSIN_POISON;
}

static void destroy(void *inst) {
        (void)inst;
}

static const tocsin_port in = {
        .size = sizeof in, .role = TOCSIN_STREAM, .direction = TOCSIN_IN, .format = TOCSIN_JSON, .name = "in", .help = "Anything."
};
static const tocsin_port out = { .size = sizeof out,
                                 .role = TOCSIN_STREAM,
                                 .direction = TOCSIN_OUT,
                                 .format = TOCSIN_JSON,
                                 .name = "out",
                                 .help = "Nothing." };
static const tocsin_port *const ports[] = { &in, &out };
static const tocsin_plugin self = {
        .size = sizeof self,
        .abi = TOCSIN_ABI,
        .needs = TOCSIN_ABI,
        .state_version = 1,
        .n_ports = 2,
        .name = "blabs",
        .version = "0.1.0",
        .license = "Apache-2.0",
        .summary = "Repeats what it is told.",
        .config_schema = "{\"type\":\"object\",\"properties\":{\"say\":{\"type\":\"string\"},\"deep\":{\"type\":\"array\"},"
                         "\"later\":{\"type\":\"string\"}}}",
        .ports = ports,
        .create = create,
        .destroy = destroy,
        .process = process,
};

const tocsin_plugin *tocsin_plugin_entry(uint32_t host_abi) {
        return tocsin_entry(&self, host_abi);
}
