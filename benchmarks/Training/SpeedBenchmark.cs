using System.Diagnostics;
using System.Globalization;
using CoKe.Trainer.Encoders;

namespace CoKe.TrainingBenchmarks;

/// <summary>Images per second of training, ours and PyTorch's in turns on the same machine.</summary>
internal static class SpeedBenchmark
{
    const int Batch = 128;

    static readonly (string Net, EncoderOptions Options)[] Nets = [("small", Workload.SmallNet), ("resnet18", Workload.ResNet18)];

    public static int Run(double seconds, int rounds)
    {
        Console.WriteLine($"Batch {Batch}, one thread, forward + backward + SGD; images/s, best of {rounds} rounds of {seconds} s.");
        Console.WriteLine($"{"net",-10}{"layout",-16}{"precision",-11}{"ours",8}{"PyTorch",9}{"ratio",8}");
        foreach (var (net, options) in Nets)
            foreach (var (channelsLast, precision) in new[] { (false, Precision.Fp32), (true, Precision.Fp32), (true, Precision.Bf16) })
            {
                var (ours, peer) = (0.0, 0.0);
                for (var round = 0; round < rounds; round++)
                {
                    ours = Math.Max(ours, Ours(options with { ChannelsLast = channelsLast, Precision = precision }, seconds));
                    if (precision == Precision.Fp32)
                        peer = Math.Max(peer, Peer(net, channelsLast, seconds) ?? 0);
                }
                var (theirs, ratio) = peer == 0 ? ("-", "-") : ($"{peer:0}", $"{ours / peer:0.00}");
                Console.WriteLine($"{net,-10}{(channelsLast ? "channels last" : "plain"),-16}{precision,-11}{ours,8:0}{theirs,9}{ratio,8}");
            }
        return 0;
    }

    static double Ours(EncoderOptions options, double seconds)
    {
        using var workload = new Workload(options, Batch);
        for (var i = 0; i < 3; i++)
            workload.Step();
        var (start, steps) = (Stopwatch.GetTimestamp(), 0);
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
        {
            workload.Step();
            steps++;
        }
        return steps * Batch / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Null where there is no python3-torch.</summary>
    static double? Peer(string net, bool channelsLast, double seconds)
    {
        const string Python = "/usr/bin/python3";
        if (!File.Exists(Python))
            return null;
        var start = new ProcessStartInfo(Python, [
            Path.Combine(AppContext.BaseDirectory, "peer.py"), net, channelsLast ? "last" : "plain", seconds.ToString(CultureInfo.InvariantCulture), $"{Batch}"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
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
