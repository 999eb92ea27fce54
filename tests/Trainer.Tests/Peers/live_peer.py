"""The peer of the live tests. write KIND FILE: torchvision's weights, images and features. check KIND FILE ORIGINAL: loads FILE strictly, prints the largest relative difference to ORIGINAL."""
import sys

import numpy as np
import torch

import numpy_safetensors as st
from resnets import disturb, full


def images():
    return torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(5))


def main(verb, kind, path, original=None):
    torch.set_num_threads(1)
    torch.manual_seed(3)
    net = full(kind)
    if verb == "write":
        disturb(net).eval()
        with torch.no_grad():
            features = net(images())
        tensors = {name: values.numpy() for name, values in net.state_dict().items()}
        st.write(path, {**tensors, "fc.weight": np.zeros((10, 4), "<f4"), "fc.bias": np.zeros(10, "<f4")})
        st.write(path + ".peer", {"images": images().numpy(), "features": features.numpy()})
        return
    net.load_state_dict({name: torch.from_numpy(values.copy()) for name, values in st.read(path).items()}, strict=True)
    net.eval()
    with torch.no_grad():
        features = net(images()).numpy()
    expected = st.read(original + ".peer")["features"]
    print(np.abs(features - expected).max() / np.abs(expected).max())


if __name__ == "__main__":
    main(*sys.argv[1:])
