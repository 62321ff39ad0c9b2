/* Everything that can be known to be wrong with a configuration without a network. */
#pragma once

#include "bin/load.h"

/* A file, its properties, plugins, ports and settings; each plugin is created once and freed. *n: pipelines.
 * 0 | EX_CONFIG | EX_NOINPUT: complaints | EX_OSERR */
int check_file(const char *file, Complaints *complaints, size_t *n);
/* check_file(), said on stderr, then load_config(): for verbs that go on to load the plugins themselves, so that one which
 * crashes at loading has crashed in a process of its own first. 0: *ret | exit code */
int check_config(Config **ret, const char *file);
/* librdkafka's properties, each at its line; a secret is never repeated. */
void check_properties(const Config *c, Complaints *complaints);
/* Is there what tables on disk need? It is loaded for good: in a process that may grow. 0 | CONFIG_E_BAD */
int check_store(const Config *c, Complaints *complaints);
