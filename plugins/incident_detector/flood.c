/* L15: floods by producer. */
#include "flood.h"

static uint32_t *slot_of(Flood *f, int64_t second) {
        return &f->slot[(second % FLOOD_SLOTS + FLOOD_SLOTS) % FLOOD_SLOTS];
}

double flood_now(const Flood *f) {
        double sum = 0;
        for (int i = 0; i < FLOOD_SLOTS; i++)
                sum += f->slot[i];
        return sum / FLOOD_SLOTS;
}

double flood_own(const Flood *f) {
        return f->seconds > 0 ? f->events / f->seconds : 0;
}

uint32_t flood_peak(const Flood *f) {
        uint32_t most = 0;
        for (int i = 0; i < FLOOD_SLOTS; i++)
                most = f->slot[i] > most ? f->slot[i] : most;
        return most;
}

static uint32_t least(const Flood *f) {
        uint32_t few = f->slot[0];
        for (int i = 1; i < FLOOD_SLOTS; i++)
                few = f->slot[i] < few ? f->slot[i] : few;
        return few;
}

bool flood_newcomer(const Flood *f) {
        return f->seconds < FLOOD_WARMUP;
}

/* The oldest slot falls into the history. bar: a newcomer's second beyond it is none of its way. */
static void fold(Flood *f, double count, double bar) {
        if (flood_newcomer(f) && count >= bar)
                return;
        if (f->flooded) {
                double cap = 1 + 2 * flood_own(f);
                if (count > cap)
                        count = cap;
        }
        f->events += count;
        f->seconds += 1;
        if (f->seconds > FLOOD_MEMORY) {
                f->events /= 2;
                f->seconds /= 2;
        }
}

static void move_to(Flood *f, int64_t second, double bar) {
        int64_t steps = second - f->second;
        for (int64_t i = 1; i <= steps && i <= FLOOD_SLOTS; i++) {
                uint32_t *slot = slot_of(f, f->second + i);
                fold(f, *slot, bar);
                *slot = 0;
                if (f->flooded)
                        f->flooded--;
        }
        if (steps > FLOOD_SLOTS) { /* a pause is history as well */
                double pause = (double)(steps - FLOOD_SLOTS);
                f->seconds += pause < FLOOD_MEMORY ? pause : FLOOD_MEMORY;
        }
        f->second = second;
}

bool flood_step(Flood *f, int64_t time, double rate, double times, double stated) {
        double bar = FLOOD_FRESH * (stated > rate ? stated : rate);
        int64_t second = time / SECOND;
        if (!f->used) {
                f->used = 1;
                f->second = second;
                f->seconds = -FLOOD_SLOTS; /* the slots begin empty: they are no history */
        }
        if (second > f->second)
                move_to(f, second, bar);
        if (second > f->second - FLOOD_SLOTS)
                ++*slot_of(f, second);
        else
                f->events += 1; /* a late batch is its own past, not a flood of now */
        double now = flood_now(f), own = flood_own(f);
        if (own < 1 / FLOOD_MEMORY)
                own = 1 / FLOOD_MEMORY;
        if (flood_newcomer(f) ? least(f) < bar : now < rate || now < times * own)
                return false;
        f->flooded = FLOOD_SLOTS;
        return true;
}
