/* Declared targets and attributes. */
#include "scope.h"
#include <criterion/criterion.h>

#define B(z) \
        { (const uint8_t *)(z), sizeof(z) - 1 }

static const Bytes targets[] = { B("cell-1"), B("ran-*") }, writable[] = { B("power"), B("tilt") }, root[] = { B("tilt") },
                   all[] = { B("*") };
static const ScopeBan bans[] = { { B("cell-1"), root, 1 }, { B("ran-core-*"), all, 1 } };
static const Scope scope = { targets, writable, bans, 2, 2, 2 };

Test(scope, nothing_is_declared_by_nothing) {
        Scope none = { 0 };
        cr_assert(!scope_target(&none, text_z("cell-1")));
        cr_assert_eq(scope_attribute(&none, text_z("cell-1"), text_z("power")), SCOPE_NOT_WRITABLE);
}

Test(scope, a_ban_wins_over_what_is_writable) {
        cr_assert_eq(scope_attribute(&scope, text_z("cell-1"), text_z("tilt")), SCOPE_DISALLOWED);
        cr_assert_eq(scope_attribute(&scope, text_z("cell-2"), text_z("tilt")), SCOPE_FINE);
        cr_assert_eq(scope_attribute(&scope, text_z("ran-core-7"), text_z("power")), SCOPE_DISALLOWED);
        cr_assert_eq(scope_attribute(&scope, text_z("ran-7"), text_z("mode")), SCOPE_NOT_WRITABLE);
}

Test(scope, targets_are_whole_names_or_prefixes) {
        cr_assert(scope_target(&scope, text_z("cell-1")) && scope_target(&scope, text_z("ran-x")));
        cr_assert(!scope_target(&scope, text_z("cell-10")) && !scope_target(&scope, text_z("Cell-1")));
}

Test(scope, only_set_is_a_write) {
        cr_assert(tocsin_equal_z(scope_write(text_z("set.power")), "power"));
        cr_assert_eq(scope_write(text_z("set.")).len, 0);
        cr_assert_eq(scope_write(text_z("reset.power")).len, 0);
        cr_assert_eq(scope_write(text_z("")).len, 0);
}
