/* In the child: what a handler of signals must know to say what was wrong. */
#pragma once

#include "bin/conform.h"
#include "bin/conform_pages.h"

/* Borrowed memory that is watched now; NULL: none. */
void sight_guard(const Pages *a, const Pages *b, const Pages *c);
