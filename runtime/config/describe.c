/* The tables of keys as a manual and as a JSON Schema. */
#include "config/parts.h"

#include "core/buffer.h"
#include "value/value.h"
#include <ctype.h>
#include <inttypes.h>

static void keys_each(const Key *keys, const char *above, void (*each)(void *, const char *, const char *, const char *),
                      void *arg) {
        for (const Key *k = keys; k->name; k++) {
                char path[160];
                snprintf(path, sizeof path, "%s%s%s", above, *above ? "." : "", k->name);
                if (k->help)
                        each(arg, path, key_type(k), k->help);
                if (k->keys)
                        keys_each(k->keys, path, each, arg);
        }
}

void config_keys(void (*each)(void *arg, const char *path, const char *type, const char *help), void *arg) {
        keys_each(config_top, "", each, arg);
}

static void object(Buffer *out, const Key *keys);

/* Members of the schema of one key. A number may be ${env:NAME} until it is read. */
static void one(Buffer *out, const Key *k) {
        static const char replaced[] = "{\"type\":\"string\",\"pattern\":\"[$][{]\"}";
        if (k->json) {
                buffer_put_z(out, k->json);
                return;
        }
        if (k->keys && (!k->type || strcmp(k->type, "a map") == 0)) {
                object(out, k->keys);
                return;
        }
        if (k->keys) { /* or a word, or a short form */
                buffer_put_z(out, "\"anyOf\":[{\"type\":\"string\"},{");
                object(out, k->keys);
                buffer_put_z(out, "}]");
                return;
        }
        switch (k->kind) {
        case KEY_BOOL:
                buffer_printf(out, "\"anyOf\":[{\"type\":\"boolean\"},%s]", replaced);
                break;
        case KEY_COUNT:
        case KEY_LONG:
                buffer_printf(out, "\"anyOf\":[{\"type\":\"integer\",\"minimum\":%" PRIi64 ",\"maximum\":%" PRIi64 "},%s]",
                              k->min, k->max, replaced);
                break;
        case KEY_TIME:
                buffer_printf(out, "\"anyOf\":[{\"const\":0},{\"type\":\"string\",\"pattern\":\"^[0-9]+ ?(us|ms|s|m|h|d)$\"},%s]",
                              replaced);
                break;
        case KEY_SIZE:
                buffer_printf(out, "\"anyOf\":[{\"type\":\"string\",\"pattern\":\"^[0-9]+ ?(B|kB|MB|GB|KiB|MiB|GiB)$\"},%s]",
                              replaced);
                break;
        case KEY_WORD:
                buffer_put_z(out, "\"enum\":[");
                for (size_t i = 0; k->words[i]; i++)
                        buffer_printf(out, "%s\"%s\"", i ? "," : "", k->words[i]);
                buffer_put_z(out, "]");
                break;
        default:
                buffer_put_z(out, "\"type\":\"string\",\"minLength\":1");
        }
}

/* A table whose only key is written in capitals (NAME, PORT) stands for any name. */
static void object(Buffer *out, const Key *keys) {
        bool any = isupper((unsigned char)keys[0].name[0]);
        buffer_put_z(out, any ? "\"type\":\"object\",\"additionalProperties\":" : "\"type\":\"object\",\"properties\":{");
        for (const Key *k = keys; k->name; k++) {
                if (!any)
                        buffer_printf(out, "%s\"%s\":", k == keys ? "" : ",", k->name);
                buffer_put_z(out, "{");
                one(out, k);
                if (k->help) {
                        buffer_put_z(out, ",\"description\":");
                        value_print_string(out, bytes_z(k->help));
                }
                buffer_put_z(out, "}");
        }
        buffer_put_z(out, any ? "" : "},\"additionalProperties\":false");
}

void config_schema(Buffer *out) {
        buffer_put_z(out,
                     "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"title\":\"Tocsin\",\"required\":[\"kafka\","
                     "\"pipelines\"],");
        object(out, config_top);
        buffer_put_z(out, "}\n");
}
