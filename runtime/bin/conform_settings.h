/* Settings that fit a plugin's schema and such that do not, made from the schema itself. */
#pragma once

#include "bin/conform.h"
#include "config/config.h"

/* Within the schema: create() answers, says why if it refuses, and holds nothing then. Outside: somebody refuses.
 * 0 | RULE_E_BROKEN, *why | -ENOMEM */
int settings_prove(Kit *k, Why *why);
/* The settings with every number that has a minimum at it. 0: *ret, in the kit's arena | RULE_E_NONE: the plugin refuses
 * them, or has none | -ENOMEM */
int settings_least(Kit *k, tocsin_value *ret);
