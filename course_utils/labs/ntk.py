"""NTKLab: SGD against the tangent kernel on the same samples, and the kernel while the network trains. Notebook 05."""

from __future__ import annotations

import ipywidgets as widgets
import numpy as np

from ..algorithm1 import PHASE_1
from ..comparison import predicted_r2
from ..settings import Settings
from ..targets import LINKS
from .controls import WORDS, button
from .lab import _row
from .panel import Panel
from .race import DIMENSIONS, SIZES, Race, views
from .stage import Figure, Words

ALPHAS = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
KNOWN = [name for name, link in LINKS.items() if link.k_range == (1, 1)]


class NTKLab(Panel):
    """SGD, the tangent kernel and a linear fit race on the same samples; what they learned; the kernel in training.

    SGD is Algorithm 1 with the course's step, decay and loss (PHASE_1), whatever the settings say of them.
    """

    first, more = ("link", "d", "noise", "width"), ("seed",)
    example = "d=50 link=cubic"
    columns = 3
    more_title = "More: seed, settings code, export"
    tips = {"link": "How the label depends on the hidden projection", "width": "Neurons of the network that SGD trains"}
    presets = {
        "tanh": (Settings(link="tanh"), "Most of it is linear: the kernel stops at the linear floor, SGD does not."),
        "cubic": (Settings(link="cubic"), "A degree-3 part that the kernel would need d³ samples for."),
        "quintic": (Settings(link="quintic"), "Three quarters of it are beyond the linear floor."),
        "small d": (Settings(link="cubic", d=10), "At d = 10, 3000 samples are d³·⁵: the kernel gets to degree 3."),
        "he2": (
            Settings(link="he2"),
            "No slope: at 3 d nobody sees it, at 30 d SGD has the direction and the kernel begins with degree 2.",
        ),
    }

    def __init__(self, settings: Settings | None = None, n: int = SIZES[-1], lecture: bool = False):
        self._n = n
        super().__init__((settings or Settings(link="tanh")).replace(**PHASE_1), lecture)
        while self.session.step():
            pass

    def experiment(self, settings: Settings, seeds: int) -> Race:
        """The race, still to be run."""
        session = Race(settings)
        session.n = self._n
        return session

    def field(self, name: str, settings: Settings) -> widgets.DOMWidget:
        """The widget of one field; links of one direction, d up to 200."""
        if name == "link":
            names = KNOWN if settings.link in KNOWN else [*KNOWN, settings.link]
            options = [(LINKS[n].formula if n in LINKS else "yours", n) for n in names]
            return widgets.Dropdown(
                options=options, value=settings.link, description=WORDS[name][0], tooltip=self.tips[name],
                style={"description_width": "initial"}, layout={"flex": "0 1 190px"},
            )  # fmt: skip
        field = super().field(name, settings)
        if name == "d":
            field.options = [(f"{v}", v) for v in sorted({*DIMENSIONS, settings.d})]
            field.value = settings.d
        return field

    def bar(self) -> widgets.Widget:
        """Samples, laziness, new samples."""

        def slider(name, tip, options, value):
            options = [(f"{v:,g}", v) for v in options]
            return widgets.SelectionSlider(
                options=options, value=value, description=name, tooltip=tip, style={"description_width": "initial"}
            )

        self.samples = slider("samples n", "Race up to this many samples; curves are shown for this many", SIZES, self._n)
        self.laziness = slider("α (lazy)", "1: mean-field scaling. Larger: a lazier network", ALPHAS, 1.0)
        self.knob(self.samples, "n"), self.knob(self.laziness, "alpha")
        return _row([
            self.samples, self.laziness,
            button("New samples", "A new seed: draw everything anew", lambda: self.actor.order("new_seed"), "refresh"),
        ])  # fmt: skip

    def figures(self, race: Race, moment: int = -1) -> list[Figure]:
        """R^2 against n, the function along u, its Hermite degrees, the kernel during training."""
        return views(race)

    def words(self, race: Race, moment: int = -1) -> Words:
        """R^2 of each method at the largest n, the floor, and what the kernel did."""
        s = race.settings
        link = LINKS[s.link].formula if s.link in LINKS else "your link"
        if not race.sizes() or race.movement is None:
            return Words(f"{link}, d = {s.d}: the race is being run.")
        n, move = race.sizes()[-1], race.movement
        r2 = {m: r.r2 for m, r in race.reports[n].items()}
        told = ", ".join(f"{m} {v:.2f}" for m, v in r2.items())
        sentence = (
            f"{link}, d = {s.d}, n = {n:,}: R² {told}; linear floor {race.floor:.2f}. At α = {race.alpha:g} the kernel moves "
            f"by {move.distance[-1]:.1g}, its alignment goes from {move.alignment[0]:.2f} to {move.alignment[-1]:.2f}, the "
            f"angle to u from {np.degrees(move.angle[0]):.0f} to {np.degrees(move.angle[-1]):.0f} degrees."
        )
        sentence += f" The race goes on to n = {race.n:,}." if race.missing() else ""
        guess = predicted_r2(s, n, race.reports[n]["NTK"].ridge)
        rows = [("R² of SGD", "", f"{r2['SGD']:.2f}", ""),
                ("R² of NTK", f"{guess:.2f}", f"{r2['NTK']:.2f}", f"{abs(guess - r2['NTK']):.2f}"),
                ("R² of linear fit", f"{race.floor:.2f} at most", f"{r2['linear']:.2f}", "")]  # fmt: skip
        return Words(sentence, rows)

    def _use(self, settings: Settings, samples: int = 0):
        super()._use(settings.replace(**PHASE_1), samples)  # a settings code names only what this lab shows
        self.actor.playing = True

    def _do_n(self, n: int):
        self.session.n = n
        self.actor.playing = bool(self.session.missing())

    def _do_alpha(self, alpha: float):
        self.session.alpha, self.session.movement = alpha, None
        self.actor.playing = True

    def _step(self):
        self.actor.playing = False  # a step that failed would fail again
        with self._lock:
            self.actor.playing = self.session.step()
