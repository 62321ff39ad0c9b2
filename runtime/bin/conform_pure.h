/* What of libc, libm and the compilers' runtimes a pure function of state and event can need: everything else that a plugin
 * names is refused by `pure`, called or not. Left out on purpose, though it looks harmless: what keeps a state of the process
 * between calls (strtok, rand_r's elders, setlocale), what asks for time, a file, a terminal, a process, a signal or a limit,
 * memory that is not malloc()'s (mmap, brk), and what finds functions by name (dlsym). */
#pragma once

/* Bytes and text. strerror() and strcoll() read a locale that the host never sets. */
#define PURE_TEXT                                                                                                      \
        "memccpy", "memchr", "memcmp", "memcpy", "memmem", "memmove", "mempcpy", "memrchr", "memset", "rawmemchr", "bcmp",  \
        "bcopy", "bzero", "explicit_bzero", "stpcpy", "stpncpy", "strcasecmp", "strcasestr", "strcat", "strchr",        \
        "strchrnul", "strcmp", "strcoll", "strcpy", "strcspn", "strerror_r", "__xpg_strerror_r", "strlcat", "strlcpy",  \
        "strlen", "strncasecmp", "strncat", "strncmp", "strncpy", "strnlen", "strpbrk", "strrchr", "strsep", "strspn",  \
        "strstr", "strtok_r", "__strtok_r", "strxfrm", "swab", "ffs", "ffsl", "ffsll", "isalnum", "isalpha", "isblank", \
        "iscntrl", "isdigit", "isgraph", "islower", "isprint", "ispunct", "isspace", "isupper", "isxdigit", "tolower",  \
        "toupper", "toascii", "isascii", "__ctype_b_loc", "__ctype_tolower_loc", "__ctype_toupper_loc",                  \
        "__ctype_get_mb_cur_max", "basename", "__xpg_basename", "dirname", "fnmatch", "regcomp", "regexec", "regfree",  \
        "regerror", "inet_pton", "inet_ntop", "inet_aton", "htonl", "htons", "ntohl", "ntohs"

/* Wide text, which the runtime of C++ brings along. */
#define PURE_WIDE                                                                                                      \
        "btowc", "wctob", "mbrlen", "mbrtowc", "mbsinit", "mbsnrtowcs", "mbsrtowcs", "mbstowcs", "mbtowc", "wcrtomb",    \
        "wcscmp", "wcscoll", "wcscpy", "wcslen", "wcsncmp", "wcsnrtombs", "wcsrtombs", "wcstombs", "wcsxfrm", "wctomb",  \
        "wctype", "wmemchr", "wmemcmp", "wmemcpy", "wmemmove", "wmemset", "iswctype", "towlower", "towupper",            \
        "mbrtoc16", "mbrtoc32", "c16rtomb", "c32rtomb", "__iswctype_l", "__wctype_l", "__towlower_l", "__towupper_l",    \
        "__wcscoll_l", "__wcsxfrm_l", "__strcoll_l", "__strxfrm_l", "__strtod_l", "__strtof_l", "strtold_l",             \
        "__newlocale", "__duplocale", "__freelocale", "__uselocale", "newlocale", "duplocale", "freelocale",             \
        "uselocale", "__nl_langinfo_l", "nl_langinfo", "nl_langinfo_l", "localeconv", "__strftime_l", "__wcsftime_l"

/* Numbers from text and back. */
#define PURE_NUMBERS                                                                                                   \
        "abs", "labs", "llabs", "imaxabs", "div", "ldiv", "lldiv", "imaxdiv", "atof", "atoi", "atol", "atoll", "strtod", \
        "strtof", "strtold", "strtol", "strtoll", "strtoul", "strtoull", "strtoimax", "strtoumax", "strfromd",          \
        "strfromf", "strfroml", "sprintf", "snprintf", "vsprintf", "vsnprintf", "sscanf", "vsscanf", "__isoc99_sscanf", \
        "__isoc99_vsscanf", "__isoc23_sscanf", "__isoc23_vsscanf", "__isoc23_strtol", "__isoc23_strtoll",               \
        "__isoc23_strtoul", "__isoc23_strtoull", "__isoc23_strtoimax", "__isoc23_strtoumax", "a64l", "l64a_r"

/* Calendars of a time that is given; UTC alone: the zone of a machine is no input. rand_r() and its kin have their state in
 * the caller's hands. */
#define PURE_GIVEN                                                                                                     \
        "gmtime_r", "timegm", "difftime", "strftime", "strptime", "asctime_r", "rand_r", "erand48", "nrand48", "jrand48"

/* Order, search, jumps within one call. */
#define PURE_ORDER                                                                                                     \
        "qsort", "qsort_r", "bsearch", "lfind", "lsearch", "tsearch", "tfind", "tdelete", "twalk", "twalk_r", "tdestroy", \
        "insque", "remque", "hcreate_r", "hsearch_r", "hdestroy_r", "setjmp", "_setjmp", "__sigsetjmp", "longjmp",      \
        "_longjmp", "__longjmp_chk"

/* Memory of the heap; those that allocate by the way are counted, too (conform_calls). */
#define PURE_MEMORY                                                                                                    \
        "malloc", "calloc", "realloc", "reallocarray", "free", "aligned_alloc", "memalign", "posix_memalign",           \
        "malloc_usable_size", "strdup", "__strdup", "strndup", "asprintf", "vasprintf", "__asprintf_chk",               \
        "__vasprintf_chk"

/* What compilers and the start of a library call on their own; abort() is seen as the crash it is. */
#define PURE_RUNTIME                                                                                                   \
        "__errno_location", "__stack_chk_fail", "__stack_chk_guard", "__fortify_fail", "__chk_fail", "abort",           \
        "__assert_fail", "__assert", "__cxa_finalize", "__cxa_atexit", "__cxa_thread_atexit_impl", "__gmon_start__",    \
        "_ITM_registerTMCloneTable", "_ITM_deregisterTMCloneTable", "__tls_get_addr", "__tls_get_offset",               \
        "__dso_handle", "_dl_find_object", "dl_iterate_phdr", "__libc_single_threaded", "__register_frame_info",        \
        "__deregister_frame_info", "__memcpy_chk", "__memmove_chk", "__memset_chk", "__mempcpy_chk", "__strcpy_chk",    \
        "__stpcpy_chk", "__strncpy_chk", "__stpncpy_chk", "__strcat_chk", "__strncat_chk", "__strlcpy_chk",             \
        "__strlcat_chk", "__sprintf_chk", "__snprintf_chk", "__vsprintf_chk", "__vsnprintf_chk", "__explicit_bzero_chk", \
        "__wmemcpy_chk", "__wmemset_chk", "__mbsrtowcs_chk", "__mbsnrtowcs_chk"

/* What instruments code that is built to be watched asks for: the sanitizers, gcov, the profile of clang. A host without them
 * does not load such a plugin at all, since nothing answers those names. */
#define PURE_WATCHED                                                                                                   \
        "__asan_", "__ubsan_", "__tsan_", "__msan_", "__lsan_", "__sanitizer_", "__sancov_", "__gcov_", "__llvm_profile_"

/* Locks and keys of threads, which runtimes of C++ and Rust take though there is one thread only. */
#define PURE_THREADS                                                                                                   \
        "pthread_once", "pthread_key_create", "__pthread_key_create", "pthread_key_delete", "pthread_getspecific",      \
        "pthread_setspecific", "pthread_self", "pthread_equal", "pthread_mutex_init", "pthread_mutex_lock",             \
        "pthread_mutex_trylock", "pthread_mutex_unlock", "pthread_mutex_destroy", "pthread_mutexattr_init",             \
        "pthread_mutexattr_settype", "pthread_mutexattr_destroy", "pthread_rwlock_rdlock", "pthread_rwlock_wrlock",     \
        "pthread_rwlock_unlock", "pthread_cond_broadcast", "pthread_cond_signal", "pthread_cond_wait",                  \
        "pthread_cond_destroy", "mtx_init", "mtx_lock", "mtx_unlock", "mtx_destroy", "call_once"

/* The names that a runtime of C++ holds for its last words, and asks for nothing else by them: they may be there, but a call
 * of one is noted (CONFORM_IMPURE has the functions). */
#define PURE_LAST_WORDS "stderr", "gettext", "dgettext", "fputc", "fputs", "fwrite", "write", "getenv", "secure_getenv", "syscall"

/* libm: each of these for double, float and long double. */
#define PURE_MATH                                                                                                      \
        "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "copysign", "cos", "cosh", "erf",    \
        "erfc", "exp", "exp10", "exp2", "expm1", "fabs", "fdim", "floor", "fma", "fmax", "fmin", "fmod", "frexp",        \
        "hypot", "ilogb", "j0", "j1", "jn", "ldexp", "lgamma_r", "llrint", "llround", "log", "log10", "log1p", "log2",   \
        "logb", "lrint", "lround", "modf", "nan", "nearbyint", "nextafter", "nexttoward", "pow", "remainder", "remquo",  \
        "rint", "round", "roundeven", "scalb", "scalbln", "scalbn", "sin", "sincos", "sinh", "sqrt", "tan", "tanh",      \
        "tgamma", "trunc", "y0", "y1", "yn", "finite", "isinf", "isnan", "__finite", "__isinf", "__isnan",               \
        "__fpclassify", "__signbit", "__issignaling", "drem", "significand"
