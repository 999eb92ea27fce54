"""torchvision's ResNets without classifier; narrow ones from torchvision's own blocks."""
import torch
from torch import nn
from torchvision.models import resnet
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

KINDS = {"resnet18": (BasicBlock, [2, 2, 2, 2]), "resnet50": (Bottleneck, [3, 4, 6, 3])}


class Narrow(ResNet):
    def __init__(self, kind, width, stem):
        nn.Module.__init__(self)
        block, layers = KINDS[kind]
        self._norm_layer, self.dilation, self.groups, self.base_width, self.inplanes = nn.BatchNorm2d, 1, 1, 64, width
        imagenet = stem == "imagenet"
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False) if imagenet else nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.bn1, self.relu = nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1) if imagenet else nn.Identity()
        for i, count in enumerate(layers):
            setattr(self, f"layer{i + 1}", self._make_layer(block, width << i, count, stride=1 if i == 0 else 2))
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d((1, 1)), nn.Identity()


def full(kind):
    net = getattr(resnet, kind)(weights=None)
    net.fc = nn.Identity()
    return net


def disturb(net, brief=False):
    """Values that no two layers share, statistics included; exact in bfloat16 on request."""
    with torch.no_grad():
        for name, values in net.state_dict().items():
            if not values.is_floating_point():
                values.fill_(7)  # a counter that a reader has to pass over
                continue
            if name.endswith("running_var"):
                values.uniform_(0.5, 1.5)
            elif values.dim() == 1:
                values.add_(torch.randn_like(values) * 0.2)
            if brief:
                values.copy_(values.bfloat16().float())
    return net
