"""The list: one row a paper, in the order of ``Paper``'s fields. To add one, add its row."""

from __future__ import annotations

from .paper import Paper as P

SUBSPACE, TARGET, ESTIMATORS = "SubspaceLab ", "TargetLab ", "EstimatorsLab "
NTK, COMPRESSION = "NTKLab ", "CompressionLab "
DECREASING = " width=100 weight_decay=0.5 step=1 schedule=decreasing"
CUBE = " inputs=hypercube directions=axis"
GUESS = ("relation",)

# fmt: off
PAPERS = (
    # ---- sample complexity
    P("SGD learning on neural networks: leap complexity and saddle-to-saddle dynamics",
      "Abbe et al.", 2023, "cites",
      "The leap, the largest jump in new coordinates, sets the time d^max(leap, 2); features come "
      "one saddle at a time.",
      "sample complexity", SUBSPACE + "d=50 k=3 link=staircase", "leap", 8),
    P("Neural network learns low-dimensional polynomials with SGD near the information-theoretic "
      "limit",
      "Lee et al.", 2024, "cites",
      "Reusing a minibatch makes squared-loss SGD see transforms of the label: about d samples for "
      "every polynomial link.",
      "sample complexity", SUBSPACE + "d=100 k=1 link=he3 loss=square" + DECREASING,
      "batch_reuse", 3),
    P("On the Complexity of Learning Sparse Functions with Statistical and Gradient Queries",
      "Joshi et al.", 2024, "cites",
      "The loss decides what gradients can ask: squared loss asks correlational queries, the l1 "
      "loss all statistical ones.",
      "sample complexity", SUBSPACE + "d=100 k=1 link=he3 loss=huber" + DECREASING,
      "loss_exponent", 1),
    P("SGD Finds then Tunes Features in Two-Layer Neural Networks with near-Optimal Sample "
      "Complexity: A Case Study in the XOR problem",
      "Glasgow", 2023, "cites",
      "Minibatch SGD on both layers learns XOR on the cube with d polylog d samples, first the "
      "signal, then the balance.",
      "sample complexity", SUBSPACE + "d=50 k=2 link=product" + CUBE, "xor", 3),
    P("Learning Multi-Index Models with Neural Networks via Mean-Field Langevin Dynamics",
      "Mousavi-Hosseini et al.", 2024, "cites",
      "Samples almost linear in an effective dimension whatever the exponent, compute possibly "
      "exponential.",
      "sample complexity", SUBSPACE + "d=20 k=2 link=product" + CUBE),
    P("Learning Single-Index Models with Shallow Neural Networks",
      "Bietti et al.", 2022, "either",
      "Frozen random biases make the landscape benign: near-optimal samples by gradient flow.",
      "sample complexity", "SingleIndexLab d=100 link=cubic", guessed=GUESS),
    # ---- structured inputs
    P("Gradient-Based Feature Learning under Structured Data",
      "Mousavi-Hosseini et al.", 2023, "cites",
      "With a covariance spike, plain spherical dynamics can miss u, a scaling like that of batch "
      "norm repairs it, and a large aligned spike removes the information exponent.",
      "structured inputs", SUBSPACE + "d=200 k=1 link=he3 inputs=spiked:15:1" + DECREASING,
      "spiked_covariance", 4),
    P("Learning in the Presence of Low-dimensional Structure: A Spiked Random Matrix Perspective",
      "Ba et al.", 2023, "cites",
      "At n of order d a spike d^beta lets kernels learn degree p iff beta >= 1 - 1/p, networks "
      "exponent k if beta > 1 - 1/k.",
      "structured inputs", NTK + "d=100 link=he3", "spiked_covariance", 4),
    P("Learning a Single Index Model from Anisotropic Data with vanilla Stochastic Gradient "
      "Descent",
      "Braun et al.", 2025, "cites",
      "Vanilla SGD needs no estimate of the covariance: an effective dimension of it replaces d.",
      "structured inputs", SUBSPACE + "d=200 k=1 link=tanh inputs=spiked:20:0.5",
      "effective_dimension", 2),
    P("How Structured Data Guides Feature Learning: A Case Study of the Parity Problem",
      "M3L workshop, authors not listed", 2023, "cites",
      "On a box whose relevant sides are longer, Langevin dynamics needs fewer samples and "
      "neurons; kernels keep a lower bound.",
      "structured inputs", TARGET + "d=20 k=2 link=product"),
    # ---- estimators
    P("Efficient Estimation of the Central Mean Subspace via Smoothed Gradient Outer Products",
      "Yuan et al.", 2023, "cites",
      "Smoothed gradients reach n^-1/2 with constant d^r for degree r, for inputs that are "
      "Gaussian or have heavier tails.",
      "estimators", ESTIMATORS + "d=10 k=2 link=product", "smoothed_gradients", 2),
    P("Survey on Algorithms for multi-index models",
      "Bruna, Hsu", 2025, "cites",
      "Efficient estimators, their assumptions, and their gap to the information limit.",
      "estimators", ESTIMATORS + "d=20 k=3 link=chain"),
    P("Nonlinear Multiple Response Regression and Learning of Latent Spaces",
      "Tian et al.", 2025, "cites",
      "Stein's lemma with many responses estimates the latent space without knowing the links.",
      "estimators", ESTIMATORS + "d=20 k=3 link=sum_tanh"),
    P("Agnostic Active Learning of Single Index Models with Linear Sample Complexity",
      "Gajjar et al.", 2024, "cites",
      "Leverage-score sampling: about d labels suffice for Lipschitz links under adversarial "
      "noise.",
      "estimators", TARGET + "d=20 k=1 link=tanh noise=1"),
    P("A Robust Monotonic Single-Index Model for Skewed and Heavy-Tailed Data: A Deep Neural "
      "Network Approach Applied to Periodontal Studies",
      "Liu et al.", 2025, "cites",
      "Modal regression with a monotone network and two-piece t errors, on dental data.",
      "estimators", TARGET + "d=20 k=1 link=relu noise=1"),
    # ---- feature learning
    P("Feature learning as alignment: a structural property of gradient descent in non-linear "
      "neural networks",
      "Beaglehole et al.", 2024, "cites",
      "W'W and the mean outer product of gradients correlate because SGD aligns weights with the "
      "tangents of pre-activations.",
      "feature learning", SUBSPACE + "d=50 k=2 link=chain", "feature_alignment", 2),
    P("Mechanism of feature learning in deep fully connected networks and kernel machines that "
      "recursively learn features",
      "Radhakrishnan et al.", 2022, "cites",
      "Kernel ridge in the metric of its own gradient outer product, repeated, learns features as "
      "a network does.",
      "feature learning", ESTIMATORS + "d=20 k=2 link=product", "recursive_features", 3,
      guessed=GUESS),
    P("Mechanism of feature learning in convolutional neural networks",
      "Beaglehole et al.", 2023, "cites",
      "The same ansatz for filters and patches; the convolutional machine finds edge detectors.",
      "feature learning"),
    P("Linear Recursive Feature Machines provably recover low-rank matrices",
      "Radhakrishnan et al.", 2024, "cites",
      "On linear models the recursion is iteratively reweighted least squares and recovers low "
      "rank.",
      "feature learning", COMPRESSION + "d=50 k=3 link=chain", "linear_rfm", 1),
    P("Emergence in non-neural models: grokking modular arithmetic via average gradient outer "
      "product",
      "Mallinar et al.", 2024, "cites",
      "A kernel machine groks modular addition: no network, no gradient descent, zero training "
      "loss throughout.",
      "feature learning", "", "grokking", 3),
    P("Grokking as a First Order Phase Transition in Two Layer Networks",
      "Rubin et al.", 2023, "cites",
      "Adaptive-kernel theory: after grokking the network is in the mixed phase of a first-order "
      "transition.",
      "feature learning"),
    P("Robust Feature Learning for Multi-Index Models in High Dimensions",
      "Mousavi-Hosseini et al.", 2024, "cites",
      "The hidden subspace is also the best projection against l2 attacks, so robust tuning costs "
      "no extra d.",
      "feature learning", COMPRESSION + "d=100 k=1 link=tanh" + DECREASING),
    P("Provable Multi-Task Representation Learning by Two-Layer ReLU Neural Networks",
      "Collins et al.", 2023, "cites",
      "Many binary tasks on r directions act as a contrastive loss that finds all r; one task may "
      "not.",
      "feature learning", SUBSPACE + "d=50 k=3 link=sum_tanh loss=logistic"),
    P("Crafting Heavy-Tails in Weight Matrix Spectrum without Gradient Noise",
      "Kothapalli et al.", 2024, "cites",
      "Large full-batch steps make a spike, then heavy tails, in the spectrum of the weights.",
      "feature learning", SUBSPACE + "d=200 k=1 link=tanh step=1 weight_decay=0",
      "heavy_tails", 2),
    # ---- implicit bias
    P("ReLU Neural Networks with Linear Layers are Biased Towards Single- and Multi-Index Models",
      "Parkinson et al.", 2023, "cites",
      "Linear layers below a ReLU layer turn weight decay into a penalty on the rank: low mixed "
      "variation.",
      "implicit bias", COMPRESSION + "d=20 k=1 link=relu", "linear_layers", 2),
    P("Transformers learn through gradual rank increase",
      "Boix-Adsera et al.", 2023, "cites",
      "From small weights the rank of the change grows one by one (proof: diagonal attention).",
      "implicit bias", SUBSPACE + "d=50 k=5 link=chain", "gradual_rank", 1),
    P("Implicit Balancing and Regularization: Generalization and Convergence Guarantees for "
      "Overparameterized Asymmetric Matrix Sensing",
      "Soltanolkotabi et al.", 2023, "cites",
      "Small random factors stay balanced, and gradient descent generalises without an extra "
      "penalty.",
      "implicit bias"),
    P("How Gradient descent balances features: A dynamical analysis for two-layer neural networks",
      "Zhu et al.", 2025, "cites",
      "Students group around teachers and share each one's norm, the balanced minimum-norm "
      "solution.",
      "implicit bias", SUBSPACE + "d=50 k=3 link=sum_relu step=0.05", "feature_balance", 1),
    P("Should Under-parameterized Student Networks Copy or Average Teacher Weights?",
      "Simsek et al.", 2023, "cites",
      "With n students of k > n teachers the best copy-average point has n - 1 copies, and the "
      "last student averages the rest.",
      "implicit bias", SUBSPACE + "d=50 k=5 link=sum_tanh activation=erf loss=square bias=none",
      "copy_average", 2),
    P("On the symmetries in the dynamics of wide two-layer neural networks",
      "Hajjar, Chizat", 2022, "cites",
      "Gradient flow keeps the symmetries of target and data; low-dimensional targets give a "
      "low-dimensional flow.",
      "implicit bias", SUBSPACE + "d=100 k=3 link=norm", guessed=GUESS),
    P("Intrinsic dimensionality and generalization properties of the R-norm inductive bias",
      "Sanford et al.", 2022, "either",
      "Interpolants of minimum R-norm can be multivariate even if a ridge function fits.",
      "implicit bias", guessed=GUESS),
    P("Variation Spaces for Multi-Output Neural Networks: Insights on Multi-Task Learning and "
      "Network Compression",
      "Shenouda et al.", 2023, "cites",
      "Weight decay on many outputs is a multi-task lasso: neurons are shared, widths bounded, "
      "networks compressed.",
      "implicit bias", COMPRESSION + "d=100 k=3 link=chain"),
    P("Autoencoders for discovering manifold dimension and coordinates in data from complex "
      "dynamical systems",
      "Zeng et al.", 2023, "cites",
      "Linear layers plus weight decay find the dimension of an attractor.",
      "implicit bias", COMPRESSION + "d=20 k=3 link=sum_relu"),
    # ---- kernel regime
    P("Tight conditions for when the NTK approximation is valid",
      "Boix-Adsera, Littwin", 2023, "cites",
      "Scaling outputs by alpha of order T, not T^2, keeps training in the kernel regime until "
      "time T.",
      "kernel regime", NTK + "d=50 link=tanh", "ntk_validity", 2),
    P("Six Lectures on Linearized Neural Networks",
      "Misiakiewicz, Montanari", 2023, "cites",
      "The lazy regime, kernels, random features, and what they cannot do.",
      "kernel regime", NTK + "d=100 link=quintic"),
    P("Mean-field Analysis on Two-layer Neural Networks from a Kernel Perspective",
      "Takakura, Suzuki", 2024, "cites",
      "With a fast second layer the first one learns a kernel that aligns with the target.",
      "kernel regime", NTK + "d=100 link=tanh"),
    # ---- transformers
    P("Pretrained transformer efficiently learns low-dimensional target functions in-context",
      "Oko et al.", 2024, "cites",
      "The length of the prompt depends on the dimension r of the family of tasks, not on d.",
      "transformers"),
    P("When Do Transformers Outperform Feedforward and Recurrent Networks? A Statistical "
      "Perspective",
      "Mousavi-Hosseini et al.", 2025, "cites",
      "q heads retrieve q tokens with samples nearly free of the length N; feedforward networks "
      "need N, recurrent ones N^c.",
      "transformers"),
    P("The Shaped Transformer: Attention Models in the Infinite Depth-and-Width Limit",
      "Noci et al.", 2023, "cites",
      "A stochastic equation in depth over width for reshaped attention avoids the collapse of "
      "rank.",
      "transformers"),
    # ---- applications
    P("Towards a theory of model distillation",
      "Boix-Adsera", 2024, "cites",
      "PAC-distillation: a trained network can be turned into a tree or junta at less cost than "
      "learning anew.",
      "applications", COMPRESSION + "d=50 k=2 link=product"),
    P("Robust Fourier Neural Networks",
      "Jeong, Han", 2024, "cites",
      "A diagonal layer after Fourier features learns sparse frequencies despite noise.",
      "applications"),
    P("Beyond Labeling Oracles: What does it mean to steal ML models?",
      "Shafran et al.", 2023, "cites",
      "",
      "applications"),
    P("On the Generalization of Preference Learning with DPO",
      "Im, Li", 2024, "cites",
      "Reward margins followed over finitely many steps bound the generalisation error of direct "
      "preference optimisation.",
      "applications"),
    P("Adaptive Partitioning Schemes for Black-Box Optimization",
      "Sunkara, Tripathy", 2024, "cites",
      "Learned partitions give smaller regret on multi-index functions.",
      "applications"),
)
# fmt: on
