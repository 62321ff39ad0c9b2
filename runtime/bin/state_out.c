/* State to a file: JSON lines, sorted, the digest of all of them last, so that what is cut or changed is known.
 *
 *      {"tocsin_state":1,"app":…,"pipeline":…,"plugin":…,"plugin_version":…,"state_version":…,"partitions":…,"live":…,
 *       "offsets":[{"topic":…,"partition":…,"next":…}, …]}
 *      {"partition":0,"kind":"host"|"entry"|"timer","key":BASE64,"value":BASE64}   …
 *      {"entries":N,"sha256":HEX}        of every byte before this line */
#include "bin/state.h"

#include "core/cleanup.h"
#include "seal/digest.h"
#include "value/value.h"

#include <fcntl.h>
#include <tocsin/value.h>

struct StateOut {
        FILE *f;
        char *path, *part; /* NULL: stdout */
        Digest *digest;
        Buffer line;
        uint64_t n;
        bool whole;
};

static const char *out_name(const StateOut *o) {
        return o->path ? o->path : "stdout";
}

static int flush_line(StateOut *o, bool counts, Why *why) {
        if (o->line.failed)
                return why_say(why, o->line.failed, "out of memory");
        if (counts)
                digest_add(o->digest, buffer_bytes(&o->line));
        if (fwrite(o->line.ptr, 1, o->line.len, o->f) != o->line.len)
                return why_say(why, STATE_E_FILE, "%s: %s", out_name(o), strerror(errno));
        buffer_clear(&o->line);
        return 0;
}

static void put_text(Buffer *b, const char *name, const char *text) {
        buffer_printf(b, ",\"%s\":", name);
        value_print_string(b, bytes_z(text));
}

static int put_head(StateOut *o, const StateHead *h, Why *why) {
        Buffer *b = &o->line;
        buffer_printf(b, "{\"tocsin_state\":%d", STATE_FILE_VERSION);
        put_text(b, "app", h->app);
        put_text(b, "pipeline", h->pipeline);
        put_text(b, "plugin", h->plugin);
        put_text(b, "plugin_version", h->plugin_version);
        buffer_printf(b, ",\"state_version\":%u,\"partitions\":%d,\"live\":%s,\"offsets\":[", h->state_version,
                      (int)h->partitions, h->live ? "true" : "false");
        for (size_t i = 0; i < h->n_offsets; i++) {
                buffer_put_z(b, i ? ",{\"topic\":" : "{\"topic\":");
                value_print_string(b, bytes_z(h->offsets[i].topic));
                buffer_printf(b, ",\"partition\":%d,\"next\":%lld}", (int)h->offsets[i].partition, (long long)h->offsets[i].next);
        }
        buffer_put_z(b, "]}\n");
        return flush_line(o, true, why);
}

static int open_part(StateOut *o, const char *path, bool replace, Why *why) {
        o->path = strdup(path);
        o->part = malloc(strlen(path) + sizeof ".part");
        if (!o->path || !o->part)
                return why_say(why, -ENOMEM, "out of memory");
        sprintf(o->part, "%s.part", path);
        if (!replace && access(path, F_OK) == 0)
                return why_say(why, STATE_E_FILE, "%s is there already; name another, or say --replace", path);
        int fd = open(o->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600); /* others' data are in it */
        o->f = fd < 0 ? NULL : fdopen(fd, "w");
        if (o->f)
                return 0;
        int r = why_say(why, STATE_E_FILE, "%s: %s", o->part, strerror(errno));
        if (fd >= 0)
                close(fd);
        return r;
}

int state_out_open(StateOut **ret, const char *path, bool replace, const StateHead *head, Why *why) {
        StateOut *o = calloc(1, sizeof *o);
        int r = o ? digest_new(&o->digest) : -ENOMEM;
        if (r != 0)
                why_say(why, r, "out of memory");
        else if (strcmp(path, "-") == 0)
                o->f = stdout;
        else
                r = open_part(o, path, replace, why);
        if (r == 0)
                r = put_head(o, head, why);
        if (r != 0)
                state_out_close(o);
        else
                *ret = o;
        return r;
}

int state_out_put(StateOut *o, const StateEntry *e, Why *why) {
        const tocsin_value key = tocsin_raw(e->key), value = tocsin_raw(e->value);
        buffer_printf(&o->line, "{\"partition\":%d,\"kind\":\"%s\",\"key\":", (int)e->partition, state_kind(e->space));
        value_print(&o->line, &key);
        buffer_put_z(&o->line, ",\"value\":");
        value_print(&o->line, &value);
        buffer_put_z(&o->line, "}\n");
        o->n++;
        return flush_line(o, true, why);
}

int state_out_end(StateOut *o, Why *why) {
        uint8_t sum[DIGEST_LEN];
        digest_end(o->digest, sum);
        buffer_printf(&o->line, "{\"entries\":%llu,\"sha256\":\"", (unsigned long long)o->n);
        for (size_t i = 0; i < sizeof sum; i++)
                buffer_printf(&o->line, "%02x", sum[i]);
        buffer_put_z(&o->line, "\"}\n");
        GUARD(flush_line(o, false, why));
        if (fflush(o->f) != 0 || (o->path && fsync(fileno(o->f)) != 0))
                return why_say(why, STATE_E_FILE, "%s: %s", out_name(o), strerror(errno));
        if (o->path && rename(o->part, o->path) != 0)
                return why_say(why, STATE_E_FILE, "%s: %s", o->path, strerror(errno));
        o->whole = true;
        return 0;
}

StateOut *state_out_close(StateOut *o) {
        if (!o)
                return NULL;
        if (o->path && o->f)
                fclose(o->f);
        if (o->path && o->f && !o->whole)
                unlink(o->part);
        free(o->path);
        free(o->part);
        digest_free(o->digest);
        buffer_deinit(&o->line);
        free(o);
        return NULL;
}
