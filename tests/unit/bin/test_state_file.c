/* Files of state: the same state is the same bytes, and nothing but what was written is read. */
#include "state_world.h"

static void exported(World *w, int32_t partitions, int n) {
        world_begin(w, NULL, partitions, 1);
        world_start(w);
        world_feed(w, n);
        world_stop(w);
        cr_assert_eq(world_export(w), 0, "%s", w->why.text);
}

/* Line i of the file, from 0, replaced by `with` (NULL: left out) and the digest written anew: what a liar would do. */
static void forge(World *w, size_t line, const char *with) {
        size_t n;
        char *text = world_file(w, &n), *out = malloc(1u << 20), *at = out, *from = text;
        uint8_t sum[DIGEST_LEN];
        size_t entries = 0;
        cr_assert_not_null(out);
        for (size_t i = 0; strncmp(from, "{\"entries\"", 10) != 0; i++) {
                char *end = strchr(from, '\n') + 1;
                if (i != line)
                        at = mempcpy(at, from, (size_t)(end - from));
                else if (with)
                        at += sprintf(at, "%s\n", with);
                from = end;
        }
        for (char *p = out; p < at; p++)
                entries += *p == '\n';
        digest_sha256(bytes_of(out, (size_t)(at - out)), sum);
        at += sprintf(at, "{\"entries\":%zu,\"sha256\":\"", entries - 1);
        for (size_t i = 0; i < DIGEST_LEN; i++)
                at += sprintf(at, "%02x", sum[i]);
        at += sprintf(at, "\"}\n");
        world_write(w, out, (size_t)(at - out));
        free(out);
        free(text);
}

static void refused(World *w, size_t line, const char *with, int answer, const char *because) {
        size_t n;
        char *before = world_file(w, &n);
        forge(w, line, with);
        int r = world_read(w);
        cr_assert_eq(r, answer, "%s: %d %s", with ? with : "(left out)", r, w->why.text);
        cr_assert(strstr(w->why.text, because), "%s: %s", with, w->why.text);
        world_write(w, before, n);
        free(before);
}

Test(state_file, the_same_state_is_the_same_bytes_and_reads_back) {
        World w;
        size_t n, m;
        exported(&w, 3, 50);
        char *first = world_file(&w, &n);
        cr_assert_eq(world_read(&w), 0, "%s", w.why.text);
        cr_assert_eq(world_export(&w), 0);
        char *second = world_file(&w, &m);
        cr_assert(n == m && memcmp(first, second, n) == 0);
        world_start(&w);
        world_stop(&w); /* a life without work changes nothing */
        cr_assert_eq(world_export(&w), 0);
        free(second);
        second = world_file(&w, &m);
        cr_assert(n == m && memcmp(first, second, n) == 0, "%s\n%s", first, second);
        free(first);
        free(second);
        world_end(&w);
}

Test(state_file, of_a_pipeline_that_never_worked_is_a_file_without_entries) {
        World w;
        exported(&w, 2, 0);
        cr_assert_eq(world_read(&w), 0, "%s", w.why.text);
        world_end(&w);
}

Test(state_file, cut_anywhere_it_is_refused) {
        World w;
        size_t n;
        exported(&w, 2, 12);
        char *text = world_file(&w, &n);
        for (size_t i = 0; i < n - 1; i++) { /* the last byte is the end of the last line */
                world_write(&w, text, i);
                int r = world_read(&w);
                cr_assert_eq(r, STATE_E_BAD, "cut at %zu of %zu: %d %s", i, n, r, w.why.text);
                cr_assert_str_not_empty(w.why.text);
        }
        world_write(&w, text, n);
        cr_assert_eq(world_read(&w), 0);
        free(text);
        world_end(&w);
}

Test(state_file, with_any_bit_flipped_it_is_refused) {
        World w;
        size_t n;
        exported(&w, 2, 6);
        char *text = world_file(&w, &n);
        for (size_t i = 0; i < n - 1; i++)
                for (int bit = 0; bit < 8; bit++) {
                        text[i] = (char)(text[i] ^ (1 << bit));
                        world_write(&w, text, n);
                        int r = world_read(&w);
                        cr_assert(r == STATE_E_BAD || r == STATE_E_NEWER, "bit %d of byte %zu ('%c'): %d %s", bit, i, text[i], r,
                                  w.why.text);
                        text[i] = (char)(text[i] ^ (1 << bit));
                }
        free(text);
        world_end(&w);
}

Test(state_file, a_line_left_out_or_told_twice_is_refused_and_so_is_what_follows_the_digest) {
        World w;
        size_t n;
        exported(&w, 2, 30);
        char *text = world_file(&w, &n), *line = strchr(text, '\n') + 1, *end = strchr(line, '\n') + 1;
        char *other = malloc(2 * n + 64);
        size_t head = (size_t)(line - text), one = (size_t)(end - line);
        memcpy(other, text, head);
        memcpy(other + head, end, n - head - one);
        world_write(&w, other, n - one);
        cr_assert_eq(world_read(&w), STATE_E_BAD);
        memcpy(other, text, n);
        memcpy(other + n, line, one);
        world_write(&w, other, n + one);
        cr_assert_eq(world_read(&w), STATE_E_BAD);
        cr_assert(strstr(w.why.text, "more behind the digest"), "%s", w.why.text);
        memcpy(other + n, text, n); /* two files, one behind the other */
        world_write(&w, other, 2 * n);
        cr_assert_eq(world_read(&w), STATE_E_BAD);
        free(other);
        free(text);
        world_end(&w);
}

Test(state_file, of_windows_it_reads_as_well) {
        World w;
        size_t n, m = 0;
        exported(&w, 1, 10);
        char *text = world_file(&w, &n), *crlf = malloc(2 * n);
        for (size_t i = 0; i < n; i++) {
                if (text[i] == '\n')
                        crlf[m++] = '\r';
                crlf[m++] = text[i];
        }
        world_write(&w, crlf, m);
        cr_assert_eq(world_read(&w), 0, "%s", w.why.text);
        free(crlf);
        free(text);
        world_end(&w);
}

#define HEAD(version, partitions, state)                                                                                 \
        "{\"tocsin_state\":" version ",\"app\":\"test\",\"pipeline\":\"rig\",\"plugin\":\"p\",\"plugin_version\":\"1\"," \
        "\"state_version\":" state ",\"partitions\":" partitions ",\"live\":false,\"offsets\":[]}"
#define LINE(partition, kind, key, value) \
        "{\"partition\":" partition ",\"kind\":\"" kind "\",\"key\":\"" key "\",\"value\":\"" value "\"}"

Test(state_file, lies_with_a_digest_that_fits_are_refused_too) {
        World w;
        exported(&w, 1, 10);
        refused(&w, 0, HEAD("2", "1", "1"), STATE_E_NEWER, "newer Tocsin");
        refused(&w, 0, HEAD("0", "1", "1"), STATE_E_BAD, "no file of");
        refused(&w, 0, HEAD("1", "0", "1"), STATE_E_BAD, "partitions");
        refused(&w, 0, HEAD("1", "99999", "1"), STATE_E_BAD, "partitions");
        refused(&w, 0, HEAD("1", "1", "-1"), STATE_E_BAD, "state_version");
        refused(&w, 0, "{\"port\":\"events\",\"value\":{}}", STATE_E_BAD, "no file of");
        refused(&w, 0, "[1]", STATE_E_BAD, "no line of");
        refused(&w, 0, "\x1f\x8b", STATE_E_BAD, "gzip");
        refused(&w, 2, LINE("1", "entry", "YQ==", "YQ=="), STATE_E_BAD, "no entry");
        refused(&w, 2, LINE("-1", "entry", "YQ==", "YQ=="), STATE_E_BAD, "no entry");
        refused(&w, 2, LINE("4294967296", "entry", "YQ==", "YQ=="), STATE_E_BAD, "no entry");
        refused(&w, 2, LINE("0", "user", "YQ==", "YQ=="), STATE_E_BAD, "no entry");
        refused(&w, 2, LINE("0", "entry", "YQ", "YQ=="), STATE_E_BAD, "no entry");
        refused(&w, 2, LINE("0", "entry", "YR==", "YQ=="), STATE_E_BAD, "no entry");
        refused(&w, 2, LINE("0", "entry", "YQ==", "Y==="), STATE_E_BAD, "no entry");
        refused(&w, 2, LINE("0", "entry", "YQ==", "YQ==YQ=="), STATE_E_BAD, "no entry");
        refused(&w, 2, "{\"partition\":0,\"kind\":\"entry\",\"key\":\"YQ==\",\"value\":null}", STATE_E_BAD, "no entry");
        refused(&w, 2, LINE("0", "timer", "YQ==", "YQ=="), STATE_E_BAD, "timer");
        refused(&w, 2, LINE("0", "host", "YQ==", "YQ=="), STATE_E_BAD, "out of order");
        refused(&w, 1, LINE("0", "host", "YQ==", "YQ=="), STATE_E_BAD, "record of the host");
        refused(&w, 1, LINE("0", "host", "dGFzaw==", "YQ=="), STATE_E_NEWER, "layout 97");
        refused(&w, 1, LINE("0", "host", "dGFzaw==", "AQEA"), STATE_E_BAD, "torn");
        refused(&w, 1, LINE("0", "host", "dGFzaw==", ""), STATE_E_BAD, "torn");
        world_end(&w);
}

Test(state_file, that_was_not_finished_leaves_nothing_behind) {
        World w;
        char part[80];
        StateOut *o = NULL;
        const StateHead head = { .app = "a", .pipeline = "p", .plugin = "x", .plugin_version = "", .partitions = 1 };
        world_begin(&w, NULL, 1, 1);
        snprintf(part, sizeof part, "%s.part", w.path);
        cr_assert_eq(state_out_open(&o, w.path, false, &head, &w.why), 0, "%s", w.why.text);
        cr_assert_eq(access(part, F_OK), 0);
        cr_assert_eq(access(w.path, F_OK), -1);
        state_out_close(o);
        cr_assert(access(part, F_OK) == -1 && access(w.path, F_OK) == -1);
        cr_assert_eq(state_out_open(&o, w.path, false, &head, &w.why), 0);
        cr_assert_eq(state_out_end(o, &w.why), 0);
        state_out_close(o);
        cr_assert_eq(world_read(&w), 0, "%s", w.why.text);
        cr_assert_eq(state_out_open(&o, w.path, false, &head, &w.why), STATE_E_FILE, "what is there is not written over");
        cr_assert_eq(state_out_open(&o, "/nowhere/at/all", false, &head, &w.why), STATE_E_FILE);
        world_end(&w);
}

Test(state_file, keys_and_values_of_any_bytes_come_back_as_they_were) {
        World w;
        StateOut *o = NULL;
        uint8_t key[LIMIT_KEY_BYTES], value[70];
        const StateHead head = { .app = "a", .pipeline = "p", .plugin = "x", .plugin_version = "", .partitions = 2 };
        world_begin(&w, NULL, 1, 1);
        for (size_t i = 0; i < sizeof key; i++)
                key[i] = (uint8_t)(i * 7);
        for (size_t i = 0; i < sizeof value; i++)
                value[i] = (uint8_t)(i * 37);
        cr_assert_eq(state_out_open(&o, w.path, false, &head, &w.why), 0);
        for (size_t n = 1; n < sizeof value; n++)
                cr_assert_eq(state_out_put(o, &(StateEntry){ 1, SPACE_USER, bytes_of(key, n), bytes_of(value, n % 5) }, &w.why),
                             0);
        cr_assert_eq(state_out_put(o, &(StateEntry){ 1, SPACE_USER, bytes_of(key, sizeof key), bytes_z("") }, &w.why), 0);
        cr_assert_eq(state_out_end(o, &w.why), 0);
        state_out_close(o);
        StateGet g = { .pipeline = "p", .key = bytes_of(key, 9), .json = true, .arena = arena_new(1u << 20) };
        StateFile *f = NULL;
        cr_assert_eq(state_file_open(&f, w.path, NULL, &w.why), 0);
        cr_assert_eq(state_file_each(f, state_get_each, &g, &w.why), 0, "%s", w.why.text);
        cr_assert_eq(g.found, 1u);
        buffer_u8(&g.out, 0);
        cr_assert(strstr((char *)g.out.ptr, "\"key_hex\":\"00070e151c232a3138\"") &&
                          strstr((char *)g.out.ptr, "\"value_hex\":\"00254a6f\""),
                  "%s", (char *)g.out.ptr);
        state_file_close(f);
        buffer_deinit(&g.out);
        arena_free(g.arena);
        world_end(&w);
}
