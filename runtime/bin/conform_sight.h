/* In the child: what a handler of signals must know to say what was wrong. */
#pragma once

#include "bin/conform.h"
#include "bin/conform_pages.h"

#define SIGHT_PAGES 4u

/* Borrowed memory that is watched now, and the page of the host's calls; NULL: none. */
void sight_guard(const Pages *const lent[SIGHT_PAGES], const void *host);
