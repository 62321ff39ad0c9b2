/* The events the codec is measured on: pure functions of their number, as peers are measured with. */
#pragma once

#include "core/buffer.h"

/* The schema peers were measured with (it differs from the house's in name and defaults), as JSON text. */
extern const char codec_events_schema[];
/* Event i on the wire, bare: 232 bytes on average with the frame. */
void codec_event(uint64_t i, Buffer *out);
