/* Every record is accounted for: what a turn did is counted when it has committed, and only then, so that at any moment
 * in = processed + skipped + dead + late. */
#include "task/inner.h"

int accounts_init(Worker *w) {
        char labels[METRIC_LABELS_MAX], name[METRIC_NAME_MAX];
        Metrics *m = w->conf.metrics;
        snprintf(labels, sizeof labels, "pipeline=\"%s\",ordinal=\"%u\"", w->pipe->name, w->conf.ordinal);
        w->cell.turns = metric_get(m, METRIC_COUNTER, "tocsin_turns_total", labels, "Committed turns");
        w->cell.aborts = metric_get(m, METRIC_COUNTER, "tocsin_aborts_total", labels, "Turns rolled back");
        w->cell.retries = metric_get(m, METRIC_COUNTER, "tocsin_retries_total", labels, "Turns tried again after a wait");
        w->cell.failed =
                metric_get(m, METRIC_COUNTER, "tocsin_bus_lost_total", labels, "Times the bus was closed and opened anew");
        w->cell.trouble =
                metric_get(m, METRIC_GAUGE, "tocsin_trouble", labels, "1: something outside is wrong; /readyz says what");
        w->cell.restore_done =
                metric_get(m, METRIC_GAUGE, "tocsin_restore_records_done", labels, "Changelog records read in this restore");
        w->cell.restore_total =
                metric_get(m, METRIC_GAUGE, "tocsin_restore_records", labels, "Changelog records to read in this restore");
        w->cell.table_rows = metric_get(m, METRIC_GAUGE, "tocsin_table_rows", labels, "Rows of all TABLE ports");
        w->cell.table_bad =
                metric_get(m, METRIC_COUNTER, "tocsin_table_refused_total", labels, "Rows of TABLE ports that cannot be read");
        if (m) {
                w->cell.commit = histogram_get(m, "tocsin_commit_seconds", labels, "Time of a commit");
                w->cell.process =
                        histogram_get(m, "tocsin_process_seconds", labels, "Time in the plugin for one event (sampled)");
        }
        w->delta = calloc(w->plugin->n_metrics + 1, sizeof *w->delta);
        w->plugin_cell = calloc(w->plugin->n_metrics + 1, sizeof(Metric *));
        if (!w->delta || !w->plugin_cell)
                return -ENOMEM;
        snprintf(labels, sizeof labels, "pipeline=\"%s\",plugin=\"%s\"", w->pipe->name, w->plugin->name);
        for (uint32_t i = 0; i < w->plugin->n_metrics; i++) {
                const tocsin_metric *d = w->plugin->metrics[i];
                snprintf(name, sizeof name, "tocsin_plugin_%s", d->name);
                w->plugin_cell[i] = metric_get(m, d->kind == TOCSIN_GAUGE ? METRIC_GAUGE : METRIC_COUNTER, name, labels, d->help);
        }
        return 0;
}

void accounts_task(Task *t) {
        Worker *w = t->w;
        Metrics *m = w->conf.metrics;
        char l[METRIC_LABELS_MAX];
        snprintf(l, sizeof l, "pipeline=\"%s\",partition=\"%d\"", w->pipe->name, (int)t->partition);
        t->cell.in = metric_get(m, METRIC_COUNTER, "tocsin_records_in_total", l, "Input records of committed turns");
        t->cell.processed =
                metric_get(m, METRIC_COUNTER, "tocsin_records_processed_total", l, "Records processed or sent on by key");
        t->cell.skipped = metric_get(m, METRIC_COUNTER, "tocsin_records_skipped_total", l, "Records the plugin had no use for");
        t->cell.dead = metric_get(m, METRIC_COUNTER, "tocsin_records_dead_total", l, "Records sent to the dead letters");
        t->cell.late =
                metric_get(m, METRIC_COUNTER, "tocsin_records_late_dropped_total", l, "Late records dropped, as configured");
        t->cell.rekeyed =
                metric_get(m, METRIC_COUNTER, "tocsin_records_misplaced_total", l, "Records under a wrong key or partition");
        t->cell.future = metric_get(m, METRIC_COUNTER, "tocsin_records_future_total", l, "Records dated ahead of the clock");
        t->cell.again = metric_get(m, METRIC_COUNTER, "tocsin_records_replayed_total", l, "Dead letters that came once more");
        t->cell.state = metric_get(m, METRIC_GAUGE, "tocsin_state_bytes", l, "Memory of the task's table");
        t->cell.mark_lag = metric_get(m, METRIC_GAUGE, "tocsin_watermark_lag_seconds", l, "Wall time less watermark");
        t->cell.lag = metric_get(m, METRIC_GAUGE, "tocsin_lag_records", l, "Input records behind the end");
}

void accounts_apply(Worker *w) {
        for (size_t i = 0; i < w->n_owned; i++) {
                Task *t = w->owned[i];
                if (!t->now.in)
                        continue;
                metric_add(t->cell.in, (double)t->now.in);
                metric_add(t->cell.processed, (double)t->now.processed);
                metric_add(t->cell.skipped, (double)t->now.skipped);
                metric_add(t->cell.dead, (double)t->now.dead);
                metric_add(t->cell.late, (double)t->now.late);
                metric_add(t->cell.rekeyed, (double)t->now.rekeyed);
                metric_add(t->cell.future, (double)t->now.future);
                metric_add(t->cell.again, (double)t->now.again);
                t->now = (Accounts){ 0 };
        }
        for (uint32_t i = 0; i < w->plugin->n_metrics; i++)
                if (w->delta[i] != 0) {
                        metric_add(w->plugin_cell[i], w->delta[i]);
                        w->delta[i] = 0;
                }
}

void accounts_drop(Worker *w) {
        for (size_t i = 0; i < w->n_owned; i++)
                w->owned[i]->now = (Accounts){ 0 };
        memset(w->delta, 0, w->plugin->n_metrics * sizeof *w->delta);
}

/* What is looked at rather than counted; once a second is enough. */
void accounts_gauges(Worker *w) {
        for (size_t i = 0; i < w->n_owned; i++) {
                Task *t = w->owned[i];
                int64_t lag = 0;
                metric_set(t->cell.state, (double)(table_stored(t->table) ? table_stored(t->table) : table_bytes(t->table)));
                if (t->mark.now != WATERMARK_NONE && t->wall != INT64_MIN)
                        metric_set(t->cell.mark_lag, ((double)t->wall - (double)t->mark.now) * 1e-6);
                for (uint32_t s = 0; s < w->n_sources; s++) {
                        int64_t n = bus_lag(w->bus, s, t->partition);
                        lag += n > 0 ? n : 0;
                }
                metric_set(t->cell.lag, (double)lag);
        }
}
