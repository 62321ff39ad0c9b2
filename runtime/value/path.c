/* "a.b[0].c". */
#include "value/value.h"

#include <stdlib.h>
#include <tocsin/value.h>

/* "[12]" at *path: the item, *path behind it. NULL: no such item, or no index. */
static const tocsin_value *item(const tocsin_value *v, const char **path) {
        const char *p = *path + 1;
        uint64_t i = 0;
        if (*p < '0' || *p > '9')
                return NULL;
        for (; *p >= '0' && *p <= '9'; p++)
                if ((i = i * 10 + (uint64_t)(*p - '0')) > UINT32_MAX)
                        return NULL;
        if (*p != ']' || v->kind != TOCSIN_LIST || i >= v->len)
                return NULL;
        *path = p + 1;
        return &v->u.items[i];
}

const tocsin_value *value_path(const tocsin_value *v, const char *path) {
        bool first = true;
        while (v && *path) {
                if (*path == '[') {
                        v = item(v, &path);
                } else {
                        if (!first && *path++ != '.')
                                return NULL;
                        size_t n = strcspn(path, ".[");
                        v = n ? tocsin_find_n(v, path, n) : NULL;
                        path += n;
                }
                first = false;
        }
        return v;
}
