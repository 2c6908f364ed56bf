"""Sixty right derivations as people write them on paper, twenty in each alphabet, and two planted slips in each.

A block is one derivation: the exercise, the alphabet (N is NumPy's, U Unicode, L LaTeX; they are mixed in some), its
lines, and for each slip `✗ line | what stands there | what is put there | names that are true of it`. A line counts
from the first side of the first equation, and `-` is the name of a slip that has none.
"""

from typing import NamedTuple

from utils.judge.algebra import lines_of

BLOCKS = r"""
2a_3.same_index N
D(J, theta[i]) = D(-log(y_hat[i]), theta[i])
= D(-log(exp(theta[i]) / sum(exp(theta[j]), j)), theta[i])
= D(-(theta[i] - log(sum(exp(theta[j]), j))), theta[i])
= -(1 - exp(theta[i]) / sum(exp(theta[j]), j))
= y_hat[i] - 1
✗ 2 | -log | log | lost-minus
✗ 5 | -(1 - | -(-1 - | constant-sign

2a_3.same_index N
D(-sum(y[j] * log(y_hat[j]), j), theta_i)
-1/y_hat_i * D(y_hat_i, theta_i)
-1/y_hat_i * y_hat_i (1 - y_hat_i)
-(1 - y_hat_i)
= y_hat_i - 1
✗ 3 | (1 - y_hat_i) | y_hat_i | softmax-derivative
✗ 4 | -(1 | (1 | lost-minus,factor-missing

2a_3.same_index N
dJ/dtheta_i = d/dtheta_i (log(sum_j exp(theta_j)) - theta_i)
= 1/sum(exp(theta)) * d/dtheta_i sum(exp(theta)) - 1
= exp(theta_i)/sum(exp(theta)) - 1
= softmax(theta)_i - 1
= y_hat[i] - 1
✗ 3 | 1/sum(exp(theta)) *  |  | forgot-outer-derivative,forgotten-denominator,factor-missing
✗ 4 | - 1 | + 1 | constant-sign,sign-of-a-term

2a_3.same_index N
D(J, theta[i])
-D(log(exp(theta[i])) - LSE(theta), theta[i])
-D(theta[i], theta[i]) + D(LSE(theta), theta[i])
-1 + D(LSE(theta), theta[i])
-1 + y_hat[i]
✗ 2 | - LSE | + LSE | log-of-quotient,sign-of-a-term,lost-minus
✗ 4 | -1 | 0 | other-index-used

2a_3.other_index N
D(J, theta[i]) = -D(log(y_hat[k]), theta[i])
= -1/y_hat[k] * D(y_hat[k], theta[i])
= -1/y_hat[k] * (-y_hat[k] * y_hat[i])
= y_hat[i]
✗ 3 | -1 | 1 | lost-minus
✗ 4 | (-y_hat[k] * y_hat[i]) | y_hat[k] * (1 - y_hat[k]) | softmax-derivative

2a_3.other_index N
D(J, theta_i)
D(-log(exp(theta_k) / sum(exp(theta_j), j)), theta_i)
D(-theta_k + log(sum(exp(theta_j), j)), theta_i)
0 + 1/sum(exp(theta_j), j) * D(sum(exp(theta_j), j), theta_i)
1/sum(exp(theta_j), j) * exp(theta_i)
y_hat_i
✗ 5 | exp(theta_i) | exp(theta_k) | wrong-index
✗ 5 | exp(theta_i) | sum(exp(theta_j), j) | all-terms-of-the-sum

2a_3.other_index N
D(J, theta[i])
D(LSE(theta) - theta[k], theta[i])
D(LSE(theta), theta[i])
exp(theta[i] - LSE(theta))
y_hat[i]
✗ 3 | , theta[i]) | , theta[i]) - 1 | same-index-used
✗ 2 | LSE(theta) - theta[k] | theta[k] - LSE(theta) | lost-minus

2a_3.any_index N
D(J, theta_i) = D(-sum(y_j * (theta_j - LSE(theta)), j), theta_i)
= D(-sum(y_j * theta_j, j) + LSE(theta) * sum(y_j, j), theta_i)
= D(-sum(y_j * theta_j, j) + LSE(theta), theta_i)
= -y_i + exp(theta_i) / sum(exp(theta))
= y_hat_i - y_i
✗ 3 | + LSE | - LSE | minus-not-distributed,sign-of-a-term
✗ 5 | -y_i | -1 | one-hot-only,same-index-everywhere

2a_3.any_index N
D(J, theta[i])
sum(D(J, y_hat[j]) * D(y_hat[j], theta[i]), j)
-sum(y[j] / y_hat[j] * y_hat[j] * (delta(i, j) - y_hat[i]), j)
-y[i] + y_hat[i] * sum(y[j], j)
y_hat[i] - y[i]
✗ 3 | delta(i, j) | 1 | same-index-everywhere,diagonal-only,softmax-derivative,wrong-index
✗ 4 | -y[i] | y[i] | sign-of-a-term,minus-not-distributed

2b_1.symmetry N
1 - sigma(z) = 1 - 1/(1 + exp(-z))
= (1 + exp(-z) - 1)/(1 + exp(-z))
= exp(-z)/(1 + exp(-z))
= 1/(exp(z) + 1) = sigma(-z)
✗ 3 | exp(-z) - 1 | exp(-z) + 1 | constant-sign,sign-of-a-term
✗ 4 | 1 + exp(-z) | 1 - exp(-z) | sign-of-a-term

2b_1.symmetry N
1 - sigma(z)
1 - 1/(1 + e**-z)
(1 + e**-z)/(1 + e**-z) - 1/(1 + e**-z)
e**-z/(1 + e**-z)
1/(e**z (1 + e**-z))
1/(e**z + 1)
sigma(-z)
✗ 2 | 1 - | 1 + | sign-of-a-term
✗ 6 | + 1 | - 1 | constant-sign,sign-of-a-term

2b_1.identity N
D(sigma(z), z) = D((1 + exp(-z))**-1, z)
= -(1 + exp(-z))**-2 * D(1 + exp(-z), z)
= -(1 + exp(-z))**-2 * (-exp(-z))
= 1/(1 + exp(-z)) * exp(-z)/(1 + exp(-z))
= sigma(z) (1 - sigma(z))
✗ 4 | (-exp(-z)) | exp(-z) | lost-minus,forgot-inner-derivative
✗ 3 | **-2 | **-1 | square-lost

2b_1.identity N
d/dz sigma(z)
let u = 1 + exp(-z)
= d/dz u**-1
= -u**-2 * du/dz
= u**-2 * exp(-z)
= sigma(z) * (1 - sigma(z))
✗ 5 | * du/dz |  | forgot-inner-derivative,factor-missing
✗ 6 | exp(-z) | -exp(-z) | lost-minus

2b_1.identity N
dh/dz = D(exp(z)/(1 + exp(z)), z)
= (exp(z) (1 + exp(z)) - exp(z) exp(z)) / (1 + exp(z))**2
= exp(z)/(1 + exp(z))**2
= h (1 - h)
= sigma(z)*(1 - sigma(z))
✗ 3 | - exp(z) exp(z) | + exp(z) exp(z) | quotient-rule,sign-of-a-term
✗ 3 | **2 |  | quotient-rule,square-lost

2b_3.entry N
D(theta[i], h[j])
D(sum(h[k] * W2[k, i], k) + b2[i], h[j])
sum(D(h[k], h[j]) * W2[k, i], k)
sum(delta(k, j) W2[k, i], k)
W2[j, i]
✗ 3 | W2[k, i] | D(W2[k, i], h[j]) | product-rule
✗ 4 | W2[k, i] | W2[k, i] h[k] | factor-too-many,not-differentiated

2b_3.chain N
D(J, x) = D(J, theta) @ D(theta, h) @ D(h, z) @ D(z, x)
= (y_hat - y) @ W2.T @ D(h, z) @ D(z, x)
= (y_hat - y) @ W2.T @ diag(h * (1 - h)) @ D(z, x)
= (y_hat - y) @ W2.T @ diag(h * (1 - h)) @ W1.T
= ((y_hat - y) @ W2.T * h * (1 - h)) @ W1.T
✗ 3 | W2.T | W2 | transpose
✗ 4 | h * (1 - h) | h | sigma-for-sigma-prime

2b_3.chain N
dJ/dx
dJ/dh @ dh/dz @ dz/dx
dJ/dh @ dh/dz @ W1.T
(y_hat - y) W2.T @ dh/dz @ W1.T
((y_hat - y) W2.T * sigma(z) * (1 - sigma(z))) @ W1.T
✗ 3 | W1.T | W1 | transpose
✗ 4 | (y_hat - y) | (y - y_hat) | lost-minus

3_3.weight N
D(J, W2[j, i])
sum(D(J, theta[k]) * D(theta[k], W2[j, i]), k)
sum((y_hat[k] - y[k]) * D(theta[k], W2[j, i]), k)
sum((y_hat[k] - y[k]) * delta(k, i) * h[j], k)
(y_hat[i] - y[i]) h[j]
✗ 3 | y_hat[k] - y[k] | y[k] - y_hat[k] | lost-minus
✗ 4 | * h[j] |  | factor-missing,forgot-inner-derivative,stopped-early

3_2.repair_diagonal N
D(h, z) = D(sigma(z), z)
= diag(sigma'(z))
= diag(sigma(z) * (1 - sigma(z)))
✗ 3 | diag(sigma'(z)) | sigma'(z) | vector-for-diagonal
✗ 4 | (1 - sigma(z)) | (1 + sigma(z)) | sign-of-a-term

3_2.repair_chain N
D(J, x) = D(J, theta) @ D(theta, h) @ D(h, x)
= (y_hat - y) @ W2.T @ D(h, z) @ D(z, x)
= (y_hat - y) @ W2.T @ diag(sigma'(z)) @ W1.T
= ((y_hat - y) @ W2.T * sigma(z) * (1 - sigma(z))) @ W1.T
✗ 4 | diag(sigma'(z)) | sigma'(z) | matmul-for-hadamard,vector-for-diagonal
✗ 3 | @ W2.T @ | @ | factor-missing,does-not-multiply

2a_3.same_index U
∂J/∂θ_i = ∂/∂θ_i (-log ŷ_i)
= -1/ŷ_i ∂ŷ_i/∂θ_i
= -1/ŷ_i · ŷ_i(1 - ŷ_i)
= -(1 - ŷ_i)
= ŷ_i - 1
✗ 3 | -1 | 1 | lost-minus
✗ 4 | (1 - ŷ_i) | ŷ_i | softmax-derivative

2a_3.same_index U
∂J/∂θ_i = ∂/∂θ_i (-Σ_j y_j log ŷ_j)
= ∂/∂θ_i (-log (e^{θ_i} / Σ_j e^{θ_j}))
= ∂/∂θ_i (-(θ_i − log Σ_j e^{θ_j}))
= −∂θ_i/∂θ_i + ∂/∂θ_i log Σ_j e^{θ_j}
= −1 + e^{θ_i} / Σ_j e^{θ_j}
= ŷ_i − 1
✗ 4 | (θ_i − log | (θ_i + log | log-of-quotient,sign-of-a-term
✗ 5 | −∂θ_i/∂θ_i | ∂θ_i/∂θ_i | lost-minus,constant-sign,minus-not-distributed,sign-of-a-term

2a_3.same_index U
∂J/∂θᵢ
∂/∂θᵢ (LSE(θ) − θᵢ)
∂/∂θᵢ LSE(θ) − 1
1/Σⱼ e^θⱼ · e^θᵢ − 1
softmax(θ)ᵢ − 1
✗ 3 | − 1 | − 0 | other-index-used
✗ 4 | · e^θᵢ |  | forgot-inner-derivative,factor-missing

2a_3.same_index U
dJ/dθ_i = -d/dθ_i log ŷ_k
= -(δ_ik - ŷ_i)
= -(1[i = k] - ŷ_i)
= -(1 - ŷ_i)
= -1 + ŷ_i
✗ 4 | 1[i = k] | 1[i ≠ k] | other-index-used
✗ 6 | + ŷ_i | - ŷ_i | minus-not-distributed,sign-of-a-term

2a_3.other_index U
∂J/∂θ_i = -1/ŷ_k ∂ŷ_k/∂θ_i
= -1/ŷ_k (-ŷ_k ŷ_i)
= ŷ_k ŷ_i / ŷ_k
= ŷ_i
✗ 3 | (-ŷ_k ŷ_i) | ŷ_k (1 - ŷ_k) | softmax-derivative
✗ 4 | ŷ_k ŷ_i / ŷ_k | -ŷ_k ŷ_i / ŷ_k | lost-minus

2a_3.other_index U
∂J/∂θ_i = ∂/∂θ_i (−log ŷ_k)
= ∂/∂θ_i (−θ_k + log Σ_j e^θ_j)
= ∂/∂θ_i log Σ_j e^θ_j
= 1/(Σ_j e^θ_j) ∂/∂θ_i Σ_j e^θ_j
= e^θ_i / Σ_j e^θ_j
= ŷ_i
✗ 3 | + log | − log | lost-minus,minus-not-distributed,sign-of-a-term
✗ 5 | 1/(Σ_j e^θ_j) | 1 | forgot-outer-derivative,forgotten-denominator

2a_3.other_index U
for i ≠ k: ∂J/∂θ_i = -∂/∂θ_i log(e^θ_k / Σ_j e^θ_j)
= -(0 - ∂/∂θ_i ln Σ_j e^θ_j)
= sum_j e^θ_j ∂θ_j/∂θ_i / Σ_j e^θ_j
= softmax(θ)_i
= ŷ_i
✗ 3 | 0 | 1 | same-index-used
✗ 5 | _i | _k | wrong-index

2a_3.any_index U
∂J/∂θ_i = Σ_j ∂J/∂ŷ_j ∂ŷ_j/∂θ_i
= Σ_j (-y_j/ŷ_j) ŷ_j (δ_ij - ŷ_i)
= -Σ_j y_j δ_ij + ŷ_i Σ_j y_j
= -y_i + ŷ_i
= ŷ_i - y_i
✗ 3 | (-y_j/ŷ_j) | (y_j/ŷ_j) | lost-minus
✗ 4 | + ŷ_i Σ_j y_j | - ŷ_i Σ_j y_j | minus-not-distributed,sign-of-a-term

2a_3.any_index U
∂J/∂θ_i = ∂/∂θ_i (-Σ_j y_j θ_j + log(Σ_m e^θ_m) Σ_j y_j)
= ∂/∂θ_i (LSE(θ) - Σ_j y_j θ_j)
= e^θ_i / Σ_m e^θ_m - Σ_j y_j ∂θ_j/∂θ_i
= e^θ_i / Σ_m e^θ_m - y_i
= ŷ_i - y_i
✗ 4 | e^θ_i / Σ_m e^θ_m | 1 / Σ_m e^θ_m | forgot-inner-derivative
✗ 5 | y_i | Σ_j y_j | all-terms-of-the-sum,one-hot-only

2b_1.symmetry U
1 − σ(z) = 1 − 1/(1 + e^{-z})
= (1 + e^{-z} − 1)/(1 + e^{-z})
= e^{-z}/(1 + e^{-z})
= 1/(e^z + 1)
= σ(−z)
✗ 4 | e^{-z}/ | 1/ | fraction-not-reduced
✗ 5 | e^z | e^-z | sign-of-a-term,fraction-not-reduced

2b_1.symmetry U
1 − σ(z) = (1 + e^-z)/(1 + e^-z) − 1/(1 + e^-z)
= e^-z (1 + e^-z)⁻¹
= (e^z (1 + e^-z))⁻¹
= (e^z + 1)⁻¹
= σ(-z)
✗ 3 | (1 + e^-z)⁻¹ | (1 + e^-z)⁻² | square-lost,quotient-rule
✗ 5 | + 1 | + e^-z | -

2b_1.identity U
dσ/dz = d/dz (1 + e^{-z})^{-1}
= -(1 + e^{-z})^{-2} · (-e^{-z})
= e^{-z} / (1 + e^{-z})²
= 1/(1 + e^{-z}) · e^{-z}/(1 + e^{-z})
= σ(z)(1 − σ(z))
✗ 3 | (-e^{-z}) | e^{-z} | lost-minus,forgot-inner-derivative
✗ 4 | ² |  | square-lost,quotient-rule

2b_1.identity U
∂h/∂z = σ'(z)
= ∂/∂z (e^z/(1 + e^z))
= (e^z (1 + e^z) − e^z e^z)/(1 + e^z)²
= e^z/(1 + e^z)^2
= h(1 − h)
= σ(z)(1 − σ(z))
✗ 4 | − e^z e^z | + e^z e^z | quotient-rule,sign-of-a-term
✗ 5 | ^2 |  | square-lost,quotient-rule

2b_1.identity U
d/dz σ(z) = d/dz 1/(1 + e^{-z})
u = 1 + e^{-z}
= d/du (1/u) · du/dz
= (-1/u²) (-e^{-z})
= σ(z) - σ(z)²
= σ(z)(1 - σ(z))
✗ 6 | (-e^{-z}) | e^{-z} | lost-minus
✗ 7 | - | + | sign-of-a-term

2b_3.entry U
∂θ_i/∂h_j = ∂/∂h_j (Σ_k h_k W_{2,ki} + b_{2,i})
= ∂/∂h_j Σ_k h_k W₂[k, i]
= Σ_k ∂h_k/∂h_j W_{2,ki}
= Σ_k δ_kj W_{2,ki}
= W_{2,ji}
✗ 4 | W_{2,ki} | ∂W_{2,ki}/∂h_j | product-rule
✗ 5 | Σ_k δ_kj W_{2,ki} | Σ_k W_{2,ki} | factor-missing,all-terms-of-the-sum

2b_3.chain U
∂J/∂x = ∂J/∂θ ∂θ/∂h ∂h/∂z ∂z/∂x
= (ŷ − y) W₂ᵀ ∂h/∂z ∂z/∂x
= (ŷ − y) W₂ᵀ diag(σ'(z)) W₁ᵀ
= ((ŷ − y) W₂ᵀ ∘ σ'(z)) W₁ᵀ
= ((ŷ − y) W₂ᵀ ∘ σ(z) ∘ (1 − σ(z))) W₁ᵀ
✗ 4 | diag(σ'(z)) | diag(σ(z)) | sigma-for-sigma-prime
✗ 5 | ŷ − y | y − ŷ | lost-minus

2b_3.chain U
∂J/∂x = ∂J/∂h · ∂h/∂z · ∂z/∂x
= ∂J/∂θ · W_2^T · ∂h/∂z · W_1^T
= (ŷ - y) · W_2^T · diag(h ∘ (1-h)) · W_1^T
= (σ'(z) ∘ (ŷ - y) W_2^T) W_1^T
= ((ŷ - y) W_2^T ∘ h ∘ (1 - h)) W_1^T
✗ 3 | · W_1^T | · W_1 | transpose
✗ 4 | diag(h ∘ (1-h)) | h · (1-h) | matmul-for-hadamard,vector-for-diagonal

3_3.weight U
∂J/∂W_{2,ji} = Σ_k ∂J/∂θ_k ∂θ_k/∂W_{2,ji}
= Σ_k (ŷ_k − y_k) ∂θ_k/∂W_{2,ji}
= Σ_k (ŷ_k − y_k) δ_ki h_j
= (ŷ_i − y_i) h_j
✗ 3 | (ŷ_k − y_k) | (ŷ_k − 1) | same-index-everywhere,forgot-y,wrong-index
✗ 4 | h_j | W_{2,ji} | weight-for-input

3_2.repair_diagonal U
∂h/∂z = diag(σ'(z)) = diag(σ(z)(1 − σ(z)))
✗ 3 | diag(σ(z)(1 − σ(z))) | σ(z)(1 − σ(z)) | vector-for-diagonal
✗ 2 | diag(σ'(z)) | σ'(z) | vector-for-diagonal

3_2.repair_chain U
∂J/∂x = ∂J/∂θ ∂θ/∂h ∂h/∂x
= (ŷ − y) W_2ᵀ ∂h/∂z W_1ᵀ
= ((ŷ − y) W_2ᵀ ∘ σ(z)(1 − σ(z))) W_1ᵀ
✗ 4 | ∘ σ(z)(1 − σ(z)) | σ(z)(1 − σ(z)) | matmul-for-hadamard
✗ 3 | (ŷ − y) W_2ᵀ | W_2 (ŷ − y)ᵀ | on-its-side,transpose,does-not-multiply,order-of-factors

2a_3.same_index L
\frac{\partial J}{\partial\theta_i} = \frac{\partial}{\partial\theta_i}\left(-\log\hat y_i\right)
= -\frac{1}{\hat y_i}\frac{\partial\hat y_i}{\partial\theta_i}
= -\frac{1}{\hat y_i}\,\hat y_i(1-\hat y_i)
= -(1-\hat y_i)
= \hat y_i - 1
✗ 3 | -\frac | \frac | lost-minus
✗ 4 | (1-\hat y_i) | \hat y_i | softmax-derivative

2a_3.same_index L
\begin{aligned}
\frac{\partial J}{\partial\theta_i} &= \frac{\partial}{\partial\theta_i}\Bigl(-\sum_{j=1}^{K} y_j\log\hat y_j\Bigr) \\
 &= \frac{\partial}{\partial\theta_i}\left(-\log\frac{e^{\theta_i}}{\sum_j e^{\theta_j}}\right) \\
 &= \frac{\partial}{\partial\theta_i}\left(-\theta_i+\log\sum_j e^{\theta_j}\right) \\
 &= -1+\frac{e^{\theta_i}}{\sum_j e^{\theta_j}} \\
 &= \hat{y}_i-1
\end{aligned}
✗ 4 | +\log | -\log | log-of-quotient,minus-not-distributed,sign-of-a-term
✗ 5 | \frac{e^{\theta_i}}{\sum_j e^{\theta_j}} | e^{\theta_i} | forgot-outer-derivative,forgotten-denominator

2a_3.same_index L
$$\frac{dJ}{d\theta_i} = \frac{d}{d\theta_i}\left(\log\sum_j e^{\theta_j} - \theta_i\right)$$
$$= \frac{1}{\sum_j e^{\theta_j}}\frac{d}{d\theta_i}\sum_j e^{\theta_j} - 1$$
$$= \frac{e^{\theta_i}}{\sum_j e^{\theta_j}} - 1 = \operatorname{softmax}(\theta)_i - 1$$
$$= \hat y_i - 1.$$
✗ 3 | \frac{1}{\sum_j e^{\theta_j}} |  | forgot-outer-derivative,forgotten-denominator,factor-missing
✗ 4 | - 1 | + 1 | constant-sign,sign-of-a-term

2a_3.same_index L
∂J/∂θ_i = -\partial_{\theta_i}\log\frac{e^{θ_i}}{\sum_j e^{θ_j}}
= -D(theta[i], theta[i]) + \partial_{\theta_i} LSE(θ)
= -1 + exp(theta[i]) / \sum_j e^{\theta_j}
= ŷ_i - 1
✗ 3 | -D(theta[i], theta[i]) | D(theta[i], theta[i]) | minus-not-distributed,sign-of-a-term,constant-sign,lost-minus
✗ 4 | exp(theta[i]) | exp(theta[j]) | wrong-index,unbound-index

2a_3.other_index L
i \ne k:\; \frac{\partial J}{\partial\theta_i} = \frac{\partial(-\log\hat y_k)}{\partial\theta_i}
= -\frac{1}{\hat y_k}\cdot\frac{\partial\hat y_k}{\partial\theta_i}
= -\frac{1}{\hat y_k}\cdot(-\hat y_k\hat y_i)
= \hat y_i
✗ 3 | -\frac | \frac | lost-minus
✗ 4 | (-\hat y_k\hat y_i) | \hat y_k(1-\hat y_k) | softmax-derivative

2a_3.other_index L
\frac{\partial J}{\partial\theta_i} = \frac{\partial}{\partial\theta_i}\left(-(\theta_k-\log\sum_j e^{\theta_j})\right)
= -\left(\frac{\partial\theta_k}{\partial\theta_i}-\frac{\partial}{\partial\theta_i}\log\sum_j e^{\theta_j}\right)
= -\left(0-\frac{1}{\sum_j e^{\theta_j}}e^{\theta_i}\right)
= \frac{e^{\theta_i}}{\sum_j e^{\theta_j}}
= \hat y_i
✗ 4 | 0- | 1- | same-index-used
✗ 5 | e^{\theta_i} | e^{\theta_k} | wrong-index

2a_3.other_index L
\frac{\partial J}{\partial\theta_i} = -\sum_{j} \frac{y_j}{\hat y_j}\frac{\partial\hat y_j}{\partial\theta_i}
= -\frac{y_k}{\hat y_k}\frac{\partial\hat y_k}{\partial\theta_i} - \sum_{j \ne k}\frac{y_j}{\hat y_j}\frac{\partial\hat y_j}{\partial\theta_i}
= -\frac{1}{\hat y_k}\frac{\partial\hat y_k}{\partial\theta_i}
= y_k\hat y_i = \hat y_i
✗ 2 | -\sum | \sum | lost-minus
✗ 4 | {\hat y_k} | {\hat y_i} | wrong-index,same-index-used

2a_3.any_index L
\frac{\partial J}{\partial\theta_i} &= \sum_j\frac{\partial J}{\partial\hat y_j}\frac{\partial\hat y_j}{\partial\theta_i} \\
&= -\sum_j\frac{y_j}{\hat y_j}\,\hat y_j(\delta_{ij}-\hat y_i) \\
&= -\sum_j y_j\delta_{ij} + \hat y_i\sum_j y_j \\
&= -y_i+\hat y_i \\
&= \hat y_i-y_i
✗ 3 | -\sum | \sum | lost-minus
✗ 4 | \delta_{ij} |  | one-hot-only

2a_3.any_index L
\frac{\partial J}{\partial\theta_i} = \frac{\partial}{\partial\theta_i}\left[\log\sum_m e^{\theta_m} - \sum_j y_j\theta_j\right]
= \frac{e^{\theta_i}}{\sum_m e^{\theta_m}} - \sum_j y_j\frac{\partial\theta_j}{\partial\theta_i}
= \frac{e^{\theta_i}}{\sum_m e^{\theta_m}} - \sum_j y_j\mathbb{1}[i=j]
= \hat y_i - y_i
✗ 3 | - \sum_j | + \sum_j | sign-of-a-term
✗ 5 | - y_i | - 1 | one-hot-only

2b_1.symmetry L
1-\sigma(z) = 1-\frac{1}{1+e^{-z}}
= \frac{1+e^{-z}-1}{1+e^{-z}} = \frac{e^{-z}}{1+e^{-z}}
= \frac{1}{e^{z}+1} = \sigma(-z)
✗ 3 | -1} | +1} | constant-sign,sign-of-a-term
✗ 5 | e^{z} | e^{-z} | fraction-not-reduced

2b_1.symmetry L
1 - \sigma(z) = \frac{1+e^{-z}}{1+e^{-z}} - \frac{1}{1+e^{-z}}
= e^{-z}\left(1+e^{-z}\right)^{-1}
= \left(e^{z}(1+e^{-z})\right)^{-1}
= (e^z + 1)^{-1} = \sigma(-z)
✗ 2 | - \frac | + \frac | sign-of-a-term
✗ 4 | \left(e^{z}(1 | e^{z}\left((1 | -

2b_1.identity L
\frac{d}{dz}\sigma(z) = \frac{d}{dz}(1+e^{-z})^{-1}
= -(1+e^{-z})^{-2}\cdot\frac{d}{dz}(1+e^{-z})
= \frac{e^{-z}}{(1+e^{-z})^2}
= \frac{1}{1+e^{-z}}\cdot\frac{e^{-z}}{1+e^{-z}}
= \sigma(z)(1-\sigma(z))
✗ 3 | \cdot\frac{d}{dz}(1+e^{-z}) |  | forgot-inner-derivative,factor-missing
✗ 4 | ^2 |  | square-lost

2b_1.identity L
\frac{d\sigma}{dz} = \sigma'(z)
= \frac{d}{dz}\frac{e^z}{1+e^z}
= \frac{e^z(1+e^z)-e^z\cdot e^z}{(1+e^z)^2}
= \frac{e^z}{(1+e^z)^2}
= \sigma(z)-\sigma(z)^2 = \sigma(z)(1-\sigma(z))
✗ 4 | -e^z\cdot e^z | +e^z\cdot e^z | quotient-rule,sign-of-a-term
✗ 6 | - | + | sign-of-a-term

2b_1.identity L
\frac{\partial h}{\partial z} = \frac{\partial}{\partial z}\frac{1}{1+e^{-z}}
\text{let } u = 1+e^{-z}
= -\frac{1}{u^2}\frac{\partial u}{\partial z}
= \frac{e^{-z}}{u^2}
= \sigma(z)(1-\sigma(z))
✗ 5 | u^2 | u | square-lost,quotient-rule
✗ 6 | e^{-z} | e^{z} | exponent-turned

2b_3.entry L
\frac{\partial\theta_i}{\partial h_j} = \frac{\partial}{\partial h_j}\left(\sum_{k=1}^{D_h} h_k W_{2,k,i} + b_{2,i}\right)
= \frac{\partial}{\partial h_j}\sum_k h_k W_{2,ki}
= \sum_k \frac{\partial h_k}{\partial h_j} W_{2,ki}
= \sum_k \delta_{kj} W_{2,ki}
= W_{2,ji}
✗ 3 | h_k W_{2,ki} | W_{2,ki} | factor-missing,nothing-left
✗ 4 | \frac{\partial h_k}{\partial h_j} |  | factor-missing,all-terms-of-the-sum

2b_3.chain L
\frac{\partial J}{\partial x} = \frac{\partial J}{\partial\theta}\cdot\frac{\partial\theta}{\partial h}\cdot\frac{\partial h}{\partial z}\cdot\frac{\partial z}{\partial x}
= (\hat y-y)\cdot W_2^T\cdot\frac{\partial h}{\partial z}\cdot W_1^T
= (\hat y-y)\cdot W_2^T\cdot\mathrm{diag}(\sigma'(z))\cdot W_1^T
= \left((\hat y-y)W_2^T\circ\sigma'(z)\right)W_1^T
= \left((\hat y-y)W_2^T\circ\sigma(z)\circ(1-\sigma(z))\right)W_1^T
✗ 3 | W_2^T | W_2 | transpose,does-not-multiply
✗ 5 | \circ\sigma'(z)\right)W_1^T | \cdot\sigma'(z)\cdot W_1^T\right) | matmul-for-hadamard

2b_3.chain L
\begin{align*}
\frac{\partial J}{\partial x} &= \frac{\partial J}{\partial h}\frac{\partial h}{\partial x} \\
 &= (\hat y - y) W_2^\top \frac{\partial h}{\partial z}\frac{\partial z}{\partial x} \\
 &= (\hat y - y) W_2^\top \operatorname{diag}(h \odot (1 - h)) W_1^\top \\
 &= \bigl((\hat y - y) W_2^\top \odot h \odot (1 - h)\bigr) W_1^\top
\end{align*}
✗ 4 | (1 - h) | h | -
✗ 3 | \frac{\partial h}{\partial z} |  | factor-missing,does-not-multiply,no-prime

3_3.weight L
\frac{\partial J}{\partial W_{2,ji}} = \sum_k\frac{\partial J}{\partial\theta_k}\frac{\partial\theta_k}{\partial W_{2,ji}}
= \sum_k(\hat y_k-y_k)\frac{\partial\theta_k}{\partial W_{2,ji}}
= \sum_k(\hat y_k-y_k)\,\delta_{ki}\,h_j
= h_j(\hat y_i-y_i)
✗ 3 | \hat y_k-y_k | y_k-\hat y_k | lost-minus
✗ 5 | \hat y_i-y_i | \hat y_j-y_j | wrong-index

3_2.repair_same_index L
\frac{\partial J}{\partial\theta_i} = \frac{\partial}{\partial\theta_i}\left(-\sum_j y_j\log\hat y_j\right)
i = k, \text{ so } = \frac{\partial}{\partial\theta_i}(-y_i\log\hat y_i) = \frac{\partial}{\partial\theta_i}(-\log\hat y_i)
= \frac{\partial}{\partial\theta_i}\left(-\log\frac{e^{\theta_i}}{\sum_j e^{\theta_j}}\right)
= \frac{\partial}{\partial\theta_i}\left(-(\log e^{\theta_i}-\log\sum_j e^{\theta_j})\right)
= \frac{\partial}{\partial\theta_i}\left(-(\theta_i-\log\sum_j e^{\theta_j})\right)
= -\left(\frac{\partial}{\partial\theta_i}\theta_i-\frac{\partial}{\partial\theta_i}\log\sum_j e^{\theta_j}\right)
= -\left(1-\frac{1}{\sum_j e^{\theta_j}}\cdot e^{\theta_i}\right)
= -\left(1-\frac{e^{\theta_i}}{\sum_j e^{\theta_j}}\right) = -1+\frac{e^{\theta_i}}{\sum_j e^{\theta_j}}
= \mathrm{softmax}(\theta)_i-1
✗ 2 | \frac{\partial}{ | \frac{\partial J}{ | value-for-operator
✗ 9 | 1-\frac | -1-\frac | constant-sign

3_2.repair_other_index L
∂J/∂θ_i = \frac{\partial}{\partial\theta_i}(-\log\hat y_k)
= \frac{\partial}{\partial\theta_i}\left(-\log\frac{e^{\theta_k}}{\sum_j e^{\theta_j}}\right)
= ∂/∂θ_i (-(θ_k - log Σ_j e^{θ_j}))
= -(∂θ_k/∂θ_i - \frac{\partial}{\partial\theta_i}\log\sum_j e^{\theta_j})
= -(0 - 1/Σ_j e^θ_j · e^θ_i)
= \hat y_i
✗ 4 | -(θ_k | (θ_k | lost-minus
✗ 6 | 0 | 1 | same-index-used
"""  # noqa: E501


class Plant(NamedTuple):
    """A slip that is put into a right derivation. names: those that would be true of it."""

    line: int
    old: str
    new: str
    names: tuple[str, ...]


class Paper(NamedTuple):
    exercise: str
    alphabet: str
    text: str
    plants: tuple[Plant, ...]


def _read(block: str) -> Paper:
    head, *rest = block.strip().split("\n")
    plants = []
    for line in rest:
        if line.startswith("✗"):
            number, old, new, names = (part.strip() for part in line[1:].split("|"))
            plants.append(Plant(int(number), old, new, tuple(names.split(","))))
    text = "\n".join(line for line in rest if not line.startswith("✗"))
    return Paper(*head.split(), text, tuple(plants))


def planted(paper: Paper, plant: Plant) -> str:
    """The text with the slip in its line."""
    at = 0
    for number, line in enumerate(lines_of(paper.text), 1):
        at = paper.text.index(line, at)
        if number == plant.line:
            assert plant.old in line, (paper, plant)
            return paper.text[:at] + line.replace(plant.old, plant.new, 1) + paper.text[at + len(line) :]
        at += len(line)
    raise AssertionError((paper, plant))


PAPERS = [_read(block) for block in BLOCKS.strip().split("\n\n")]
