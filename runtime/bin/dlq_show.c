/* Dead letters shown whole: the record's value by the schema of the port it came in by, where that can be had. */
#include "bin/dlq_show.h"

#include "core/limits.h"
#include "value/value.h"
#include "json/json.h"

#include <sysexits.h>
#include <tocsin/value.h>

typedef struct Show {
        const DlqShow *c;
        const Letters *letters;
        Decoder *whole;
        Arena *arena;
        Buffer out;
        size_t shown;
} Show;

/* The words for why not, or NULL: *ret. */
static const char *avro(const Show *s, const tocsin_port *port, Bytes in, tocsin_value *ret, Why *why) {
        _cleanup_(schema_freep) Schema *own = NULL;
        const Schema *schema = NULL;
        Decoder *d = NULL;
        const ConfigPort *conf = load_port_conf(s->c->loaded, port->name);
        if (load_port_schema(&schema, &own, port, s->c->dlq.schemas, why) != 0 ||
            decoder_new(&d, s->c->dlq.schemas, schema, NULL, 0, why) != 0)
                return why->text[0] ? why->text : "out of memory";
        int r = decoder_read(d, in, conf && conf->framing == CONFIG_FRAMING_NONE, s->arena, ret, why);
        if (r > 0 && !why->text[0])
                why_say(why, 0, "no %s: %s", schema_name(schema), codec_answer(r));
        tocsin_value copy; /* what was decoded borrows from decoder and schema */
        if (r == 0 && value_copy(s->arena, ret, &copy) == 0)
                *ret = copy;
        else if (r == 0)
                r = -ENOMEM;
        decoder_free(d);
        return r == 0 ? NULL : why->text[0] ? why->text : "out of memory";
}

static const char *decode(const Show *s, const Letter *l, const tocsin_value *v, tocsin_value *ret, Why *why) {
        const tocsin_value *value = tocsin_find(v, "value");
        const tocsin_port *port = s->c->loaded ? load_port(s->c->loaded, l->port) : NULL;
        if (!tocsin_is(value, TOCSIN_BYTES))
                return "";
        if (!s->c->loaded)
                return "the plugin of this pipeline cannot be loaded";
        if (!port)
                return "the plugin has no such port";
        Bytes in = tocsin_as_bytes(value);
        switch (port->format) {
        case TOCSIN_AVRO:
                return avro(s, port, in, ret, why);
        case TOCSIN_JSON:
                return json_parse(s->arena, in, ret, NULL, why) == 0 ? NULL : why->text;
        default:
                return "the port takes any bytes";
        }
}

static int each(void *arg, const BusRecord *r) {
        Show *s = arg;
        Letter *l = letters_find(s->letters, (LetterId){ r->partition, r->offset });
        tocsin_value v, decoded;
        Why why = { 0 };
        if (!l || !l->chosen)
                return 0;
        arena_reset(s->arena);
        LetterShow show = { .pipeline = s->c->dlq.pipe->name, .letter = l, .raw = r->value };
        int bad = r->value.ptr ? decoder_read(s->whole, r->value, false, s->arena, &v, &why) : 1;
        if (bad < 0)
                return bad;
        if (bad == 0) {
                why.text[0] = 0;
                show.v = &v;
                show.undecoded = decode(s, l, &v, &decoded, &why);
                show.decoded = show.undecoded ? NULL : &decoded;
                if (show.undecoded && !show.undecoded[0])
                        show.undecoded = NULL;
        }
        if (s->shown++ && !s->c->json)
                buffer_u8(&s->out, '\n');
        letter_whole(&s->out, &show, s->c->json);
        if (s->out.failed)
                return -ENOMEM;
        fwrite(s->out.ptr, 1, s->out.len, stdout);
        buffer_clear(&s->out);
        return 0;
}

int dlq_show(const DlqShow *c, size_t *shown, Why *why) {
        Letters letters = { 0 };
        Show s = { .c = c, .letters = &letters, .arena = arena_new(2 * LIMIT_DECODE_BYTES) };
        Letter **at = NULL;
        size_t n = 0;
        int r = s.arena ? dlq_decoder(&s.whole, &c->dlq, NULL, 0, why) : -ENOMEM;
        if (r == 0)
                r = letters_read(&letters, &c->dlq, why);
        if (r == 0)
                r = pick_letters(c->pick, &letters, &at, &n);
        for (size_t i = 0; r == 0 && i < n; i++)
                at[i]->chosen = true;
        if (r == 0 && n)
                r = dlq_walk(&c->dlq, each, &s, why);
        *shown = s.shown;
        free(at);
        letters_deinit(&letters);
        decoder_free(s.whole);
        arena_free(s.arena);
        buffer_deinit(&s.out);
        return r;
}
