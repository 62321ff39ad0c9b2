/* YAML as others may write it: whole, wrong, or meant to hurt. */
#include "complaints.h"
#include "core/limits.h"
#include "value/value.h"
#include <time.h>

typedef struct Loaded {
        Arena *arena;
        tocsin_value value;
        const struct YamlMarks *marks;
        Complaints complaints;
        char text[8192];
        int r;
} Loaded;

static Loaded load(Bytes yaml) {
        Loaded l = { .arena = arena_new(256u << 20) };
        l.r = yaml_load("x.yaml", yaml, l.arena, &l.value, &l.marks, &l.complaints);
        complaints_text(&l.complaints, l.text, sizeof l.text);
        return l;
}

static void unload(Loaded *l) {
        complaints_deinit(&l->complaints);
        arena_free(l->arena);
}

static void says(Bytes yaml, const char *expected) {
        Loaded l = load(yaml);
        cr_assert_eq(l.r, CONFIG_E_BAD, "%.*s: %d", BYTES_ARG(yaml), l.r);
        cr_assert_str_eq(l.text, expected, "%.*s says\n%s", BYTES_ARG(yaml), l.text);
        unload(&l);
}

static void prints(const char *yaml, const char *expected) {
        Loaded l = load(bytes_z(yaml));
        cr_assert_eq(l.r, 0, "%s: %s", yaml, l.text);
        Buffer b = BUFFER_NULL;
        value_print(&b, &l.value);
        cr_assert(bytes_eq_z(buffer_bytes(&b), expected), "%s is %.*s", yaml, BYTES_ARG(buffer_bytes(&b)));
        buffer_deinit(&b);
        unload(&l);
}

Test(yaml, what_is_wrong_is_said_with_its_line_and_column) {
        static const struct {
                const char *yaml, *says;
        } cases[] = {
                { "a: 1\nb: [1, 2\nc: 3\n",
                  "3:2: did not find expected ',' or ']' while parsing a flow sequence that began in line 2\n" },
                { "a: b: c\n",
                  "1:5: mapping values are not allowed in this context; quote a text that holds `: `, or look at the "
                  "indentation\n" },
                { "a:\n\t- 1\n", "2:1: found character that cannot start any token while scanning for the next token; a tab "
                                 "cannot indent, use spaces\n" },
                { "a: @x\n",
                  "1:4: found character that cannot start any token while scanning for the next token; quote a text that "
                  "begins so\n" },
                { "a: 'x\nb: 1\n", "3:1: found unexpected end of stream while scanning a quoted scalar that began in line 1\n" },
                { "a: 1\na: 2\nb: 1\n'a': 3\n",
                  "2:1: `a` stands here twice, first in line 1\n4:1: `a` stands here twice, first in line 2\n" },
                { "x: {a: 1, b: 2, a: 3}\n", "1:17: `a` stands here twice, first in line 1\n" },
                { "? [1]\n: 2\n", "1:3: a key must be a word, not a list or a map\n" },
                { "a: &x 1\n*x : 2\n", "2:1: a key must be written out, not be an alias\n" },
                { "?\n: 1\n", "1:2: a key is missing before the `:`\n" },
                { "a: {b: ${env:X}}\n", "1:9: did not find expected ',' or '}' while parsing a flow mapping; quote a ${…} that "
                                        "stands inside braces or brackets\n" },
                { "a: &b {c: 1}\nd:\n  <<: *b\n", "3:3: `<<` merges nothing in YAML 1.2; write the entries out\n" },
                { "a: *b\n", "1:4: *b names no anchor before this place\n" },
                { "a: &a [*a]\n", "1:8: *a names no anchor before this place\n" },
                { "a: !!binary aGk=\n", "1:4: tag tag:yaml.org,2002:binary is not read here; only !!str is\n" },
                { "a: !thing [1]\n", "1:4: tag !thing is not read here\n" },
                { "a: 9223372036854775808\n",
                  "1:4: `9223372036854775808` is beyond what a number can hold; quote it if it is text\n" },
                { "a: 1e999\n", "1:4: `1e999` is beyond what a number can hold; quote it if it is text\n" },
                { "a: 1\n--- \nb: 2\n", "2:1: a second document; a file holds one\n" },
                { "\"a\\0b\": 1\n", "1:1: a key holds a NUL\n" },
                { "a: 1\nb: 2\n c: 3\n",
                  "3:3: mapping values are not allowed in this context; quote a text that holds `: `, or look at "
                  "the indentation\n" },
                { "ä: 1\nö: [ü, *z]\n", "2:8: *z names no anchor before this place\n" },
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                says(bytes_z(cases[i].yaml), cases[i].says);
}

Test(yaml, bytes_that_are_no_text_have_their_place) {
        static const char latin[] = "a: 1\nb\xc3\xa4: \xe4\n";
        says(bytes_z(latin), "2:5: not text: incomplete UTF-8 octet sequence; the file must be UTF-8\n");
        static const char control[] = "a: 1\nb: \x01\n";
        says(bytes_z(control), "2:4: not text: control characters are not allowed; the file must be UTF-8\n");
        static const uint8_t utf16[] = { 0xfe, 0xff, 0, 'a', 0, ':', 0, ' ', 0, '1' };
        says(bytes_of(utf16, sizeof utf16), "1:1: not text: invalid leading UTF-8 octet; the file must be UTF-8\n");
        static const uint8_t nul[] = { 'a', ':', ' ', 0 };
        says(bytes_of(nul, sizeof nul), "1:4: not text: control characters are not allowed; the file must be UTF-8\n");
        static const uint8_t surrogate[] = { 'a', ':', ' ', 0xed, 0xa0, 0x80 };
        says(bytes_of(surrogate, sizeof surrogate), "1:4: not text: invalid Unicode character; the file must be UTF-8\n");
}

Test(yaml, depth_has_a_bound_and_the_bound_itself_is_fine) {
        char deep[2 * LIMIT_DEPTH + 8];
        for (unsigned n = LIMIT_DEPTH; n <= LIMIT_DEPTH + 1; n++) {
                memset(deep, '[', n);
                memset(deep + n, ']', n);
                Loaded l = load(bytes_of(deep, 2u * n));
                cr_assert_eq(l.r, n == LIMIT_DEPTH ? 0 : CONFIG_E_BAD);
                cr_assert_str_eq(l.text, n == LIMIT_DEPTH ? "" : "1:65: nested deeper than 64\n");
                unload(&l);
        }
        says(bytes_z("a: &a [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]\n"
                     "b: &b [[[[[[[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]]]]]]\n"
                     "c: [[[[[[[[[[[[[[[[[[[[[[[[*b]]]]]]]]]]]]]]]]]]]]]]]]\n"),
             "3:28: nested deeper than 64\n");
}

Test(yaml, a_million_brackets_cost_no_more_than_a_few) {
        size_t n = LIMIT_CONFIG_BYTES - 1;
        char *open = malloc(n);
        memset(open, '[', n);
        clock_t before = clock();
        says(bytes_of(open, n), "1:65: nested deeper than 64\n");
        cr_assert_lt(clock() - before, CLOCKS_PER_SEC);
        free(open);
}

Test(yaml, aliases_share_and_a_bomb_of_them_is_refused) {
        prints("a: &x {b: [1, 2]}\nc: *x\nd: [*x, *x]\n",
               "{\"a\":{\"b\":[1,2]},\"c\":{\"b\":[1,2]},\"d\":[{\"b\":[1,2]},{\"b\":[1,2]}]}");
        says(bytes_z("a: &a [l,l,l,l,l,l,l,l,l]\n"
                     "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                     "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
                     "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                     "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
                     "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
                     "g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n"),
             "6:26: too much: more than 524288 values once its aliases are unfolded\n");
        Buffer many = BUFFER_NULL;
        for (int i = 0; i < 300; i++)
                buffer_printf(&many, "k%d: &a%d 1\n", i, i);
        says(buffer_bytes(&many), "257:7: more than 256 anchors\n");
        buffer_deinit(&many);
}

Test(yaml, a_huge_file_is_refused_and_a_large_one_is_quick) {
        char *big = malloc(LIMIT_CONFIG_BYTES + 1);
        memset(big, ' ', LIMIT_CONFIG_BYTES + 1);
        says(bytes_of(big, LIMIT_CONFIG_BYTES + 1), "0:0: larger than 4194304 bytes\n");
        free(big);
        Buffer keys = BUFFER_NULL;
        for (int i = 0; i < 100000; i++)
                buffer_printf(&keys, "k%d: %d\n", i, i);
        buffer_put_z(&keys, "k5: again\n");
        clock_t before = clock();
        says(buffer_bytes(&keys), "100001:1: `k5` stands here twice, first in line 6\n");
        cr_assert_lt(clock() - before, 4 * CLOCKS_PER_SEC);
        buffer_deinit(&keys);
}

Test(yaml, complaints_beyond_a_page_are_counted_only) {
        Buffer b = BUFFER_NULL;
        for (int i = 0; i < 500; i++)
                buffer_put_z(&b, "a: 1\n");
        Loaded l = load(buffer_bytes(&b));
        cr_assert_eq(l.complaints.n, COMPLAINTS_MAX);
        cr_assert_eq(l.complaints.n + l.complaints.more, 499);
        unload(&l);
        buffer_deinit(&b);
}

Test(yaml, scalars_follow_the_core_schema_of_yaml_1_2) {
        prints("[null, ~, Null, '', \"\", yes, no, on, off, true, False]",
               "[null,null,null,\"\",\"\",\"yes\",\"no\",\"on\",\"off\",true,false]");
        prints("[0, -7, +7, 012, 0o17, 0x1F, 1_000, 9223372036854775807, -9223372036854775808]",
               "[0,-7,7,12,15,31,\"1_000\",9223372036854775807,-9223372036854775808]");
        prints("[1.5, 1., .5, 1e3, -1.5e-3, 1.2.3, 1e, e1, '1']", "[1.5,1.0,0.5,1000.0,-0.0015,\"1.2.3\",\"1e\",\"e1\",\"1\"]");
        prints("[!!str 12, ! 'x', 12:30:45, 2026-01-31T12:00:00Z, 0x, 0o8, -, '-']",
               "[\"12\",\"x\",\"12:30:45\",\"2026-01-31T12:00:00Z\",\"0x\",\"0o8\",\"-\",\"-\"]");
        prints("a:\nb: |\n  two\n  lines\nc: >-\n  folded\n  too\n",
               "{\"a\":null,\"b\":\"two\\nlines\\n\",\"c\":\"folded too\"}");
        prints("", "null");
        prints("# nothing\n", "null");
        prints("\xef\xbb\xbf"
               "a: 1\n",
               "{\"a\":1}");
        prints("${env:HOME}: ${file:/etc/passwd}\n", "{\"${env:HOME}\":\"${file:/etc/passwd}\"}");
}

static void mark_is(const Loaded *l, const char *pointer, bool key, uint32_t line, uint32_t column) {
        Mark m = yaml_mark(l->marks, pointer, key);
        cr_assert(m.line == line && m.column == column, "%s stands at %u:%u", pointer, m.line, m.column);
}

Test(yaml, every_pointer_leads_to_its_place) {
        Loaded l = load(bytes_z("rules:\n  - {limit: 3, name: x}\n  - limit: 4\n'a/b~c': [é, 2]\nsame: &s {k: 1}\nalso: *s\n"));
        cr_assert_eq(l.r, 0, "%s", l.text);
        mark_is(&l, "", false, 1, 1);
        mark_is(&l, "/rules", true, 1, 1);
        mark_is(&l, "/rules", false, 2, 3);
        mark_is(&l, "/rules/0/limit", true, 2, 6);
        mark_is(&l, "/rules/0/limit", false, 2, 13);
        mark_is(&l, "/rules/1", false, 3, 5);
        mark_is(&l, "/rules/1", true, 3, 5);
        mark_is(&l, "/rules/1/limit", false, 3, 12);
        mark_is(&l, "/a~1b~0c/1", false, 4, 14);
        mark_is(&l, "/also", false, 6, 7);
        mark_is(&l, "/also/k", false, 5, 14);
        mark_is(&l, "/rules/0/missing", false, 2, 5);
        mark_is(&l, "/rules/7", false, 2, 3);
        mark_is(&l, "/rules/x/limit", false, 2, 3);
        mark_is(&l, "/rules/", false, 2, 3);
        mark_is(&l, "nonsense", false, 1, 1);
        unload(&l);
}

Test(yaml, any_cut_and_any_flipped_byte_is_read_or_refused_with_a_place) {
        static const char whole[] =
                "app: demo\nkafka: &k {a.b: 'x', c: [1, 2.5, ~]}\nother: *k\ntext: |\n  two\n  lines\n\"q\\u00e4\": !!str 5\n";
        for (size_t n = 0; n < sizeof whole; n++) {
                Loaded l = load(bytes_of(whole, n));
                cr_assert(l.r == 0 || (l.r == CONFIG_E_BAD && l.complaints.n && l.complaints.at[0].mark.line));
                unload(&l);
        }
        for (size_t i = 0; i < 8 * (sizeof whole - 1); i++) {
                char flipped[sizeof whole];
                memcpy(flipped, whole, sizeof whole);
                flipped[i / 8] = (char)(flipped[i / 8] ^ (1 << i % 8));
                Loaded l = load(bytes_of(flipped, sizeof whole - 1));
                cr_assert(l.r == 0 || (l.r == CONFIG_E_BAD && l.complaints.n && l.complaints.at[0].mark.line));
                unload(&l);
        }
}
