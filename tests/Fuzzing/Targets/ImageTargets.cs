using CoKe.Fuzzing.Inputs;
using CoKe.Learning.Data;
using CoKe.Learning.ImageFolders;
using SkiaSharp;

namespace CoKe.Fuzzing.Targets;

/// <summary>Readers of images and of their classes.</summary>
static class ImageTargets
{
    // A run may read larger ones; here a picture of a few bytes that declares many pixels is to be cheap.
    static readonly ImageFolderOptions _s_options = new() { MaxPixels = 1 << 20 };

    public static FuzzTarget IdxImages(FuzzFolder folder) =>
        Idx(
            folder,
            [
                [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
            ],
            path => $"{IdxFile.ReadImages(path).Count} images"
        );

    public static FuzzTarget IdxLabels(FuzzFolder folder) =>
        Idx(
            folder,
            [
                [0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 2],
                [0, 0, 0x0c, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1],
            ],
            path => $"{IdxFile.ReadLabels(path).Classes.Length} labels"
        );

    static FuzzTarget Idx(FuzzFolder folder, byte[][] plain, Func<string, string> read) =>
        new("", [.. plain, .. plain.Select(Packing.Gzip)], input => read(folder.Write("some-idx", input)))
        {
            Hostile =
            [
                Packing.Bomb(plain[0][..^4], "\0\0\0\0", 2_000),
                [],
                plain[0][..3],
                [0, 0, 8, 3, 0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff],
                Packing.Gzip([0, 0, 8, 1, 0x3f, 0xff, 0xff, 0xff]),
            ],
            // gzip packs a thousandfold: what a header declares within that is allocated before it turns out to be missing.
            BytesPerByte = 1_100,
        };

    public static FuzzTarget Cifar(FuzzFolder folder)
    {
        byte[] ten = new byte[CifarLayout.All[0].RecordBytes],
            hundred = new byte[CifarLayout.All[1].RecordBytes];
        (ten[0], hundred[0], hundred[1]) = (9, 19, 99);
        return new("", [ten, hundred, [.. ten, .. ten], []], input =>
        {
            var path = folder.Write("data_batch_1.bin", input);
            var layout = CifarLayout.All[input.Length % CifarLayout.All[1].RecordBytes == 0 ? 1 : 0];
            return $"{CifarFolder.Read([path], layout, ClassLevel.Coarse, 1 << 20).Images.Count} images";
        });
    }

    public static FuzzTarget Image(FuzzFolder folder) =>
        new(
            "",
            [
                .. ((SKEncodedImageFormat[])[SKEncodedImageFormat.Png, SKEncodedImageFormat.Jpeg, SKEncodedImageFormat.Webp]).Select(
                    Encoded
                ),
                Bitmap(),
                Gif(),
            ],
            input =>
            {
                var path = folder.Write("picture.png", input);
                foreach (var options in (ImageFolderOptions[])[_s_options, _s_options with { ShorterSide = 2 }])
                {
                    var (file, problem) = ImageFile.Open(path, options);
                    using (file)
                    {
                        problem ??= file!.Decode(new byte[ImageFile.Channels * file.Size.Height * file.Size.Width]);
                        if (problem is not null && Judge.ProblemOf(problem) is { } fault)
                            throw new InvalidOperationException($"{fault} {problem}");
                        if (problem is not null)
                            return problem;
                    }
                }

                return "an image";
            }
        )
        {
            Iterations = 8_000,
        };

    public static FuzzTarget ValClasses(FuzzFolder folder) =>
        new(
            "",
            [
                Packing.Text("val_0.JPEG\tn01\t0\t0\t62\t62\nval_1.JPEG\tn02\t1\t1\t9\t9\n"),
                Packing.Text("ImageId,PredictionString\nILSVRC2012_val_1,n01 85 1 499 272\n"),
            ],
            input =>
            {
                folder.Write("val_annotations.txt", input);
                return Learning.ImageFolders.ValClasses.Of(folder.Path)!.Count switch
                {
                    0 => "none",
                    1 => "one",
                    2 => "two",
                    _ => "several",
                };
            }
        );

    static byte[] Encoded(SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(6, 5);
        for (var y = 0; y < bitmap.Height; y++)
            for (var x = 0; x < bitmap.Width; x++)
                bitmap.SetPixel(x, y, new SKColor((byte)(40 * x), (byte)(50 * y), 128, (byte)(255 - (20 * x))));
        using var data = bitmap.Encode(format, 90);
        return data.ToArray();
    }

    // Skia writes neither of these. 2x2 pixels of 24 bits, rows from below, each filled up to four bytes; and one pixel.
    static byte[] Bitmap() =>
        [
            .. "BM"u8,
            70,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            54,
            0,
            0,
            0,
            40,
            0,
            0,
            0,
            2,
            0,
            0,
            0,
            2,
            0,
            0,
            0,
            1,
            0,
            24,
            0,
            0,
            0,
            0,
            0,
            16,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            255,
            0,
            0,
            0,
            255,
            0,
            0,
            0,
            0,
            0,
            255,
            9,
            9,
            9,
            0,
            0,
        ];

    static byte[] Gif() =>
        [.. "GIF89a"u8, 1, 0, 1, 0, 0x80, 0, 0, 0xff, 0xff, 0xff, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b];
}
