"""The mathematics: what is right. NumPy only; no Jupyter, no plotting, no messages to students.

Row vectors: axis 0 is the batch, the last axis is features or classes. J is the mean over the batch.
"""

from utils.reference.cross_entropy import cross_entropy, cross_entropy_from_logits, softmax_cross_entropy_gradient
from utils.reference.labels import one_hot
from utils.reference.network import (
    Forward,
    ParameterGradients,
    forward,
    input_gradient,
    loss,
    parameter_gradients,
)
from utils.reference.numeric import (
    GradientCheck,
    central_difference,
    complex_step,
    forward_difference,
    gradient_check,
    relative_error,
)
from utils.reference.sigmoid import sigmoid, sigmoid_derivative
from utils.reference.softmax import log_softmax, log_sum_exp, softmax, softmax_jacobian

__all__ = [
    "Forward",
    "GradientCheck",
    "ParameterGradients",
    "central_difference",
    "complex_step",
    "cross_entropy",
    "cross_entropy_from_logits",
    "forward",
    "forward_difference",
    "gradient_check",
    "input_gradient",
    "log_softmax",
    "log_sum_exp",
    "loss",
    "one_hot",
    "parameter_gradients",
    "relative_error",
    "sigmoid",
    "sigmoid_derivative",
    "softmax",
    "softmax_cross_entropy_gradient",
    "softmax_jacobian",
]
