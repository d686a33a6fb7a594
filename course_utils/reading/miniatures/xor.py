"""Minibatch SGD on both layers learns the product of two coordinates of the cube."""

from __future__ import annotations

import numpy as np

from ...kernels import ntk_kernel, validated_kernel_ridge
from ...losses import LOSSES
from ...networks import TwoLayerNet
from ...settings import Settings
from ...theory import risk_gradient
from ..mechanism import Chart, Miniature, first_weights, lines, spread

WIDTH = 100
FITS = (("SGD", 15), ("SGD", 25), ("NTK", 25))  # the NTK is that of the network


def _sgd(X: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> TwoLayerNet:
    """One pass over the samples in batches of d / 2, logistic loss, step 1, both layers."""
    d = X.shape[1]
    W = 0.1 * first_weights(rng, WIDTH, d) / np.sqrt(d)
    a = rng.choice([-1.0, 1.0], WIDTH) * np.linalg.norm(W, axis=1)
    net = TwoLayerNet(W, a, np.zeros(WIDTH))
    for i in range(0, len(X) - d // 2 + 1, d // 2):
        x, label = X[i : i + d // 2], y[i : i + d // 2]
        l1 = LOSSES["logistic"].slope(net(x), label)
        change = np.maximum(x @ net.W.T, 0).T @ l1 / len(x)
        net = net.replace(W=net.W - risk_gradient(net, "logistic", x, label), a=net.a - change)
    return net


def _one(seed: int, d: int, samples: int, method: str, noise: float = 0.0) -> dict:
    """Share of fresh points of the cube on which the sign is right after samples x d of them."""
    cube = {"inputs": "hypercube", "directions": "axis", "loss": "logistic"}  # labels are signs
    target = Settings(d=d, k=2, link="product", noise=noise, **cube).target()
    rng = np.random.default_rng(seed)
    X, y = target.sample(samples * d, rng)
    if method == "SGD":
        fit = _sgd(X, y, rng)
    else:
        fit = validated_kernel_ridge(ntk_kernel(), X, y, np.array([1e-3, 1e-1])).predict
    test = target.sample(4000, rng)[0]
    return {"accuracy": np.mean(np.sign(fit(test)) == target.mean(target.project(test)))}


MINIATURE = Miniature(
    claim="minibatch SGD on both layers learns XOR on the cube from a constant times d samples",
    control="noise makes the labels almost coin flips",
    not_shown="that log d samples more are needed, or the two phases of the proof: only the end "
    "is measured, at dimensions where a logarithm cannot be seen.",
    cases={
        size: [{"method": name, "samples": n, "d": d} for name, n in FITS for d in dimensions]
        for size, dimensions in (("fast", (20, 40, 80)), ("full", (20, 40, 80, 160)))
    },
    broken={"noise": 20.0},
    one=_one,
    measures=("accuracy",),
    numbers=lambda table: "; ".join(
        f"the accuracy of {name} from {n} d samples is "
        + " and ".join(
            f"{spread(table, 'accuracy', method=name, samples=n, d=d)} at d = {d}" for d in (20, 80)
        )
        for name, n in FITS
    ),
    chart=lambda table, curves: Chart(
        lines(table, "d", "accuracy", ["method", "samples"], "{} from {} d samples"),
        "Accuracy on fresh points",
        "d",
        "accuracy",
        True,
    ),
)
run = MINIATURE.run
