using System.Diagnostics;
using System.Text.Json;

namespace CoKe.Benchmarks;

/// <summary>Times PyTorch and others by a Python script, where Debian's python3-torch is present.</summary>
internal sealed class Peers(FileInfo? script)
{
    readonly string _script = script?.FullName ?? Path.Combine("..", "shared", "reference", "bench_peers.py");

    /// <summary>Milliseconds per mini-batch by head set and peer; null where the script or python3-torch is missing.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, double?>>? Measure(params string[] heads)
    {
        const string Python = "/usr/bin/python3";
        if (!File.Exists(_script) || !File.Exists(Python)) return null;
        var start = new ProcessStartInfo(Python) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(_script);
        // The peer at its best: OpenBLAS for this processor, whatever the environment says. Debian's reference BLAS would be fifty times slower.
        start.Environment.Remove("OPENBLAS_CORETYPE");
        start.Environment.Remove("OPENBLAS_L2_SIZE");
        if (!Directory.Exists("/usr/lib/x86_64-linux-gnu/openblas-pthread"))
        {
            Console.Error.WriteLine("The peers were not measured: python3-torch without OpenBLAS is no fair peer; apt-get install libopenblas0-pthread.");
            return null;
        }

        foreach (var spec in heads) foreach (var argument in new[] { "--heads", spec }) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            Console.Error.WriteLine($"The peers were not measured: {errors.Result.Trim().Split('\n').LastOrDefault()}");
            return null;
        }

        using var document = JsonDocument.Parse(output);
        return document.RootElement.GetProperty("rows").EnumerateObject().ToDictionary(
            row => row.Name,
            row => (IReadOnlyDictionary<string, double?>)row.Value.EnumerateObject().ToDictionary(
                peer => peer.Name, peer => peer.Value.ValueKind == JsonValueKind.Null ? (double?)null : peer.Value.GetDouble()));
    }
}
