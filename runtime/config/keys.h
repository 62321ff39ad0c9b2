/* Inside this room: a section of the configuration as a table of its keys, and the one reader for all of them. The same
 * tables make the manual (config_keys()). */
#pragma once

#include "config/tree.h"

typedef enum KeyKind {
        KEY_TEXT,        /* const char *; not empty */
        KEY_PATH,        /* const char *; below the configuration's folder */
        KEY_BOOL,        /* bool */
        KEY_WORD,        /* int: index into words, which ends with NULL */
        KEY_COUNT,       /* 32 bits: min to max */
        KEY_LONG,        /* 64 bits: min to max */
        KEY_TIME,        /* int64_t microseconds: min to max */
        KEY_SIZE,        /* size_t: min to max */
        KEY_SECTION,     /* keys, into the same struct */
        KEY_CALL         /* read() does it */
} KeyKind;

typedef struct Reader {
        Arena *arena;
        Complaints *complaints;
        const char *folder;
        int failed;                      /* -ENOMEM sticks */
        const struct Origin *origins;    /* of Config */
} Reader;

typedef struct Key Key;
struct Key {
        const char *name;                /* NULL ends a table */
        KeyKind kind;
        size_t at;                       /* offset in the struct that is filled */
        int64_t min, max;
        const char *const *words;
        const Key *keys;
        void (*read)(Reader *r, const Key *k, Node node, void *into);
        const char *type;                /* for the manual; NULL: the kind says it */
        const char *json;                /* KEY_CALL without keys: members of its JSON Schema */
        const char *help;                /* with the default */
};

/* Fills `into` from a MAP. Complains of a value that is none, of unknown keys and of wrong values. */
void keys_read(Reader *r, const Key *keys, Node node, void *into, const char *what);

/* The value as written, for a complaint: "`text`", "a list", "a map", "nothing". The text lives in the arena. */
const char *node_shown(Reader *r, Node node);
/* A scalar's text without NUL, whatever it looks like (a password 0123 stays that). NULL: not a text; complained. */
const char *node_text(Reader *r, Node node, const char *what);
/* ---- expand.c: where a text came from ---- */

struct Origin {
        const char *value, *written;     /* by address; as it is shown */
        Bytes secret;                    /* what stood in the place of ${…} and around it */
        const struct Origin *next;
};
/* Of all that is in the node; once, before it is read. */
void origin_gather(Reader *r, Node node);
/* `value` is made of the node's text: whatever was replaced in it goes with it. Returns `value`. */
const char *origin_note(Reader *r, Node node, const char *value);
/* The node's text as a path, noted. */
const char *node_path(Reader *r, Node node, const char *text);
/* The word that may have been meant; NULL for what came by ${…}, whose likeness would tell of it. */
const char *node_near(Node node, const char *const *words, size_t n);

/* The field of a MAP with its marks. false: not there. */
bool node_find(Node node, const char *name, Node *ret);
/* One value by its key, whatever its name. */
void key_read(Reader *r, const Key *key, Node node, void *into);
const char *key_type(const Key *k);              /* for the manual */
void *reader_alloc(Reader *r, size_t n);         /* zeroed; NULL: failed is set */
char *reader_printf(Reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- units: whole text or not at all ---- */

bool unit_time(const char *text, int64_t *ret_us);       /* 10us 100ms 5s 2m 1h 7d */
bool unit_size(const char *text, int64_t *ret);          /* 12B 500kB 16MB 1GB 1KiB 16MiB 1GiB */
bool unit_date(const char *text, int64_t *ret_us);       /* RFC 3339, microseconds since 1970 UTC */
void unit_print_time(char ret[32], int64_t us);          /* as above, the largest unit that divides it */
void unit_print_size(char ret[32], int64_t n);
