"""Writes golden/trainer/images.json.gz: small images in the kinds that JPEG, PNG, WebP, BMP and GIF have, and what PIL makes of them, for ImageDecodingTests. Needs PIL (Debian 12: 9.4)."""
import base64, gzip, io, json, os, struct, zlib
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

def seen(image):
    """As convert("RGB"), and what is transparent on white."""
    if not (image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info): return np.asarray(image.convert("RGB"))
    rgba = np.asarray(image.convert("RGBA")).astype(int)
    a = rgba[:, :, 3:]
    return ((rgba[:, :, :3] * a + 255 * (255 - a) + 127) // 255).astype(np.uint8)

def png16(a):
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in a)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", a.shape[1], a.shape[0], 16, 6, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")

def add(name, image, form, expected=None, file=None, **options):
    data = io.BytesIO(file or b"")
    if file is None: image.save(data, form, **options)
    if expected is None: expected = seen(Image.open(io.BytesIO(data.getvalue())))
    cases[name] = {"file": base64.b64encode(data.getvalue()).decode(), "height": expected.shape[0], "width": expected.shape[1],
                   "planes": base64.b64encode(np.ascontiguousarray(expected.transpose(2, 0, 1)).tobytes()).decode()}

add("color.png", color, "PNG")
add("gray.png", color.convert("L"), "PNG")
add("palette.png", color.quantize(40), "PNG")
add("one-bit.png", color.convert("1"), "PNG")
add("alpha.png", alpha, "PNG")
add("gray-alpha.png", alpha.convert("LA"), "PNG")
holes = color.quantize(40)
add("palette-key.png", holes, "PNG", transparency=3)
add("palette-alpha.png", holes, "PNG", transparency=bytes(range(0, 240, 6)))
add("gray-key.png", color.convert("L"), "PNG", transparency=100)
add("color-key.png", Image.fromarray((rgb // 32 * 32).astype(np.uint8)), "PNG", transparency=(96, 96, 96))
add("alpha.webp", alpha, "WEBP", lossless=True, exact=True)
add("alpha-cleared.webp", alpha, "WEBP", lossless=True)
add("alpha.gif", holes, "GIF", transparency=3)
add("color.gif", holes, "GIF")
add("color.webp", color, "WEBP", lossless=True)
add("color.bmp", color, "BMP")
# PIL clips 16 bits to 255 instead of scaling them, so what is expected is said here.
deep = (x.astype(np.uint32) * 65535 // (W - 1)).astype(np.uint16)
add("16-bit-gray.png", Image.fromarray(deep), "PNG", expected=np.repeat((deep >> 8).astype(np.uint8)[:, :, None], 3, 2))
# As a program writes 16 bits of four channels; what is expected is said here again, of the high bytes.
deep4 = np.concatenate([np.stack([deep, deep[::-1], deep[:, ::-1]], 2), (65535 - deep)[:, :, None]], 2)
high = (deep4 >> 8).astype(int)
add("16-bit-alpha.png", None, "PNG", file=png16(deep4), expected=((high[:, :, :3] * high[:, :, 3:] + 255 * (255 - high[:, :, 3:]) + 127) // 255).astype(np.uint8))
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
