/* Reads a field that its schema does not have. */
#define READS "loop", "producer.shoe_size"
#include "base.h"
