/* What the table of verbs looks like to people, to man(1) and to bash. */
#pragma once

#include "bin/verb.h"
#include <stdio.h>

void help_text(FILE *out, const Verb *v);                  /* --help of a verb, or of the whole program */
void help_keys(FILE *out);                                 /* every key of a configuration */
void help_man(FILE *out, const Verb *root);                /* tocsin(1), roff */
void help_completion(FILE *out, const Verb *root);         /* for bash */
