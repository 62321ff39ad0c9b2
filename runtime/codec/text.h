/* Text that stands for something else in the natural JSON form. Pure. Inside the room only. */
#pragma once

#include "core/bytes.h"
#include <stdint.h>

/* RFC 4648 base64, padded, nothing else in it. to: room for len / 4 * 3. false: it is not. */
bool text_base64(Bytes text, uint8_t *to, size_t *ret_len);
/* RFC 3339, e.g. 2024-05-01T12:00:00.5+02:00, as microseconds since 1970 UTC; finer digits are cut. false: it is not. */
bool text_time(Bytes text, int64_t *ret_us);
