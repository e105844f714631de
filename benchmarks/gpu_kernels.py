"""Triton kernels of the GPU benchmarks, each beside a plain twin that says what it computes and runs on any device.

Between the matrix products of a step everything is bound by memory, so each kernel reads its inputs once and writes its
output once: pre-activations are gathered and rectified in one pass, logits become errors in place, and the gradient of
a side is a sum over the pairs that share an element, in a fixed order and without atomic operations.

Rows of several networks lie one after another: element g of network n is row n |G| + g.

Run: python benchmarks/gpu_kernels.py on a GPU, or with TRITON_INTERPRET=1 on a CPU that has Triton: it holds each
kernel against its twin on random inputs of several networks, whose biases lie apart as they do in training.
"""

import os

import torch

try:
    import triton
    import triton.language as tl
except ImportError:  # the plain twins are left
    triton = None

__all__ = ["add_at_elements", "errors", "post", "side_gradient", "uses_triton"]


def uses_triton(x):
    """Whether the kernels run on this tensor's device; PLAIN_KERNELS=1 in the environment asks for the twins."""
    there = x.is_cuda or os.environ.get("TRITON_INTERPRET") == "1"
    return triton is not None and there and os.environ.get("PLAIN_KERNELS") != "1"


if triton is not None:

    @triton.jit
    def _post(left, right, a, b, out, count, W: tl.constexpr, PAIRS: tl.constexpr):
        pair = tl.program_id(0).to(tl.int64) * PAIRS + tl.arange(0, PAIRS)
        there = pair < count
        neuron = tl.arange(0, W)[None, :]
        row_a = tl.load(a + pair, mask=there, other=0).to(tl.int64)
        row_b = tl.load(b + pair, mask=there, other=0).to(tl.int64)
        x = tl.load(left + row_a[:, None] * W + neuron) + tl.load(right + row_b[:, None] * W + neuron)
        x = tl.maximum(x, 0.0).to(out.dtype.element_ty)
        tl.store(out + pair[:, None] * W + neuron, x, mask=there[:, None])

    @triton.jit
    def _errors(
        logits, bias, target, scale, count, of_run, to_next, G: tl.constexpr, BLOCK: tl.constexpr, ROWS: tl.constexpr
    ):
        row = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
        answer = tl.arange(0, BLOCK)[None, :]
        there = (row < count)[:, None] & (answer < G)
        x = tl.load(logits + row[:, None] * G + answer, mask=there, other=-float("inf")).to(tl.float32)
        x += tl.load(bias + (row // of_run)[:, None] * to_next + answer, mask=there, other=0.0)
        is_target = answer == tl.load(target + row, mask=row < count, other=0)[:, None]
        x = tl.exp(x - tl.max(tl.where(there, x, -1e30), 1)[:, None])
        x = tl.where(there, x, 0.0)
        x = x * (scale / tl.maximum(tl.sum(x, 1), 1e-30))[:, None]
        others = tl.where(is_target, 0.0, x)
        x = tl.where(is_target, -tl.sum(others, 1)[:, None], others)
        tl.store(logits + row[:, None] * G + answer, x.to(logits.dtype.element_ty), mask=there)

    @triton.jit
    def _side_gradient(
        at_post, own, other, pairs, others, out, LONGEST: tl.constexpr, W: tl.constexpr, STRIP: tl.constexpr
    ):
        element = tl.program_id(0).to(tl.int64)
        neuron = tl.arange(0, W)[None, :]
        mine = tl.load(own + element * W + neuron)
        total = tl.zeros((STRIP, W), tl.float32)
        for start in range(0, LONGEST, STRIP):
            place = start + tl.arange(0, STRIP)
            pair = tl.load(pairs + element * LONGEST + place, mask=place < LONGEST, other=-1).to(tl.int64)
            with_ = tl.load(others + element * LONGEST + place, mask=place < LONGEST, other=0).to(tl.int64)
            there = (pair >= 0)[:, None]
            pre = mine + tl.load(other + with_[:, None] * W + neuron, mask=there, other=0.0)
            gradient = tl.load(at_post + pair[:, None] * W + neuron, mask=there, other=0.0)
            total += tl.where((pre > 0) & there, gradient, 0.0)
        tl.store(out + element * W + tl.arange(0, W), tl.sum(total, 0))

    @triton.jit
    def _add_at_elements(at_post, post_, a, b, at_left, at_right, count, W: tl.constexpr, PAIRS: tl.constexpr):
        pair = tl.program_id(0).to(tl.int64) * PAIRS + tl.arange(0, PAIRS)
        there = pair < count
        neuron = tl.arange(0, W)[None, :]
        row_a = tl.load(a + pair, mask=there, other=0).to(tl.int64)
        row_b = tl.load(b + pair, mask=there, other=0).to(tl.int64)
        place = pair[:, None] * W + neuron
        live = tl.load(post_ + place, mask=there[:, None], other=0.0).to(tl.float32) > 0
        gradient = tl.load(at_post + place, mask=there[:, None], other=0.0).to(tl.float32)
        live = live & there[:, None]
        tl.atomic_add(at_left + row_a[:, None] * W + neuron, gradient, mask=live, sem="relaxed")
        tl.atomic_add(at_right + row_b[:, None] * W + neuron, gradient, mask=live, sem="relaxed")


def post(left, right, a, b, out):
    """relu(left[a] + right[b]) into `out` (pairs x neurons); a and b are rows."""
    if not uses_triton(out):
        return out.copy_(torch.relu(left[a.long()] + right[b.long()]))
    width = left.shape[1]
    pairs = max(1, 4096 // width)
    _post[(triton.cdiv(len(a), pairs),)](left, right, a, b, out, len(a), width, pairs)
    return out


def errors(logits, bias, target, scale, of_run):
    """Logits (pairs x |G|) without bias become scale (softmax - target) in place; row i takes bias[i // `of_run`]."""
    # The error at the target is minus the sum of the others: it stays exact where the softmax is all but 1.
    if not uses_triton(logits):
        x = logits.view(len(bias), of_run, -1).float() + bias[:, None]
        x = torch.softmax(x, -1).view(len(logits), -1)
        x.scatter_(1, target.long()[:, None], 0)
        x.scatter_(1, target.long()[:, None], -x.sum(1, keepdim=True))
        return logits.copy_(x * scale)
    order = logits.shape[1]
    block = triton.next_power_of_2(order)
    rows = max(1, 2048 // block)
    _errors[(triton.cdiv(len(logits), rows),)](
        logits,
        bias,
        target,
        scale,
        len(logits),
        of_run,
        bias.stride(0),  # of one network: the biases lie among all their parameters
        order,
        block,
        rows,
        num_warps=4 if block <= 2048 else 8,
    )
    return logits


def side_gradient(at_post, own, other, pairs, others, out):
    """Gradient at one side: for each row the sum of `at_post` over its pairs whose pre-activation is positive."""
    # `pairs` and `others` list, for each row, its pairs and the rows that they add from the other side; -1 is no pair.
    if not uses_triton(out):
        pre = own[:, None] + other[others.long()]
        return out.copy_((at_post[pairs.long()] * ((pre > 0) & (pairs >= 0)[..., None])).sum(1))
    width = own.shape[1]
    strip = max(1, 2048 // width)
    _side_gradient[(len(own),)](at_post, own, other, pairs, others, out, pairs.shape[1], width, strip)
    return out


def add_at_elements(at_post, post_, a, b, at_left, at_right):
    """Add the gradient at the pre-activations to the rows a of `at_left` and b of `at_right`, in no fixed order."""
    if not uses_triton(at_post):
        at_pre = at_post.float() * (post_ > 0)
        at_left.index_add_(0, a.long(), at_pre)
        at_right.index_add_(0, b.long(), at_pre)
        return
    width = post_.shape[1]
    pairs = max(1, 4096 // width)
    _add_at_elements[(triton.cdiv(len(a), pairs),)](at_post, post_, a, b, at_left, at_right, len(a), width, pairs)


def _worst(make):
    """Largest relative error of the kernel's outputs against the twin's."""
    found = [make()]
    os.environ["PLAIN_KERNELS"] = "1"
    found.append(make())
    del os.environ["PLAIN_KERNELS"]
    return max(float((x.double() - y.double()).norm() / y.double().norm()) for x, y in zip(*found, strict=True))


def main():
    """Hold each kernel against its twin."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    runs, order, width, count = 3, 120, 128, 301
    left, right = (torch.randn(runs * order, width, device=device) for _ in range(2))
    first = torch.arange(runs, device=device)[:, None] * order
    a, b = ((torch.randint(order, (runs, count), device=device) + first).reshape(-1).int() for _ in range(2))
    target = torch.randint(order, (runs * count,), device=device).int()
    bias = torch.randn(runs, 1000, device=device)[:, 500 : 500 + order]
    logits, at_post = (torch.randn(runs * count, n, device=device) for n in (order, width))
    wide = torch.randn(50, 5040, device=device).bfloat16()
    pairs = torch.full((runs * order, 16), -1, device=device, dtype=torch.int32)
    others = torch.zeros_like(pairs)
    for i, (own, other) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        place = int((pairs[own] >= 0).sum())
        pairs[own, min(place, 15)], others[own, min(place, 15)] = i, other

    def nothing(*shape):
        return torch.full(shape, torch.nan, device=device)

    def added():
        sides = [torch.zeros(runs * order, width, device=device) for _ in range(2)]
        add_at_elements(at_post, post(left, right, a, b, nothing(len(a), width)), a, b, *sides)
        return sides

    checks = {
        "post": (1e-6, lambda: [post(left, right, a, b, nothing(len(a), width))]),
        "errors": (1e-5, lambda: [errors(logits.clone(), bias, target, 1 / count, count)]),
        "errors, bfloat16": (1e-2, lambda: [errors(wide.clone(), nothing(1, 5040).zero_(), target[:50], 0.02, 50)]),
        "side_gradient": (1e-5, lambda: [side_gradient(at_post, left, right, pairs, others, nothing(*left.shape))]),
        "add_at_elements": (1e-5, added),
    }
    for name, (most, make) in checks.items():
        error = _worst(make)
        print(f"{name}: {error:.1e}")
        assert error <= most, f"{name} must be within {most} of its twin; it is {error} off"


if __name__ == "__main__":
    main()
