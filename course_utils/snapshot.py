"""What is known of a network at one moment, measured and said in a sentence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .subspace import EXACT, spectrum_and_overlaps

SEEN = 6  # hidden directions on which each neuron's weights are kept


@dataclass(frozen=True)
class Snapshot:
    """What is known of the network after t samples.

    Attributes
    ----------
    samples : int
        t.
    d : int
        Input dimension (t / d is the time in units of d samples).
    angles : (k,) ndarray
        Principal angles in radians, largest first.
    perpendicular : float
        ||W_perp||_F / sqrt(m).
    parallel : float
        ||W_par||_F / sqrt(m).
    singular_values : (k + 5,) ndarray
        Largest ones of W / sqrt(m); fewer where W has fewer.
    risk : float
        Test loss.
    r2 : float
        Test R^2.
    neurons : (m, q + 1) ndarray of float32
        Each row's weights on u_1 to u_q, q = min(k, 6), and the norm of its perpendicular part;
        for k = 1 too there are two weights, of which the second is 0.
    overlaps : (k, k) ndarray of float32
        <v_j, u_i> in row j and column i, v_j the j-th right singular vector of W (see
        ``subspace.spectrum_and_overlaps``).
    note : str
        Empty, or what the risk does not speak of.
    """

    samples: int
    d: int
    angles: np.ndarray
    perpendicular: float
    parallel: float
    singular_values: np.ndarray
    risk: float
    r2: float
    neurons: np.ndarray
    overlaps: np.ndarray
    note: str = ""

    @classmethod
    def measure(
        cls,
        samples: int,
        d: int,
        W: np.ndarray,
        directions: np.ndarray,
        risk: float,
        r2: float,
        stored: np.finfo = EXACT,
        note: str = "",
    ) -> Snapshot:
        """Measure W against directions.

        Parameters
        ----------
        samples : int
            t.
        d : int
            Input dimension.
        W : (m, d) ndarray
            First layer, or (m, columns) in coordinates that hold the same angles and norms.
        directions : (k, columns) ndarray
            Hidden directions in these coordinates, orthonormal rows.
        risk : float
            Test loss, measured elsewhere.
        r2 : float
            Test R^2.
        stored : finfo
            As in ``subspace.spectrum``.
        note : str
            What the risk does not speak of.

        Returns
        -------
        Snapshot
            Angles, norms, singular values and overlaps of W, beside the risk.
        """
        coefficients = W @ directions.T
        rest = W - coefficients @ directions
        angles, singular, overlaps = spectrum_and_overlaps(W, directions, stored=stored)
        shown = coefficients[:, :SEEN]
        neurons = np.zeros((len(W), max(2, shown.shape[1]) + 1), dtype=np.float32)
        neurons[:, : shown.shape[1]] = shown
        neurons[:, -1] = np.sqrt(np.einsum("ij,ij->i", rest, rest))
        parallel, perpendicular = (
            float(np.linalg.norm(part) / np.sqrt(len(W))) for part in (coefficients, rest)
        )
        return cls(
            samples,
            d,
            angles,
            perpendicular,
            parallel,
            singular,
            risk,
            r2,
            neurons,
            overlaps.astype(np.float32),
            note,
        )

    def sentence(self) -> str:
        """One line that says what the figures show.

        Returns
        -------
        str
            The line, with angles in degrees; the note at its end.
        """
        angles = np.degrees(self.angles)
        words = _sentence(
            self.samples, self.d, angles, self.perpendicular, self.parallel, self.risk, self.r2
        )
        return words + (f" {self.note}" if self.note else "")


def in_d(samples: int, d: int) -> str:
    """A sample count in units of d, as text.

    Parameters
    ----------
    samples : int
        Of samples, t.
    d : int
        Input dimension.

    Returns
    -------
    str
        Such as '0.52 d', '206 d', '3,520 d'.
    """
    ratio = samples / d
    return f"{ratio:,.0f} d" if ratio >= 100 else f"{ratio:.3g} d"


def _sentence(samples, d, degrees, perpendicular, parallel, risk, r2) -> str:
    angles = ", ".join(f"{a:.1f}" for a in degrees)
    word = "angle" if len(degrees) == 1 else "angles"
    fit = (
        ""
        if np.isnan(risk)
        else f"; test risk {risk:.4f}" + ("" if np.isnan(r2) else f" (R2 {r2:z.2f})")
    )
    return (
        f"After {samples:,} samples ({in_d(samples, d)}): {word} {angles} degrees; "
        f"W_perp {perpendicular:.3f}, W_par {parallel:.3f}{fit}."
    )
