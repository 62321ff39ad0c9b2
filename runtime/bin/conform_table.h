/* The calls of struct tocsin_host, each checked against <tocsin/plugin.h>; ctx is a Fake. */
#pragma once

#include <tocsin/plugin.h>

extern const tocsin_host conform_calls;
