/* The words behind `tocsin plugin`. */
#pragma once

#include "bin/verb.h"

extern const Verb verb_plugin_list, verb_plugin_info, verb_plugin_new, verb_plugin_check;
