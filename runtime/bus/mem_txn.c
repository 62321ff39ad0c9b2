/* Transactions of bus_mem: one transactional id has one living owner and at most one open transaction. */
#include "bus/mem_log.h"

int mem_id_open(MemBus *b, const char *name) {
        BusMemLog *log = b->log;
        MemId *id = log->ids;
        while (id && strcmp(id->name, name) != 0)
                id = id->next;
        if (!id) {
                id = calloc(1, sizeof *id + strlen(name) + 1);
                REQUIRE(id, -ENOMEM);
                memcpy(id->name, name, strlen(name) + 1);
                id->next = log->ids;
                log->ids = id;
        }
        mem_id_end(log, id, MEM_ABORTED); /* what a predecessor left open */
        b->id_epoch = ++id->epoch;
        b->id = id;
        return 0;
}

int mem_id_begin(BusMemLog *log, MemId *id) {
        REQUIRE(log->n_states < UINT32_MAX, -EOVERFLOW);
        if (log->n_states == log->size_states) {
                uint8_t *more = realloc(log->states, log->size_states * 2);
                REQUIRE(more, -ENOMEM);
                log->states = more;
                log->size_states *= 2;
        }
        id->txn = (uint32_t)log->n_states++;
        log->states[id->txn] = MEM_OPEN;
        return 0;
}

int mem_id_touch(MemId *id, MemPartition *p) {
        for (size_t i = p->n_open; i-- > 0;)
                if (p->open[i].txn == id->txn)
                        return 0;
        if (p->n_open == p->size_open) {
                size_t size = p->size_open ? p->size_open * 2 : 2;
                MemOpen *more = realloc(p->open, size * sizeof *more);
                REQUIRE(more, -ENOMEM);
                p->open = more;
                p->size_open = size;
        }
        if (id->n_touched == id->size_touched) {
                size_t size = id->size_touched ? id->size_touched * 2 : 8;
                MemPartition **more = realloc(id->touched, size * sizeof *more);
                REQUIRE(more, -ENOMEM);
                id->touched = more;
                id->size_touched = size;
        }
        p->open[p->n_open++] = (MemOpen){ .txn = id->txn, .first = p->next };
        id->touched[id->n_touched++] = p;
        return 0;
}

void mem_id_end(BusMemLog *log, MemId *id, MemState how) {
        if (!id->txn)
                return;
        log->states[id->txn] = (uint8_t)how;
        for (size_t k = 0; k < id->n_touched; k++) {
                MemPartition *p = id->touched[k];
                size_t at = 0;
                while (p->open[at].txn != id->txn)
                        at++;
                memmove(p->open + at, p->open + at + 1, (p->n_open - at - 1) * sizeof *p->open);
                p->n_open--;
                p->next++; /* the mark of the end */
        }
        id->n_touched = 0;
        id->txn = 0;
}
