"""Which faults come in which round. Depends on the seed and the round only, so that a run can go on where another ended: the cards
of a deck (each fault as often as it says) are shuffled by the seed and dealt into rounds, the next deck otherwise."""
import random

import faults
import strikes

assert strikes            # its faults are named by being read
ALONE, TOGETHER = [1], [3, 4, 5, 6, 7, 8]
ALONE_SHARE = 0.25
DENSE, DENSE_LASTING = 8, 3


def shuffled(seed, n, kinds):
    r = random.Random(f"{seed}/deck/{n}")
    cards = [k for k in kinds for _ in range(faults.NAMED[k].times)]
    r.shuffle(cards)
    return cards, r


def fits(round, card):
    f = faults.NAMED[card]
    if card in round:
        return False
    return not f.alone or all(faults.NAMED[c].alone != f.alone for c in round)


def deal(cards, size, round=()):
    round = list(round)
    for c in list(cards):
        if len(round) < size and fits(round, c):
            round.append(c)
            cards.remove(c)
    return round


def rounds(seed, kinds, dense, alone):
    """Endless: lists of names. dense: never alone, and what lasts lasts together. alone: always."""
    n = 0
    while True:
        cards, r = shuffled(seed, n, kinds)
        n += 1
        lasting = [c for c in cards if dense and faults.NAMED[c].lasts]
        cards = [c for c in cards if c not in lasting]
        while cards or lasting:
            if dense:
                yield deal(cards, DENSE, deal(lasting, DENSE_LASTING))
            else:
                yield deal(cards, r.choice(ALONE if alone or r.random() < ALONE_SHARE else TOGETHER))


def begins(names, r):
    """When each of a round begins, in seconds: others strike while one lasts."""
    lasts = any(faults.NAMED[n].lasts for n in names)
    return [0 if i == 0 or faults.NAMED[n].lasts else r.uniform(0, 7 if lasts else 2) for i, n in enumerate(names)]
