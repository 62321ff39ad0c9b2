/* The completion for bash: one case a verb. Files complete where nothing else is known. */
#include "bin/help.h"

#include <string.h>

static void words(FILE *out, const Verb *v) {
        for (const Verb *const *s = v->subs; s && *s; s++)
                fprintf(out, "%s ", (*s)->name);
        for (const Option *o = v->options; o && o->name; o++)
                fprintf(out, "--%s%s ", o->name, o->value ? "=" : "");
        fputs("--help", out);
}

static void entry(FILE *out, const char *path, const Verb *v) {
        fprintf(out, "        '%s') words='", path);
        words(out, v);
        fprintf(out, "' ;;\n");
        for (const Option *o = v->options; o && o->name; o++)
                if (o->words)
                        fprintf(out, "        '%s --%s=') words='%s' ;;\n", path, o->name, o->words);
        for (const Verb *const *s = v->subs; s && *s; s++) {
                char deeper[160];
                snprintf(deeper, sizeof deeper, "%s%s%s", path, *path ? " " : "", (*s)->name);
                entry(out, deeper, *s);
        }
}

/* The verbs that have verbs of their own: only behind these does a second word belong to the path. */
static void groups(FILE *out, const Verb *root) {
        for (const Verb *const *s = root->subs; *s; s++)
                if ((*s)->subs)
                        fprintf(out, "|%s", (*s)->name);
}

void help_completion(FILE *out, const Verb *root) {
        fputs("# bash completion for tocsin; drawn from its table of verbs\n"
              "_tocsin() {\n"
              "    local cur prev path='' words i\n"
              "    COMPREPLY=()\n"
              "    cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
              "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
              "        case ${COMP_WORDS[i]} in -*|=) continue ;; esac\n"
              "        case $path in\n"
              "            '') path=${COMP_WORDS[i]} ;;\n"
              "            'help'",
              out);
        groups(out, root);
        fputs(") path=\"$path ${COMP_WORDS[i]}\"; break ;;\n"
              "            *) break ;;\n"
              "        esac\n"
              "    done\n"
              "    [[ $path == 'help '* ]] && return\n"
              "    if [[ $cur == '=' ]]; then path+=\" $prev=\" cur=''\n"
              "    elif [[ $prev == '=' ]]; then path+=\" ${COMP_WORDS[COMP_CWORD-2]}=\"; fi\n"
              "    case $path in\n",
              out);
        entry(out, "", root);
        fputs("        *) words='' ;;\n"
              "    esac\n"
              "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
              "    [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
              "    return 0\n"
              "}\n"
              "complete -o default -F _tocsin tocsin\n",
              out);
}
