/* What all detectors share: ranges, names of a fixed size, references to events, the bounds on what others control.
 * Pure: no host, no clock, no I/O. */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <tocsin/value.h>

typedef tocsin_bytes Bytes;

#define NAME_TEXT 92u            /* a loop, producer or attribute: the longest honest ones have about 60 bytes */
#define LABEL_TEXT 188u          /* a target (a 3GPP distinguished name) or a value that is written */
#define REF_ID 92u               /* an event id: a UUID has 36 bytes, ONAP's compound ids about 80 */
#define NEVER INT64_MAX          /* a deadline that does not come */
#define NO_TIME INT64_MIN        /* nothing yet */
#define SECOND INT64_C(1000000)
#define TIME_MOST (INT64_C(1) << 60) /* event times lie within 36,000 years of 1970, so differences never run over */

/* A text of a bounded size that lies in the state as it is. Longer ones end in '~' and 16 digits of their hash, so
 * that two different texts stay different. */
typedef struct Name {
        uint32_t len;
        char text[NAME_TEXT];
} Name;
typedef struct Label {
        uint32_t len;
        char text[LABEL_TEXT];
} Label;

/* An event that proves something. The place is a hint for people. */
typedef struct Ref {
        int64_t time, offset;
        int32_t partition;
        uint32_t id_len;
        uint8_t digest[32];
        char id[REF_ID], pad[4];
} Ref;

uint64_t base_hash(Bytes b);                 /* for places and short memories, never for proof */
uint64_t base_mix(uint64_t a, uint64_t b);   /* two hashes into one */
uint32_t base_fit(char *to, uint32_t room, Bytes from); /* the rule above; returns the length */
Name name_of(Bytes b);
Label label_of(Bytes b);
/* A text that the plugin compares against a stored one must go through the same rule first. */
bool name_is(const Name *n, Bytes b);
int base_order(Bytes a, Bytes b);            /* <0, 0, >0 by bytes, then length */
bool text_match(Bytes pattern, Bytes text);  /* equal, or a prefix when the pattern ends in '*' */
size_t text_cut(Bytes b, size_t most);        /* length of what fits without breaking a UTF-8 sequence */
/* The whole of `b` as one number? */
bool text_number(Bytes b, double *ret);
int64_t base_behind(int64_t high, int64_t t);  /* high - t; 0 when nothing is known yet */
int64_t base_later(int64_t t, int64_t by);   /* t + by without running over; by >= 0 */

static inline Bytes name_bytes(const Name *n) {
        return tocsin_bytes_of(n->text, n->len);
}
static inline Bytes label_bytes(const Label *l) {
        return tocsin_bytes_of(l->text, l->len);
}
static inline Bytes text_z(const char *z) {
        return tocsin_bytes_of(z, strlen(z));
}
static inline int64_t base_min(int64_t a, int64_t b) {
        return a < b ? a : b;
}
static inline int64_t base_max(int64_t a, int64_t b) {
        return a > b ? a : b;
}
