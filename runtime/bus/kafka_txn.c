/* librdkafka's transaction calls: all of them live here and nowhere else (scripts/check-layers sees to it). Each is read by
 * kafka_verdict(): none is repeated as another call, and what is no reason to repeat it ends as an abort or ends the Bus. */
#include "bus/kafka_body.h"

#define INIT_US 60000000 /* bus_open waits so long for a producer id */
#define INIT_SLICE_MS 5000
#define UNDO_US KAFKA_UNDO_US
#define SETTLE_MS 2000 /* for what is under way before an abort */
#define CLOSE_MS 4000 /* of the ten seconds that bus_close may take; leaving the group may take librdkafka five */
#define BREATH_MS 10 /* before the same call again: most waited inside, but one that answers at once must not spin */

static int64_t now_us(void) {
        return clock_read_us(CLOCK_MONOTONIC);
}

/* One call, and what it answered last. */
typedef struct Try {
        KafkaBus *b;
        int64_t until; /* no more repeating from then on */
        KafkaVerdict v;
        rd_kafka_resp_err_t code;
        Why text;
} Try;

static Try try_until(KafkaBus *b, int64_t until) {
        return (Try){ .b = b, .until = until };
}

/* Is the very same call due once more? Delivery reports and errors are heard in between. */
static bool again(Try *t, rd_kafka_error_t *e) {
        t->v = kafka_verdict(e, &t->text, &t->code);
        if (t->v != KAFKA_AGAIN || t->b->spent || now_us() >= t->until)
                return false;
        rd_kafka_poll(t->b->producer, BREATH_MS);
        return !t->b->spent;
}

/* The error of a call that is no reason to repeat it. */
static int end(const Try *t, KafkaVerdict v, const char *call, Why *why) {
        KafkaBus *b = t->b;
        if (kafka_is_denied(t->code))
                kafka_say(&b->out.why, &b->names, t->code, KAFKA_TXN, b->n_outputs ? b->outputs[0].name : "", NULL);
        if (kafka_is_denied(t->code) && v != KAFKA_FATAL)
                b->out.answer = BUS_E_DENIED;
        if (v == KAFKA_FATAL && kafka_is_denied(t->code))
                return kafka_spend(b, why, "%s", b->out.why.text);
        if (v == KAFKA_FATAL) {
                Why last;
                kafka_ended(&last, &b->names, t->code, t->text.text);
                return kafka_spend(b, why, "%s: %s", call, last.text);
        }
        bool told = b->doomed; /* the delivery report knew more than the transaction does */
        if (!told)
                why_say(&b->doom, 0, "%s: %s", call, kafka_is_denied(t->code) ? b->out.why.text : t->text.text);
        b->doomed = true;
        return why_say(why, BUS_E_ABORTED, "%s", b->doom.text);
}

static int init_end(Try *t, Why *why) {
        KafkaBus *b = t->b;
        rd_kafka_poll(b->producer, 0);
        if (t->v == KAFKA_OK)
                return 0;
        if (kafka_is_denied(t->code))
                return kafka_say(why, &b->names, t->code, KAFKA_TXN, b->names.transactional_id, NULL);
        if (b->out.answer)
                return why_say(why, b->out.answer, "%s", b->out.why.text);
        if (t->v == KAFKA_AGAIN && !b->spent)
                return why_say(why, BUS_E_DOWN, "broker %s gave no producer id for %s within %d s: %s", b->names.bootstrap,
                               b->names.transactional_id, INIT_US / 1000000, t->text.text);
        Why last;
        kafka_ended(&last, &b->names, t->code, t->text.text);
        return kafka_spend(b, why, "transactional id %s: %s", b->names.transactional_id, last.text);
}

int kafka_init_soon(KafkaBus *b, int ms, Why *why) {
        Try t = try_until(b, 0);
        (void)again(&t, rd_kafka_init_transactions(b->producer, ms));
        rd_kafka_poll(b->producer, 0);
        return t.v == KAFKA_AGAIN && !b->spent ? BUS_E_IDLE : init_end(&t, why);
}

int kafka_init(KafkaBus *b, Why *why) {
        Try t = try_until(b, now_us() + INIT_US);
        while (again(&t, rd_kafka_init_transactions(b->producer, INIT_SLICE_MS)) && b->out.answer != BUS_E_DENIED)
                ;
        return init_end(&t, why);
}

int kafka_txn_begin(KafkaBus *b, Why *why) {
        Try t = try_until(b, now_us() + UNDO_US);
        while (again(&t, rd_kafka_begin_transaction(b->producer)))
                ;
        if (t.v != KAFKA_OK)
                return end(&t, KAFKA_FATAL, "begin", why);
        b->open = true;
        b->doomed = false;
        return 0;
}

static int send_offsets(KafkaBus *b, const BusPosition *next, size_t n, int64_t deadline_us, int64_t until, Why *why) {
        rd_kafka_topic_partition_list_t *l = kafka_list(b, next, n);
        rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(b->consumer); /* fresh: it fences */
        Try t = try_until(b, until);
        while (again(&t, rd_kafka_send_offsets_to_transaction(b->producer, l, group, kafka_patience_ms(deadline_us))))
                ;
        rd_kafka_consumer_group_metadata_destroy(group);
        rd_kafka_topic_partition_list_destroy(l);
        return t.v == KAFKA_OK ? 0 : end(&t, t.v == KAFKA_AGAIN ? KAFKA_ABORT : t.v, "offsets of the turn", why);
}

int kafka_txn_commit(KafkaBus *b, const BusPosition *next, size_t n, int64_t deadline_us, Why *why) {
        int64_t until = deadline_us ? deadline_us : now_us() + UNDO_US;
        if (!b->open)
                return n ? kafka_spend(b, why, "commit: no transaction is open") : 0;
        if (n)
                GUARD(send_offsets(b, next, n, deadline_us, until, why));
        if (b->midway)
                b->midway(b->midway_arg);
        Try t = try_until(b, until);
        while (again(&t, rd_kafka_commit_transaction(b->producer, kafka_patience_ms(deadline_us))))
                ;
        if (t.v == KAFKA_AGAIN)
                return kafka_spend(b, why, "broker %s did not say whether the turn is committed: %s", b->names.bootstrap,
                                   t.text.text);
        if (t.v != KAFKA_OK)
                return end(&t, t.v, "commit", why);
        b->open = false;
        return 0;
}

int kafka_txn_abort(KafkaBus *b, Why *why) {
        if (!b->open)
                return 0;
        /* Right after a commit the coordinator may still put off the partitions of this turn; an abort that overtakes them
         * meets a transaction that never was, which is fatal. What is written is undone all the same. */
        if (!b->doomed)
                rd_kafka_flush(b->producer, SETTLE_MS);
        Try t = try_until(b, now_us() + UNDO_US);
        while (again(&t, rd_kafka_abort_transaction(b->producer, -1)))
                ;
        if (t.v != KAFKA_OK && b->doomed) { /* librdkafka 2.0.2 after a refused partition; the reason is what counts */
                Why first = b->doom;
                return kafka_spend(b, why, "%s; then the abort: %s", first.text, t.text.text);
        }
        if (t.v != KAFKA_OK) /* one that cannot be undone, either, leaves the position unknown */
                return end(&t, KAFKA_FATAL, "abort", why);
        return 0;
}

/* Once, whatever it says: the next one with this id aborts what is still open. */
void kafka_txn_leave(KafkaBus *b) {
        Try t = try_until(b, 0);
        if (b->open && !b->spent)
                (void)again(&t, rd_kafka_abort_transaction(b->producer, CLOSE_MS));
}
