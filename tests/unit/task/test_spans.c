/* Spans of traced records: told when the turn has committed and never otherwise, with ids that a second delivery has, too. */
#include "rig.h"

#define T(r) ((r)->clock.now_us)
#define TRACE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
#define OFF "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"

static SpanRing ring;

static void world(Rig *r, const tocsin_plugin *plugin) {
        rig_init(r, plugin, 1, 1);
        ring = (SpanRing){ 0 };
        r->spans = &ring;
        r->config.trace_sample = 1;
}

static int take(void *arg, const BusRecord *r) {
        *(BusRecord *)arg = *r;
        return 0;
}

/* An event as rig_put() makes it, by whoever traces. `header` NULL: nobody does. */
static void put(Rig *r, int64_t n, const char *what, const char *header) {
        Rig aside = *r;
        BusRecord kept = { 0 };
        Why why;
        Bus *b = NULL;
        aside.log = bus_mem_new();
        cr_assert_eq(bus_mem_topic(aside.log, "events", 1, false), 0);
        rig_put(&aside, "a", T(r) + n, n, what, 0);
        bus_mem_each(aside.log, "events", take, &kept);
        BusConf conf = { .mem = r->log, .clock = &r->clock.clock };
        cr_assert_eq(bus_open(&b, &conf, &why), 0);
        const BusHeader h = { "traceparent", bytes_z(header ? header : "") };
        const BusSend s = { .output = bus_output(b, "events"),
                            .partition = 0,
                            .key = kept.key,
                            .value = kept.value,
                            .headers = &h,
                            .n_headers = header != NULL };
        cr_assert_eq(bus_send(b, &s, &why), 0);
        cr_assert_eq(bus_commit(b, NULL, 0, 0, &why), 0);
        bus_close(b);
        bus_mem_free(aside.log);
}

static int parents(void *arg, const BusRecord *r) {
        Buffer *out = arg;
        BusHeader h;
        if (record_header(r, "traceparent", &h)) {
                buffer_put(out, h.value.ptr, h.value.len);
                buffer_u8(out, '\n');
        }
        return 0;
}

/* The parents that are told beyond us, a line each. To be freed. */
static char *told(Rig *r) {
        Buffer b = BUFFER_NULL;
        bus_mem_each(r->log, "out", parents, &b);
        buffer_u8(&b, 0);
        return (char *)b.ptr;
}

static void hex(const uint8_t *p, size_t n, char *ret) {
        for (size_t i = 0; i < n; i++)
                sprintf(ret + 2 * i, "%02x", p[i]);
}

Test(spans, a_header_that_is_none_is_left_as_it_is) {
        static const char *const bad[] = {
                "",
                "00",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
                "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        };
        TraceParent p;
        Rig r;
        world(&r, &rig_counter);
        rig_start(&r, 0);
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                cr_expect(!trace_read(bytes_z(bad[i]), &p), "%s", bad[i]);
                put(&r, (int64_t)i, "", bad[i]);
        }
        put(&r, 20, "", OFF);
        put(&r, 21, "", NULL);
        rig_drain(&r);
        cr_expect_eq(spans_ready(&ring), 0);
        char *t = told(&r);
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
                cr_expect(strstr(t, bad[i]), "%s is carried through", bad[i]);
        cr_expect(strstr(t, OFF));
        free(t);
        cr_expect(trace_read(bytes_z("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"), &p) && p.sampled);
        cr_expect(trace_read(bytes_z(OFF), &p) && !p.sampled);
        rig_deinit(&r);
}

Test(spans, a_traced_record_has_one_and_what_it_causes_names_its_own) {
        Rig r;
        char own[60], id[17], send[17], trace[33];
        world(&r, &rig_counter);
        rig_start(&r, 0);
        put(&r, 1, "", NULL);
        put(&r, 2, "", TRACE);
        rig_settle(&r);
        cr_assert_eq(spans_ready(&ring), 0, "nothing is told of a turn that is open");
        r.clock.now_us += 50000;
        rig_commit(&r);
        cr_assert_eq(spans_ready(&ring), 2);
        const Span *s = span_look(&ring, 0), *p = span_look(&ring, 1);
        cr_expect(s->kind == SPAN_SEND && p->kind == SPAN_PROCESS);
        hex(p->trace, 16, trace);
        cr_expect_str_eq(trace, "0af7651916cd43dd8448eb211c80319c");
        cr_expect_arr_eq(s->trace, p->trace, 16);
        hex(p->parent, 8, id);
        cr_expect_str_eq(id, "b7ad6b7169203331");
        cr_expect_arr_eq(s->parent, p->id, 8);
        cr_expect_str_eq(p->topic, "events");
        cr_expect_str_eq(s->topic, "out");
        cr_expect(p->partition == 0 && p->offset == 1 && s->partition == -1 && s->offset == -1 && !p->error[0]);
        cr_expect(p->start_us <= p->end_us && s->start_us < s->end_us && s->end_us == T(&r), "sent when it is committed");
        hex(s->id, 8, send);
        snprintf(own, sizeof own, "00-%s-%s-01\n", trace, send);
        char *t = told(&r);
        cr_expect_str_eq(t, own);
        free(t);
        cr_expect_eq(rig_metric(&r, "tocsin_spans_total"), 2);
        rig_deinit(&r);
}

Test(spans, a_turn_that_is_undone_tells_nothing_and_a_second_delivery_has_the_same_ids) {
        Rig r;
        Span first[2];
        world(&r, &rig_counter);
        rig_start(&r, 0);
        put(&r, 1, "", TRACE);
        rig_settle(&r);
        cr_assert_eq(r.worker[0]->spans.n, 2);
        memcpy(first, r.worker[0]->spans.at, sizeof first);
        rig_kill(&r, 0);
        cr_expect_eq(spans_ready(&ring), 0);
        rig_start(&r, 0);
        bus_mem_fail(r.log, BUS_MEM_COMMIT, 1, BUS_E_ABORTED, false);
        rig_drain(&r);
        cr_assert_eq(spans_ready(&ring), 2, "once, after a death and an abort");
        for (uint64_t i = 0; i < 2; i++) {
                cr_expect_arr_eq(span_look(&ring, i)->id, first[i].id, 8);
                cr_expect_arr_eq(span_look(&ring, i)->parent, first[i].parent, 8);
        }
        rig_deinit(&r);
}

Test(spans, a_dead_letter_is_a_span_that_failed_and_what_it_emitted_is_none) {
        Rig r;
        world(&r, &rig_counter);
        rig_start(&r, 0);
        for (int64_t n = 0; n < 9; n++)
                put(&r, n, n % 3 == 0 ? "" : n % 3 == 1 ? "poison" : "poison after", TRACE);
        rig_drain(&r);
        unsigned failed = 0, sent = 0, well = 0;
        for (uint64_t i = 0; i < spans_ready(&ring); i++) {
                const Span *s = span_look(&ring, i);
                sent += s->kind == SPAN_SEND;
                well += s->kind == SPAN_PROCESS && !s->error[0];
                failed += s->kind == SPAN_PROCESS && !strcmp(s->error, "poison");
        }
        cr_expect(failed == 6 && well == 3 && sent == 3, "%u %u %u", failed, well, sent);
        cr_expect_eq(rig_count(&r, "out"), 3);
        rig_deinit(&r);
}

Test(spans, what_is_processed_is_the_same_traced_or_not) {
        char *outputs[2], *tables[2];
        for (int on = 0; on < 2; on++) {
                Rig r;
                world(&r, &rig_counter);
                r.spans = on ? &ring : NULL;
                rig_start(&r, 0);
                for (int64_t n = 0; n < 60; n++)
                        put(&r, n, n % 5 == 1 ? "poison after" : n % 7 == 1 ? "skip" : "", n % 3 ? TRACE : NULL);
                rig_drain(&r);
                rig_balance(&r, 60);
                outputs[on] = rig_outputs(&r, "out");
                tables[on] = rig_dump(&r, true);
                cr_expect_eq(spans_ready(&ring) > 0, on);
                rig_deinit(&r);
        }
        cr_expect_str_eq(outputs[0], outputs[1]);
        cr_expect_str_eq(tables[0], tables[1]);
        for (int on = 0; on < 2; on++) {
                free(outputs[on]);
                free(tables[on]);
        }
}

Test(spans, each_record_of_a_run_has_its_own_and_says_how_many_it_was_with) {
        Rig r;
        world(&r, &rig_batch);
        rig_start(&r, 0);
        for (int64_t n = 0; n < 10; n++)
                put(&r, n, "", n % 2 ? TRACE : NULL);
        rig_drain(&r);
        unsigned process = 0;
        for (uint64_t i = 0; i < spans_ready(&ring); i++) {
                const Span *s = span_look(&ring, i);
                process += s->kind == SPAN_PROCESS;
                cr_expect(s->kind == SPAN_SEND || s->offset % 2 == 1);
                cr_expect(s->batch >= 1 && s->batch <= 10);
        }
        cr_expect_eq(process, 5);
        rig_deinit(&r);
}

Test(spans, a_full_ring_is_counted_and_holds_nobody_up) {
        Rig r;
        world(&r, &rig_counter);
        rig_start(&r, 0);
        ring.put = SPANS_RING - 3;
        for (int64_t n = 0; n < 10; n++)
                put(&r, n, "", TRACE);
        rig_drain(&r);
        cr_expect_eq(spans_ready(&ring), SPANS_RING);
        cr_expect_eq(rig_metric(&r, "tocsin_spans_total"), 3);
        cr_expect_eq(rig_metric(&r, "tocsin_spans_dropped_total"), 17);
        cr_expect_eq(rig_count(&r, "out"), 10);
        for (int64_t n = 0; n < 2000; n++)
                put(&r, 100 + n, "", TRACE);
        rig_drain(&r);
        cr_expect_eq(rig_metric(&r, "tocsin_spans_dropped_total"), 17 + 4000);
        spans_take(&ring, SPANS_RING);
        put(&r, 9999, "", TRACE);
        rig_drain(&r);
        cr_expect_eq(spans_ready(&ring), 2);
        rig_deinit(&r);
}

Test(spans, a_share_of_the_traces_is_kept_whole_and_the_others_are_carried_through) {
        static const double shares[] = { 0, 0.25, 1 };
        for (size_t k = 0; k < 3; k++) {
                Rig r;
                world(&r, &rig_counter);
                r.config.trace_sample = shares[k];
                rig_start(&r, 0);
                for (int64_t n = 0; n < 400; n++) {
                        char header[60];
                        snprintf(header, sizeof header, "00-0af7651916cd43dd84%014lx-b7ad6b7169203331-01",
                                 (unsigned long)(n * INT64_C(0x28f5c28f5c28f)) & 0xffffffffffffff);
                        put(&r, n, "", header);
                }
                rig_drain(&r);
                double kept = (double)spans_ready(&ring) / 800;
                cr_expect(kept >= shares[k] - 0.05 && kept <= shares[k] + 0.05, "%f of %f", kept, shares[k]);
                char *t = told(&r);
                size_t same = 0;
                for (const char *p = t; (p = strstr(p, "b7ad6b7169203331")); p++)
                        same++;
                cr_expect_eq(same, 400 - spans_ready(&ring) / 2);
                free(t);
                rig_deinit(&r);
        }
}
