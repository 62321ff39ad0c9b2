/* Records that come once more: `tocsin dlq replay` sent them to .retry, each for the port it came in by at first. Position and
 * offset are those of .retry, as for any source; what the plugin sees is where and when the record lay at first. */
#include "task/inner.h"
#include "task/letter.h"

#include <limits.h>

#define ATTEMPTS_MAX 1000000 /* far more than any limit of replays: a number beyond was not counted by us */

/* A whole number, all of it. */
static bool number(Bytes in, int64_t least, int64_t most, int64_t *ret) {
        char text[24], *end;
        if (in.len == 0 || in.len >= sizeof text)
                return false;
        memcpy(text, in.ptr, in.len);
        text[in.len] = 0;
        errno = 0;
        long long n = strtoll(text, &end, 10);
        if (errno || *end || (text[0] != '-' && (text[0] < '0' || text[0] > '9')) || n < least || n > most)
                return false;
        *ret = n;
        return true;
}

/* The part behind the last '/', taken off. */
static bool last_part(Bytes *in, int64_t least, int64_t most, int64_t *ret) {
        size_t at = in->len;
        while (at > 0 && in->ptr[at - 1] != '/')
                at--;
        if (at < 2 || !number(bytes_of(in->ptr + at, in->len - at), least, most, ret))
                return false;
        in->len = at - 1;
        return true;
}

bool origin_read(Bytes in, char topic[TOPIC_MAX], int32_t *partition, int64_t *offset) {
        int64_t p, o;
        if (!last_part(&in, 0, INT64_MAX, &o) || !last_part(&in, 0, INT32_MAX, &p) || in.len >= TOPIC_MAX)
                return false;
        snprintf(topic, TOPIC_MAX, "%.*s", BYTES_ARG(in));
        *partition = (int32_t)p;
        *offset = o;
        return true;
}

static Port *port_of(Worker *w, Bytes name) {
        for (uint32_t i = 0; i < w->plugin->n_ports; i++) {
                Port *p = &w->port[i];
                if (p->bound && p->input && p->decl->role != TOCSIN_TABLE && bytes_eq_z(name, p->decl->name))
                        return p;
        }
        return NULL;
}

/* Who else may write there is not known: what is not complete was not sent by us. */
static bool headers_read(const BusRecord *r, Again *a, BusHeader *port) {
        BusHeader origin, time, attempt;
        int64_t n;
        if (!record_header(r, AGAIN_PORT, port) || !record_header(r, AGAIN_ORIGIN, &origin) ||
            !record_header(r, AGAIN_TIME, &time) || !record_header(r, AGAIN_ATTEMPT, &attempt) ||
            !record_header(r, AGAIN_LETTER, &a->letter))
                return false;
        if (!origin_read(origin.value, a->topic, &a->partition, &a->offset) ||
            !number(time.value, INT64_MIN, INT64_MAX, &a->time_us) || !number(attempt.value, 1, ATTEMPTS_MAX, &n))
                return false;
        a->attempt = attempt;
        return true;
}

Source *again_source(Worker *w, const BusRecord *r) {
        Again *a = &w->again;
        BusHeader port = { 0 };
        a->source = (Source){ .topic = w->pipe->retry, .kind = SOURCE_RETRY };
        a->port[0] = 0;
        a->why.text[0] = 0;
        if (!headers_read(r, a, &port)) {
                a->reason = "retry";
                why_say(&a->why, 0, "it lay in %s and was not put there by `tocsin dlq replay`; see who else may write there",
                        w->pipe->retry);
                return &a->source;
        }
        a->source.again = true;
        snprintf(a->port, sizeof a->port, "%.*s", BYTES_ARG(port.value));
        Port *p = port_of(w, port.value);
        if (!p) {
                a->reason = "port";
                why_say(&a->why, 0, "it was replayed for port %s, and plugin %s %s has no such input that is bound to a topic",
                        a->port, w->plugin->name, w->plugin->version);
                return &a->source;
        }
        a->source.port = p;
        a->source.kind = p->decl->role == TOCSIN_INTERNAL ? SOURCE_INTERNAL : SOURCE_STREAM;
        return &a->source;
}

uint32_t again_marks(const Source *s, const BusRecord *r, const Again *a, BusHeader ret[2]) {
        if (s->again) {
                ret[0] = a->attempt;
                ret[1] = a->letter;
                return 2;
        }
        return s->kind == SOURCE_REKEY && record_header(r, AGAIN_ATTEMPT, &ret[0]) && record_header(r, AGAIN_LETTER, &ret[1]) ? 2
                                                                                                                              : 0;
}

bool again_hides(const Source *s, const char *header) {
        static const char *const ours[] = AGAIN_HEADERS;
        for (size_t i = 0; s->again && i < sizeof ours / sizeof *ours; i++)
                if (!strcmp(ours[i], header))
                        return true;
        return false;
}
