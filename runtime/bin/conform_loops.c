/* What a field of a plausible closed-loop event holds. */
#include "bin/conform_loops.h"

static const char *const loop_ids[LOOPS] = { "loop-a", "loop-b", "loop-c" };
static const char *const producers[PRODUCERS] = { "analytics", "actuator" };

void loops_next(Loops *l, Random *r) {
        l->loop = (uint32_t)random_below(r, LOOPS);
        l->producer = (uint32_t)random_below(r, PRODUCERS);
        l->made++;
        l->sequence[l->loop][l->producer] += random_chance(r, 90) ? 1 : (int64_t)random_below(r, 4) - 1;
}

static tocsin_value id_of(uint64_t n, Arena *a) {
        char *id = arena_alloc(a, 24);
        if (!id)
                return tocsin_str("e");
        snprintf(id, 24, "e%llu", (unsigned long long)n);
        return tocsin_str(id);
}

static tocsin_value causes(const Loops *l, Random *r, Arena *a) {
        uint32_t n = l->made > 1 ? (uint32_t)random_below(r, 3) : 0;
        tocsin_value *items = arena_zalloc(a, 2 * sizeof *items);
        if (!items)
                return tocsin_list(NULL, 0);
        for (uint32_t i = 0; i < n; i++)
                items[i] = id_of(l->made - 1 - random_below(r, l->made > 8 ? 8 : l->made - 1), a);
        return tocsin_list(items, n);
}

static tocsin_value entries(const char *name, tocsin_value v, Arena *a) {
        tocsin_field *f = arena_zalloc(a, sizeof *f);
        if (!f)
                return tocsin_map(NULL, 0);
        *f = tocsin_field_of(name, v);
        return tocsin_map(f, 1);
}

bool loops_at(void *arg, const char *path, Random *r, Arena *a, tocsin_value *ret) {
        Loops *l = arg;
        static const char *const values[] = { "10", "20", "30" }, *const targets[] = { "cell-1", "cell-2" };
        if (strcmp(path, "id") == 0)
                *ret = id_of(random_chance(r, 97) ? l->made : l->made / 2, a);
        else if (strcmp(path, "loop") == 0)
                *ret = tocsin_str(loop_ids[l->loop]);
        else if (strcmp(path, "producer.name") == 0)
                *ret = tocsin_str(producers[l->producer]);
        else if (strcmp(path, "producer.incarnation") == 0)
                *ret = random_chance(r, 3) ? tocsin_null() : tocsin_i64(random_chance(r, 3) ? 2 : 1);
        else if (strcmp(path, "producer.sequence") == 0)
                *ret = random_chance(r, 3) ? tocsin_null() : tocsin_i64(l->sequence[l->loop][l->producer]);
        else if (strcmp(path, "event_time") == 0)
                *ret = tocsin_i64(l->now_us);
        else if (strcmp(path, "causes") == 0)
                *ret = causes(l, r, a);
        else if (strcmp(path, "subject.id") == 0)
                *ret = tocsin_str(targets[random_below(r, 2)]);
        else if (strcmp(path, "attributes") == 0)
                *ret = entries("set.power", tocsin_str(values[random_below(r, 3)]), a);
        else if (strcmp(path, "metrics") == 0)
                *ret = entries("latency_ms", tocsin_f64(10 + (double)random_below(r, random_chance(r, 5) ? 9000 : 10)), a);
        else if (strcmp(path, "payload") == 0)
                *ret = tocsin_null();
        else
                return false;
        return true;
}
