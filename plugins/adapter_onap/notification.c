/* What the policy engine tells on POLICY-CL-MGT of one turn of a loop:
 *
 *   ONSET <- ACTIVE <- guard query, guard result        STATE
 *   ONSET <- OPERATION n                                ACTION_PLAN
 *            OPERATION n <- OPERATION: SUCCESS|FAILURE  ACTION_RESULT
 *                           the last of them <- FINAL   STATE
 *   ONSET <- ABATED                                     CLEAR
 *
 * Only ABATED clears: FINAL says that the engine is done, not that the symptom is gone. */
#include "../adapter/number.h"
#include "onap.h"

#define HISTORY_MAX 1024u /* operations of one turn: a policy retries a few times */

tocsin_bytes onap_pair(tocsin_bytes text, const char *key) {
        size_t n = strlen(key), from = 0, depth = 0;
        for (size_t i = 0; i <= text.len; i++) {
                if (i < text.len && text.ptr[i] == '[')
                        depth++;
                if (i < text.len && text.ptr[i] == ']' && depth > 0)
                        depth--;
                if (i < text.len && (text.ptr[i] != ',' || depth > 0))
                        continue;
                if (i - from > n && memcmp(text.ptr + from, key, n) == 0 && text.ptr[from + n] == '=')
                        return tocsin_bytes_of(text.ptr + from + n + 1, i - from - n - 1);
                from = i + 1;
        }
        return tocsin_bytes_of(NULL, 0);
}

void onap_split(tocsin_bytes text, tocsin_bytes *step, tocsin_bytes *outcome) {
        size_t n = 0, from;
        while (n < text.len && text.ptr[n] != ':' && text.ptr[n] != '_')
                n++;
        for (from = n < text.len ? n + 1 : n; from < text.len && text.ptr[from] == ' '; from++)
                ;
        *step = tocsin_bytes_of(text.ptr, n);
        *outcome = tocsin_bytes_of(text.ptr + from, text.len - from);
}

static bool starts(tocsin_bytes text, const char *z) {
        size_t n = strlen(z);
        return text.len >= n && memcmp(text.ptr, z, n) == 0;
}

static void cite(Draft *d, tocsin_bytes id) {
        d->causes[d->n_causes++] = id;
}

static void note(Draft *d, const char *name, tocsin_bytes text) {
        if (text.len)
                bag_str(&d->flat.attributes, name, text_cut(text, FLAT_TEXT_BYTES_MAX));
}

/* What the operation sets is the operation itself: Restart, Migrate, Scale Out. */
static void note_operation(Draft *d, tocsin_bytes message, const tocsin_value *last) {
        static const char *const names[] = { "actor", "operation", "subRequestId" };
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
                tocsin_bytes text = tocsin_get_bytes(last, names[i]);
                note(d, names[i], text.len ? text : onap_pair(message, names[i]));
        }
        note(d, "set.operation", tocsin_as_bytes(bag_find(&d->flat.attributes, "operation")));
}

static void step_kind(Draft *d, const char *stage, const char *kind, tocsin_bytes id) {
        d->stage = stage;
        d->kind = kind;
        d->id = id;
}

bool onap_notification(Kit *k, const OnapMessage *m, Draft *d) {
        const tocsin_bytes none = tocsin_bytes_of(NULL, 0);
        const tocsin_value *v = tocsin_find(m->body, "notification"), *history = tocsin_find(m->body, "history");
        tocsin_bytes step, outcome, message = tocsin_get_bytes(m->body, "message");
        if (!tocsin_is(v, TOCSIN_STR))
                return kit_refuse(k, "notification: must be a text");
        if (history && !tocsin_is(history, TOCSIN_LIST) && !tocsin_is(history, TOCSIN_NULL))
                return kit_refuse(k, "history: must be an array");
        uint32_t done = tocsin_is(history, TOCSIN_LIST) ? history->len : 0;
        if (done > HISTORY_MAX)
                return kit_refuse(k, "history: %u operations, and no policy tries more than %u", done, HISTORY_MAX);
        if (!onap_time(tocsin_find(m->body, "notificationTime"), &d->event_time))
                return kit_refuse(k, "notificationTime: is missing or no time such as 2020-04-20 19:12:17.684718+00:00");
        onap_split(tocsin_as_bytes(v), &step, &outcome);
        d->producer = m->from.len ? m->from : m->client;
        note(d, "state", tocsin_as_bytes(v));
        note(d, "outcome", outcome);
        tocsin_bytes onset = onap_id(k, m, "ONSET", 0, none), active = onap_id(k, m, "ACTIVE", 0, none);
        bool guard = starts(message, "Sending guard query") || starts(message, "Guard result");
        if (tocsin_equal_z(step, "ACTIVE") || tocsin_equal_z(step, "REJECTED")) {
                bool is_active = tocsin_equal_z(step, "ACTIVE");
                step_kind(d, "DECISION", "STATE", is_active ? active : onap_id(k, m, "REJECTED", 0, none));
                cite(d, onset);
        } else if (tocsin_equal_z(step, "OPERATION") && guard) {
                step_kind(d, "DECISION", "STATE", onap_id(k, m, "GUARD", done, message));
                cite(d, active);
        } else if (tocsin_equal_z(step, "OPERATION") && outcome.len == 0) {
                step_kind(d, "DECISION", "ACTION_PLAN", onap_id(k, m, "OPERATION", done, none));
                cite(d, onset);
                note_operation(d, message, NULL);
        } else if (tocsin_equal_z(step, "OPERATION")) {
                uint32_t index = done ? done - 1 : 0;
                step_kind(d, "EXECUTION", "ACTION_RESULT", onap_id(k, m, "RESULT", index, none));
                cite(d, onap_id(k, m, "OPERATION", index, none));
                note_operation(d, message, done ? &history->u.items[index] : NULL);
        } else if (tocsin_equal_z(step, "FINAL")) {
                step_kind(d, "DECISION", "STATE", onap_id(k, m, "FINAL", 0, none));
                cite(d, done ? onap_id(k, m, "RESULT", done - 1, none) : active);
        } else {
                return kit_refuse(k,
                                  "notification: %s is none of ACTIVE, REJECTED, OPERATION, OPERATION: SUCCESS, OPERATION: "
                                  "FAILURE, FINAL: …",
                                  kit_quote(k, tocsin_as_bytes(v)));
        }
        return true;
}
