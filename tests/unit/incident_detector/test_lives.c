/* The table is the truth: cuts anywhere change nothing, the same comes out of the same, and state keeps its bounds. */
#include "scenario.h"
#include "seed.h"
#include "what.h"

/* A random but lively stream: all kinds, some lies among them. */
static void play(FakeHost *h, uint64_t seed, int n, int cut_every) {
        uint64_t s = seed;
        int64_t sequence = 0, incarnation = 1;
        for (int i = 0; i < n; i++) {
                double t = i * 1.5 + (double)below(&s, 100) / 100;
                char id[32], more[512];
                snprintf(id, sizeof id, "e%d", (int)(below(&s, 30) ? i : i / 2));
                const char *loop = below(&s, 3) ? "a" : "b", *target = below(&s, 12) ? "shared" : "core";
                switch (below(&s, 9)) {
                case 0:
                        snprintf(more, sizeof more,
                                 "},\"subject\":{\"id\":\"%s\"},\"attributes\":{\"set.tilt\":\"%d\"},\"causes\":[\"e%d\"]",
                                 target, (int)below(&s, 3), (int)below(&s, (uint64_t)i + 1));
                        say(h, t, t, id, loop, "dec", "ACTION_PLAN", more);
                        break;
                case 1:
                        snprintf(more, sizeof more,
                                 "},\"subject\":{\"id\":\"%s\"},\"attributes\":{\"set.tilt\":\"%d\"},\"causes\":[\"e%d\"]",
                                 target, (int)below(&s, 3), (int)below(&s, (uint64_t)i + 1));
                        say(h, t, t, id, loop, "exe", "ACTION_RESULT", more);
                        break;
                case 2:
                        snprintf(more, sizeof more, "},\"correlation_id\":\"c%d\"", (int)below(&s, 5));
                        say(h, t, t, id, "a", "ana", below(&s, 2) ? "TRIGGER" : "CLEAR", more);
                        break;
                case 3:
                        snprintf(more, sizeof more, "},\"metrics\":{\"cpu\":%d.5}", (int)below(&s, 103));
                        say(h, t, t, id, "a", "ves", "TELEMETRY", more);
                        break;
                case 4:
                        say(h, t, t - (double)below(&s, 40), id, "a", below(&s, 2) ? "rogue" : "ves", "HEARTBEAT", "");
                        break;
                case 5:
                        incarnation += below(&s, 20) == 0;
                        tell(h, t + (below(&s, 60) ? 0 : 50), incarnation, sequence += (int64_t)below(&s, 3));
                        break;
                default:
                        tell(h, t, incarnation - (below(&s, 50) == 0), ++sequence);
                }
                if (cut_every && i % cut_every == cut_every - 1)
                        fake_cut(h);
        }
        fake_until(h, US(n * 1.5 + 500));
}

Test(lives, a_cut_anywhere_changes_nothing) {
        uint64_t seed = seed_of();
        for (uint64_t round = 0; round < 6; round++) {
                Buffer text[3] = { BUFFER_NULL, BUFFER_NULL, BUFFER_NULL };
                for (int i = 0; i < 3; i++) {
                        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
                        play(h, seed + round, 200, (int[]){ 0, 1, 7 }[i]);
                        fake_dump(h, &text[i]);
                        cr_assert_gt(h->n_out, 3);
                }
                for (int i = 1; i < 3; i++)
                        cr_assert(bytes_eq(buffer_bytes(&text[0]), buffer_bytes(&text[i])), "seed %llu",
                                  (unsigned long long)(seed + round));
                for (int i = 0; i < 3; i++)
                        buffer_deinit(&text[i]);
        }
}

Test(lives, an_incident_has_one_id_from_raised_to_cleared) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        play(h, 11, 300, 0);
        for (size_t i = 0; i < h->n_out; i++) {
                const tocsin_value *v = &h->out[i].value;
                Bytes id = tocsin_get_bytes(v, "id");
                cr_assert(id.len == 32 && tocsin_equal(id, h->out[i].key));
                cr_assert(tocsin_get_bytes(v, "summary").len > 20 && tocsin_find(v, "evidence")->len >= 1);
                cr_assert_leq(tocsin_get_i64(v, "first_time", 1), tocsin_get_i64(v, "last_time", 0));
                bool raised = is(v, "state", "RAISED");
                for (size_t k = 0; k < i && !raised; k++)
                        raised = tocsin_equal(id, h->out[k].key);
                cr_assert(raised, "nothing is updated or cleared that was not raised");
        }
}

Test(lives, a_plain_event_costs_two_entries_and_no_scratch) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        for (int i = 0; i < 100; i++)
                tell(h, i, 1, i);
        cr_assert_leq(h->n_table, 3);
        cr_assert_leq(h->n_timers, 1);
        cr_assert_eq(h->scratch_calls, 0);
}

Test(lives, a_million_years_ahead_is_refused) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        cr_assert_eq(fake_event(h, US(0),
                                "{\"id\":\"x\",\"stage\":\"MONITORING\",\"kind\":\"STATE\",\"loop\":\"a\",\"producer\":{\"name\":"
                                "\"mon\"},\"event_time\":9223372036854775807}"),
                     TOCSIN_POISON);
        cr_assert_eq(fake_event(h, US(0),
                                "{\"id\":\"x\",\"stage\":\"MONITORING\",\"kind\":\"STATE\",\"loop\":\"a\",\"producer\":{\"name\":"
                                "\"mon\"},\"event_time\":-9223372036854775808}"),
                     TOCSIN_POISON);
}

Test(lives, an_updated_registry_is_believed_at_once) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        say(h, 0, 0, "n1", "a", "new", "TELEMETRY", "");
        cr_assert_eq(count(h, "L1", "RAISED"), 1);
        fake_row(h, "{\"id\":\"a\",\"producers\":[{\"name\":\"new\"}]}");
        size_t before = h->n_out;
        say(h, 1, 1, "n2", "a", "new", "TELEMETRY", "");
        cr_assert_eq(h->n_out, before);
        say(h, 2, 2, "n3", "a", "mon", "TELEMETRY", "");
        cr_assert_gt(h->n_out, before);
}

Test(lives, the_defaults_of_the_code_are_those_of_the_schema) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        Settings code = settings_read(NULL), schema = settings_read(&h->config);
        cr_assert_eq(memcmp(&code, &schema, sizeof code), 0);
}

Test(lives, a_class_that_is_off_is_watched_and_not_reported) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{\"off\":[\"L1\",\"L15\"]}", registry);
        say(h, 0, 0, "x", "a", "rogue", "TELEMETRY", "");
        cr_assert_eq(h->n_out, 0);
        tell(h, 0, 1, 1);
        say(h, 2, 0, "m-1-1", "a", "mon", "TELEMETRY", ",\"incarnation\":1,\"sequence\":1");
        cr_assert_eq(count(h, "L3", "RAISED"), 1);
}

Test(lives, one_symptom_that_is_off_leaves_the_others_of_its_class) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{\"off\":[\"L4.silent\",\"L3.stale\"]}", registry);
        tell(h, 0, 1, 1);
        tell(h, 1, 1, 3);
        fake_until(h, US(90));
        RAISES(h, "L4");
        cr_assert(is(last(h), "title", "missing events"));
}

Test(lives, every_name_the_schema_offers_is_one_symptom_or_the_whole_of_its_class) {
        Bytes text = text_z(settings_schema);
        uint32_t all = 0, n = 0, of_class = 0, sum = 0;
        const uint8_t *at = memmem(text.ptr, text.len, "\"off\"", 5);
        at = (const uint8_t *)memmem(at, 400, "\"enum\"", 6) + 6;
        for (const uint8_t *end = memchr(at, ']', 2000); (at = memchr(at, '"', (size_t)(end - at))); n++) {
                const uint8_t *stop = memchr(++at, '"', 64);
                uint32_t bits = what_named(tocsin_bytes_of(at, (size_t)(stop - at)));
                if (memchr(at, '.', (size_t)(stop - at))) {
                        cr_assert_eq(__builtin_popcount(bits), 1, "%.*s", (int)(stop - at), at);
                        cr_assert_eq(bits & of_class, bits, "its class comes first");
                        cr_assert_eq(bits & sum, 0, "each once");
                        sum |= bits;
                } else {
                        cr_assert_eq(of_class, sum, "before %.*s a symptom has no name", (int)(stop - at), at);
                        cr_assert_neq(of_class = bits, 0);
                        cr_assert_eq(bits & all, 0);
                        sum = 0;
                }
                all |= bits;
                at = stop + 1;
        }
        cr_assert_eq(all, (UINT32_C(1) << (WHAT_FLOOD + 1)) - 1);
        cr_assert_eq(n, 35);
        for (const char *const *bad = (const char *const[]){ "", "L", "L4.", "L4.silence", "L44", "silent", NULL }; *bad; bad++)
                cr_assert_eq(what_named(text_z(*bad)), 0, "%s", *bad);
}

Test(lives, other_bytes_under_a_number_from_long_ago_are_no_resend_however_fast_its_producer_once_was) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        for (int i = 0; i < 60; i++)
                tell(h, i, 1, i);
        say(h, 60, 60, "forged", "a", "mon", "TELEMETRY", ",\"incarnation\":1,\"sequence\":9");
        RAISES(h, "L3");
        cr_assert(proves(last(h), "forged"));
        _cleanup_(fake_freep) FakeHost *fast = fake_new("{}", registry);
        for (int i = 0; i < 60; i++)
                tell(fast, i * 0.01, 1, i);
        say(fast, 0.7, 0.09, "m-1-9", "a", "mon", "TELEMETRY", ",\"incarnation\":1,\"sequence\":9");
        QUIET(fast);
}

Test(lives, a_replay_from_the_life_before_the_last_is_one_in_its_first_seconds_too) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        tell(h, 0, 1, 1);
        tell(h, 1, 1, 2);
        for (int i = 2; i < 6; i++)
                tell(h, i, i, 1);
        say(h, 5.5, 1.5, "m-1-3", "a", "mon", "TELEMETRY", ",\"incarnation\":1,\"sequence\":3");
        QUIET(h);
        say(h, 8, 1, "m-1-2", "a", "mon", "TELEMETRY", ",\"incarnation\":1,\"sequence\":2");
        RAISES(h, "L3");
        cr_assert(proves(last(h), "m-1-2"));
}

Test(lives, a_new_level_after_planned_work_is_learnt_and_one_nobody_planned_is_told) {
        static const char *const governed[] = { "maintenance\":\"begin", "state\":\"degraded" };
        for (int planned = 0; planned < 2; planned++) {
                _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
                for (int i = 0; i < 200; i++) {
                        char more[128], id[8];
                        if (i == 100) {
                                snprintf(more, sizeof more, "},\"attributes\":{\"%s\",\"producer\":\"ves\"}", governed[planned]);
                                say(h, 99.5, 99.5, "begin", "a", "gov", "STATE", more);
                        }
                        if (i == 110)
                                say(h, 109.5, 109.5, "end", "a", "gov", "STATE",
                                    "},\"attributes\":{\"maintenance\":\"end\",\"producer\":\"ves\"}");
                        double level = i < 110 ? 40 : 60;
                        snprintf(id, sizeof id, "v%d", i);
                        snprintf(more, sizeof more, "},\"metrics\":{\"cpu\":%g}", level + (double)((i * 7919) % 13) / 10);
                        say(h, i, i, id, "a", "ves", "TELEMETRY", more);
                }
                cr_assert_eq(count(h, "L5", "RAISED"), (size_t)planned);
        }
}

Test(lives, neighbours_that_change_places_in_a_batch_that_was_held_up_leave_no_gap) {
        _cleanup_(fake_freep) FakeHost *h = fake_new("{}", registry);
        static const struct {
                double at, time;
                int number;
        } batch[] = { { 120, 2, 2 }, { 120.1, 4, 4 }, { 120.2, 3, 3 }, { 120.3, 5, 5 }, { 120.4, 7, 7 } };
        say(h, 0, 0, "m-1-1", "a", "dec", "TELEMETRY", ",\"incarnation\":1,\"sequence\":1");
        for (int i = 1; i < 120; i++) {
                char id[8];
                snprintf(id, sizeof id, "v%d", i);
                say(h, i, i, id, "a", "ves", "TELEMETRY", "");
        }
        for (size_t i = 0; i < sizeof batch / sizeof batch[0]; i++) {
                char more[64], id[8];
                snprintf(id, sizeof id, "d%d", batch[i].number);
                snprintf(more, sizeof more, ",\"incarnation\":1,\"sequence\":%d", batch[i].number);
                say(h, batch[i].at, batch[i].time, id, "a", "dec", "TELEMETRY", more);
        }
        QUIET(h);
        fake_until(h, US(200));
        cr_assert_eq(count(h, "L4", "RAISED"), 1, "six is missing all the same");
        cr_assert(proves(last(h), "d7"));
}
