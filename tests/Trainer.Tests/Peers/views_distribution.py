"""Writes golden/trainer/views_distribution.json.gz: how torchvision's random transforms (and PIL's, for boxes between pixels) are distributed, for ViewDistributionTests.
Needs python3-torchvision (Debian 12: 0.14.1) and PIL; about ten minutes."""
import gzip, json, math, os, random, sys
import numpy as np, torch, torchvision
import torchvision.transforms as T
import torchvision.transforms.functional as F
from PIL import Image

torch.set_num_threads(1)
N, SIZE, H, W = 8000, 16, 40, 56
LEVELS = [i / 50 for i in range(51)]

def pixel(c, y, x):
    if (x - 20) ** 2 + (y - 12) ** 2 < 64: return (230, 40, 60)[c]
    if y > 28 and (x // 3) % 2: return (30, 200, 90)[c]
    return ((x * 255) // (W - 1), (y * 255) // (H - 1), ((x + y) * 255) // (W + H - 2))[c]

color = torch.tensor([[[pixel(c, y, x) for x in range(W)] for y in range(H)] for c in range(3)], dtype=torch.float32) / 255
gray = color[:1]

class Crop(T.RandomResizedCrop):
    def forward(self, image): return F.resize(F.crop(image, *self.get_params(image, self.scale, self.ratio)), [SIZE, SIZE], antialias=True)

class BoxBetweenPixels:
    """A box that begins anywhere; PIL resizes such boxes."""
    def __init__(self, least): self.least = least
    def __call__(self, image):
        area, aspect = random.uniform(self.least, 1) * H * W, math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = min(W, math.sqrt(area * aspect)), min(H, math.sqrt(area / aspect))
        left, top = random.uniform(0, W - w), random.uniform(0, H - h)
        box = (left, top, left + w, top + h)
        return torch.stack([torch.from_numpy(np.array(Image.fromarray(c.numpy(), mode="F").resize((SIZE, SIZE), Image.BILINEAR, box=box))) for c in image])

class Turn(T.RandomRotation):
    """Around the center; the border goes on outside."""
    def forward(self, image):
        around = torch.nn.functional.pad(image.unsqueeze(0), (30, 30, 30, 30), mode="replicate")[0]
        return F.rotate(around, self.get_params(self.degrees), F.InterpolationMode.BILINEAR)[:, 30:-30, 30:-30]

def whole(image): return F.resize(image[:, :, 8:48], [SIZE, SIZE], antialias=True)
def jitter(p, *strengths): return T.RandomApply([T.ColorJitter(*strengths)], p)
def blur(p, kernel=23, most=2.0): return T.RandomApply([T.GaussianBlur(kernel, (0.1, most))], p)
def view(least, most, strengths, blurred, solarized=0.0, jittered=0.8):
    return T.Compose([Crop(SIZE, (least, most)), T.RandomHorizontalFlip(), jitter(jittered, *strengths), T.RandomGrayscale(0.2), blur(blurred), T.RandomSolarize(0.5, solarized)])

strong, moco = (0.8, 0.8, 0.8, 0.2), (0.4, 0.4, 0.4, 0.1)
byol1, byol2 = view(0.08, 1, (0.4, 0.4, 0.2, 0.1), 1.0), view(0.08, 1, (0.4, 0.4, 0.2, 0.1), 0.1, 0.2)
small_gray = [jitter(0.8, 0.6, 0.6)]
transforms = {
    "crop": Crop(SIZE, (0.08, 1)), "flip": T.Compose([whole, T.RandomHorizontalFlip(0.3)]), "brightness": T.Compose([whole, T.ColorJitter(0.8)]),
    "contrast": T.Compose([whole, T.ColorJitter(0, 0.8)]), "saturation": T.Compose([whole, T.ColorJitter(0, 0, 0.8)]), "hue": T.Compose([whole, T.ColorJitter(0, 0, 0, 0.4)]),
    "jitter": T.Compose([whole, jitter(0.6, 0.8, 0.8, 0.8, 0.2)]), "gray": T.Compose([whole, T.RandomGrayscale(0.2)]), "blur": T.Compose([whole, blur(0.7)]),
    "solarize": T.Compose([whole, T.RandomSolarize(0.6, 0.3)]), "rotation": T.Compose([Turn(60), whole]),
    "coke-single 0": view(0.08, 1, strong, 0.5), "coke-double 0": byol1, "coke-double 1": byol2, "coke-multi 0": byol1, "coke-multi 1": byol2,
    "coke-multi 2": view(0.05, 0.6, strong, 0.5), "swav 0": view(0.14, 1, strong, 0.5), "swav 2": view(0.05, 0.14, strong, 0.5),
    "moco-v1 0": T.Compose([Crop(SIZE, (0.2, 1)), T.RandomGrayscale(0.2), T.ColorJitter(0.4, 0.4, 0.4, 0.4), T.RandomHorizontalFlip()]),
    "moco-v2 0": view(0.2, 1, moco, 0.5), "byol 0": byol1, "byol 1": byol2, "cifar 0": view(0.3, 1, moco, 0.0),
    "small-gray 0": T.Compose([BoxBetweenPixels(0.3), *small_gray, blur(0.5, 7, 0.8)]), "digits 0": T.Compose([Turn(15), BoxBetweenPixels(0.4), *small_gray]),
    "small-color 0": T.Compose([BoxBetweenPixels(0.7), T.RandomHorizontalFlip(), jitter(0.8, 0.6, 0.6, 0.4, 0.1), T.RandomGrayscale(0.2)]),
}

def signs(v):
    """Numbers of a view [c, h, w]; ViewSigns computes the same."""
    r, g, b = v[0], v[v.shape[0] // 2], v[-1]
    luma, half = (r + g + b) / 3, SIZE // 2
    return [r.mean(), g.mean(), b.mean(), luma.std(unbiased=False), luma.max(), luma.min(), luma[:, :half].mean() - luma[:, half:].mean(),
            luma[:half].mean() - luma[half:].mean(), (luma[:, 1:] - luma[:, :-1]).abs().mean(), (v.max(0).values - v.min(0).values).mean()]

def summary(rows):
    rows = np.asarray(rows, dtype=np.float64)
    deviations = rows.std(0)
    scaled = (rows - rows.mean(0)) / np.where(deviations < 1e-3, np.inf, deviations)
    return {"quantiles": [[round(float(q), 5) for q in np.quantile(column, LEVELS)] for column in rows.T],
            "correlations": [[round(float(c), 4) for c in line] for line in scaled.T @ scaled / len(rows)]}

def boxes(height, width, scale):
    blank = torch.empty(3, height, width)
    rows = []
    for _ in range(N):
        top, left, h, w = T.RandomResizedCrop.get_params(blank, scale, (3 / 4, 4 / 3))
        rows.append([h * w / (height * width), math.log(w / h), (top + h / 2) / height, (left + w / 2) / width])
    return summary(rows)

cases, drawn = {}, {}
for number, (name, transform) in enumerate(transforms.items()):
    if len(sys.argv) > 1 and sys.argv[1] not in name: continue
    torch.manual_seed(number); random.seed(number)
    source = gray if name.startswith(("small-gray", "digits")) else color
    cases[name] = summary([[float(s) for s in signs(transform(source))] for _ in range(N)])
    print(name, flush=True)
for height, width, low, high in ((200, 300, 0.08, 1.0), (32, 32, 0.3, 1.0), (375, 500, 0.05, 0.14), (20, 100, 0.6, 1.0)):
    torch.manual_seed(7)
    drawn[f"{height} {width} {low} {high}"] = boxes(height, width, (low, high))

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "golden", "trainer", "views_distribution.json.gz")
with open(path, "wb") as f:
    f.write(gzip.compress(json.dumps({"torchvision": torchvision.__version__, "count": N, "cases": cases, "boxes": drawn}).encode(), mtime=0))
