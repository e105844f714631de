"""The checker: python checker.py certificate.json model.safetensors. Standard library and numpy; docs/certificates.md.

A pair (x, y) is certified when logit xy of sum_k out[z,k] relu(left[x,k] + right[y,k]) + bias[z] + direct paths exceeds
every other in exact arithmetic; weights are dyadic rationals. Partitions in a certificate are advice on how to sum, no
premises: |relu(l + r) - relu(l' + r')| <= |l - l'| + |r - r'| for any l', r'. Sums are float64: a value has at most
`terms` roundings behind it, on terms whose moduli add up to at most `mass`, and is off by less than 2 terms 2^-53 mass
(Higham 2002, 3.1: any order, no fast matrix products); 16 times that is taken off.
"""

import hashlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace as Record

import numpy as np


class Refused(ValueError):
    """The certificate does not prove its claim of this network; the message says where."""


def need(holds, message):
    """Refuse with a message unless something holds."""
    if not holds:
        raise Refused(message)


def read_tensors(content):
    """The tensors of a safetensors file, in float64."""
    start, found = 8 + int.from_bytes(content[:8], "little"), {}
    for name, entry in json.loads(content[8:start]).items():
        if name != "__metadata__":
            kind = {"F32": "<f4", "F64": "<f8"}.get(entry["dtype"])
            need(kind, f"weights must be F32 or F64; `{name}` holds {entry['dtype']}")
            values = np.frombuffer(content[start:][slice(*entry["data_offsets"])], kind).reshape(entry["shape"])
            found[name] = values.astype(np.float64)
    return found


def fold(tensors):
    """The three functions of each neuron, with what bounds rounding: the moduli of terms, and the longest sums."""
    if "hidden.weight" in tensors:
        embedded, halves = (tensors["embed_left.weight"], tensors["embed_right.weight"]), tensors["hidden.weight"].T
        sides = list(zip(embedded, np.split(halves, 2), strict=True))
        (left, right), out, bias = (e @ h for e, h in sides), tensors["unembed.weight"], tensors["unembed.bias"]
        sizes = sum((abs(e) @ abs(h)).max(axis=0) for e, h in sides)
    else:
        left, right, out, bias = (tensors[name] for name in ("left", "right", "out", "bias"))
        sizes = abs(left).max(axis=0) + abs(right).max(axis=0)
    g, w = left.shape
    direct = [tensors.get(name, np.broadcast_to(0.0, (g, g))) for name in ("direct_left", "direct_right")]
    shapes, terms = [f.shape for f in (right, out, bias, *direct)], sum(sum(f.shape) for f in tensors.values())
    need(all(np.isfinite(f).all() for f in tensors.values()), "weights must be finite")
    need(shapes == [(g, w), (g, w), (g,), (g, g), (g, g)], f"weights must belong together; their shapes are {shapes}")
    return Record(g=g, w=w, left=left, right=right, out=out, bias=bias, direct=direct, sizes=sizes, terms=terms + 99)


def multiply(steps):
    """The table [x, y] -> xy from x -> xs for generators s; refused unless it is a group."""
    g, found, queue = steps.shape[1], {0: np.arange(steps.shape[1])}, [0]
    for y in queue:
        for step in steps:
            if (z := int(step[y])) not in found:
                found[z] = step[found[y]]
                queue.append(z)
    permute = (np.sort(steps, axis=1) == np.arange(g)).all() and len(found) == g
    table = np.stack([found[y] for y in range(g)], axis=1).astype("<i4") if permute else steps
    # x(ys) = (xy)s for all x, y, s: the maps x -> xy are closed under products, a group that acts regularly
    need(permute and all((table[:, step] == step[table]).all() for step in steps), "generators must define a group")
    return table


def means(f, blocks):
    """Mean of each column of f over each block."""
    sums = [np.bincount(blocks, column) for column in f.T]
    return np.stack(sums, axis=1) / np.maximum(np.bincount(blocks), 1)[:, None]


def refine(partitions):
    """The common refinement of partitions: an element of each of its blocks, and the block of each element."""
    return np.unique(np.stack(partitions), axis=1, return_index=True, return_inverse=True)[1:]


def bound_margins(net, table, partitions, stage, least, ys):
    """Raise lower bounds of margins: sums over blocks of x and y, not elements; a row for a pair only where needed."""
    g, every_x, half, exact, gone, work = net.g, np.arange(net.g), stage["linear"], stage["exact"], stage["dropped"], 0
    highest, span = net.out.max(axis=0), np.ptp(net.out, axis=0)
    named = exact + gone + [k for _, groups in stage["leaves"] for group in groups for _, ks in group for k in ks]
    need(sorted(named) == list(range(net.w)), f"a stage must bound each neuron once; the network has {net.w}")
    error, leaves, blocks, joins, weights = np.zeros((2, g)), [], [], [], abs(net.out).max(axis=0)
    for P, groups in stage["leaves"]:
        blocks, leaves = [*blocks, partitions[P]], [*leaves, []]
        for group in groups:
            (first, joint), total = refine([partitions[Q] for Q, _ in group]), np.zeros(1)
            for Q, ks in group:
                left, right = means(net.left[:, ks], partitions[P]), means(net.right[:, ks], partitions[Q])
                off = abs(net.left[:, ks] - left[partitions[P]]), abs(net.right[:, ks] - right[partitions[Q]])
                error += [d @ span[ks] / (2 if half else 1) for d in off]
                post = abs(left[:, None] + right) / 2 if half else np.maximum(left[:, None] + right, 0)
                total = total + (post @ net.out[:, ks].T)[:, partitions[Q][first]]
                work += len(ks) * (6 * g + len(left) * len(right) * (g + 1))
            leaves[-1], work = [*leaves[-1], (joint, total)], work + total.size * (len(group) - 1)
    # relu(s) = s/2 + |s|/2: the first halves add up to a function of x and one of y, exactly
    ks, sides = np.setdiff1d(named, exact + gone if half else named), (net.left, net.right)
    far = [f + h[:, ks] @ net.out[:, ks].T / 2 if len(ks) else f for f, h in zip(net.direct, sides, strict=True)]
    blocks, work = [*blocks, np.zeros(g, np.int64)], work + 2 * g * g * len(ks)  # the last: bias, what y adds directly
    tops = set(range(len(blocks)))
    for i, j in stage["merges"]:
        need(i != j and {i, j} <= tops, "tables must be added once")
        tops = tops - {i, j} | {len(blocks)}
        first, joined = refine([blocks[i], blocks[j]])
        joins.append((i, j, blocks[i][first], blocks[j][first]))
        blocks.append(joined)
    apart = len(refine([blocks[N] for N in tops])[0]) == g
    read, rest, pivots, inner, basis = net.out[:, exact], np.zeros(len(exact)), stage["pivots"], np.eye(1), np.eye(1)
    if pivots:  # out in the few dimensions that some of its columns span, and the rest bounded
        centred = read - read.mean(axis=0)
        basis = np.linalg.qr(centred @ (centred.T @ centred[:, pivots]))[0]
        inner = basis.T @ centred
        rest = np.ptp(centred - basis @ inner, axis=0)
        weights[exact] += 4 * (abs(basis) @ abs(inner)).max(axis=0)
        work += g * len(pivots) * (4 * len(exact) + 2 * len(pivots))
    mass = 4 * net.sizes @ weights + sum(abs(f).max() for f in (net.bias, *net.direct))
    always = 32 * (net.terms + 2 * len(blocks) + len(pivots)) * 2.0**-53 * mass
    always += np.maximum(net.left.max(axis=0) + net.right.max(axis=0), 0)[gone] @ span[gone]
    furthest = far[0].max(axis=1)
    for y in ys:
        late, p = np.flatnonzero(least[:, y] <= 0), table[:, y]
        post, loss = np.maximum(net.left[:, exact] + net.right[y, exact], 0), error[0] + error[1][y] + always
        nodes = [np.sum([F[:, Q[y]] for Q, F in leaf], axis=0) for leaf in leaves] + [(net.bias + far[1][y])[None]]
        for i, j, a, b in joins:
            nodes.append(np.add(T := nodes[i][a], nodes[j][b], out=T))
        if leaves:
            bound = (post * (read[p] - highest[exact])).sum(axis=1) + far[0][every_x, p] - furthest - loss
            some, every = np.full(g, -np.inf), np.zeros(g)
            for N in tops:  # an answer x'y not xy has x' outside the block of x in some table, if the blocks tell apart
                T, block = nodes[N], blocks[N]
                at, inside = T[block, p], np.full(len(T), -np.inf)
                np.maximum.at(inside, block, at)
                inside = np.where(np.bincount(block) > 1, inside, -np.inf)[block]
                T[block, p] = -np.inf
                outside, T[block, p] = T.max(axis=1)[block], at
                some, every = np.maximum(some + np.maximum(inside, outside), every + outside), every + inside
                bound += at
            bound -= some if apart else np.maximum(some, every)
            least[late, y] = np.maximum(least[late, y], bound[late])
            sums = sum(len(T) * len(leaf) for T, leaf in zip(nodes, leaves, strict=False)) + 4 * len(exact) + 8
            work += g * (sums + sum(len(a) for _, _, a, _ in joins) + sum(len(nodes[N]) + 6 for N in tops))
            late = late[bound[late] <= 0]
        rows = post[late] @ inner.T @ basis.T if pivots else post[late] @ read.T
        rows += far[0][late] + sum(nodes[N][blocks[N][late]] for N in tops)
        i, q = np.arange(len(late)), p[late]
        at, rows[i, q] = rows[i, q], -np.inf
        at -= rows.max(axis=1, initial=-np.inf) + loss[late] + post[late] @ rest
        least[late, y] = np.maximum(least[late, y], at)
        each = len(pivots) * (len(exact) + g) + len(exact) if pivots else len(exact) * g
        work += len(late) * (each + len(exact) + g * (len(tops) + 2))
    return work


def derive(net, table, partitions, stages, ys=None):
    """Lower bounds of all margins, and the work and the open pairs of each stage; a stage sees those left open."""
    least, done = np.full((net.g, net.g), -np.inf), []
    for stage in stages:
        work = bound_margins(net, table, partitions, stage, least, range(net.g) if ys is None else ys)
        done.append({"work": int(work), "open": int((least <= 0).sum())})
    return least, done


def check(certificate, content):
    """Derive a certificate's claim from the bytes of a file of weights; returns the margins and what each stage did."""
    group, claim, activation = certificate["group"], certificate["claim"], certificate["activation"]
    need(activation == "relu", f"the activation must be relu; no bound is known for '{activation}'")
    table, net = multiply(np.array(group["generators"])), fold(read_tensors(content))
    need(len(table) == net.g == len(group["elements"]), f"the order must be {len(table)}; the network has {net.g}")
    partitions, claimed = np.array(certificate["partitions"], np.int64).reshape(-1, net.g), np.full(net.g**2, True)
    need(((partitions >= 0) & (partitions < net.g)).all(), "blocks must be numbered from 0")
    least, done = derive(net, table, partitions, certificate["stages"])
    for first, count in claim["open"]:
        claimed[first : first + count] = False
    same = hashlib.sha256(content).hexdigest() == certificate["weights"]
    other = "" if same else f"; the weights are not those of digest {certificate['weights'][:16]} that it is of"
    for i in (failed := np.flatnonzero(claimed & ~(least.ravel() > 0)))[:1].tolist():
        a, b = (f"{group['elements'][x]} (element {x})" for x in divmod(i, net.g))
        raise Refused(f"{len(failed):,} pairs fail, the first {a} times {b}: margin >= {least.flat[i]:.3g}{other}")
    need(same, f"every bound holds{other}")
    loss, work = np.logaddexp(0, np.log(max(net.g - 1, 1)) - least).mean(), sum(stage["work"] for stage in done)
    fair = claimed.sum() == claim["certified"] and loss <= claim["loss"] and work <= 1.01 * claim["work"]
    need(fair, f"its claim must be what is found: {claimed.sum():,} pairs, loss at most {loss}, work {work:,}")
    return least, done


if __name__ == "__main__":
    try:
        check(certificate := json.loads(Path(sys.argv[1]).read_bytes()), Path(sys.argv[2]).read_bytes())
    except (OSError, ValueError, LookupError, TypeError, ArithmeticError, AttributeError) as error:
        sys.exit(f"refused: {error}")
    print(f"holds: at least {certificate['claim']['certified']:,} products rightly, in exact arithmetic")
