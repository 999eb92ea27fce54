"""Writes golden/trainer/views.json.gz: what torchvision's functions make of one small image, for ViewGoldenTests. Needs python3-torchvision (Debian 12: 0.14.1)."""
import gzip, json, os
import torch, torchvision
import torchvision.transforms.functional as F

C, H, W = 3, 14, 18
image = torch.tensor([(i * 7919 + i * i * 31) % 251 for i in range(C * H * W)], dtype=torch.float32).view(C, H, W) / 255
square = image[:, :, :14]
cases = {}
def add(name, values): cases[name] = {"shape": list(values.shape), "values": [round(v, 5) for v in values.flatten().tolist()]}

for turn in (-0.4, -0.1, 0.1, 0.5): add(f"hue {turn}", F.adjust_hue(square, turn))
for factor in (0.2, 1.7):
    add(f"brightness {factor}", F.adjust_brightness(square, factor))
    add(f"contrast {factor}", F.adjust_contrast(square, factor))
    add(f"saturation {factor}", F.adjust_saturation(square, factor))
add("gray", F.rgb_to_grayscale(square, num_output_channels=3))
add("solarize 0.5", F.solarize(square, 0.5))
for sigma in (0.1, 0.7, 2.0): add(f"blur {sigma}", F.gaussian_blur(square, [23, 23], [sigma, sigma]))
for top, left, height, width, size in ((2, 3, 5, 7, 14), (0, 0, 14, 18, 5), (1, 4, 12, 9, 6)):
    add(f"crop {top} {left} {height} {width} {size}", F.resize(F.crop(image, top, left, height, width), [size, size], antialias=True))
padded = torch.nn.functional.pad(image, (3, 3, 3, 3))  # a black border, so that both ways to go on outside agree near the middle
add("rotate 20", F.rotate(padded, 20, F.InterpolationMode.BILINEAR)[:, 6:-6, 6:-6])
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "golden", "trainer", "views.json.gz")
with open(path, "wb") as f:
    f.write(gzip.compress(json.dumps({"torchvision": torchvision.__version__, "cases": cases}).encode(), mtime=0))
