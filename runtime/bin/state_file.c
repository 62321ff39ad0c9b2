/* A file that was exported, read. Nothing in it is believed before its digest is. */
#include "bin/state.h"

#include "bin/lines.h"
#include "core/cleanup.h"
#include "core/limits.h"
#include "seal/digest.h"
#include "state/timers.h"
#include "json/json.h"

#include <tocsin/value.h>

#define LINE_BYTES ((size_t)256 << 20) /* of one line taken apart: the first one names every partition of every topic */
#define KEPT_BYTES ((size_t)64 << 20) /* of what the first line says */
#define TELL_EACH 1024u /* entries between two looks at the clock */

struct StateFile {
        Lines *lines;
        Arena *arena, *kept; /* of the line at hand; of the first */
        Digest *digest;
        StateHead head;
        StateTell *tell;
        uint64_t n;
        int32_t partition; /* of the last entry; -1: none yet */
        TableSpace space;
        Buffer last, key, value;
};

static int bad(const StateFile *f, Why *why, int r, const char *format, ...) __attribute__((format(printf, 4, 5)));
static int bad(const StateFile *f, Why *why, int r, const char *format, ...) {
        char text[WHY_MAX / 2];
        va_list ap;
        va_start(ap, format);
        vsnprintf(text, sizeof text, format, ap);
        va_end(ap);
        return why_say(why, r, "%s:%llu: %s", lines_name(f->lines), (unsigned long long)lines_number(f->lines), text);
}

const StateHead *state_file_head(const StateFile *f) {
        return &f->head;
}

StateFile *state_file_close(StateFile *f) {
        if (!f)
                return NULL;
        lines_close(f->lines);
        arena_free(f->arena);
        arena_free(f->kept);
        digest_free(f->digest);
        buffer_deinit(&f->last);
        buffer_deinit(&f->key);
        buffer_deinit(&f->value);
        free(f);
        return NULL;
}

/* The next line as an object. */
static int next(StateFile *f, Bytes *line, tocsin_value *ret, Why *why) {
        Why own = { 0 };
        int r = lines_next(f->lines, line, &own);
        if (r == LINES_E_END)
                return why_say(why, STATE_E_BAD,
                               "%s is cut: behind %llu entries there is no digest. Export again, or copy it again",
                               lines_name(f->lines), (unsigned long long)f->n);
        if (r == LINES_E_LONG)
                return bad(f, why, STATE_E_BAD, "this line is longer than any that `tocsin state export` writes");
        if (r != 0)
                return r < 0 ? r : why_say(why, STATE_E_FILE, "%s", own.text);
        const char *what = f->head.partitions ? NULL : lines_foreign(*line);
        if (what)
                return bad(f, why, STATE_E_BAD, "%s", what);
        arena_reset(f->arena);
        r = json_parse(f->arena, *line, ret, NULL, &own);
        if (r < 0)
                return r;
        if (r != 0 || ret->kind != TOCSIN_MAP)
                return bad(f, why, STATE_E_BAD, "no line of `tocsin state export`%s%.200s", r ? ": " : "", r ? own.text : "");
        return 0;
}

/* ---- the first line ------------------------------------------------------------------------------------ */

static int head_text(const StateFile *f, const tocsin_value *v, const char *name, const char **ret, Why *why) {
        const tocsin_value *t = tocsin_find(v, name);
        if (!tocsin_is(t, TOCSIN_STR) || memchr(t->u.str, 0, t->len))
                return bad(f, why, STATE_E_BAD, "its first line does not say \"%s\"", name);
        Bytes copy = arena_dup(f->kept, tocsin_as_bytes(t));
        *ret = (const char *)copy.ptr;
        return copy.ptr ? 0 : -ENOMEM;
}

static int head_offsets(StateFile *f, const tocsin_value *v, Why *why) {
        const tocsin_value *l = tocsin_find(v, "offsets");
        if (!tocsin_is(l, TOCSIN_LIST))
                return bad(f, why, STATE_E_BAD, "its first line does not say \"offsets\"");
        StateHead *h = &f->head;
        h->offsets = arena_zalloc(f->kept, l->len * sizeof *h->offsets);
        REQUIRE(h->offsets, -ENOMEM);
        for (; h->n_offsets < l->len; h->n_offsets++) {
                const tocsin_value *o = &l->u.items[h->n_offsets];
                StateOffset *to = &h->offsets[h->n_offsets];
                int64_t partition = tocsin_get_i64(o, "partition", -1);
                to->next = tocsin_get_i64(o, "next", -1);
                GUARD(head_text(f, o, "topic", &to->topic, why));
                if (partition < 0 || partition >= h->partitions || to->next < 0)
                        return bad(f, why, STATE_E_BAD, "an offset in its first line is none");
                to->partition = (int32_t)partition;
        }
        return 0;
}

static int read_head(StateFile *f, Why *why) {
        Bytes line;
        tocsin_value v;
        StateHead *h = &f->head;
        GUARD(next(f, &line, &v, why));
        int64_t version = tocsin_get_i64(&v, "tocsin_state", 0), partitions = tocsin_get_i64(&v, "partitions", 0),
                state = tocsin_get_i64(&v, "state_version", -1);
        if (version > STATE_FILE_VERSION)
                return bad(f, why, STATE_E_NEWER, "a newer Tocsin wrote this file (form %lld, this one knows %d)",
                           (long long)version, STATE_FILE_VERSION);
        if (version < 1)
                return bad(f, why, STATE_E_BAD, "this is no file of `tocsin state export`");
        if (partitions < 1 || partitions > LIMIT_PARTITIONS || state < 0 || state > UINT32_MAX)
                return bad(f, why, STATE_E_BAD, "its first line has no sound number of partitions or state_version");
        h->partitions = (int32_t)partitions;
        h->state_version = (uint32_t)state;
        h->live = tocsin_as_bool(tocsin_find(&v, "live"), true);
        GUARD(head_text(f, &v, "app", &h->app, why));
        GUARD(head_text(f, &v, "pipeline", &h->pipeline, why));
        GUARD(head_text(f, &v, "plugin", &h->plugin, why));
        GUARD(head_text(f, &v, "plugin_version", &h->plugin_version, why));
        GUARD(head_offsets(f, &v, why));
        digest_add(f->digest, line);
        digest_add(f->digest, bytes_z("\n"));
        return 0;
}

int state_file_open(StateFile **ret, const char *path, StateTell *tell, Why *why) {
        StateFile *f = calloc(1, sizeof *f);
        int r = f ? digest_new(&f->digest) : -ENOMEM;
        if (r == 0) {
                f->partition = -1;
                f->tell = tell;
                f->arena = arena_new(LINE_BYTES);
                f->kept = arena_new(KEPT_BYTES);
                r = f->arena && f->kept ? 0 : -ENOMEM;
        }
        if (r == 0) {
                r = lines_open(&f->lines, path, why);
                r = r > 0 ? STATE_E_FILE : r;
        }
        if (r == 0)
                r = read_head(f, why);
        if (r != 0)
                state_file_close(f);
        else
                *ret = f;
        return r == -ENOMEM ? why_say(why, r, "out of memory") : r;
}

/* ---- entries ------------------------------------------------------------------------------------------- */

static int digit(uint8_t c) {
        static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const char *at = c ? strchr(digits, c) : NULL;
        return at ? (int)(at - digits) : -1;
}

/* RFC 4648, padded, one spelling only. */
static bool base64(Bytes text, Buffer *to) {
        buffer_clear(to);
        for (size_t i = 0; i < text.len; i += 4) {
                int d[4] = { -1, -1, -1, -1 }, have = 0;
                if (text.len - i < 4)
                        return false;
                while (have < 4 && (d[have] = digit(text.ptr[i + (size_t)have])) >= 0)
                        have++;
                for (int k = have; k < 4; k++)
                        if (text.ptr[i + (size_t)k] != '=' || i + 4 != text.len)
                                return false;
                if (have < 2 || (have == 2 && d[1] & 15) || (have == 3 && d[2] & 3))
                        return false;
                buffer_u8(to, (uint8_t)(d[0] << 2 | d[1] >> 4));
                if (have > 2)
                        buffer_u8(to, (uint8_t)(d[1] << 4 | d[2] >> 2));
                if (have > 3)
                        buffer_u8(to, (uint8_t)(d[2] << 6 | d[3]));
        }
        (void)buffer_room(to, 1); /* a pointer even for nothing: NULL would be a tombstone */
        return true;
}

static bool kind_of(const tocsin_value *v, TableSpace *ret) {
        for (TableSpace s = SPACE_META; s <= SPACE_TIMER; s++)
                if (bytes_eq_z(tocsin_get_bytes(v, "kind"), state_kind(s))) {
                        *ret = s;
                        return true;
                }
        return false;
}

static bool behind_last(const StateFile *f, const StateEntry *e) {
        if (e->partition != f->partition)
                return e->partition > f->partition;
        return e->space != f->space ? e->space > f->space : bytes_cmp(e->key, buffer_bytes(&f->last)) > 0;
}

static int check(StateFile *f, const StateEntry *e, Why *why) {
        StateMeta m;
        int64_t at;
        unsigned clock;
        if (e->key.len > LIMIT_KEY_BYTES || e->value.len > LIMIT_VALUE_BYTES)
                return bad(f, why, STATE_E_BAD, "a key or value larger than a table takes");
        if (!behind_last(f, e))
                return bad(f, why, STATE_E_BAD, "this entry stands out of order, or twice");
        if (e->space == SPACE_TIMER && !timers_read(e->value, &at, &clock))
                return bad(f, why, STATE_E_BAD, "a timer that is none");
        if (e->space != SPACE_META)
                return 0;
        if (!bytes_eq_z(e->key, STATE_META_KEY))
                return bad(f, why, STATE_E_BAD, "a record of the host that is none");
        Why own = { 0 };
        int r = state_meta_read(&m, e->value, f->arena, &own);
        return r > 0 ? bad(f, why, r == STATE_E_FOREIGN ? STATE_E_BAD : r, "%s", own.text) : r;
}

static int entry(StateFile *f, const tocsin_value *v, StateEntry *ret, Why *why) {
        int64_t partition = tocsin_get_i64(v, "partition", -1);
        StateEntry e = { .partition = (int32_t)partition };
        const tocsin_value *key = tocsin_find(v, "key"), *value = tocsin_find(v, "value");
        if (partition < 0 || partition >= f->head.partitions || !kind_of(v, &e.space) || !tocsin_is(key, TOCSIN_STR) ||
            !tocsin_is(value, TOCSIN_STR) || !base64(tocsin_as_bytes(key), &f->key) || !base64(tocsin_as_bytes(value), &f->value))
                return bad(f, why, STATE_E_BAD, "no entry as `tocsin state export` writes them");
        e.key = buffer_bytes(&f->key);
        e.value = buffer_bytes(&f->value);
        REQUIRE(!f->key.failed && !f->value.failed, -ENOMEM);
        GUARD(check(f, &e, why));
        buffer_clear(&f->last);
        buffer_put(&f->last, e.key.ptr, e.key.len);
        REQUIRE(!f->last.failed, -ENOMEM);
        f->partition = e.partition;
        f->space = e.space;
        f->n++;
        *ret = e;
        return 0;
}

static int end(StateFile *f, const tocsin_value *v, Why *why) {
        uint8_t sum[DIGEST_LEN];
        char hex[2 * DIGEST_LEN + 1];
        Bytes line;
        digest_end(f->digest, sum);
        for (size_t i = 0; i < sizeof sum; i++)
                sprintf(hex + 2 * i, "%02x", sum[i]);
        if (tocsin_get_i64(v, "entries", -1) != (int64_t)f->n)
                return bad(f, why, STATE_E_BAD, "entries are missing, or too many: %llu came, %lld were written",
                           (unsigned long long)f->n, (long long)tocsin_get_i64(v, "entries", -1));
        if (!bytes_eq_z(tocsin_get_bytes(v, "sha256"), hex))
                return bad(f, why, STATE_E_BAD, "what stands before is not what was written: its digest is %.16s…, not this one",
                           hex);
        int r = lines_next(f->lines, &line, why);
        if (r == LINES_E_END)
                return 0;
        return r < 0 ? r : bad(f, why, STATE_E_BAD, "there is more behind the digest");
}

int state_file_each(StateFile *f, StateEach each, void *arg, Why *why) {
        for (;;) {
                Bytes line;
                tocsin_value v;
                StateEntry e;
                int r = next(f, &line, &v, why);
                if (r == 0 && tocsin_find(&v, "sha256"))
                        return end(f, &v, why);
                if (r == 0) {
                        digest_add(f->digest, line);
                        digest_add(f->digest, bytes_z("\n"));
                        r = entry(f, &v, &e, why);
                }
                if (f->n % TELL_EACH == 0)
                        state_tell(f->tell, lines_name(f->lines), -1, (int64_t)f->n, 0);
                if (r == 0)
                        r = each(arg, &e);
                if (r != 0)
                        return r == -ENOMEM ? why_say(why, r, "out of memory") : r;
        }
}
