/* A value as YAML that reads back the same: for people who edit what they were shown. */
#pragma once

#include "core/buffer.h"

/* Block style; texts that could be taken for something else are in quotes; NONE fields are left out. indent: spaces before
 * each line. */
void yaml_print(Buffer *out, const tocsin_value *v, unsigned indent);
