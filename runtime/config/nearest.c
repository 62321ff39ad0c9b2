/* "Did you mean": the nearest word. */
#include "config/config.h"

#define WORD_MAX 48u /* longer words are names of people's own, not keys of ours */

/* Optimal string alignment: insert, delete, replace, swap of neighbours. */
static unsigned distance(const char *a, size_t n, const char *b, size_t m) {
        uint8_t row[3][WORD_MAX + 1];
        for (size_t j = 0; j <= m; j++)
                row[0][j] = (uint8_t)j;
        for (size_t i = 1; i <= n; i++) {
                uint8_t *now = row[i % 3];
                const uint8_t *up = row[(i - 1) % 3], *upup = row[(i + 1) % 3];
                now[0] = (uint8_t)i;
                for (size_t j = 1; j <= m; j++) {
                        unsigned d = up[j - 1] + (a[i - 1] != b[j - 1]);
                        d = up[j] + 1u < d ? up[j] + 1u : d;
                        d = now[j - 1] + 1u < d ? now[j - 1] + 1u : d;
                        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && upup[j - 2] + 1u < d)
                                d = upup[j - 2] + 1u;
                        now[j] = (uint8_t)d;
                }
        }
        return row[n % 3][m];
}

const char *config_nearest(const char *word, const char *const *words, size_t n) {
        size_t len = strlen(word);
        const char *best = NULL;
        unsigned least = 3; /* more than two typing errors are another word */
        for (size_t i = 0; i < n && len <= WORD_MAX; i++) {
                size_t m = strlen(words[i]);
                if (m > WORD_MAX)
                        continue;
                unsigned d = distance(word, len, words[i], m);
                if (d < least && d * 3 <= (len > m ? len : m)) {
                        least = d;
                        best = words[i];
                }
        }
        return best;
}
