/* The same law on librdkafka itself, against its mock broker: what its classes really are. Broker errors are drawn; a turn ends
 * as one of the three, an aborted one can be undone and tried again, and a Bus that is spent goes in time. */
#include "bus/bus.h"
#include "core/clock.h"

#include <criterion/criterion.h>
#include <librdkafka/rdkafka.h>

#include <librdkafka/rdkafka_mock.h>
#include <string.h>
#include <time.h>

#define ROUNDS 10u /* of half a second; TOCSIN_ROUNDS: more */
#define END_US 40000000
#define CLOSE_US 10000000

static const struct Api {
        int16_t key;
        const char *name;
} apis[] = {
        { 0, "Produce" }, { 3, "Metadata" }, { 10, "FindCoordinator" }, { 22, "InitProducerId" }, { 24, "AddPartitionsToTxn" },
        { 26, "EndTxn" }
};

#define APIS (sizeof apis / sizeof *apis)

static struct World {
        rd_kafka_t *client;
        rd_kafka_mock_cluster_t *cluster;
        unsigned long seed;
        unsigned n, whole, aborted, spent, refused;
} world;

static int64_t now(void) {
        return clock_read_us(CLOCK_MONOTONIC);
}

static void quiet(const rd_kafka_t *rk, int level, const char *facility, const char *text) {
        (void)rk, (void)level, (void)facility, (void)text;
}

static int bus(Bus **ret, uint32_t *out) {
        static char id[32];
        const BusProperty p[] = { { "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(world.cluster) },
                                  { "transaction.timeout.ms", "3000" },
                                  { "message.timeout.ms", "2000" },
                                  { "linger.ms", "0" } };
        Why why = { 0 };
        snprintf(id, sizeof id, "id-%u", world.n++);
        int r = bus_open(ret, &(BusConf){ .transactional_id = id, .properties = p, .n_properties = 4 }, &why);
        if (r == 0)
                *out = bus_output(*ret, "out");
        else
                cr_assert(why.text[0]);
        return r;
}

static int turn(Bus *b, uint32_t out, bool give_up, Why *why) {
        GUARD(bus_begin(b, why));
        for (int i = 0; i < 2; i++)
                GUARD(bus_send(b, &(BusSend){ .output = out, .partition = i, .key = bytes_z("k"), .value = bytes_z("v") }, why));
        return give_up ? BUS_E_ABORTED : bus_commit(b, NULL, 0, 0, why);
}

static void one(const struct Api *api, const rd_kafka_resp_err_t *errors, size_t n, bool at_open, bool give_up) {
        Bus *b = NULL;
        uint32_t out = 0;
        Why why = { 0 };
        char tale[160];
        snprintf(tale, sizeof tale, "TOCSIN_SEED=%lu: %s %s x %zu%s%s", world.seed, api->name, rd_kafka_err2name(errors[0]), n,
                 at_open ? " at open" : "", give_up ? ", given up" : "");
        for (size_t i = 0; i < APIS; i++)
                rd_kafka_mock_clear_request_errors(world.cluster, apis[i].key);
        if (at_open)
                rd_kafka_mock_push_request_errors_array(world.cluster, api->key, n, errors);
        int64_t from = now();
        int r = bus(&b, &out);
        cr_assert(r == 0 || (at_open && (r == BUS_E_FATAL || r == BUS_E_DOWN || r == BUS_E_DENIED)), "%s: %s", tale,
                  bus_answer(r));
        if (r != 0) {
                world.refused++;
                return;
        }
        if (!at_open)
                rd_kafka_mock_push_request_errors_array(world.cluster, api->key, n, errors);
        for (int tries = 0; tries < 3; tries++) {
                r = turn(b, out, give_up && !tries, &why);
                cr_assert(r == 0 || r == BUS_E_ABORTED || r == BUS_E_FATAL, "%s: %s", tale, bus_answer(r));
                if (r == 0 || r == BUS_E_FATAL)
                        break;
                world.aborted += !give_up || tries;
                r = bus_abort(b, &why);
                cr_assert(r == 0 || r == BUS_E_FATAL, "%s: %s", tale, bus_answer(r));
                if (r != 0)
                        break;
                rd_kafka_mock_clear_request_errors(world.cluster, api->key);
        }
        cr_assert_neq(r, BUS_E_ABORTED, "%s: it is aborted again and again: %s", tale, why.text);
        if (r == BUS_E_FATAL) {
                Why again = { 0 };
                world.spent++;
                cr_assert_eq(bus_begin(b, &again), BUS_E_FATAL);
                cr_assert_str_eq(again.text, why.text, "%s", tale);
        }
        world.whole += r == 0;
        cr_assert_leq(now() - from, END_US, "%s", tale);
        from = now();
        bus_close(b);
        cr_assert_leq(now() - from, CLOSE_US, "%s", tale);
}

Test(txn_real, any_error_of_a_broker_at_any_request_is_repeated_aborted_or_ends_the_bus) {
        const char *z = getenv("TOCSIN_SEED"), *z_rounds = getenv("TOCSIN_ROUNDS");
        uint64_t seed = z ? strtoull(z, NULL, 0) : (uint64_t)time(NULL), rng = seed;
        const struct rd_kafka_err_desc *d;
        size_t n_d;
        rd_kafka_get_err_descs(&d, &n_d);
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        char text[128];
        rd_kafka_conf_set_log_cb(conf, quiet);
        world.client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
        world.cluster = rd_kafka_mock_cluster_new(world.client, 1);
        cr_assert_eq(rd_kafka_mock_topic_create(world.cluster, "out", 2, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
        world.seed = seed;
        cr_log_info("TOCSIN_SEED=%lu", world.seed);
        for (unsigned long i = 0, rounds = z_rounds ? strtoul(z_rounds, NULL, 0) : ROUNDS; i < rounds; i++) {
                rd_kafka_resp_err_t errors[3];
                rng = rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                uint64_t x = rng >> 33;
                do
                        errors[0] = d[x++ % n_d].code;
                while (errors[0] <= 0); /* a broker's, not the library's own */
                if (rng >> 20 & 1 && rng >> 21 & 1)
                        errors[0] = RD_KAFKA_RESP_ERR__TRANSPORT; /* the mock: the connection is closed */
                errors[1] = errors[2] = errors[0];
                one(&apis[x / 256 % APIS], errors, 1 + (rng >> 22) % 3, rng >> 24 & 1, rng >> 25 & 1);
        }
        cr_log_info("%u whole, %u aborted, %u spent, %u refused", world.whole, world.aborted, world.spent, world.refused);
        rd_kafka_mock_cluster_destroy(world.cluster);
        rd_kafka_destroy(world.client);
}
