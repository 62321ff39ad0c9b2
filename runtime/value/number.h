/* Numbers as text: the shortest that reads back the same. */
#pragma once

#include <stddef.h>

#define NUMBER_TEXT_MAX 32u          /* sign, 17 digits, point, exponent and NUL, rounded up */

/* A finite double with '.' or an exponent, in the C locale's form whatever the locale is. Returns the length. */
size_t number_print(double d, char text[NUMBER_TEXT_MAX]);
