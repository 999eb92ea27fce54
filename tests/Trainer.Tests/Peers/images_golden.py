"""Writes golden/trainer/images.json.gz: small images in the kinds that JPEG and PNG have, and what PIL makes of them, for ImageDecodingTests. Needs PIL (Debian 12: 9.4)."""
import base64, gzip, io, json, os
import numpy as np
from PIL import Image
import PIL

H, W = 24, 40
y, x = np.mgrid[:H, :W]
rgb = np.stack([x * 255 // (W - 1), y * 255 // (H - 1), (x + y) * 255 // (W + H - 2)], 2).astype(np.uint8)
color = Image.fromarray(rgb)
alpha = color.copy(); alpha.putalpha(Image.fromarray((255 - x * 6).astype(np.uint8)))
exif = Image.Exif(); exif[0x0112] = 6  # turned by a quarter
cases = {}

def add(name, image, form, expected=None, **options):
    data = io.BytesIO()
    image.save(data, form, **options)
    if expected is None: expected = np.asarray(Image.open(io.BytesIO(data.getvalue())).convert("RGB"))
    cases[name] = {"file": base64.b64encode(data.getvalue()).decode(), "height": expected.shape[0], "width": expected.shape[1],
                   "planes": base64.b64encode(np.ascontiguousarray(expected.transpose(2, 0, 1)).tobytes()).decode()}

add("color.png", color, "PNG")
add("gray.png", color.convert("L"), "PNG")
add("palette.png", color.quantize(40), "PNG")
add("one-bit.png", color.convert("1"), "PNG")
add("alpha.png", alpha, "PNG")
add("gray-alpha.png", alpha.convert("LA"), "PNG")
# PIL clips 16 bits to 255 instead of scaling them, so what is expected is said here.
deep = (x.astype(np.uint32) * 65535 // (W - 1)).astype(np.uint16)
add("16-bit-gray.png", Image.fromarray(deep), "PNG", expected=np.repeat((deep >> 8).astype(np.uint8)[:, :, None], 3, 2))
add("color.jpg", color, "JPEG", quality=95)
add("subsampled.jpg", color, "JPEG", quality=80, subsampling=2)
add("progressive.jpg", color, "JPEG", quality=95, progressive=True)
add("gray.jpg", color.convert("L"), "JPEG", quality=95)
add("cmyk.jpg", color.convert("CMYK"), "JPEG", quality=95)
add("turned-by-exif.jpg", color, "JPEG", quality=95, exif=exif)
add("png-named.jpg", color, "PNG")
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "golden", "trainer", "images.json.gz")
with open(path, "wb") as f:
    f.write(gzip.compress(json.dumps({"PIL": PIL.__version__, "cases": cases}).encode(), mtime=0))
