"""PromQL, as much of it as a dashboard needs: an expression is parsed whole, typed, and the labels of its result are worked out.

check(text, exported) -> labels of the result, a set; Malformed says what is wrong. `exported`: {family: Metric}."""
import re
from collections import namedtuple

Metric = namedtuple("Metric", "kind labels")        # kind: counter, gauge, histogram; labels: {name: set of values}
Typed = namedtuple("Typed", "type labels counts")   # type: scalar, string, vector, range; counts: it only ever grows


class Malformed(Exception):
    pass


TARGET = {"job", "instance"}                        # what Prometheus itself adds to everything it scrapes
TOKEN = re.compile(r"""\s*(?:(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<duration>(?:\d+(?:ms|[smhdwy]))+(?![\w.]))
    |(?P<number>0x[0-9a-fA-F]+(?!\w)|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])|(?i:inf|nan)(?!\w))
    |(?P<name>[a-zA-Z_][a-zA-Z0-9_:]*)
    |(?P<op>=~|!~|==|!=|<=|>=|[-+*/%^<>=(){}\[\],:@]))""", re.X)
AGGREGATES = {"sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"}
AGGREGATES_WITH = {"topk", "bottomk", "quantile", "count_values"}
# name: types of the arguments; "?" after one: it may be left out.
FUNCTIONS = {name: ["range"] for name in """rate irate increase delta idelta deriv changes resets avg_over_time min_over_time
    max_over_time sum_over_time count_over_time last_over_time present_over_time absent_over_time""".split()}
FUNCTIONS.update({name: ["vector"] for name in "abs ceil floor exp ln log2 log10 sqrt sort sort_desc absent scalar".split()})
FUNCTIONS.update({"histogram_quantile": ["scalar", "vector"], "clamp_min": ["vector", "scalar"], "clamp_max": ["vector", "scalar"],
                  "clamp": ["vector", "scalar", "scalar"], "time": [], "vector": ["scalar"], "round": ["vector", "scalar?"],
                  "predict_linear": ["range", "scalar"], "quantile_over_time": ["scalar", "range"],
                  "label_replace": ["vector"] + ["string"] * 4})
OF_COUNTERS = {"rate", "irate", "increase", "resets"}
OF_GAUGES = {"delta", "idelta", "deriv", "predict_linear"}
LEVELS = [{"or"}, {"and", "unless"}, {"==", "!=", "<", "<=", ">", ">="}, {"+", "-"}, {"*", "/", "%"}]
KEYWORDS = {"by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset", "and", "or", "unless"}


def tokens(text):
    at, found = 0, []
    while text[at:].strip():
        m = TOKEN.match(text, at)
        if not m:
            raise Malformed(f"cannot read {text[at:at + 20].strip()!r}")
        found.append((m.lastgroup, m.group(m.lastgroup)))
        at = m.end()
    return found


class Parser:
    def __init__(self, text, exported):
        self.tokens, self.at, self.exported = tokens(text), 0, exported

    def peek(self, ahead=0):
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ("end", "the end")

    def next(self, kind=None):
        found = self.peek()
        if found[0] == "end" or (kind and found[0] != kind):
            raise Malformed(f"{kind or 'more'} expected, not {found[1]!r}")
        self.at += 1
        return found[1]

    def is_(self, word):
        return self.peek()[1] == word and self.peek()[0] in ("op", "name")

    def take(self, word):
        if self.is_(word):
            self.at += 1
            return True
        return False

    def want(self, word):
        if not self.take(word):
            raise Malformed(f"{word!r} expected, not {self.peek()[1]!r}")

    def names(self):
        self.want("(")
        found = set()
        while not self.take(")"):
            found.add(self.next("name"))
            if not self.is_(")"):
                self.want(",")
        return found

    def binary(self, level=0):
        if level == len(LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self.peek()[0] in ("op", "name") and self.peek()[1] in LEVELS[level]:
            left = self.combine(self.next(), left, level)
        return left

    def combine(self, op, left, level):
        compares, sets = level == 2, level < 2
        as_bool = self.take("bool")
        on, added, many = None, set(), None
        for word in ("on", "ignoring"):
            if self.take(word):
                on = (word, self.names())
        for word in ("group_left", "group_right"):
            if self.take(word):
                many, added = word, self.names() if self.is_("(") else set()
        right = self.binary(level + 1)
        for side in (left, right):
            if side.type not in ("vector", "scalar") or (sets and side.type != "vector"):
                raise Malformed(f"{op} of a {side.type}")
        if as_bool and not compares or many and (not on or sets):
            raise Malformed(f"a modifier that {op} does not take")
        if compares and left.type == right.type == "scalar" and not as_bool:
            raise Malformed(f"{op} of two numbers needs bool")
        if "scalar" in (left.type, right.type):
            if on:
                raise Malformed(f"{on[0]} with a number")
            return left if left.type == "vector" else right
        if on and on[0] == "on":
            for side in (left, right):
                if not on[1] <= side.labels:
                    raise Malformed(f"on({', '.join(sorted(on[1] - side.labels))}): one side has no such label")
        elif not on and left.labels != right.labels:
            raise Malformed(f"{op}: labels of both sides differ, nothing would match: "
                            f"{', '.join(sorted(left.labels ^ right.labels))}")
        if sets or many == "group_left":
            return Typed("vector", left.labels | added, False)
        if many == "group_right":
            return Typed("vector", right.labels | added, False)
        return Typed("vector", left.labels & on[1] if on and on[0] == "on" else left.labels - (on[1] if on else set()), False)

    def unary(self):
        if self.is_("-") or self.is_("+"):
            self.next()
            return self.unary()
        left = self.postfix(self.primary())
        if self.take("^"):
            self.unary()
        return left

    def postfix(self, value):
        while True:
            if self.take("["):
                if value.type != "vector":
                    raise Malformed(f"a range of a {value.type}")
                self.next("duration")
                if self.take(":") and not self.is_("]"):
                    self.next("duration")
                self.want("]")
                value = value._replace(type="range")
            elif self.take("offset"):
                self.take("-")
                self.next("duration")
            else:
                return value

    def primary(self):
        kind, text = self.peek()
        if self.take("("):
            inside = self.binary()
            self.want(")")
            return inside
        if kind in ("number", "string"):
            self.next()
            return Typed("scalar" if kind == "number" else "string", set(), False)
        if kind != "name" or text in KEYWORDS:
            raise Malformed(f"an expression expected, not {text!r}")
        self.next()
        if text in AGGREGATES | AGGREGATES_WITH and (self.is_("(") or self.is_("by") or self.is_("without")):
            return self.aggregate(text)
        return self.call(text) if self.is_("(") else self.selector(text)

    def arguments(self):
        self.want("(")
        found = []
        while not self.take(")"):
            found.append(self.binary())
            if not self.is_(")"):
                self.want(",")
                if self.is_(")"):
                    raise Malformed("an argument is missing")
        return found

    def grouping(self):
        for word in ("by", "without"):
            if self.take(word):
                return word, self.names()
        return None

    def aggregate(self, name):
        group = self.grouping()
        given = self.arguments()
        group = group or self.grouping()
        if len(given) != 1 + (name in AGGREGATES_WITH) or given[-1].type != "vector":
            raise Malformed(f"{name} takes {'a parameter and ' if name in AGGREGATES_WITH else ''}one vector")
        of = given[-1].labels
        if name in ("topk", "bottomk"):
            return given[-1]
        if group and not group[1] <= of:
            raise Malformed(f"{name} {group[0]} ({', '.join(sorted(group[1] - of))}): there is no such label")
        return Typed("vector", set() if not group else group[1] if group[0] == "by" else of - group[1], False)

    def call(self, name):
        if name not in FUNCTIONS:
            raise Malformed(f"no function {name}")
        given, types = self.arguments(), FUNCTIONS[name]
        if not sum(not t.endswith("?") for t in types) <= len(given) <= len(types):
            raise Malformed(f"{name} takes {len(types)} arguments, not {len(given)}")
        for have, want in zip(given, types):
            if have.type != want.rstrip("?"):
                raise Malformed(f"{name} takes a {want.rstrip('?')}, not a {have.type}")
        if name in OF_COUNTERS and not given[0].counts:
            raise Malformed(f"{name} of what is no counter")
        if name in OF_GAUGES and given[0].counts:
            raise Malformed(f"{name} of a counter")
        if name == "histogram_quantile":
            if "le" not in given[1].labels:
                raise Malformed("histogram_quantile needs the label le")
            return Typed("vector", given[1].labels - {"le"}, False)
        if name in ("scalar", "time"):
            return Typed("scalar", set(), False)
        if name in ("absent", "absent_over_time", "vector"):
            return Typed("vector", set(), False)
        return Typed("vector", next(g.labels for g in given if g.type in ("vector", "range")), False)

    def selector(self, name):
        found = self.exported.get(name)
        part = re.fullmatch(r"(.*)_(bucket|sum|count)", name)
        labels = dict(found.labels) if found else {}
        counts = bool(found) and found.kind == "counter"
        if part and part[1] in self.exported and self.exported[part[1]].kind == "histogram":
            labels, counts = dict(self.exported[part[1]].labels), True
            if part[2] != "bucket":
                labels.pop("le", None)
        elif not found:
            raise Malformed(f"{name} is not exported")
        elif found.kind == "histogram":
            raise Malformed(f"{name} is a histogram: _bucket, _sum or _count")
        if self.take("{"):
            while not self.take("}"):
                self.matcher(name, labels)
                if not self.is_("}"):
                    self.want(",")
        return Typed("vector", set(labels) | TARGET, counts)

    def matcher(self, name, labels):
        label, op, value = self.next("name"), self.next("op"), self.next("string")[1:-1]
        if op not in ("=", "!=", "=~", "!~"):
            raise Malformed(f"{label} {op} {value}")
        if label not in labels and label not in TARGET:
            raise Malformed(f"{name} has no label {label}")
        if op in ("=~", "!~") and "$" not in value:
            try:
                re.compile(value)
            except re.error as e:
                raise Malformed(f"{value!r} is no regular expression: {e}") from e
        # A label of two or more fixed words is an enumeration of the program's; names of pipelines are the operator's.
        if op == "=" and label == "result" and value not in labels[label]:
            raise Malformed(f"{label}={value!r} is never exported, only {', '.join(sorted(labels[label]))}")


def check(text, exported):
    p = Parser(text, exported)
    if p.peek()[0] == "end":
        raise Malformed("an empty expression")
    found = p.binary()
    if p.peek()[0] != "end":
        raise Malformed(f"{p.peek()[1]!r} is too much")
    if found.type not in ("vector", "scalar"):
        raise Malformed(f"the result is a {found.type}")
    return found.labels


def exposition(text):
    """Prometheus text format 0.0.4 -> {family: Metric}; what does not fit it is Malformed."""
    found = {}
    for line in text.splitlines():
        kind = re.fullmatch(r"# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram)", line)
        if kind:
            found[kind[1]] = Metric(kind[2], {})
            continue
        if line.startswith("# HELP ") or not line:
            continue
        m = re.fullmatch(r'([a-zA-Z_:][\w:]*)(?:\{((?:\w+="(?:[^"\\]|\\.)*",?)*)\})? (\S+)', line)
        if not m:
            raise Malformed(f"not an exposition line: {line}")
        float(m[3])
        family = m[1] if m[1] in found else re.sub(r"_(bucket|sum|count)$", "", m[1])
        if family not in found:
            raise Malformed(f"{m[1]} has no TYPE")
        for label, value in re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', m[2] or ""):
            found[family].labels.setdefault(label, set()).add(value)
    return found
