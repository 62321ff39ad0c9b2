/* Trouble outside: said once in the log, shown as long as it lasts, and gone when it is mended. */
#include "core/log.h"
#include "task/inner.h"

/* One writer; a reader that sees an odd or a changed `seq` looks again. */
static void show(Worker *w, const char *text) {
        InFlight *f = w->conf.in_flight;
        if (!f)
                return;
        atomic_fetch_add(&f->seq, 1);
        snprintf(f->trouble, sizeof f->trouble, "%s", text);
        atomic_fetch_add(&f->seq, 1);
}

void trouble_say(Worker *w, const char *event, const Why *why) {
        if (w->in_trouble && !strcmp(w->trouble.text, why->text))
                return;
        w->in_trouble = true;
        w->trouble = *why;
        LOG(LOG_ERROR, event, why->text[0] ? why->text : "trouble without words", LOG_S("pipeline", w->pipe->name));
        metric_set(w->cell.trouble, 1);
        show(w, w->trouble.text[0] ? w->trouble.text : event);
}

void trouble_over(Worker *w) {
        if (!w->in_trouble)
                return;
        for (size_t i = 0; i < w->n_owned; i++)
                if (w->owned[i]->stopped)
                        return; /* what stopped a task stays shown */
        LOG(LOG_INFO, "trouble.over", "mended; going on", LOG_S("pipeline", w->pipe->name), LOG_S("was", w->trouble.text));
        w->in_trouble = false;
        w->trouble.text[0] = 0;
        metric_set(w->cell.trouble, 0);
        show(w, "");
}

/* What a predecessor left in the shared page is not ours. */
void trouble_begin(Worker *w) {
        metric_set(w->cell.trouble, 0);
        show(w, "");
}
