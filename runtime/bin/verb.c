/* From words to a verb. */
#include "bin/verb.h"

#include "bin/help.h"
#include "bin/options.h"
#include "config/config.h"
#include <string.h>

#define WORDS_MAX 64u /* verbs offered to "did you mean": more than there are */

static const Verb *sub(const Verb *v, const char *word) {
        for (const Verb *const *s = v->subs; s && *s; s++)
                if (strcmp((*s)->name, word) == 0)
                        return *s;
        return NULL;
}

const Verb *verb_find(const Verb *root, const char *const *words, uint32_t n, uint32_t *wrong) {
        const Verb *v = root;
        for (uint32_t i = 0; i < n; i++) {
                const Verb *next = sub(v, words[i]);
                if (!next) {
                        *wrong = i;
                        return NULL;
                }
                v = next;
        }
        return v;
}

static int unknown(const Verb *v, const char *word) {
        const char *words[WORDS_MAX];
        size_t n = 0;
        for (const Verb *const *s = v->subs; *s && n < WORDS_MAX; s++)
                words[n++] = (*s)->name;
        const char *near = config_nearest(word, words, n);
        if (near)
                return options_misuse(v, "unknown verb `%s`; did you mean `%s`?", word, near);
        return options_misuse(v, "unknown verb `%s`", word);
}

int verb_run(const Verb *v, int argc, char **argv) {
        if (!v->subs)
                return v->run(argc, argv);
        const char *word = argc > 1 ? argv[1] : NULL;
        if (word && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
                help_text(stdout, v);
                return EX_OK;
        }
        if (word && v == &verb_root && strcmp(word, "--version") == 0)
                word = "version";
        if (!word || word[0] == '-') {
                if (word)
                        return options_misuse(v, "unknown option %s before the verb", word);
                help_text(stderr, v);
                return EX_USAGE;
        }
        const Verb *next = sub(v, word);
        return next ? verb_run(next, argc - 1, argv + 1) : unknown(v, word);
}
