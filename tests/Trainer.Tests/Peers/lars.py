"""LARS with decay inside the norm and the rate outside the velocity, written from its formula."""
import torch


class Lars:
    def __init__(self, parameters, momentum, decay, trust):
        self.parameters, self.momentum, self.decay, self.trust = parameters, momentum, decay, trust
        self.velocities = [torch.zeros_like(p) for p in parameters]

    @torch.no_grad()
    def step(self, rate):
        for p, v in zip(self.parameters, self.velocities):
            u = p.grad.clone()
            if p.dim() > 1:
                u += self.decay * p
                a, b = p.pow(2).sum().sqrt().item(), u.pow(2).sum().sqrt().item()
                if a > 0 and b > 0:
                    u *= self.trust * a / b
            v.copy_(self.momentum * v + u)
            p -= rate * v
