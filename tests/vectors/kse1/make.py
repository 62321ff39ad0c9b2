#!/usr/bin/env python3
"""Vectors of KSE/1, written from the specification (schemas/kse1.md) with Python's `cryptography` and nothing of the runtime.

  make.py > core.json

Everything is drawn from one seed, but for ECDSA signatures and ephemeral keys, which the library draws: they are to be verified and
opened, not compared.
"""
import hashlib
import hmac
import json
import random
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

FRAME = bytes.fromhex("c301e399b500f69221c4")
rng = random.Random("KSE1")


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def expand(prk, info, n):
    out, block, i = b"", b"", 1
    while len(out) < n:
        block = mac(prk, block + info + bytes([i]))
        out, i = out + block, i + 1
    return out[:n]


def generations(ek, ah, n):
    ck = mac(b"KSE1 chain", ek)
    for g in range(n):
        yield g, ck, {1: expand(ck, b"KSE1 aead\x01" + ah, 32), 2: expand(ck, b"KSE1 aead\x02" + ah, 64)}, \
            expand(ck, b"KSE1 commit" + struct.pack(">I", g), 32), expand(ck, b"KSE1 mac" + ah, 32)
        ck = expand(ck, b"KSE1 ratchet", 32)


def header(suite, kind, flags, eid, gen, lane, seq, bidx):
    return struct.pack(">BBBB8sIIQHH", 1, suite, kind, flags, eid, gen, lane, seq, bidx, 0)


def aad(hdr, key):
    return hdr + (b"\xff\xff\xff\xff" if key is None else struct.pack(">I", len(key)) + key)


def seal(suite, mk, hdr, key, plain):
    nonce, a = hdr[16:28], aad(hdr, key)
    if suite == 1:
        return AESGCM(mk).encrypt(nonce, plain, a)
    sealed = AESSIV(mk).encrypt(plain, [a, nonce])       # the library puts the tag in front
    return sealed[16:] + sealed[:16]


def varint(n):
    n, out = n << 1, b""
    while n > 0x7f:
        out, n = out + bytes([n & 0x7f | 0x80]), n >> 7
    return out + bytes([n])


def frame(hdr, ct, proof):
    return FRAME + hdr + varint(len(ct)) + ct + varint(len(proof)) + proof


def leaf(a, ct):
    return hashlib.sha256(b"\0" + a + ct).digest()


def root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


def path(leaves, i):
    if len(leaves) < 2:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return path(leaves[:k], i) + [root(leaves[k:])] if i < k else path(leaves[k:], i - k) + [root(leaves[:k])]


def raw(der):
    return b"".join(v.to_bytes(32, "big") for v in decode_dss_signature(der))


def point(public):
    return public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def checkpoint(facts, kid, top, algorithm, sign):
    cp = b"KSE1CP\x01" + struct.pack(">B32sI32sIQQIQq32s", *facts)
    protected = b"\xa4\x01" + bytes([0x1f - algorithm]) + b"\x04\x48" + kid + b"\x19\x01\x8b\x01\x64kse1\x58\x94" + cp
    said = b"\x84\x6aSignature1\x58\xac" + protected + b"\x40\x58\x20" + top
    return b"\xd2\x84\x58\xac" + protected + b"\xa0\x58\x20" + top + b"\x58\x40" + sign(said), hashlib.sha256(said).digest()


def labeled(suite, label, rest):
    return b"HPKE-v1" + suite + label + rest


def wrap(reader, info, plain):
    """RFC 9180, base mode: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM."""
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    enc, pk = point(ephemeral.public_key()), point(reader)
    kem, hpke = b"KEM\0\x10", b"HPKE\0\x10\0\x01\0\x02"
    prk = mac(b"", labeled(kem, b"eae_prk", ephemeral.exchange(ec.ECDH(), reader)))
    shared = expand(prk, b"\0\x20" + labeled(kem, b"shared_secret", enc + pk), 32)
    context = b"\0" + mac(b"", labeled(hpke, b"psk_id_hash", b"")) + mac(b"", labeled(hpke, b"info_hash", info))
    secret = mac(shared, labeled(hpke, b"secret", b""))
    return enc + AESGCM(expand(secret, b"\0\x20" + labeled(hpke, b"key", context), 32)).encrypt(
        expand(secret, b"\0\x0c" + labeled(hpke, b"base_nonce", context), 12), plain, b"")


def main():
    draw = rng.randbytes
    ek, ah = draw(32), draw(32)
    out = {"ek": ek.hex(), "ah": ah.hex(), "generations": [], "records": [], "trees": [], "checkpoints": [], "wraps": []}
    keys = {}
    for g, ck, mk, kc, km in generations(ek, ah, 4):
        keys[g] = mk
        out["generations"].append({"gen": g, "ck": ck.hex(), "mk1": mk[1].hex(), "mk2": mk[2].hex(), "kc": kc.hex(), "km": km.hex()})
    for n in range(40):
        suite, gen, lane, seq, bidx = rng.choice([1, 2]), rng.randrange(4), rng.randrange(1 << 31), rng.randrange(1 << 63), rng.randrange(4096)
        key = rng.choice([None, b"", b"cell-17", draw(rng.randrange(1, 200))])
        plain, proof = draw(rng.choice([0, 1, 15, 16, 63, 64, 200, 5000])), draw(rng.choice([0, 0, 64, 320]))
        hdr = header(suite, rng.choice([0, 2, 3]), rng.randrange(4), ah[:8], gen, lane, seq, bidx)
        ct = seal(suite, keys[gen][suite], hdr, key, plain)
        out["records"].append({"gen": gen, "suite": suite, "hdr": hdr.hex(), "key": None if key is None else key.hex(), "plain": plain.hex(),
                               "proof": proof.hex(), "value": frame(hdr, ct, proof).hex(), "leaf": leaf(aad(hdr, key), ct).hex()})
    for n in [*range(18), 31, 32, 33, 255, 256, 257]:
        leaves = [hashlib.sha256(b"leaf %d" % i).digest() for i in range(n)]
        i = rng.randrange(n) if n else 0
        out["trees"].append({"n": n, "root": root(leaves).hex(), "i": i, "path": [p.hex() for p in path(leaves, i)]})
    p256, edwards, reader = ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())
    signers = {-9: (lambda m: raw(p256.sign(m, ec.ECDSA(hashes.SHA256()))), point(p256.public_key())),
               -19: (edwards.sign, edwards.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw))}
    for algorithm, (sign, public) in signers.items():
        for n in range(4):
            facts = (rng.randrange(4), ah, rng.randrange(1 << 16), draw(32), rng.randrange(1 << 31), rng.randrange(1 << 60), rng.randrange(1 << 60),
                     rng.randrange(4096), rng.randrange(1 << 60), rng.randrange(1 << 52), draw(32))
            kid, top = draw(8), draw(32)
            message, head = checkpoint(facts, kid, top, algorithm, sign)
            out["checkpoints"].append({"algorithm": algorithm, "public": public.hex(), "kid": kid.hex(), "root": top.hex(), "gen": facts[2], "lane": facts[4],
                                       "batch": facts[5], "first_seq": facts[6], "count": facts[7], "void_from": facts[8], "time_us": facts[9],
                                       "commitment": facts[3].hex(), "prev": facts[10].hex(), "flags": facts[0], "cose": message.hex(), "head": head.hex()})
    out["reader"] = reader.private_numbers().private_value.to_bytes(32, "big").hex()
    for n in range(4):
        info, plain = b"KSE1 wrap" + ah + hashlib.sha256(point(reader.public_key())).digest(), struct.pack(">I", n) + draw(32)
        out["wraps"].append({"info": info.hex(), "plain": plain.hex(), "wrapped": wrap(reader.public_key(), info, plain).hex()})
    print(json.dumps(out, indent=1))


main()
