/* Arenas: aligned, bounded, stable in a steady state, whole after a rewind. */
#include "core/arena.h"
#include <criterion/criterion.h>

Test(arena, pieces_are_aligned_and_do_not_overlap) {
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
        uint8_t *last = NULL;
        for (size_t n = 0; n < 300; n++) {
                uint8_t *p = arena_alloc(a, n);
                cr_assert(p && (uintptr_t)p % 16 == 0 && p != last);
                memset(p, (int)n, n);
                last = p;
        }
}

Test(arena, never_hands_out_more_than_max) {
        _cleanup_(arena_freep) Arena *a = arena_new(10000);
        size_t got = 0;
        while (arena_alloc(a, 100))
                got += 100;
        cr_assert(got <= 10016 && got >= 8000, "%zu", got);
        cr_assert_null(arena_alloc(a, SIZE_MAX));
        arena_reset(a);
        cr_assert(arena_alloc(a, 10000));
        cr_assert_null(arena_alloc(a, 10001));
}

Test(arena, a_steady_state_asks_malloc_for_nothing) {
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
        size_t grown = 0;
        for (int round = 0; round < 100; round++) {
                arena_reset(a);
                for (int i = 0; i < 500; i++)
                        cr_assert(arena_alloc(a, 37));
                if (round == 0)
                        grown = arena_grown(a);
        }
        cr_assert_eq(arena_grown(a), grown);
}

Test(arena, a_rewind_gives_back_what_came_after_the_mark_only) {
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
        Bytes before = arena_dup(a, bytes_z("before"));
        ArenaMark m = arena_mark(a);
        size_t used = arena_used(a);
        for (int i = 0; i < 1000; i++)
                cr_assert(arena_zalloc(a, 50));
        arena_rewind(a, m);
        cr_assert_eq(arena_used(a), used);
        cr_assert(bytes_eq_z(before, "before"));
        memset(arena_alloc(a, 5000), 1, 5000);
        cr_assert(bytes_eq_z(before, "before"));
}

Test(arena, a_rewind_to_the_very_beginning_is_a_reset) {
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
        ArenaMark m = arena_mark(a);
        for (int i = 0; i < 1000; i++)
                cr_assert(arena_zalloc(a, 50));
        arena_rewind(a, m);
        cr_assert_eq(arena_used(a), 0);
        for (int i = 0; i < 1000; i++)
                cr_assert(arena_zalloc(a, 50));
}
