/* ${env:NAME} and ${file:PATH}: secrets stay out of the configuration, and out of what is said about it. */
#include "config/keys.h"

#include "core/buffer.h"
#include <fcntl.h>
#include <sys/stat.h>

#define SECRET_MAX (64u << 10) /* a certificate chain with its key is a tenth of it */
#define EXPANDED_MAX (256u << 10)

const char *path_below(Arena *a, const char *folder, const char *path) {
        if (path[0] == '/')
                return (const char *)arena_dup(a, bytes_z(path)).ptr;
        while (path[0] == '.' && path[1] == '/') /* `./` says no more, and complaints show the path */
                for (path += 2; *path == '/';)
                        path++;
        size_t n = strlen(folder), m = strlen(path);
        if (!m)
                return (const char *)arena_dup(a, bytes_z(folder)).ptr;
        char *p = arena_alloc(a, n + m + 2);
        if (p)
                snprintf(p, n + m + 2, "%s/%s", folder, path);
        return p;
}

static int from_file(Buffer *out, const char *path, Why *why) {
        _cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        struct stat st;
        if (fd < 0 || fstat(fd, &st) < 0)
                return why_say(why, EXPAND_E_BAD, "secret file %s cannot be opened: %s", path, strerror(errno));
        if (!S_ISREG(st.st_mode))
                return why_say(why, EXPAND_E_BAD, "secret file %s is not a regular file", path);
        if (st.st_mode & S_IRWXO)
                return why_say(why, EXPAND_E_BAD, "secret file %s is open to everybody; close it: chmod o-rwx %s", path, path);
        size_t begin = out->len;
        for (;;) {
                uint8_t *p = buffer_room(out, 4096);
                if (!p)
                        return out->failed == -ENOMEM ? -ENOMEM : why_say(why, EXPAND_E_BAD, "secret file %s is too long", path);
                ssize_t n = read(fd, p, 4096);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return why_say(why, EXPAND_E_BAD, "secret file %s cannot be read: %s", path, strerror(errno));
                if (n == 0)
                        break;
                out->len += (size_t)n;
                if (out->len - begin > SECRET_MAX)
                        return why_say(why, EXPAND_E_BAD, "secret file %s has more than %u bytes", path, SECRET_MAX);
        }
        if (out->len > begin && out->ptr[out->len - 1] == '\n')
                out->len--;
        if (out->len > begin && out->ptr[out->len - 1] == '\r')
                out->len--;
        if (out->len == begin)
                return why_say(why, EXPAND_E_BAD, "secret file %s is empty", path);
        return 0;
}

/* What stands between ${ and }. */
static int one(Buffer *out, const char *folder, Bytes what, Arena *a, bool *file, Why *why) {
        bool env = bytes_begin(what, bytes_z("env:"));
        if (!env && !bytes_begin(what, bytes_z("file:")))
                return why_say(why, EXPAND_E_BAD,
                               "${%.*s}: only ${env:NAME} and ${file:PATH} are known; write $${ for a plain ${", BYTES_ARG(what));
        size_t skip = env ? 4 : 5;
        const char *name = (const char *)arena_dup(a, bytes_of(what.ptr + skip, what.len - skip)).ptr;
        if (!name)
                return -ENOMEM;
        if (!*name)
                return why_say(why, EXPAND_E_BAD, "${%.*s} names nothing", BYTES_ARG(what));
        if (!env) {
                *file = true;
                const char *path = path_below(a, folder, name);
                return path ? from_file(out, path, why) : -ENOMEM;
        }
        const char *value = getenv(name);
        if (!value)
                return why_say(why, EXPAND_E_BAD, "environment variable %s is not set", name);
        buffer_put_z(out, value);
        return 0;
}

static int all(Bytes text, const char *folder, Arena *a, Buffer *out, bool *file, Why *why) {
        for (size_t i = 0; i < text.len;) {
                Bytes rest = bytes_of(text.ptr + i, text.len - i);
                if (bytes_begin(rest, bytes_z("$${"))) {
                        buffer_put_z(out, "${");
                        i += 3;
                        continue;
                }
                if (!bytes_begin(rest, bytes_z("${"))) {
                        buffer_u8(out, text.ptr[i++]);
                        continue;
                }
                const uint8_t *end = memchr(rest.ptr, '}', rest.len);
                if (!end)
                        return why_say(why, EXPAND_E_BAD, "${ without its }; write $${ for a plain ${");
                GUARD(one(out, folder, bytes_of(rest.ptr + 2, (size_t)(end - rest.ptr) - 2), a, file, why));
                i += (size_t)(end - rest.ptr) + 1;
        }
        return out->failed == -EMSGSIZE ? why_say(why, EXPAND_E_BAD, "longer than %u bytes once replaced", EXPANDED_MAX)
                                        : out->failed;
}

int expand(Bytes text, const char *folder, Arena *a, Bytes *ret, bool *file, Why *why) {
        *file = false;
        if (!text.len || !memmem(text.ptr, text.len, "${", 2)) {
                *ret = text;
                return 0;
        }
        Buffer out = { .max = EXPANDED_MAX };
        int r = all(text, folder, a, &out, file, why);
        if (r == 0) {
                Bytes copy = arena_dup(a, buffer_bytes(&out));
                if (copy.ptr)
                        *ret = copy;
                else
                        r = -ENOMEM;
        }
        if (out.ptr)
                explicit_bzero(out.ptr, out.size);
        buffer_deinit(&out);
        return r;
}

/* ---- where a text came from ---------------------------------------------------------------------------- */

static bool holds(Node node) {
        return node.value->kind == TOCSIN_LIST || node.value->kind == TOCSIN_MAP;
}

void origin_gather(Reader *r, Node node) {
        for (uint32_t i = 0; holds(node) && i < node.value->len; i++)
                origin_gather(r, node_child(node, i));
        if (!holds(node))
                origin_note(r, node, (const char *)node.marks->text.ptr);
}

/* The first that was replaced, of the node and what is in it. */
static Node replaced_in(Node node) {
        for (uint32_t i = 0; holds(node) && i < node.value->len; i++) {
                Node found = replaced_in(node_child(node, i));
                if (found.value)
                        return found;
        }
        return !holds(node) && marks_replaced(node.marks) ? node : (Node){ 0 };
}

const char *origin_note(Reader *r, Node node, const char *value) {
        if (r->origins && r->origins->value == value)
                return value;
        Node from = value ? replaced_in(node) : (Node){ 0 };
        if (!from.value)
                return value;
        struct Origin *o = reader_alloc(r, sizeof *o);
        if (!o)
                return NULL;
        *o = (struct Origin){ .value = value, .written = node_shown(r, from), .secret = from.marks->text, .next = r->origins };
        r->origins = o;
        return value;
}

const char *node_path(Reader *r, Node node, const char *text) {
        const char *path = path_below(r->arena, r->folder, text);
        if (!path)
                r->failed = -ENOMEM;
        return origin_note(r, node, path);
}

const char *node_near(Node node, const char *const *words, size_t n) {
        const char *text = (const char *)node.marks->text.ptr;
        return text && !marks_replaced(node.marks) ? config_nearest(text, words, n) : NULL;
}

const char *config_written(const Config *c, const char *value) {
        for (const struct Origin *o = c ? c->origins : NULL; o; o = o->next)
                if (o->value == value)
                        return o->written;
        return NULL;
}

bool config_tells_bytes(const Config *c, Bytes words) {
        for (const struct Origin *o = c ? c->origins : NULL; o; o = o->next)
                if (bytes_tell(words, o->secret))
                        return true;
        return false;
}

bool config_tells(const Config *c, const char *words) {
        return config_tells_bytes(c, bytes_z(words));
}
