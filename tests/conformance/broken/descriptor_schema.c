/* Names a schema that nobody knows. */
#define IN_SCHEMA "tocsin.NoSuchNoun"
#include "base.h"
