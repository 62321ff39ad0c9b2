/* Buffers: bounded, and a failure sticks. */
#include "core/buffer.h"
#include <criterion/criterion.h>
#include <errno.h>

Test(buffer, holds_what_was_put) {
        Buffer b = BUFFER_NULL;
        buffer_put_z(&b, "a");
        buffer_printf(&b, "%d-%s", 42, "x");
        buffer_u8(&b, '!');
        cr_assert(bytes_eq_z(buffer_bytes(&b), "a42-x!"));
        buffer_deinit(&b);
        buffer_deinit(&b);
}

Test(buffer, refuses_what_goes_over_max_and_stays_refused) {
        Buffer b = { .max = 4 };
        buffer_put_z(&b, "abc");
        buffer_put_z(&b, "de");
        cr_assert_eq(b.failed, -EMSGSIZE);
        buffer_put_z(&b, "f");
        cr_assert(bytes_eq_z(buffer_bytes(&b), "abc"));
        buffer_clear(&b);
        buffer_put_z(&b, "wxyz");
        cr_assert(bytes_eq_z(buffer_bytes(&b), "wxyz"));
        buffer_deinit(&b);
}
