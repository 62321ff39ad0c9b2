/* L14: fan-out of a cause, and circles of causes. */
#include "fanout.h"

static Bytes id_of(const Ref *r) {
        return tocsin_bytes_of(r->id, r->id_len);
}

static bool earlier(const Ref *a, const Ref *b) {
        return a->time != b->time ? a->time < b->time : base_order(id_of(a), id_of(b)) < 0;
}

static void keep(Fan *f, const Ref *ref, Bytes loop) {
        uint32_t at = f->n_kept;
        while (at > 0 && earlier(ref, &f->kept[at - 1].ref))
                at--;
        if (at == FAN_KEPT)
                return;
        uint32_t move = (f->n_kept < FAN_KEPT ? f->n_kept : FAN_KEPT - 1) - at;
        memmove(&f->kept[at + 1], &f->kept[at], move * sizeof f->kept[0]);
        f->kept[at].ref = *ref;
        f->kept[at].loop = name_of(loop);
        if (f->n_kept < FAN_KEPT)
                f->n_kept++;
}

bool fan_add(Fan *f, const Ref *ref, Bytes loop, bool planned) {
        uint64_t id = base_mix(base_hash(id_of(ref)), base_hash(loop));
        for (uint32_t i = 0; i < f->n_seen; i++)
                if (f->seen[i] == id)
                        return false;
        if (f->n_seen < FAN_SEEN)
                f->seen[f->n_seen++] = id;
        f->count[planned]++;
        keep(f, ref, loop);
        return true;
}

uint32_t fan_actions(const Fan *f) {
        return f->count[0] > f->count[1] ? f->count[0] : f->count[1];
}

bool ancestors_has(const Ancestors *a, uint64_t id) {
        for (uint32_t i = 0; i < a->n; i++)
                if (a->a[i].id == id)
                        return true;
        return false;
}

bool ancestors_add(Ancestors *a, const Ancestor *more, uint32_t n) {
        bool fresh = false;
        for (uint32_t i = 0; i < n; i++) {
                uint32_t at = 0;
                while (at < a->n && a->a[at].id != more[i].id)
                        at++;
                if (at == ANCESTORS || (at < a->n && (a->a[at].loop || !more[i].loop)))
                        continue;
                a->a[at] = more[i];
                a->n += at == a->n;
                fresh = true;
        }
        return fresh;
}

static bool related(const Ancestor *a, const Ancestor *b) {
        return (a->parent && a->parent == b->loop) || (b->parent && b->parent == a->loop);
}

bool ancestors_circle(const Ancestors *a, const Ancestor *self) {
        if (ancestors_has(a, self->id))
                return true;
        if (!self->loop)
                return false;
        bool strangers = false; /* a plan of another loop, neither parent nor child, has been passed on the way back */
        for (uint32_t i = 0; i < a->n; i++) {
                const Ancestor *other = &a->a[i];
                if (!other->loop)
                        continue;
                if (other->loop == self->loop && strangers)
                        return true;
                strangers |= other->loop != self->loop && !related(self, other);
        }
        return false;
}
