"""Which paper this is, and the words of its page."""

from cosetta.reproduce.frame.results import Paper

__all__ = ["STANDER2024", "WORDS"]

STANDER2024 = Paper(
    "stander2024", "Grokking Group Multiplication with Cosets", "Stander, Yu, Fan and Biderman", "2312.06581"
)

WORDS: tuple[tuple[str, str], ...] = (
    (
        "Neuron",
        "Three functions on the group: with left(a) + right(b) above zero, the neuron adds that sum times out(c) to "
        "the logit of each c.",
    ),
    (
        "Concentration C_H",
        "The paper's spread of a function inside the cosets of H: sum over cosets of the sample variance, over the "
        "sample variance of the function. About [G:H] for a random function, 0 on a coset function.",
    ),
    (
        "Fraction",
        "Coset variance fraction, E[Var(f | coset)] / Var f in [0, 1]; 0 is constant on cosets.",
    ),
    (
        "Class of H",
        "Conjugacy class of the subgroup; a star marks the image under the outer automorphism of S6.",
    ),
    (
        "Two rules",
        "The paper gives a neuron the subgroup with the smallest C_H, which float noise decides between a subgroup and "
        "those inside it. The other rule takes the largest subgroup whose fraction is under the threshold.",
    ),
    ("Shared coset", "C = Hg = gK, the products at which a neuron's pre-activation vanishes."),
    (
        "Recipe",
        "How networks were trained. The paper's own recipe, stander2024, decides a claim where there are such "
        "networks. Foreign networks are the S5 MLPs of Chughtai et al., trained for 250,000 steps by nearly the "
        "paper's settings.",
    ),
    (
        "Own units",
        "Noise in units of a quarter of the network's scale of pre-activations, which is about 4 under the paper's "
        "recipe, so that noise of one size is as much to one network as to another.",
    ),
)
