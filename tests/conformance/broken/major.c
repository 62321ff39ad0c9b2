/* Lives in any host, so it says. */
#define ENTRY(host_abi) ((void)(host_abi), &self)
#include "base.h"
