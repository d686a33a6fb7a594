"""A torch model whose first layer is two thin ones."""

from __future__ import annotations

from ..watch import first_linear
from .matrices import low_rank


def compress_torch(model, rank: int):
    """A copy of a torch model in which two Linear layers stand for its first one.

    The layers are d -> rank -> m in place of d -> m. The model itself is left as it is; the copy
    can be trained on, what was frozen stays frozen, and a layer that stands in several places is
    replaced in all of them. Factors are those of the weights used in evaluation mode.

    Parameters
    ----------
    model : torch.nn.Module
        Takes inputs (n, d); its first layer is a Linear.
    rank : int
        Width of the layer between, from 1 to min(m, d).

    Returns
    -------
    torch.nn.Module
        Of the kind of the model, or the two layers alone if the model was one Linear.

    Raises
    ------
    ValueError
        For a rank above min(m, d), if no Linear layer sees the inputs themselves, and if the
        weight is tied to that of another layer.

    Notes
    -----
    Taught in notebook 06.
    """
    import torch

    from ..torch_models import array, copied, effective_weight, linear

    name, _ = first_linear(model)
    small = copied(model)
    layer = small.get_submodule(name)
    _refuse_tied(small, layer, name)
    weight = effective_weight(layer)
    left, right = low_rank(array(weight), rank)
    factors = torch.nn.Sequential(linear(right), linear(left)).to(weight.device, weight.dtype)
    factors.requires_grad_(
        any(p.requires_grad for p in layer.parameters() if p is not layer.bias)
    ).train(layer.training)
    factors[1].bias = layer.bias  # the copy's own, with its ties
    if not name:
        return factors
    for parent in list(small.modules()):
        for child, module in list(
            parent._modules.items()
        ):  # named_children would show each module once
            if module is layer:
                setattr(parent, child, factors)
    return small


def _refuse_tied(model, layer, name: str) -> None:
    own = {id(p) for p in layer.parameters() if p is not layer.bias}
    for other, module in model.named_modules():
        if not any(module is part for part in layer.modules()):
            for parameter, value in module.named_parameters(recurse=False):
                if id(value) in own:
                    raise ValueError(
                        f"the weight of layer {name!r} is also {other}.{parameter}: two factors "
                        f"have no tie to one matrix. Give {other!r} a weight of its own first"
                    )
