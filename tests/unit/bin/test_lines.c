/* Reading by lines. */
#include "bin/lines.h"

#include "core/buffer.h"
#include <criterion/criterion.h>

#include <fcntl.h>

static char path[] = "/tmp/tocsin-lines-XXXXXX";

static Lines *with(const char *text, size_t n) {
        int fd = mkstemp(path);
        cr_assert(fd >= 0);
        cr_assert_eq(write(fd, text, n), (ssize_t)n);
        close(fd);
        Lines *l = NULL;
        cr_assert_eq(lines_open(&l, path, &(Why){ 0 }), 0);
        return l;
}

Test(lines, a_line_without_end_does_not_eat_the_memory_and_the_next_is_still_read) {
        size_t n = LINES_MAX_BYTES * 3u;
        char *text = malloc(n);
        memset(text, 'x', n);
        memcpy(text, "one\n", 4);
        memcpy(text + n - 6, "\nlast\n", 6);
        Lines *l = with(text, n);
        Bytes b;
        cr_assert_eq(lines_next(l, &b, NULL), 0);
        cr_assert(bytes_eq_z(b, "one"));
        cr_assert_eq(lines_next(l, &b, NULL), LINES_E_LONG);
        cr_assert_eq(lines_number(l), 2);
        cr_assert_eq(lines_next(l, &b, NULL), 0);
        cr_assert(bytes_eq_z(b, "last"), "%.*s", BYTES_ARG(b));
        cr_assert_eq(lines_number(l), 3);
        cr_assert_eq(lines_next(l, &b, NULL), LINES_E_END);
        cr_assert_eq(lines_next(l, &b, NULL), LINES_E_END);
        lines_close(l);
        unlink(path);
        free(text);
}

Test(lines, what_is_not_there_or_no_file_is_said) {
        Lines *l = NULL;
        Why why = { 0 };
        cr_assert_eq(lines_open(&l, "/nowhere/at/all", &why), LINES_E_FILE);
        cr_assert(strstr(why.text, "/nowhere/at/all: No such file"));
        cr_assert_eq(lines_open(&l, "/", &why), LINES_E_FILE);
        cr_assert(strstr(why.text, "is a folder"), "%s", why.text);
}

Test(lines, a_byte_order_mark_is_dropped_wherever_files_were_put_together) {
        static const char text[] = "\xef\xbb\xbf"
                                   "a\n"
                                   "\xef\xbb\xbf"
                                   "b\nc\xef\xbb\xbf";
        Lines *l = with(text, sizeof text - 1);
        static const char *const want[] = { "a", "b", "c\xef\xbb\xbf" };
        for (size_t i = 0; i < 3; i++) {
                Bytes b;
                cr_assert_eq(lines_next(l, &b, NULL), 0);
                cr_assert(bytes_eq_z(b, want[i]), "%.*s", BYTES_ARG(b));
        }
        lines_close(l);
        unlink(path);
}

Test(lines, what_is_no_text_is_known_by_its_beginning) {
        cr_assert(strstr(lines_foreign(bytes_z("\x1f\x8b\x08")), "zcat"));
        cr_assert(strstr(lines_foreign(bytes_of("\xff\xfe{\0", 4)), "UTF-16"));
        cr_assert(strstr(lines_foreign(bytes_of("Obj\1\4", 5)), "Avro"));
        cr_assert_null(lines_foreign(bytes_z("{}")));
        cr_assert_null(lines_foreign(BYTES_NULL));
}

Test(lines, ends_marks_and_a_last_line_without_end) {
        static const char text[] = "\xef\xbb\xbf"
                                   "a\r\n\n\nb";
        Lines *l = with(text, sizeof text - 1);
        Bytes b;
        cr_assert_eq(lines_next(l, &b, NULL), 0);
        cr_assert(bytes_eq_z(b, "a"));
        cr_assert_eq(lines_next(l, &b, NULL), 0);
        cr_assert_eq(b.len, 0);
        cr_assert_eq(lines_next(l, &b, NULL), 0);
        cr_assert_eq(lines_next(l, &b, NULL), 0);
        cr_assert(bytes_eq_z(b, "b"));
        cr_assert_eq(lines_number(l), 4);
        cr_assert_eq(lines_next(l, &b, NULL), LINES_E_END);
        lines_close(l);
        unlink(path);
}

Test(lines, many_lines_across_the_edges_of_the_buffer_are_all_told) {
        Buffer text = BUFFER_NULL;
        for (int i = 0; i < 50000; i++)
                buffer_printf(&text, "%d-%.*s\n", i, i % 97,
                              "................................................................................................");
        Lines *l = with((const char *)text.ptr, text.len);
        Bytes b;
        char want[160];
        for (int i = 0; i < 50000; i++) {
                cr_assert_eq(lines_next(l, &b, NULL), 0);
                int n = snprintf(
                        want, sizeof want, "%d-%.*s", i, i % 97,
                        "................................................................................................");
                cr_assert(bytes_eq(b, bytes_of(want, (size_t)n)), "line %d", i);
        }
        cr_assert_eq(lines_next(l, &b, NULL), LINES_E_END);
        lines_close(l);
        unlink(path);
        buffer_deinit(&text);
}

Test(lines, devices_that_never_end_and_folders_are_refused_and_pipes_are_read) {
        Lines *l = NULL;
        Why why = { 0 };
        cr_assert_eq(lines_open(&l, "/dev/zero", &why), LINES_E_FILE);
        cr_assert(strstr(why.text, "/dev/zero: is a device that never ends"), "%s", why.text);
        cr_assert_eq(lines_open(&l, "/tmp", &why), LINES_E_FILE);
        cr_assert(strstr(why.text, "is a folder"), "%s", why.text);
        Bytes b;
        cr_assert_eq(lines_open(&l, "/dev/null", &why), 0);
        cr_assert_eq(lines_next(l, &b, NULL), LINES_E_END);
        lines_close(l);
        int ends[2];
        char name[32];
        cr_assert_eq(pipe(ends), 0);
        cr_assert_eq(write(ends[1], "one\n", 4), 4);
        close(ends[1]);
        snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
        cr_assert_eq(lines_open(&l, name, &why), 0);
        cr_assert_eq(lines_next(l, &b, NULL), 0);
        cr_assert(bytes_eq_z(b, "one"));
        lines_close(l);
        close(ends[0]);
}
