/* Describes its settings by a keyword that is not in the subset. */
#define SETTINGS "{\"type\":\"object\",\"oneOf\":[{\"type\":\"object\"}]}"
#include "base.h"
