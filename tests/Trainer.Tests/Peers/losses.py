"""CoKe's losses written from the paper's formulas: one dense target per view, image and head, in double precision; autograd does the rest."""
import torch


def one_hot(labels, k):
    return torch.nn.functional.one_hot(labels, k).double()


def sharpened(weights, temperature):
    """B.2.2 on dense rows of weights; a row without any weight stays empty."""
    e = torch.where(weights > 0, torch.exp(weights / temperature), torch.zeros_like(weights))
    return e / e.sum(1, keepdim=True).clamp(min=1e-300)


def predictions(x, centers, temperature):
    return torch.softmax(x @ centers.T / temperature, dim=1)


def view_targets(large, small, centers, labels, temperature, alpha):
    """Algorithm 2, for any number of views: alpha y + (1 - alpha) of what the other large views predict."""
    p = [predictions(x, centers, temperature).detach() for x in large]
    targets = []
    for j in range(len(large)):
        others = [p[i] for i in range(len(large)) if i != j]
        targets.append(alpha * labels + (1 - alpha) * sum(others) / len(others) if others else labels)
    return targets, [alpha * labels + (1 - alpha) * sum(p) / len(p) for _ in small]


def over_views(views, targets, centers, temperature):
    losses = []
    for x, target in zip(views, targets):
        log_p = torch.log_softmax(x @ centers.T / temperature, dim=1)  # eqn 14
        losses.append(-(target * log_p).sum(1).mean())
    return sum(losses) / len(losses)


def coke(large, small, heads, temperature, alpha, large_weight, predicted=None, beta=None):
    """large, small: lists of [b, d]; heads: list of (centers [K, d], dense labels [b, K]); predicted: (large, small) after the prediction."""
    total = 0
    for centers, labels in heads:
        of_large, of_small = view_targets(large, small, centers, labels, temperature, alpha)

        def loss(xs, ss):
            value = over_views(xs, of_large, centers, temperature)
            return large_weight * value + (1 - large_weight) * over_views(ss, of_small, centers, temperature) if ss else value

        value = loss(large, small)
        total = total + (value if predicted is None else beta * loss(*predicted) + (1 - beta) * value)  # B.2.4
    return total / len(heads)
