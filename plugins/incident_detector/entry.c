/* The detector's entries in the host's table: keys, fixed-size records, shelves. */
#include "detector.h"

#define KEY_PART 160u /* three of them fit a key; longer parts by the rule of base_fit() */

static void key_add(Key *k, Bytes part) {
        k->len += base_fit(k->text + k->len, KEY_PART, part);
}

Key key_of(char sort, Bytes a, Bytes b, Bytes c) {
        Key k;
        k.text[0] = sort;
        k.len = 1;
        key_add(&k, a);
        if (b.ptr || c.ptr) {
                k.text[k.len++] = 0;
                key_add(&k, b);
        }
        if (c.ptr) {
                k.text[k.len++] = 0;
                key_add(&k, c);
        }
        return k;
}

Key key_again(Bytes name) {
        Key k;
        k.len = (uint32_t)(name.len < KEY_BYTES ? name.len : KEY_BYTES);
        memcpy(k.text, name.ptr, k.len);
        return k;
}

void key_split(Bytes key, Bytes *parts, uint32_t n) {
        const uint8_t *at = key.ptr + 1, *end = key.ptr + key.len;
        for (uint32_t i = 0; i < n; i++) {
                const uint8_t *stop = at < end && i + 1 < n ? memchr(at, 0, (size_t)(end - at)) : NULL;
                if (!stop)
                        stop = end;
                parts[i] = tocsin_bytes_of(at, (size_t)(stop - at));
                at = stop < end ? stop + 1 : end;
        }
}

int entry_load(const Detector *d, const Key *k, void *ret, size_t size) {
        Bytes found;
        int r = d->host->get(d->host, key_bytes(k), &found);
        if (r != 0)
                return r;
        if (!found.ptr || found.len != size) {
                memset(ret, 0, size);
                return 0;
        }
        memcpy(ret, found.ptr, size);
        return 1;
}

int entry_store(const Detector *d, const Key *k, const void *from, size_t size) {
        return d->host->put(d->host, key_bytes(k), tocsin_bytes_of(from, size));
}

int entry_drop(const Detector *d, const Key *k) {
        return d->host->del(d->host, key_bytes(k));
}

int entry_timer(const Detector *d, const Key *k, int64_t at) {
        return d->host->timer(d->host, key_bytes(k), at == NEVER ? TOCSIN_TIMER_OFF : at, TOCSIN_CLOCK_EVENT);
}

static Key place_of(char sort, Bytes owner, uint32_t place) {
        char text[16];
        text[0] = sort;
        int n = snprintf(text + 1, sizeof text - 1, "%u", place);
        return key_of('S', owner, tocsin_bytes_of(text, (size_t)n + 1), tocsin_bytes_of(NULL, 0));
}

static Key counter_of(char sort, Bytes owner) {
        return key_of('N', owner, tocsin_bytes_of(&sort, 1), tocsin_bytes_of(NULL, 0));
}

int shelf_put(const Detector *d, char sort, Bytes owner, uint32_t places, const Key *item) {
        uint64_t next;
        Key counter = counter_of(sort, owner);
        int r = entry_load(d, &counter, &next, sizeof next);
        if (r < 0)
                return r;
        Key place = place_of(sort, owner, (uint32_t)(next % places));
        Bytes old;
        r = d->host->get(d->host, key_bytes(&place), &old);
        if (r == 0 && old.ptr && old.len <= KEY_BYTES) {
                Key gone = key_again(old);
                if (!tocsin_equal(key_bytes(&gone), key_bytes(item)))
                        r = entry_drop(d, &gone);
        }
        if (r == 0)
                r = d->host->put(d->host, key_bytes(&place), key_bytes(item));
        next++;
        return r ? r : entry_store(d, &counter, &next, sizeof next);
}

int shelf_full(const Detector *d, char sort, Bytes owner, uint32_t places) {
        uint64_t next;
        Key counter = counter_of(sort, owner);
        int r = entry_load(d, &counter, &next, sizeof next);
        if (r < 0 || next < places)
                return r < 0 ? r : 0;
        Key place = place_of(sort, owner, (uint32_t)(next % places));
        Bytes old, found;
        r = d->host->get(d->host, key_bytes(&place), &old);
        if (r != 0 || !old.ptr || old.len > KEY_BYTES)
                return r;
        Key item = key_again(old);
        r = d->host->get(d->host, key_bytes(&item), &found);
        return r ? r : found.ptr != NULL;
}
