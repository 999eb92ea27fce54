using System.Diagnostics;
using System.Text.Json;

namespace CoKe.Benchmarks;

/// <summary>A Python script in <c>benchmarks/peers</c> that times what others offer and prints one JSON object.</summary>
static class PeerScript
{
    const string Python = "/usr/bin/python3"; // Debian's: its packages are the peers

    /// <summary>A script beside these benchmarks, whatever folder they are started in.</summary>
    public static string Of(string file) => Repository.At(Path.Combine("benchmarks", "peers", file));

    /// <summary>What the script printed; null, and a sentence why, where it cannot run or would be no fair peer.</summary>
    public static JsonElement? Run(string script, params IEnumerable<string> arguments)
    {
        // Each script chooses the fastest OpenBLAS kernels for itself; Debian's reference BLAS has none and would be fifty times slower.
        var missing =
            !File.Exists(Python) ? $"{Python} is missing; apt-get install python3"
            : !File.Exists(script) ? $"{script} is missing"
            : !Directory.Exists("/usr/lib/x86_64-linux-gnu/openblas-pthread")
                ? "NumPy without OpenBLAS is no fair peer; apt-get install libopenblas0-pthread"
            : null;
        if (missing is not null)
            return NotMeasured(missing);
        var start = new ProcessStartInfo(Python, [script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            return NotMeasured(errors.Result.Trim().Split('\n')[^1]);
        using var document = JsonDocument.Parse(output);
        return document.RootElement.Clone();
    }

    static JsonElement? NotMeasured(string why)
    {
        Console.Error.WriteLine($"The peers were not measured: {why}.");
        return null;
    }
}
