/* What a JSON value must look like: the part of JSON Schema draft 4 that the VES schema uses, as tables. Pure.
 *
 * Objects are closed: a name the table does not have is refused, unless the options say otherwise. */
#pragma once

#include "../adapter/flat.h"

typedef enum ShapeType {
        SHAPE_STR,
        SHAPE_NUM,
        SHAPE_INT,
        SHAPE_ENUM,     /* of: const char *const[], ended by NULL */
        SHAPE_IPV4,
        SHAPE_IPV6,
        SHAPE_URI,
        SHAPE_HASH,     /* object of texts */
        SHAPE_OPEN,     /* any object, and whatever is in it */
        SHAPE_OBJ,      /* of: Shape */
        SHAPE_LIST,     /* of: Shape; array of such objects */
        SHAPE_STRS,     /* array of texts */
        SHAPE_INTS,     /* array of integers */
        SHAPE_ONE,      /* of: const Shape *const[], ended by NULL; an object that fits exactly one */
        SHAPE_ONES      /* array of those */
} ShapeType;

typedef struct ShapeField {
        const char *name;
        const void *of;
        uint8_t len, type, required;
} ShapeField;

typedef struct Shape {
        const char *name;
        const ShapeField *fields;      /* sorted by name */
        uint32_t n;
} Shape;

#define SHAPE_FIELD(need, type, name, of) { #name, of, sizeof #name - 1, SHAPE_##type, need }
#define MUST(type, name) SHAPE_FIELD(1, type, name, NULL)
#define MAY(type, name) SHAPE_FIELD(0, type, name, NULL)
#define MUST_OF(type, name, of) SHAPE_FIELD(1, type, name, of)
#define MAY_OF(type, name, of) SHAPE_FIELD(0, type, name, of)
#define SHAPE(variable, fields) const Shape variable = { #variable, fields, sizeof fields / sizeof *fields }

typedef struct ShapeOptions {
        bool strict_numbers;           /* a text is no number, whatever it says */
        bool ignore_unknown;           /* names the table does not have are no reason to refuse */
} ShapeOptions;

/* Does it fit? If not the kit has the reason, which begins with the path of what is wrong: f->path, then down. */
bool shape_check(Flat *f, const Shape *s, const tocsin_value *v, const ShapeOptions *o);
/* The leaves of a value that fits, into f: numbers by the shape's word, texts of HASHes if `hash_numbers`. */
void shape_flatten(Flat *f, const Shape *s, const tocsin_value *v, bool hash_numbers);
const ShapeField *shape_field(const Shape *s, const char *name, uint32_t len);

/* Four decimal numbers without leading zeros (RFC 2673 section 3.2); RFC 4291 section 2.2, perhaps with a zone (RFC 4007:
 * %eth0). */
bool address_is_ipv4(tocsin_bytes text);
bool address_is_ipv6(tocsin_bytes text);
/* RFC 3986: a scheme, a colon, and nothing that must not stand in one. */
bool address_is_uri(tocsin_bytes text);
