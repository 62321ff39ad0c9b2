/* The stand-in for librdkafka: errors and their classes, clients, the state machine of transactions, records out. */
#include "fake_inner.h"

#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

void __real_rd_kafka_error_destroy(rd_kafka_error_t *e);
rd_kafka_headers_t *__real_rd_kafka_headers_new(size_t n);
void __real_rd_kafka_headers_destroy(rd_kafka_headers_t *h);

Fake fake;

static struct rd_kafka_s next; /* what the configuration says of the next client */
static rd_kafka_resp_err_t last_error;

void fake_reset(const FakeFault *fault) {
        fake = (Fake){ .fault = *fault, .committed = -1, .pending_offset = -1, .now_us = 1000000 };
        next = (struct rd_kafka_s){ 0 };
}

void fake_rule(bool kept, const char *name) {
        if (!kept && !fake.broken++)
                fake.rule = name;
}

/* ---- time ---- */

int __wrap_clock_gettime(clockid_t id, struct timespec *t) {
        (void)id;
        *t = (struct timespec){ .tv_sec = fake.now_us / 1000000, .tv_nsec = fake.now_us % 1000000 * 1000 };
        return 0;
}
int __wrap_nanosleep(const struct timespec *t, struct timespec *left) {
        (void)left;
        fake.now_us += t->tv_sec * 1000000 + t->tv_nsec / 1000;
        return 0;
}
void fake_wait_ms(int ms) {
        fake.now_us += (int64_t)(ms < 0 ? 20000 : ms) * 1000; /* < 0: the transaction's time */
}

/* ---- errors ---- */

#define ERRORS 4 /* of them living at once; one is enough for a caller that destroys them */
static struct Kept {
        rd_kafka_error_t *e;
        FakeClass class;
} kept[ERRORS];

static rd_kafka_error_t *error_of(FakeClass class, rd_kafka_resp_err_t code, const char *text) {
        struct Kept *k = kept;
        while (k < kept + ERRORS && k->e)
                k++;
        fake_rule(k < kept + ERRORS, "an error was not destroyed");
        if (k == kept + ERRORS)
                abort();
        fake.errors++;
        *k = (struct Kept){ rd_kafka_error_new(code, "%s", text), class };
        return k->e;
}
static struct Kept *kept_of(const rd_kafka_error_t *e) {
        struct Kept *k = kept;
        while (k < kept + ERRORS && (!e || k->e != e))
                k++;
        fake_rule(k < kept + ERRORS, "an error was used after it was destroyed");
        if (k == kept + ERRORS)
                abort();
        return k;
}
void __wrap_rd_kafka_error_destroy(rd_kafka_error_t *e) {
        struct Kept *k = kept_of(e);
        k->e = NULL;
        fake.errors--;
        __real_rd_kafka_error_destroy(e);
}
int __wrap_rd_kafka_error_is_fatal(const rd_kafka_error_t *e) {
        return kept_of(e)->class == FAKE_FATAL;
}
int __wrap_rd_kafka_error_is_retriable(const rd_kafka_error_t *e) {
        return kept_of(e)->class == FAKE_RETRIABLE;
}
int __wrap_rd_kafka_error_txn_requires_abort(const rd_kafka_error_t *e) {
        return kept_of(e)->class == FAKE_ABORTABLE;
}

/* Does the fault strike at this call? */
bool fake_strikes(FakeCall call) {
        const FakeFault *f = &fake.fault;
        unsigned n = ++fake.calls[call];
        if (f->call != call || !f->nth || n < f->nth || (f->times && n >= f->nth + f->times))
                return false;
        if (++fake.struck > FAKE_PATIENCE) {
                fprintf(stderr, "a call is repeated %u times: it spins\n", fake.struck);
                abort();
        }
        return true;
}

/* ---- clients ---- */

/* The body hands these over by name; nothing else of a configuration matters here. */

rd_kafka_conf_t *__wrap_rd_kafka_conf_new(void) {
        next = (struct rd_kafka_s){ 0 };
        return (rd_kafka_conf_t *)&next;
}
void __wrap_rd_kafka_conf_destroy(rd_kafka_conf_t *c) {
        (void)c;
}
rd_kafka_conf_res_t __wrap_rd_kafka_conf_set(rd_kafka_conf_t *c, const char *name, const char *value, char *text, size_t n) {
        (void)c, (void)name, (void)value, (void)text, (void)n;
        return RD_KAFKA_CONF_OK;
}
rd_kafka_conf_res_t __wrap_rd_kafka_conf_get(const rd_kafka_conf_t *c, const char *name, char *ret, size_t *n) {
        (void)c, (void)name, (void)ret, (void)n;
        return RD_KAFKA_CONF_UNKNOWN;
}
void __wrap_rd_kafka_conf_set_log_cb(rd_kafka_conf_t *c, void (*f)(const rd_kafka_t *, int, const char *, const char *)) {
        (void)c, (void)f;
}
void __wrap_rd_kafka_conf_set_opaque(rd_kafka_conf_t *c, void *opaque) {
        (void)c;
        next.opaque = opaque;
}
void __wrap_rd_kafka_conf_set_error_cb(rd_kafka_conf_t *c, void (*f)(rd_kafka_t *, int, const char *, void *)) {
        (void)c;
        next.error = f;
}
void __wrap_rd_kafka_conf_set_rebalance_cb(rd_kafka_conf_t *c, void (*f)(rd_kafka_t *, rd_kafka_resp_err_t,
                                                                         rd_kafka_topic_partition_list_t *, void *)) {
        (void)c;
        next.rebalance = f;
}
void __wrap_rd_kafka_conf_set_dr_msg_cb(rd_kafka_conf_t *c, void (*f)(rd_kafka_t *, const rd_kafka_message_t *, void *)) {
        (void)c;
        next.delivered = f;
}

rd_kafka_t *__wrap_rd_kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *c, char *text, size_t n) {
        (void)c, (void)text, (void)n;
        rd_kafka_t *rk = malloc(sizeof *rk);
        *rk = next;
        rk->producer = type == RD_KAFKA_PRODUCER;
        rk->at = -1;
        fake.clients++;
        return rk;
}
void __wrap_rd_kafka_destroy(rd_kafka_t *rk) {
        fake.clients--;
        free(rk);
}

/* Once, as librdkafka does: a fatal error is told, and a failed delivery reported. */
int __wrap_rd_kafka_poll(rd_kafka_t *rk, int ms) {
        fake_rule(!rk->grouped, "a consumer's records are not for rd_kafka_poll(), which aborts when it meets one");
        if (rk->fatal && !rk->told) {
                rk->told = true;
                rk->error(rk, RD_KAFKA_RESP_ERR__FATAL, "fatal", rk->opaque);
                return 1;
        }
        if (rk->report) {
                rd_kafka_message_t m = { .err = rk->report, .rkt = &fake_in };
                rk->report = RD_KAFKA_RESP_ERR_NO_ERROR;
                rk->delivered(rk, &m, rk->opaque);
                return 1;
        }
        if (ms > 0)
                fake_wait_ms(ms);
        return 0;
}
rd_kafka_resp_err_t __wrap_rd_kafka_fatal_error(rd_kafka_t *rk, char *text, size_t n) {
        if (rk->fatal && n)
                snprintf(text, n, "fatal: %s", rd_kafka_err2name(rk->fatal));
        return rk->fatal;
}

/* ---- transactions ---- */

static void drop(void) {
        memset(fake.pending, 0, sizeof fake.pending);
        fake.pending_offset = -1;
}
static void publish(void) {
        for (int i = 0; i < FAKE_RECORDS; i++)
                fake.out[i] += fake.pending[i];
        if (fake.pending_offset >= 0)
                fake.committed = fake.pending_offset;
        drop();
}

/* The call as librdkafka answers it when nothing is wrong. */
static rd_kafka_error_t *effect(rd_kafka_t *rk, FakeCall call, int64_t offset) {
        static const State before[] = { INIT, READY, OPEN, OPEN, OPEN },
                           unsaid[] = { READY, READY, OPEN, COMMITTED_UNSAID, ABORTED_UNSAID };
        if (rk->state == FATAL)
                return error_of(FAKE_FATAL, rk->fatal, "fatal already");
        if ((call == FAKE_COMMIT || call == FAKE_ABORT) && rk->state == unsaid[call]) {
                rk->state = READY;
                return NULL;
        }
        if (rk->state == ABORTABLE && (call == FAKE_OFFSETS || call == FAKE_COMMIT))
                return error_of(FAKE_ABORTABLE, RD_KAFKA_RESP_ERR__STATE, "must be aborted");
        if (rk->state != before[call] && !(rk->state == ABORTABLE && call == FAKE_ABORT) &&
            !(rk->state == READY && call == FAKE_INIT)) {
                fake_rule(false, "a call of the wrong state");
                return error_of(FAKE_UNCLASSIFIED, RD_KAFKA_RESP_ERR__STATE, "wrong state");
        }
        if (call == FAKE_INIT || call == FAKE_ABORT)
                drop(); /* a predecessor's, too */
        if (call == FAKE_OFFSETS)
                fake.pending_offset = offset;
        if (call == FAKE_COMMIT)
                publish();
        if (call != FAKE_OFFSETS)
                rk->state = call == FAKE_BEGIN ? OPEN : READY;
        return NULL;
}

static rd_kafka_error_t *call_of(rd_kafka_t *rk, FakeCall call, int64_t offset, int timeout_ms) {
        static const State unsaid[] = { READY, OPEN, OPEN, COMMITTED_UNSAID, ABORTED_UNSAID };
        const FakeFault *f = &fake.fault;
        if (call == FAKE_COMMIT && rk->report && rk->state == OPEN) /* librdkafka flushes first, and so hears of it */
                rk->state = ABORTABLE;
        if (rk->state == FATAL || !fake_strikes(call))
                return effect(rk, call, offset);
        rd_kafka_error_t *e = f->after ? effect(rk, call, offset) : NULL;
        if (e)
                return e;
        if (f->slow)
                fake_wait_ms(timeout_ms);
        if (f->class == FAKE_FATAL || f->dies) {
                rk->state = FATAL;
                rk->fatal = f->code;
        } else if (f->after) {
                rk->state = unsaid[call];
        } else if (f->class == FAKE_ABORTABLE && rk->state == OPEN) {
                rk->state = ABORTABLE;
        }
        return error_of(f->class, f->code, "as told");
}

rd_kafka_error_t *__wrap_rd_kafka_init_transactions(rd_kafka_t *rk, int ms) {
        return call_of(rk, FAKE_INIT, -1, ms);
}
rd_kafka_error_t *__wrap_rd_kafka_begin_transaction(rd_kafka_t *rk) {
        return call_of(rk, FAKE_BEGIN, -1, 0);
}
rd_kafka_error_t *__wrap_rd_kafka_send_offsets_to_transaction(rd_kafka_t *rk, const rd_kafka_topic_partition_list_t *l,
                                                              const rd_kafka_consumer_group_metadata_t *m, int ms) {
        fake_rule(l->cnt == 1 && m, "offsets without their group");
        return call_of(rk, FAKE_OFFSETS, l->elems[0].offset, ms);
}
rd_kafka_error_t *__wrap_rd_kafka_commit_transaction(rd_kafka_t *rk, int ms) {
        return call_of(rk, FAKE_COMMIT, -1, ms);
}
rd_kafka_error_t *__wrap_rd_kafka_abort_transaction(rd_kafka_t *rk, int ms) {
        return call_of(rk, FAKE_ABORT, -1, ms);
}

/* ---- records out ---- */

rd_kafka_headers_t *__wrap_rd_kafka_headers_new(size_t n) {
        fake.headers++;
        return __real_rd_kafka_headers_new(n);
}
void __wrap_rd_kafka_headers_destroy(rd_kafka_headers_t *h) {
        fake.headers--;
        __real_rd_kafka_headers_destroy(h);
}

static rd_kafka_t *writer; /* of the topics: a test has one at a time */

rd_kafka_topic_t *__wrap_rd_kafka_topic_new(rd_kafka_t *rk, const char *name, rd_kafka_topic_conf_t *c) {
        (void)c;
        rd_kafka_topic_t *t = calloc(1, sizeof *t);
        snprintf(t->name, sizeof t->name, "%s", name);
        if (rk->producer)
                writer = rk;
        fake.topics++;
        return t;
}
void __wrap_rd_kafka_topic_destroy(rd_kafka_topic_t *t) {
        fake.topics--;
        free(t);
}
const char *__wrap_rd_kafka_topic_name(const rd_kafka_topic_t *t) {
        return t->name;
}

/* Without transactions there is nothing to be pending: what is queued counts. */
static rd_kafka_resp_err_t queue(const void *value, size_t len) {
        bool plain = writer->state == INIT;
        int n;
        memcpy(&n, value, sizeof n);
        fake_rule(len == sizeof n && n >= 0 && n < FAKE_RECORDS, "a record that is none of ours");
        if (writer->state == FATAL)
                return RD_KAFKA_RESP_ERR__FATAL;
        if (!plain && writer->state != OPEN)
                return RD_KAFKA_RESP_ERR__STATE;
        if (fake_strikes(FAKE_PRODUCE)) {
                if (fake.fault.class == FAKE_FATAL) {
                        writer->state = FATAL;
                        writer->fatal = fake.fault.code;
                }
                return fake.fault.code;
        }
        if (fake_strikes(FAKE_DELIVERY))
                writer->report = fake.fault.code;
        else if (plain)
                fake.out[n]++;
        else
                fake.pending[n]++;
        return RD_KAFKA_RESP_ERR_NO_ERROR;
}
int __wrap_rd_kafka_produce(rd_kafka_topic_t *t, int32_t partition, int flags, void *value, size_t len, const void *key,
                            size_t key_len, void *opaque) {
        (void)t, (void)partition, (void)flags, (void)key, (void)key_len, (void)opaque;
        last_error = queue(value, len);
        return last_error ? -1 : 0;
}
/* It takes the headers over, if it takes the record. */
rd_kafka_resp_err_t __wrap_rd_kafka_producev(rd_kafka_t *rk, ...) {
        const void *value = NULL;
        size_t len = 0;
        rd_kafka_headers_t *headers = NULL;
        va_list ap;
        va_start(ap, rk);
        for (int what; (what = va_arg(ap, int)) != RD_KAFKA_VTYPE_END;)
                switch (what) {
                case RD_KAFKA_VTYPE_RKT:
                        (void)va_arg(ap, void *);
                        break;
                case RD_KAFKA_VTYPE_PARTITION:
                case RD_KAFKA_VTYPE_MSGFLAGS:
                        (void)va_arg(ap, int);
                        break;
                case RD_KAFKA_VTYPE_TIMESTAMP:
                        (void)va_arg(ap, int64_t);
                        break;
                case RD_KAFKA_VTYPE_HEADERS:
                        headers = va_arg(ap, rd_kafka_headers_t *);
                        break;
                case RD_KAFKA_VTYPE_KEY:
                case RD_KAFKA_VTYPE_VALUE: {
                        const void *p = va_arg(ap, void *);
                        size_t n = va_arg(ap, size_t);
                        value = what == RD_KAFKA_VTYPE_VALUE ? p : value;
                        len = what == RD_KAFKA_VTYPE_VALUE ? n : len;
                        break;
                }
                default:
                        abort();
                }
        va_end(ap);
        rd_kafka_resp_err_t err = queue(value, len);
        if (!err && headers)
                __wrap_rd_kafka_headers_destroy(headers);
        return err;
}
rd_kafka_resp_err_t __wrap_rd_kafka_last_error(void) {
        return last_error;
}
rd_kafka_resp_err_t __wrap_rd_kafka_flush(rd_kafka_t *rk, int ms) {
        (void)ms;
        __wrap_rd_kafka_poll(rk, 0);
        return RD_KAFKA_RESP_ERR_NO_ERROR;
}
rd_kafka_resp_err_t __wrap_rd_kafka_purge(rd_kafka_t *rk, int flags) {
        (void)rk, (void)flags;
        return RD_KAFKA_RESP_ERR_NO_ERROR;
}
int __wrap_rd_kafka_outq_len(rd_kafka_t *rk) {
        (void)rk;
        return 0;
}
