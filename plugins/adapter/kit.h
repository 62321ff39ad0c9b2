/* What an adapter's pure files are handed in place of a host: memory for one message, a digest, a JSON parser, and a place
 * for the reason when a message is refused. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <tocsin/value.h>

#define KIT_BYTES_MAX (8u << 20)  /* what one message of at most 1 MiB may unfold into: half of the host's scratch */
#define KIT_CHUNK_BYTES (32u << 10)
#define KIT_REASON_BYTES 512u     /* of one reason; a person reads it */

typedef struct Kit {
        void *ctx;
        void *(*take)(void *ctx, size_t n);                               /* zeroed memory; NULL: none left */
        void (*digest)(void *ctx, tocsin_bytes data, uint8_t ret[32]);    /* SHA-256 */
        int (*parse)(void *ctx, tocsin_bytes text, tocsin_value *ret);    /* JSON text inside a string; != 0: it is none */
        uint8_t *at;
        size_t left, used;
        bool no_memory;                       /* take() said no: the host's trouble */
        bool too_large;                       /* over KIT_BYTES_MAX: the message's fault */
        bool quiet;                           /* somebody only asks whether: reasons are not wanted */
        char reason[KIT_REASON_BYTES];        /* of the refusal; empty: none yet */
} Kit;

/* Zeroed, 16-byte aligned; NULL: no_memory or too_large is set. Gone with the message. */
void *kit_take(Kit *k, size_t n);
/* A copy of text; on failure len 0. */
tocsin_bytes kit_text(Kit *k, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Keeps the first reason, unless quiet; always false, so that a refusal is one line. */
bool kit_refuse(Kit *k, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Puts the place before the reason there is. */
void kit_place(Kit *k, const char *where);
/* Text of a message for a reason: quoted, cut after 40 bytes, nothing unprintable. Lives in the kit. */
const char *kit_quote(Kit *k, tocsin_bytes text);
/* The first 16 bytes of SHA-256 over the parts, each with its length before it, as 32 hex digits. */
tocsin_bytes kit_id(Kit *k, const tocsin_bytes *parts, unsigned n);
tocsin_bytes kit_hex(Kit *k, tocsin_bytes data);
/* At most `max` bytes, cut at the begin of a character. */
tocsin_bytes text_cut(tocsin_bytes text, size_t max);
