/* From a JSON pointer to a place in the file. */
#include "config/tree.h"

/* Does the pointer's word (until '/' or the end, with ~0 and ~1) spell this name? */
static bool spells(const char *word, size_t n, const tocsin_field *f) {
        size_t k = 0;
        for (size_t i = 0; i < n; i++, k++) {
                char c = word[i];
                if (c == '~' && i + 1 < n)
                        c = word[++i] == '1' ? '/' : '~';
                if (k >= f->name_len || f->name[k] != c)
                        return false;
        }
        return k == f->name_len;
}

static const struct YamlMarks *child(const struct YamlMarks *m, const char *word, size_t n) {
        if (!m->fields) {
                char *end = NULL;
                unsigned long i = n && word[0] >= '0' && word[0] <= '9' ? strtoul(word, &end, 10) : m->n;
                return end == word + n && i < m->n ? &m->child[i] : NULL;
        }
        for (uint32_t i = 0; i < m->n; i++)
                if (spells(word, n, &m->fields[i]))
                        return &m->child[i];
        return NULL;
}

static const struct YamlMarks *find(const struct YamlMarks *m, const char *pointer) {
        while (*pointer == '/') {
                const char *word = pointer + 1;
                size_t n = strcspn(word, "/");
                const struct YamlMarks *next = child(m, word, n);
                if (!next)
                        break;
                m = next;
                pointer = word + n;
        }
        return m;
}

Mark yaml_mark(const struct YamlMarks *m, const char *pointer, bool key) {
        if (!m)
                return (Mark){ 0 };
        m = find(m, pointer);
        return key ? m->key : m->value;
}

bool yaml_bad(const struct YamlMarks *m, const char *pointer) {
        return m && find(m, pointer)->bad;
}

static bool any_replaced(const struct YamlMarks *m) {
        bool is = marks_replaced(m);
        for (uint32_t i = 0; i < m->n && !is; i++)
                is = any_replaced(&m->child[i]);
        return is;
}

bool yaml_replaced(const struct YamlMarks *m, const char *pointer) {
        return m && any_replaced(find(m, pointer));
}
