using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using CoKe.ConstrainedKMeans;

namespace CoKe.Benchmarks;

/// <summary>
/// `coke cluster` on features that do not fit: eight shards of float16 under a limit on the heap, beside the same rows in one file and
/// beside the way in memory without a limit. Labels must be equal; the ratio of times is what staying within memory costs.
/// </summary>
static class LargerThanMemoryBenchmark
{
    const int Shards = 8,
        Modes = 1000,
        MixedRows = 8192,
        BlockRows = 512;
    const double Ratio = 0.4,
        Noise = 1,
        MostTimes = 2;
    const string HeapLimit = "DOTNET_GCHeapHardLimit";

    /// <summary>Makes the features and times the commands.</summary>
    /// <param name="rows">N.</param>
    /// <param name="dimension">d.</param>
    /// <param name="K">K.</param>
    /// <param name="passes">Passes at most.</param>
    /// <param name="limit">The limit on the heap, in bytes.</param>
    /// <param name="parent">Where the features are made; null: in the folder for temporary files.</param>
    public static BudgetTable Run(int rows, int dimension, int K, int passes, long limit, string? parent)
    {
        using var folder = new TemporaryFolder(parent);
        Make(folder, rows, dimension);
        string[] shards = Cluster("shards", "shards", limit),
            one = Cluster("one.npy", "one", limit);
        var memory = Cluster("one.npy", "memory", null);
        var equal =
            File.ReadAllBytes(folder.File("shards.labels")).AsSpan().SequenceEqual(File.ReadAllBytes(folder.File("one.labels")))
            && File.ReadAllBytes(folder.File("one.labels")).AsSpan().SequenceEqual(File.ReadAllBytes(folder.File("memory.labels")));
        double[] Seconds(string[] run) => [double.Parse(run[0], System.Globalization.CultureInfo.InvariantCulture)];
        double[] Passes(string[] run) => [double.Parse(run[1], System.Globalization.CultureInfo.InvariantCulture)];
        double[] Cpu(string[] run) => [double.Parse(run[2], System.Globalization.CultureInfo.InvariantCulture)];
        return new BudgetTable(
            "larger than memory",
            $"{rows:N0} x {dimension:N0} float16, {2L * rows * dimension:N0} bytes in {Shards} shards; "
                + $"K {K}, ratio {Ratio}, {passes} passes, exact sizes; heap limit {limit:N0} bytes; peer: "
                + "the same in memory without a limit",
            [
                new BudgetRow("labels of shards, one file and memory equal", "", [equal ? 1 : 0], [], [equal ? 1 : 0], 1, AtMost: false)
                {
                    Decimals = 0,
                },
                BudgetRow.Against("whole command, shards under the limit", "s", Seconds(shards), Seconds(memory), MostTimes),
                BudgetRow.Against("whole command, one file under the limit", "s", Seconds(one), Seconds(memory), MostTimes),
                BudgetRow.Against("passes alone, shards under the limit", "s", Passes(shards), Passes(memory), null),
                BudgetRow.Against("CPU of the command, shards under the limit", "s", Cpu(shards), Cpu(memory), null),
            ]
        );

        string[] Cluster(string features, string labels, long? heap)
        {
            var start = BuiltProgram.Start(
                BuiltProgram.Of("Cli", "coke.dll"),
                [
                    "cluster",
                    folder.File(features),
                    "--heads",
                    $"{K}",
                    "--min-size-ratio",
                    $"{Ratio}",
                    "--epochs",
                    $"{passes}",
                    "--out",
                    folder.File($"{labels}.labels"),
                    "--json",
                    .. heap is null ? (string[])["--rows", "memory"] : [],
                ]
            );
            if (heap is { } bytes)
                start.Environment[HeapLimit] = $"0x{bytes:x}";
            var process = TimedProcess.Run(start);
            using var view = JsonDocument.Parse(process.Output);
            var read = view.RootElement.GetProperty("read");
            if (read.GetProperty("in_memory").GetBoolean() != heap is null)
                throw new InvalidOperationException($"The rows were elsewhere: {read}");
            return [$"{process.Seconds:R}", $"{view.RootElement.GetProperty("seconds").GetDouble():R}", $"{process.CpuSeconds:R}"];
        }
    }

    // Rows around modes, in the order in which they are drawn; one file and its shards hold the same bytes.
    static void Make(TemporaryFolder folder, int rows, int d)
    {
        Directory.CreateDirectory(folder.File("shards"));
        var random = new SeededRandom(1);
        float[] modes = Normal(random, Modes * d),
            noise = Normal(random, MixedRows * d);
        var block = new Half[BlockRows * d];
        var drawn = new (int Mode, int Mixed)[BlockRows];
        using var one = Create(folder.File("one.npy"), rows, d);
        for (int shard = 0, done = 0; shard < Shards; shard++)
        {
            var count = (int)((long)rows * (shard + 1) / Shards) - done;
            using var part = Create(folder.File($"shards/part-{shard}.npy"), count, d);
            for (int together; count > 0; count -= together, done += together)
            {
                together = Math.Min(count, BlockRows);
                for (var r = 0; r < together; r++)
                    drawn[r] = (random.NextInt32(Modes) * d, random.NextInt32(MixedRows) * d);
                Parallel.For(0, together, r =>
                {
                    for (var i = 0; i < d; i++)
                        block[(r * d) + i] = (Half)(modes[drawn[r].Mode + i] + (Noise * noise[drawn[r].Mixed + i]));
                });
                part.Write(MemoryMarshal.AsBytes(block.AsSpan(0, together * d)));
                one.Write(MemoryMarshal.AsBytes(block.AsSpan(0, together * d)));
            }
        }
    }

    static float[] Normal(SeededRandom random, int count)
    {
        var values = new float[count];
        foreach (ref var value in values.AsSpan())
            value = (float)random.NextNormal();
        return values;
    }

    static FileStream Create(string path, int rows, int d)
    {
        var stream = File.Create(path);
        var header = $"{{'descr': '<f2', 'fortran_order': False, 'shape': ({rows}, {d}), }}".PadRight(117) + "\n";
        stream.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.Latin1.GetBytes(header)]);
        return stream;
    }
}
