/* Asks a map for what it does not hold, and catches other exceptions than that. */
#define ON_COUNT(plugin, name, n) \
        if ((n) == 2)             \
        (n) += (plugin)->counts.at(name + " of yesterday")
#include "sound_cpp.cc"
