"""The Python beside the catalogue of chapter 3_2: draws, laws, and formulas of several lines."""

from __future__ import annotations

KINDS = ("right", "sign", "operator", "index", "rule", "product", "shape")


# The page as it stands, slips included; the comments are the numbers of its lines.
SAME_INDEX_PAGE = r"""
J = ce(y, \hat y), \text{ now } y_k = 1  % A1
\frac{\partial J}{\partial\theta_i} = \frac{\partial J}{\partial\theta_i}\left(-\sum_j y_j\log\hat y_j\right)  % A2
i = k, \text{ so} = \frac{\partial J}{\partial\theta_i}(-y_i\log\hat y_i) = \frac{\partial J}{\partial\theta_i}(-\log\hat y_i)  % A3
= \frac{\partial}{\partial\theta_i}\left(-\log\frac{e^{\theta_i}}{\sum_j e^{\theta_j}}\right)  % A4
= \frac{\partial}{\partial\theta_i}\left(-(\log e^{\theta_i} - \log\sum_j e^{\theta_j})\right)  % A5
= \frac{\partial}{\partial\theta_i}\left(-(\theta_i - \log\sum_j e^{\theta_j})\right)  % A6
= \left(\frac{\partial}{\partial\theta_i}\theta_i\right) - \frac{\partial}{\partial\theta_i}\log\sum_j e^{\theta_j}  % A7
= -\left(-1 - \frac{1}{\sum_j e^{\theta_j}}\cdot e^{\theta_i}\right)  % A8
= -\left(1 - \frac{e^{\theta_i}}{\sum_j e^{\theta_j}}\right) = -1 + \frac{e^{\theta_i}}{\sum_j e^{\theta_j}}  % A9
= \mathrm{softmax}(\theta)_i - 1  % A10
""".lstrip()


OTHER_INDEX_PAGE = r"""
i \ne k: \frac{\partial J}{\partial\theta_i} = \frac{\partial(-\log\hat y_k)}{\partial\theta_i}  % A11
= \frac{\partial}{\partial\theta_i}\left(-\log\frac{e^{\theta_k}}{\sum_j e^{\theta_j}}\right)  % A12
= \frac{\partial}{\partial\theta_i}\left(\theta_k - \log\sum_j e^{\theta_j}\right)  % A13
= -\left(\frac{\partial}{\partial\theta_i}\theta_k - \frac{\partial}{\partial\theta_i}\log\sum_j e^{\theta_j}\right)  % A14
= -\left(0 - \frac{1}{\sum_j e^{\theta_j}}e^{\theta_i}\right) = \hat y_i  % A15
\text{for } i \ne k \text{ or } i = k: \frac{\partial J}{\partial\theta} = \hat y - y  % A16
""".lstrip()


DIAGONAL_PAGE = r"""
\frac{\partial h}{\partial z} = \sigma'(z) = \sigma(z)(1 - \sigma(z))  % B8
""".lstrip()


CHAIN_PAGE = r"""
\frac{\partial J}{\partial x} = \frac{\partial J}{\partial\theta}\cdot\frac{\partial\theta}{\partial h}\cdot\frac{\partial h}{\partial x}  % B1
\theta = h\cdot W_2 + b_2, J = CE(y, \hat y)  % B2
\frac{\partial J}{\partial\theta} = \hat y - y  % B3
\frac{\partial\theta}{\partial h} = \frac{\partial(h\cdot W_2 + b_2)}{\partial h} = W_2^T  % B4
\frac{\partial f_i}{\partial h_j} = \frac{\partial}{\partial h_j}\sum_{k=1}^{D_h} h_k W_{2,k,i} = W_{2,j,i}  % B6
h = \sigma(xW_1 + b_1), z = xW_1 + b_1, \frac{\partial h}{\partial x} = \frac{\partial h}{\partial z}\cdot\frac{\partial z}{\partial x}  % B7
\frac{\partial h}{\partial z} = \sigma'(z) = \sigma(z)(1 - \sigma(z))  % B8
\frac{\partial z}{\partial x} = W_1^T  % B9
\frac{\partial J}{\partial x} = (\hat y - y)\cdot W_2^T\cdot\sigma(xW_1 + b_1)\cdot(1 - \sigma(xW_1 + b_1))\cdot W_1^T  % B10
""".lstrip()
