"""Chapter 2b_2: what the verdict says of a forward pass with several results, and of the shapes."""

import numpy as np

from utils.exercises import get
from utils.judge.sheet import Sheet
from utils.reference import forward, input_gradient, loss, parameter_gradients, sigmoid, softmax

FORWARD, SHAPES = get("2b_2.forward"), get("2b_2.shapes")


def test_a_forward_pass_that_returns_the_probabilities_alone_is_told_what_is_asked():
    verdict = FORWARD.check(lambda x, W1, b1, W2, b2: forward(x, W1, b1, W2, b2).y_hat)
    assert (verdict.state, verdict.mistake) == ("wrong", "returns")
    assert "return z, h, theta, y_hat" in verdict.message


def test_the_first_of_the_results_that_is_wrong_is_named_and_shown():
    def doubled(x, W1, b1, W2, b2):
        z = x @ W1 + b1
        theta = 2 * (sigmoid(z) @ W2 + b2)
        return z, sigmoid(z), theta, softmax(theta)

    verdict = FORWARD.check(doubled)
    assert verdict.message.startswith("`theta` is the first of your results that is wrong.")
    assert "theta = " in str(verdict.detail) and "y_hat = " not in str(verdict.detail)


def test_a_matrix_that_is_turned_is_called_by_its_name_though_its_shape_stops_it():
    verdict = FORWARD.check(lambda x, W1, b1, W2, b2: forward(x, W1, b1, np.transpose(W2), b2))
    assert verdict.state == "your code stopped"

    def by_hand(x, W1, b1, W2, b2):
        theta = sigmoid(x @ W1 + b1) @ W2.T + b2
        return theta, theta, theta, theta

    verdict = FORWARD.check(by_hand)
    assert (verdict.state, verdict.mistake) == ("your code stopped", "w2-transposed")


def test_a_minus_in_the_sigmoid_and_a_bias_that_z_lacks_are_called_by_their_names():
    hidden = get("2b_2.hidden")
    assert hidden.check(lambda x, W1, b1: (x @ W1 + b1, sigmoid(-(x @ W1 + b1)))).mistake == "minus-in-sigma"
    assert hidden.check(lambda x, W1, b1: (x @ W1, sigmoid(x @ W1 + b1))).mistake == "bias-not-in-z"


def test_a_loop_that_overwrites_its_sum_is_told_so():
    def overwrites(x, W1, b1):
        z = np.array(b1)
        for j in range(len(b1)):
            for i in range(len(x)):
                z[j] = x[i] * W1[i, j] + b1[j]
        return z, sigmoid(z)

    assert get("2b_2.hidden").check(overwrites).mistake == "last-term-only"


def test_the_shapes_of_the_sheet_are_those_of_a_network():
    sizes = {"N": 6, "D": 4, "H": 5, "K": 3}
    N, D, H, K = sizes.values()
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(N, D)), rng.dirichlet(np.ones(K), N)
    W1, b1, W2, b2 = network = [rng.normal(size=size) for size in ((D, H), H, (H, K), K)]
    z, h, theta, y_hat = forward(x, *network)
    arrays = {"x": x, "W1": W1, "b1": b1, "z": z, "h": h, "W2": W2, "b2": b2, "theta": theta, "y_hat": y_hat}
    arrays |= {"J": loss(x, y, *network), "dJ/dtheta": y_hat - y, "dJ/dx": input_gradient(x, y, *network)}
    arrays |= {"dJ/dW1": parameter_gradients(x, y, *network).dW1}
    assert isinstance(SHAPES, Sheet) and arrays.keys() == SHAPES.solution.keys()
    for row, shape in SHAPES.solution.items():
        assert np.shape(arrays[row]) == eval(shape, sizes)


def test_no_word_of_the_sheet_is_said_of_an_option_that_is_not_there_or_that_is_right():
    for row in SHAPES.rows:
        assert row.feedback.keys() <= SHAPES.labels.keys() - {row.right}
        assert row.otherwise != row.told


def test_the_network_of_the_chapter_answers_exclusive_or():
    W1, b1 = np.array([[6.0, 4.0], [6.0, 4.0]]), np.array([-3.0, -6.0])
    W2, b2 = np.array([[-3.0, 5.0], [4.0, -4.0]]), np.array([1.0, -3.0])
    y_hat = forward([[0, 0], [0, 1], [1, 0], [1, 1]], W1, b1, W2, b2).y_hat
    assert y_hat.argmax(axis=1).tolist() == [0, 1, 1, 0]
    assert y_hat.max(axis=1).min() > 0.9
