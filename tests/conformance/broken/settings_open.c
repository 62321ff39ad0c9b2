/* Takes settings that nobody declared. */
#define SETTINGS                                                                        \
        "{\"type\":\"object\",\"additionalProperties\":true,\"properties\":{\"limit\":" \
        "{\"type\":\"integer\",\"minimum\":1,\"default\":3}}}"
#include "base.h"
