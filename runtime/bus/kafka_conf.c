/* Properties of librdkafka: which pass through. */
#include "bus/body.h"

int bus_property_check(const char *name, const char *value, Why *why) {
        (void)value;
        return why_say(why, -ENOSYS, "%s: not in this build", name);
}

bool bus_property_secret(const char *name) {
        return strstr(name, "password") || strstr(name, ".key") || strstr(name, "secret");
}
