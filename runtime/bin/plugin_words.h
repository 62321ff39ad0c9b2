/* A plugin's descriptor in words: a line, a page, and JSON. */
#pragma once

#include "core/arena.h"
#include "core/buffer.h"
#include "plugin/loader.h"

void plugin_line(Buffer *out, const Plugin *p);
/* a: for the schema of its settings while it is walked. */
void plugin_text(Buffer *out, const Plugin *p, Arena *a);
void plugin_json(Buffer *out, const Plugin *p);
