using CoKe.Cli.Features;
using CoKe.Cli.Sizes;
using CoKe.Files;
using CoKe.Fuzzing.Inputs;

namespace CoKe.Fuzzing.Targets;

/// <summary>Readers of arrays as NumPy writes them.</summary>
static class FeatureTargets
{
    public static FuzzTarget Matrix(FuzzFolder folder) =>
        new("", Seeds, input => $"{NpyFile.ReadMatrix(folder.Write("x.npy", input)).Rows} rows")
        {
            Hostile = Hostile,
            BytesPerByte = PackedBytesPerByte,
            Iterations = 6_000,
        };

    public static FuzzTarget Rows(FuzzFolder folder) =>
        new("", Seeds, input =>
        {
            var path = folder.Write("x.npy", input);
            using var features = FeatureInput.Open(path);
            using var rows = PreparedRows.Open(features, inFiles: features.InOrderOnly is null);
            return rows.Preparation;
        })
        {
            Hostile = Hostile,
            BytesPerByte = PackedBytesPerByte,
            Iterations = 6_000,
        };

    public static FuzzTarget Shards(FuzzFolder folder)
    {
        folder.Write("shards/part-0.npy", Array("<f4", "(2, 3)", 24));
        return new("", [Array("<f4", "(1, 3)", 12), Array("<f4", "(0, 3)", 0)], input =>
        {
            folder.Write("shards/part-1.npy", input);
            using var features = FeatureInput.Open(Path.Combine(folder.Path, "shards"));
            return FeatureMatrix.Read(features).Preparation;
        })
        { Hostile = Hostile, BytesPerByte = PackedBytesPerByte };
    }

    public static FuzzTarget Sizes(FuzzFolder folder) =>
        new("", [Array("<f8", "(3,)", 24), Array("<i4", "(3,)", 12), Array(">u2", "(3,)", 6)], input =>
            SizeFile.Read("min-sizes", folder.Write("sizes.npy", input), [3], infinite: false)!.Values.Length + " sizes"
        )
        {
            Hostile = Hostile,
        };

    public static FuzzTarget FirstBytes(FuzzFolder folder) =>
        new(
            "",
            [
                .. Seeds,
                Packing.Gzip([1]),
                [0x89, .. "PNG"u8],
                [0xff, 0xd8, 0xff],
                [.. "\0\0\0\u0018ftypheic"u8],
                [.. "<!doctype html>"u8],
                [0x80, 4, 0x95],
                [.. "{\"a\": 1}"u8],
                [8, 0, 0, 0, 0, 0, 0, 0, .. "{\"a\":{}}"u8],
                [0, 0, 8, 3, 0, 0],
                [.. new byte[257], .. "ustar"u8],
            ],
            input =>
            {
                var start = Files.FirstBytes.Of(folder.Write("some", input));
                var said = Enum.GetValues<Wanted>().Select(wanted => Files.FirstBytes.Problem(start, wanted)).ToArray();
                return said.OfType<string>().Select(Judge.ProblemOf).FirstOrDefault(fault => fault is not null) is { } fault
                    ? throw new InvalidOperationException(fault)
                    : said[0] ?? "nobody knows";
            }
        );

    // What an archive declares within what its format can pack is allocated before it turns out to be missing.
    const long PackedBytesPerByte = 2_500;

    static byte[][] Seeds =>
        [
            Array("<f4", "(2, 3)", 24),
            Array("<f8", "(2, 3)", 48, isFortran: true),
            Array(">f2", "(2, 3)", 12),
            Array("|i1", "(2, 3)", 6),
            Array("<i8", "(3, 1)", 24),
            Packing.Zip(("x.npy", Array("<f4", "(2, 3)", 24)), ("ids.npy", Array("<i4", "(2,)", 8))),
            Packing.Zip(("x.npy", Array("<f4", "(4, 2)", 32, isFortran: true))),
        ];

    static byte[][] Hostile =>
        [
            [],
            Array("<f4", "(9223372036854775807, 9223372036854775807)", 8),
            Array("<f4", "(2147483591, 1)", 8),
            Array("<f4", "(" + new string('9', 50_000) + ", 1)", 8),
            [0x93, .. "NUMPY"u8, 2, 0, 0xff, 0xff, 0xff, 0xff],
            Array("<f4", "(" + string.Concat(Enumerable.Repeat("1, ", 10_000)) + ")", 8),
            Lying(),
        ];

    // The directory of the archive says of its entry that it unpacks to two gigabytes.
    static byte[] Lying()
    {
        var archive = Packing.Zip(("x.npy", Array("<f4", "(1, 536870000)", 8)));
        var directory = archive.AsSpan().LastIndexOf("PK\x01\x02"u8);
        BitConverter.TryWriteBytes(archive.AsSpan(directory + 24), (536_870_000 * 4) + 128);
        return archive;
    }

    static byte[] Array(string type, string shape, int bytes, bool isFortran = false)
    {
        var text = $"{{'descr': '{type}', 'fortran_order': {(isFortran ? "True" : "False")}, 'shape': {shape}, }}";
        text = text.PadRight(((text.Length + 11 + 63) / 64 * 64) - 11) + "\n";
        var values = Enumerable.Range(0, bytes).Select(i => (byte)(i % 8 == 3 ? 0x3f : i)).ToArray();
        byte[] start =
            text.Length <= ushort.MaxValue
                ? [1, 0, (byte)text.Length, (byte)(text.Length >> 8)]
                : [2, 0, .. BitConverter.GetBytes(text.Length)];
        return [0x93, .. "NUMPY"u8, .. start, .. Packing.Text(text), .. values];
    }
}
