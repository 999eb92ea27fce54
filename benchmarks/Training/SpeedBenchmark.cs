using System.Diagnostics;
using System.Globalization;
using CoKe.Learning.Encoders;
using CoKe.Learning.Training;
using static TorchSharp.torch;

namespace CoKe.TrainingBenchmarks;

/// <summary>Images per second of training, ours and PyTorch's in turns on the same machine.</summary>
sealed class SpeedBenchmark(int batch, int threads, double seconds, int rounds)
{
    static readonly (string Net, StepOptions Options)[] Nets = [("small", Workload.SmallNet), ("resnet18", Workload.ResNet18)];

    public int Run()
    {
        set_num_threads(threads);
        Console.WriteLine(
            $"Batch {batch}, {threads} thread(s), forward + loss of {Workload.Heads.Length} heads + backward + SGD, two views; "
                + $"images/s, each counted once, best of {rounds} rounds of {seconds} s."
        );
        Console.WriteLine($"{"net",-10}{"layout",-16}{"precision",-11}{"ours",8}{"PyTorch",9}{"ratio",8}");
        foreach (var (net, options) in Nets)
            foreach (var (channelsLast, precision) in new[] { (false, Precision.Fp32), (true, Precision.Fp32), (true, Precision.Bf16) })
            {
                var (ours, peer) = (0.0, 0.0);
                for (var round = 0; round < rounds; round++)
                {
                    ours = Math.Max(
                        ours,
                        Ours(options with { Encoder = options.Encoder with { ChannelsLast = channelsLast, Precision = precision } })
                    );
                    if (precision == Precision.Fp32)
                        peer = Math.Max(peer, Peer(net, channelsLast) ?? 0);
                }
                var (theirs, ratio) = peer == 0 ? ("-", "-") : ($"{peer:0}", $"{ours / peer:0.00}");
                Console.WriteLine(
                    $"{net,-10}{(channelsLast ? "channels last" : "plain"),-16}{precision,-11}{ours,8:0}{theirs,9}{ratio,8}"
                );
            }
        return 0;
    }

    double Ours(StepOptions options)
    {
        using var workload = new Workload(options, batch);
        for (var i = 0; i < 3; i++)
            workload.Step();
        var (start, steps) = (Stopwatch.GetTimestamp(), 0);
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
        {
            workload.Step();
            steps++;
        }
        return steps * batch / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Null where there is no python3-torch.</summary>
    double? Peer(string net, bool channelsLast)
    {
        const string Python = "/usr/bin/python3";
        if (!File.Exists(Python))
            return null;
        var start = new ProcessStartInfo(
            Python,
            [
                Path.Combine(AppContext.BaseDirectory, "peer.py"),
                net,
                channelsLast ? "last" : "plain",
                seconds.ToString(CultureInfo.InvariantCulture),
                $"{batch}",
                $"{threads}",
                .. Workload.Heads.Select(k => $"{k}"),
            ]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The peer at its best: OpenBLAS for this processor, whatever the environment says.
        start.Environment.Remove("OPENBLAS_CORETYPE");
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode == 0)
            return double.Parse(output, CultureInfo.InvariantCulture);
        Console.Error.WriteLine($"The peer was not measured: {errors.Result.Trim().Split('\n')[^1]}");
        return null;
    }
}
