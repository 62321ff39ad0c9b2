/* Ports: tables from topics, records that lie wrong, headers that travel. */
#include "rig.h"

#define T(r) ((r)->clock.now_us)

Test(ports, a_table_is_whole_before_the_first_event_and_followed_afterwards) {
        Rig r;
        rig_init(&r, &rig_counter, 2, 1);
        for (int i = 0; i < 600; i++) { /* more than one poll of a reader gives */
                char key[16];
                snprintf(key, sizeof key, "row-%d", i);
                rig_row(&r, key, i);
        }
        rig_row(&r, "row-7", 70);
        rig_row(&r, "row-8", -1);
        rig_put(&r, "row-7", T(&r), 1, "", -1);
        rig_put(&r, "row-8", T(&r), 2, "", -1);
        rig_put(&r, "row-599", T(&r), 3, "", -1);
        rig_start(&r, 0);
        rig_settle(&r);
        cr_assert_eq(rig_metric(&r, "tocsin_table_rows"), 599.0);
        rig_commit(&r);
        char *o = rig_outputs(&r, "out");
        /* counts are 1000 + the row's n, zigzag varint: 1070 -> dc10, 1599 -> fe18; 1 -> 02 */
        cr_assert(strstr(o, "dc1002\n") && strstr(o, "fe1806\n") && strstr(o, "0204\n"), "%s", o);
        free(o);
        cr_assert_eq(rig_calls.changed, 0u, "nothing changed under a living instance yet");

        rig_put(&r, "row-9", T(&r), 4, "", -1);
        rig_settle(&r);
        cr_assert(r.worker[0]->open);
        rig_row(&r, "row-9", 5000);
        rig_put(&r, "row-9", T(&r), 5, "", -1);
        rig_settle(&r);
        cr_assert_eq(rig_calls.changed, 0u, "not within a turn");
        rig_commit(&r);
        cr_assert_eq(rig_calls.changed, 2u, "each task was told");
        rig_put(&r, "row-9", T(&r), 6, "", -1);
        rig_drain(&r);
        o = rig_outputs(&r, "out");
        cr_assert(strstr(o, "e20f08\n") && strstr(o, "e20f0a\n") && strstr(o, "e05d0c\n"), "%s", o);
        free(o);
        rig_deinit(&r);
}

Test(ports, a_row_that_cannot_be_read_is_counted_and_the_one_before_stays) {
        Rig r;
        rig_init(&r, &rig_counter, 1, 1);
        rig_row(&r, "a", 1);
        bus_mem_put(r.log, "rows", -1, bytes_z("a"), bytes_z("rubbish"), 1);
        rig_start(&r, 0);
        rig_put(&r, "a", T(&r), 1, "", -1);
        rig_drain(&r);
        char *o = rig_outputs(&r, "out");
        cr_assert(strstr(o, "d20f02\n"), "%s", o);
        cr_assert_eq(rig_metric(&r, "tocsin_table_refused_total"), 1.0);
        free(o);
        rig_deinit(&r);
}

/* What the counter says of a key, by where its records lie. */
Test(ports, records_in_the_wrong_partition_are_brought_to_where_they_belong_before_the_plugin_sees_them) {
        for (ConfigPartitioner how = PARTITIONER_ANY; how <= PARTITIONER_CRC32; how++) {
                Rig r;
                rig_init(&r, &rig_counter, 4, 2);
                r.ports[0].partitioner = how;
                rig_start(&r, 0);
                rig_start(&r, 1);
                rig_settle(&r);
                for (int i = 0; i < 40; i++) {
                        char key[16];
                        snprintf(key, sizeof key, "k%d", i % 5);
                        rig_put(&r, key, T(&r), i, "", i % 4);
                }
                rig_drain(&r);
                char *d = rig_dump(&r, false);
                for (int k = 0; k < 5; k++) {
                        char want[64];
                        snprintf(want, sizeof want, "entry k%d \\x08\\x00", k);
                        cr_assert(strstr(d, want), "%s in %s", want, d);
                }
                free(d);
                cr_assert_eq(rig_count(&r, "out"), 40u);
                double misplaced = rig_metric(&r, "tocsin_records_misplaced_total");
                cr_assert_eq(misplaced > 0, how != PARTITIONER_ANY, "%g", misplaced);
                rig_balance(&r, -1);
                rig_deinit(&r);
        }
}

Test(ports, a_record_under_another_key_than_its_content_says_is_counted_and_processed_under_its_own) {
        Rig r;
        rig_init(&r, &rig_counter, 1, 1);
        rig_start(&r, 0);
        rig_settle(&r);
        Worker *w = r.worker[0];
        rig_put(&r, "a", T(&r), 1, "", -1);
        rig_settle(&r);
        rig_commit(&r);
        /* the same bytes under the key b */
        Buffer b = BUFFER_NULL;
        frame_put(&b, FRAMING_SINGLE, w->port[0].schema, -1);
        const tocsin_field f[] = { tocsin_field_of("key", tocsin_str("a")), tocsin_field_of("time", tocsin_i64(T(&r))),
                                   tocsin_field_of("n", tocsin_i64(2)), tocsin_field_of("what", tocsin_str("")) };
        const tocsin_value v = tocsin_record(f, 4);
        cr_assert_eq(codec_encode(w->port[0].schema, &v, &b, NULL), 0);
        rig_put_raw(&r, "b", buffer_bytes(&b), -1);
        buffer_deinit(&b);
        rig_drain(&r);
        char *d = rig_dump(&r, false);
        cr_assert_str_eq(d, "entry a \\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x00\n");
        free(d);
        cr_assert_eq(rig_metric(&r, "tocsin_records_misplaced_total"), 1.0);
        rig_put(&r, "", T(&r), 3, "", -1);
        rig_drain(&r);
        cr_assert_eq(rig_count(&r, r.pipe.dlq), 1u, "a record of nobody");
        rig_balance(&r, 3);
        rig_deinit(&r);
}

typedef struct Ids {
        char at[64][33];
        size_t n;
} Ids;
static int take_id(void *arg, const BusRecord *r) {
        Ids *ids = arg;
        BusHeader h;
        cr_assert(record_header(r, "tocsin-id", &h) && h.value.len == 32);
        snprintf(ids->at[ids->n++], 33, "%.*s", BYTES_ARG(h.value));
        return 0;
}

Test(ports, ids_of_outputs_differ_and_are_the_same_in_every_life) {
        Ids first = { .n = 0 };
        for (int life = 0; life < 2; life++) {
                Rig r;
                Ids ids = { .n = 0 };
                rig_init(&r, &rig_counter, 1, 1);
                rig_start(&r, 0);
                for (int i = 0; i < 20; i++) {
                        rig_put(&r, "a", T(&r), i, "", -1);
                        rig_settle(&r);
                        if (life && i == 10) {
                                rig_kill(&r, 0);
                                rig_start(&r, 0);
                        }
                }
                rig_drain(&r);
                bus_mem_each(r.log, "out", take_id, &ids);
                cr_assert_eq(ids.n, 20u);
                for (size_t i = 0; i < 20; i++)
                        for (size_t k = 0; k < i; k++)
                                cr_assert_str_neq(ids.at[i], ids.at[k]);
                if (!life)
                        first = ids;
                else
                        cr_assert_eq(memcmp(&first, &ids, sizeof ids), 0);
                rig_deinit(&r);
        }
}
