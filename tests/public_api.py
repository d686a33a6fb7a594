"""The public API as a student's code uses it.

`npx pyright` finds nothing to say about it, and a test runs it.
"""

import numpy as np

import course_utils as c
from course_utils.sweep import sweep

settings = c.Settings(d=20, k=2, link="sum_tanh", width=10, noise=0.1)
own = settings.replace(link=lambda Z: Z[:, 0] ** 2, k=1)
half = settings.k / 2 + own.d
run: c.Run = c.online_sgd(settings, samples=200, seeds=2, checkpoints=[50, 200])
last: c.Snapshot = run.at(-1)
print([event.caption for event in c.events_of(run)])
print(run, run.frame().head(), np.degrees(run.angles[-1, 0]), last.risk + half)

target, net = settings.build()
model = c.MultiIndexModel(target.directions, lambda Z: Z[:, 0], noise=0.1)
again = c.MultiIndexModel(np.random.default_rng(0), c.LINKS["chain"], d=20, k=2)
X, y = model.sample(40, np.random.default_rng(0))
try:
    sim = c.OnlineSGD(settings)
    sim.advance(100)
    print(sim.snapshot().angles, sim.target.mean(sim.target.project(X)).sum())
except c.Diverged as problem:
    print(problem)
    raise
bad = c.sgd_steps(net.W, net.a, net.b, X, y, 0.01, 0.1)
bad += c.sgd_steps(net.W, net.a, net.b, X, y, np.full(40, 0.01), 0.1)
small = c.compress(sim.net, 2)
print(small(X).shape, c.TwoLayerNet.from_torch(net.to_torch()).width + bad)

fit = c.kernel_ridge(c.ntk_kernel("relu"), X, y, 0.1)
print(fit.predict(X).mean(), c.principal_angles(net.W, target.directions).max())
print(c.split_norms(net.W, target.directions), c.decay_threshold(settings))
print(c.predict(run)[-1], [lamp.text for lamp in c.assumptions(settings)])
print(c.information_exponent("tanh"), c.hermite_coefficients(lambda Z: Z[:, 0], 4)[1])
five_d = dict(seeds=1, samples=lambda s: 5 * s.d)
table = sweep(settings, over={"noise": [0.1, 0.5]}, progress=False, n_jobs=1, **five_d)
print(table.columns, c.predicted_perpendicular, c.SubspaceLab)
print(c.progress().next, c.report)
